"""One gradient in its several forms, which name the same tensor."""

import pytest

from symbackprop.errors import InputError
from symbackprop.facade import derive
from symbackprop.gradient import Gradient


@pytest.fixture(scope="module")
def stages():
    return derive("mazur").stages


def test_the_forms_of_a_tensor_and_of_an_element(stages):
    weights, one = Gradient(stages, "W2"), Gradient(stages, "W2", "w5")
    assert str(weights.indexed) == "Eq(dW2[j, i], a1[i]*delta2[j])"
    assert weights.code == "np.outer(delta2, a1)" and r"\vect{\delta}" in weights.matrix
    assert weights.closed_form().shape == (2, 2) and weights.closed_form()[0, 0] == one.closed_form()
    assert repr(one) == "<Gradient dE/dw5>" and "w5" in str(one.chain)


def test_the_chain_rule_is_written_for_one_element(stages):
    with pytest.raises(InputError, match="W2 has 4 elements"):
        Gradient(stages, "W2").chain  # noqa: B018
