"""Every loss of one sample, as its equations say, against NumPy."""

import numpy as np
import pytest

from symbackprop.binding import bind
from symbackprop.catalog import LOSSES, SYNONYMS
from symbackprop.expressions import Index
from symbackprop.graph import Tensor
from symbackprop.language import parse_equations
from symbackprop.verify.evaluate import evaluate

S, J = Index("s", 3), Index("j", 4)
Y, T = np.random.default_rng(4).dirichlet(np.ones(4), size=(2, 3))
EXPECTED = {
    "half_squared_error": ((T - Y) ** 2).sum(1) / 2,
    "mse": ((T - Y) ** 2).mean(1),
    "binary_crossentropy": -(T * np.log(Y) + (1 - T) * np.log(1 - Y)).mean(1),
    "categorical_crossentropy": -(T * np.log(Y)).sum(1),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_value_of_each_sample(name):
    tensors = {"y": Tensor("a2", "prediction", (S, J)), "t": Tensor("t", "target", (S, J))}
    (statement,) = parse_equations(LOSSES[name].equations)
    equation = bind(statement, tensors, "E")
    assert equation.indices == (S,)
    np.testing.assert_allclose(evaluate(equation.rhs, (S,), {"a2": Y, "t": T}, {}), EXPECTED[name])


def test_rows_and_synonyms():
    assert set(SYNONYMS.values()) <= set(LOSSES)
    assert not set(SYNONYMS) & set(LOSSES)
    for name, row in LOSSES.items():
        assert row.name == name and row.source
        assert row.output in ("any", "probability", "distribution")
        assert row.target in ("any", "probability", "distribution")
        (statement,) = parse_equations(row.equations)[-1:]
        assert statement.tensor == "E"
