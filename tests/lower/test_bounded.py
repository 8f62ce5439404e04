"""Exponents that are never large are known for it, and none that may be large is taken for one."""

import pytest
import sympy as sp

from symbackprop.expressions import Index, Peak, Read, Where
from symbackprop.lower.bounded import may_overflow, never_large
from symbackprop.lower.exponentials import NEVER, logsumexp, maximum, minimum

J, K = Index("j", 4), Index("k", 4)
Z, ZK, T, TK = Read("z", J), Read("z", K), Read("t", J), Read("t", K)
U, V = sp.symbols("u v")
PEAK = Peak(ZK, K)
OTHERS = Peak(Where(sp.Ne(K, J), ZK, NEVER), K)
WEIGHTED = Where(sp.Ne(T, 0), Z, NEVER)


@pytest.mark.parametrize(
    "exponent",
    [
        Z - PEAK,
        Read("z", 1) - PEAK,
        Read("z", Read("label")) - PEAK,
        3 * Z / 2 - 3 * PEAK / 2,
        T * Z - T * PEAK,
        Z - logsumexp(ZK, K),
        U - maximum(U, V),
        U + V - 2 * maximum(U, V),
        -maximum(0, U),
        maximum(U, -U) - maximum(maximum(0, -U), U),
        PEAK - maximum(0, PEAK),
        minimum(U, 3),
        -((U - 1) ** 2) / 2,
        WEIGHTED - Peak(Where(sp.Ne(TK, 0), ZK, NEVER), K),
        WEIGHTED - PEAK,
        Where(sp.Ne(K, J), Read("z", K) - OTHERS, NEVER),
        Where(U > 0, Z - PEAK, -(U**2)),
        sp.log(sp.Rational(3, 7)),
    ],
    ids=str,
)
def test_what_is_never_large(exponent):
    assert never_large(exponent)
    assert not may_overflow(sp.exp(exponent))


@pytest.mark.parametrize(
    "exponent",
    [
        Z,
        Z - ZK,
        2 * Z - PEAK,
        Z - 2 * PEAK,
        PEAK - Z,
        -PEAK,
        -logsumexp(ZK, K),
        T * Z - PEAK,
        U - maximum(V, 2 * U),
        minimum(U, V),
        U**2,
        Z - OTHERS,
        Z - Peak(Where(sp.Ne(TK, 0), ZK, NEVER), K),
        Where(sp.Ne(T, 0), 2 * OTHERS - PEAK - Z, NEVER),
        Where(U > 0, Z, NEVER),
    ],
    ids=str,
)
def test_what_may_be_large(exponent):
    assert not never_large(exponent)
    assert may_overflow(sp.exp(exponent))


def test_the_hyperbolic_functions_may_overflow():
    assert may_overflow(sp.sinh(U)) and may_overflow(sp.cosh(U)) and not may_overflow(sp.tanh(U))


def test_many_nested_largest_ones_are_not_tried_in_every_combination():
    def difference(count):
        pairs = list(zip(*(sp.symbols(f"{letter}:{count}") for letter in "uv"), strict=True))
        return sp.Add(*(maximum(u, v) - maximum(v, u) for u, v in pairs))

    assert never_large(difference(3))
    # There are 2 to the power of 30 combinations here: what would take years is not known to be small.
    assert not never_large(difference(30))
