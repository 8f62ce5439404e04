"""What is put in is not captured, and what is bound is left alone."""

import sympy as sp

from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total
from symbackprop.substitution import substitute

I, J, K = Index("i", 3), Index("j", 4), Index("k", 3)
X = Read("x", I)


def test_substitution_leaves_alone_what_is_bound():
    assert substitute(X * Total(X, I), {I: sp.Integer(2)}) == Read("x", 2) * Total(X, I)
    assert substitute(Delta(I, ArgPeak(X, I)), {I: K}) == Delta(K, ArgPeak(X, I))


def test_substitution_captures_nothing():
    expr = substitute(Total(Read("W", I, K) * Read("x", K), K), {I: K})
    (bound,) = expr.bound
    assert bound != K and expr == Total(Read("W", K, bound) * Read("x", bound), bound)
    swapped = substitute(Total(Read("W", I, K), Index("m", 2)) * X, {I: K, K: I})
    assert swapped == Total(Read("W", K, I), Index("m", 2)) * Read("x", K)
    inner = substitute(Total(Total(Read("W", I, K), K) * Read("x", K), K), {I: 2 * K})
    assert inner.free_symbols == {K}


def test_maxima_are_bound_as_sums_are():
    assert substitute(Peak(Read("W", J, I), I), {J: K}) == Peak(Read("W", K, I), I)
