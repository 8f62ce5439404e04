import numpy as np
import pytest
from sympy import Symbol

from symbackprop.errors import ShapeError
from symbackprop.expressions import Index
from symbackprop.verify.grids import Grid, aligned, contracted, size_of, summed, together

I, J, K = Index("i", 2), Index("j", 3), Index("k", 300)


def test_axes_line_up_by_name_not_by_place() -> None:
    data = np.arange(6).reshape(2, 3)
    axes, (left, right) = together([Grid((I, J), data), Grid((J, I), data.T)])
    assert axes == (I, J)
    assert (left == right).all()
    assert aligned(Grid((J,), np.arange(3)), (I, J)).shape == (1, 3)


def test_contraction_is_the_sum_of_the_product_in_both_sizes() -> None:
    rng = np.random.default_rng(1)
    for last in (J, K):
        size = int(last.size)
        a, b, c = rng.normal(size=(2, size)), rng.normal(size=(size, 2, 40)), rng.normal(size=size)
        L = Index("l", 40)
        found = contracted([Grid((I, last), a), Grid((last, I, L), b), Grid((last,), c)], (last,))
        assert found.axes == (I, L)
        np.testing.assert_allclose(found.data, np.einsum("ik,kil,k->il", a, b, c), rtol=1e-12)


def test_summed_leaves_other_axes() -> None:
    found = summed(Grid((I, J), np.arange(6.0).reshape(2, 3)), (I,))
    assert found.axes == (J,)
    assert list(found.data) == [3, 5, 7]


def test_sizes_may_be_formulas() -> None:
    n = Symbol("n")
    assert size_of(Index("t", n - 1), {n: 4}) == 3
    with pytest.raises(ShapeError, match="'t'"):
        size_of(Index("t", n - 1), {})
