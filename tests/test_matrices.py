"""The nodes of inverses and determinants: what they are in the entries, and the derivatives found from that."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.calculus import differentiate
from symbackprop.errors import TooLargeError
from symbackprop.expressions import Index, Read, reads
from symbackprop.matrices import Determinant, Inverse, determinant, inverse_entry
from symbackprop.public import public
from symbackprop.substitution import substitute
from symbackprop.verify.evaluate import evaluate

I, J, A, B = (Index(letter, 3) for letter in "ijab")
X = np.array([[2.0, 0.5, 0.1], [0.3, 1.5, -0.2], [-0.4, 0.2, 1.8]])


def test_both_read_the_matrix_and_move_with_its_indices():
    node = Inverse(Read("X", I, J))
    assert [read.tensor for read in reads(node)] == ["X"]
    assert substitute(node, {I: J, J: I}) == Inverse(Read("X", J, I))
    assert Determinant(Read("X", I, J), I, J).free_symbols == set()
    assert str(node) == "inv(X)[i, j]" and str(Determinant(Read("X", I, J), I, J)) == "det(X[i, j], i, j)"


def test_the_formulas_in_the_entries_are_those_of_sympy():
    matrix = sp.Matrix(3, 3, sp.symbols("a:9"))
    assert sp.expand(determinant(lambda i, j: matrix[i, j], 3) - matrix.det()) == 0
    assert sp.cancel(inverse_entry(lambda i, j: matrix[i, j], 3, 0, 2) - matrix.inv()[0, 2]) == 0
    with pytest.raises(TooLargeError, match="120 terms"):
        determinant(lambda i, j: sp.S.One, 5)


@pytest.mark.parametrize("node", [Inverse(Read("X", I, J)), Determinant(Read("X", I, J), I, J)], ids=["inv", "det"])
def test_the_derivative_is_that_of_the_formulas_in_the_entries(node):
    free = (I, J) if isinstance(node, Inverse) else ()
    found = evaluate(differentiate(node, "X", (A, B)), (*free, A, B), {"X": X}, {})
    step = 1e-30
    for a, b in np.ndindex(3, 3):
        moved = X.astype(complex)
        moved[a, b] += 1j * step
        wanted = evaluate(node, free, {"X": moved}, {}).imag / step
        np.testing.assert_allclose(found[..., a, b], wanted, rtol=1e-12)


def test_in_public_they_are_functions_with_their_own_names():
    assert str(public(Inverse(Read("X", I, J)))) == "inverse(X[i, j])"
    assert str(public(Determinant(Read("X", I, J), I, J))) == "determinant(X[i, j])"
