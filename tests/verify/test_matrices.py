"""Inverses and determinants by elimination: NumPy's for doubles, and 50 digits where NumPy has none."""

import numpy as np
import pytest

from symbackprop.verify.fields import NUMPY, mpmath_field
from symbackprop.verify.matrices import determinant, inverse

X = np.random.default_rng(1).standard_normal((2, 4, 4))


@pytest.mark.parametrize("matrices", [X, X[0], X + 1e-20j, X[0, 1:2, 1:2]], ids=["several", "one", "complex", "number"])
def test_they_are_numpys(matrices):
    np.testing.assert_allclose(inverse(matrices, NUMPY), np.linalg.inv(matrices), rtol=1e-10)
    np.testing.assert_allclose(determinant(matrices, NUMPY), np.linalg.det(matrices), rtol=1e-10)


def test_a_row_that_starts_with_0_is_exchanged():
    assert determinant(np.array([[0.0, 2.0], [3.0, 0.0]]), NUMPY) == -6
    assert np.isnan(inverse(np.zeros((2, 2)), NUMPY)).all()


def test_to_50_digits_the_product_with_the_inverse_is_1():
    field = mpmath_field(50)
    exact = field.array(X[0])
    product = exact @ inverse(exact, field)
    assert np.max(np.abs(product - np.eye(4))) < 1e-47
