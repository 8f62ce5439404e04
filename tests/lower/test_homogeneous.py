"""A largest exponent taken out: the same values, whatever number is taken out, and a shorter list of what is read."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.expressions import Delta, Index, Read, Total, Where, tensors_read
from symbackprop.graph import Equation
from symbackprop.lower.homogeneous import is_exponential, rescaled
from symbackprop.verify.evaluate import evaluate

I, J = Index("i", 3), Index("j", 3)
Z, E, T = (Read(name, I, J) for name in "zet")
R = Read("r", I)
SEED = Equation("e", (I, J), sp.exp(Z))
VALUES = {
    "z": np.array([[0.3, -1.0, 2.0], [0.0, 0.7, -0.2], [1.5, 1.0, -2.0]]),
    "t": np.array([[1.0, 2.0, 0.5], [-1.0, 0.3, 0.2], [0.4, 0.1, 0.9]]),
}

CASES = {
    "softmax": [Equation("r", (I,), 1 / Total(E, J)), Equation("p", (I, J), R * E)],
    "over all": [Equation("r", (), 1 / Total(E, I, J)), Equation("p", (I, J), Read("r") * E)],
    "over the others": [
        Equation("q", (I, J), (1 - Delta(I, J)) * E),
        Equation("r", (I,), 1 / Total(Read("q", I, J), J)),
        Equation("p", (I, J), R * Read("q", I, J) + T),
    ],
    "a logarithm": [
        Equation("r", (I,), sp.log(Total(E, J))),
        Equation("p", (I, J), E * sp.exp(-R) + sp.sin(R)),
    ],
    "a power": [Equation("r", (I,), Total(E**2, J) ** sp.Rational(-1, 2)), Equation("p", (I, J), T * R * E)],
    "a branch": [
        Equation("r", (I,), 1 / Total(Where(I < J, sp.S.Zero, E), J)),
        Equation("p", (I, J), R * Where(I < J, sp.S.Zero, E) + Where(Read("t", I, J) > 0, R * E, 2 * R * E)),
    ],
    "written out again": [Equation("r", (I,), 1 / Total(sp.exp(Z), J)), Equation("p", (I, J), R * sp.exp(Z) * T)],
}


def computed(equations):
    values = dict(VALUES)
    for equation in equations:
        values[equation.tensor] = evaluate(equation.rhs, equation.indices, values, {})
    return values


@pytest.mark.parametrize("name", CASES)
def test_what_is_the_same_either_way_stays(name):
    equations = [SEED, *CASES[name]]
    expected = computed(equations)
    trials = list(rescaled(equations, "e"))
    assert trials
    for trial in trials:
        values = computed(trial.equations)
        for tensor in ("e", "r", "p"):
            assert values[tensor] == pytest.approx(expected[tensor], rel=1e-12)
    last = next(equation for equation in trials[0].equations if equation.tensor == "p")
    assert "e" not in tensors_read(last.rhs)


@pytest.mark.parametrize("name", CASES)
def test_the_largest_is_one(name):
    for trial in rescaled([SEED, *CASES[name]], "e"):
        values = computed(trial.equations)
        assert values[trial.name].max() == pytest.approx(1)
        if trial.unit.places == {1}:
            rows = slice(1, None) if name == "over the others" else slice(None)
            assert values[trial.name].max(axis=1)[rows] == pytest.approx(np.ones(3)[rows])


def test_a_sum_of_two_degrees_is_left_as_it_is():
    equations = [SEED, Equation("s", (I,), 1 + Total(E, J)), Equation("p", (I, J), E / Read("s", I))]
    assert list(rescaled(equations, "e")) == []


def test_a_name_that_is_taken_is_not_taken_again():
    equations = [SEED, Equation("e_scaled", (I, J), E), *CASES["softmax"]]
    assert list(rescaled(equations, "e")) == []
    given = [SEED, Equation("r", (I,), 1 / Total(E, J)), Equation("p", (I, J), R * E * Read("r_scaled", I))]
    assert list(rescaled(given, "e")) == []


def test_what_an_exponential_is():
    assert is_exponential(sp.exp(Z)) and is_exponential(T * sp.exp(Z)) and is_exponential(Where(I < J, 0, sp.exp(Z)))
    assert not is_exponential(1 + sp.exp(Z)) and not is_exponential(Z)
