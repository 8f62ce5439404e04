"""Σ A[i, j] x[j] + Σ A[j, i] x[j] → Σ (A[i, j] + A[j, i]) x[j]: a quadratic form has the gradient (A + Aᵀ) x."""

from __future__ import annotations

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Read, Total


def shared_sums(exprs: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Put sums into one that share a factor, if what else they have is one tensor at other places.

    Example:
        >>> from symbackprop.expressions import Index
        >>> i, j = Index("i", 3), Index("j", 3)
        >>> shared_sums((Total(Read("A", i, j) * Read("x", j), j) + Total(Read("A", j, i) * Read("x", j), j),))
        (sum((A[i, j] + A[j, i])*x[j], j),)
    """
    (expr,) = exprs
    if not expr.is_Add:
        return exprs
    terms = list(expr.args)
    for number, one in enumerate(terms):
        for place, other in enumerate(terms[number + 1 :], number + 1):
            joined = _joined(one, other)
            if joined is not None:
                rest = [term for n, term in enumerate(terms) if n not in (number, place)]
                return shared_sums((sp.Add(joined, *rest),))
    return exprs


def _joined(one: Expr, other: Expr) -> Expr | None:
    """Two sums as one, or `None`."""
    number, first = one.as_coeff_Mul()
    same, second = other.as_coeff_Mul()
    if number != same or not all(isinstance(part, Total) and len(part.bound) == 1 for part in (first, second)):
        return None
    (index,), (moved,) = first.bound, second.bound
    if index.size != moved.size:
        return None
    left = sp.Mul.make_args(first.body)
    right = sp.Mul.make_args(second.body.xreplace({moved: index}))
    shared = [factor for factor in left if factor in right and index in factor.free_symbols]
    rests = [[factor for factor in side if factor not in shared] for side in (left, right)]
    if len(shared) != 1 or any(len(rest) != 1 or not isinstance(rest[0], Read) for rest in rests):
        return None
    if rests[0][0].tensor != rests[1][0].tensor:
        return None
    return number * Total(shared[0] * (rests[0][0] + rests[1][0]), index)
