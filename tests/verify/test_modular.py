"""Steps that hold exactly, and such that do not."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from symbackprop.errors import UnsupportedError
from symbackprop.facade import derive
from symbackprop.verify.modular import PRIME, ModularField, exact_steps
from symbackprop.verify.points import small_sizes
from symbackprop.verify.steps import prove_steps, shrunk


@pytest.mark.parametrize(("network", "least"), [("mazur", 8), ("lstm", 26)])
def test_rational_steps_hold_exactly(network, least):
    proof = prove_steps(derive(network).stages.derivation)
    assert least <= proof.exact < proof.count


def test_a_changed_step_does_not():
    small = shrunk(derive("mazur").stages.derivation)
    sizes = small_sizes(small.graph, {})
    right = exact_steps(small, sizes)
    name = next(name for name, steps in small.steps.items() if name == "dW2" and steps)
    steps = small.steps[name]
    wrong = (replace(steps[0], before=steps[0].before * (1 + sp.Rational(1, 10**12))), *steps[1:])
    assert exact_steps(replace(small, steps={**small.steps, name: wrong}), sizes) == right - 1


def test_arithmetic():
    field = ModularField()
    assert field.number(sp.Rational(1, 3)) * 3 % PRIME == 1
    assert field.power(np.asarray([2, 5], dtype=object), sp.Integer(-1))[1] * 5 % PRIME == 1
    assert field.finite(field.zeros((2,), {}))
    assert field.real(field.array([-1]))[0] == PRIME - 1
    with pytest.raises(UnsupportedError):
        field.function(sp.exp)
    with pytest.raises(UnsupportedError):
        field.number(sp.pi)
    with pytest.raises(ZeroDivisionError):
        field.power(np.asarray([0], dtype=object), sp.Integer(-1))
