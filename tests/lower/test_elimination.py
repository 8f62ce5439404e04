"""Steps that eliminate, run by the interpreter of loops, against NumPy."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.lower.elimination import Elimination
from symbackprop.lower.writing import Writing
from symbackprop.program.scalar import Element

RNG = np.random.default_rng(4)
MATRICES = {
    "one": np.array([[-2.5]]),
    "several": RNG.standard_normal((5, 5)),
    "pivots elsewhere": np.array([[0.0, 0.0, 2.0], [3.0, 0.0, 0.0], [0.0, -1.0, 4.0]]),
    "small pivots": np.array([[1e-20, 1.0], [1.0, 1.0]]),
}


def entry(array):
    return lambda i, j: Element(array, (i, j))


def steps_of(size):
    work = Writing()
    return work, Elimination(work, entry("A"), sp.Integer(size))


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
def test_the_inverse_is_numpys(interpreter, matrix):
    work, elimination = steps_of(len(matrix))
    elimination.inverse(entry("B"))
    arrays = {"A": matrix.copy(), "B": np.empty_like(matrix)}
    interpreter(arrays, {}).run(work.steps)
    np.testing.assert_allclose(arrays["B"], np.linalg.inv(matrix), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
def test_the_determinant_and_its_logarithm_are_numpys(interpreter, matrix):
    for logarithm, wanted in ((False, np.linalg.det(matrix)), (True, np.linalg.slogdet(matrix)[1])):
        work, elimination = steps_of(len(matrix))
        found = elimination.determinant(logarithm)
        running = interpreter({"A": matrix.copy()}, {})
        running.run(work.steps)
        assert running.local[found.name] == pytest.approx(wanted, rel=1e-12)


def test_a_determinant_that_vanishes_is_0(interpreter):
    work, elimination = steps_of(3)
    found = elimination.determinant(logarithm=False)
    running = interpreter({"A": np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 0.0, 1.0]])}, {})
    running.run(work.steps)
    assert running.local[found.name] == 0
