"""Formulas that overflow when computed as they stand → functions that do not, recognised in any user's equations."""

from __future__ import annotations

from typing import NamedTuple

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index, Total


class Softmax(NamedTuple):
    """exp(u) / Σ exp(u) along an index: the exponent, at the numerator's index, and the index."""

    exponent: Expr
    index: Index


def logistic_argument(expr: Expr) -> Expr | None:
    """u if the expression is 1/(1 + exp(-u)), else `None`.

    Example:
        >>> z = sp.Symbol("z")
        >>> logistic_argument(1 / (1 + sp.exp(-z)))
        z
    """
    if not (expr.is_Pow and expr.exp == -1 and expr.base.is_Add and len(expr.base.args) == 2):
        return None
    one, other = expr.base.args
    return -other.args[0] if one == 1 and isinstance(other, sp.exp) else None


def softmax_factors(expr: Expr) -> tuple[Softmax, Expr] | None:
    """Split a product into a softmax and the rest; `None` if it has none.

    The product must hold exp(u[k]) and 1/Σ_m exp(u[m]) with the same u.
    """
    factors = list(sp.Mul.make_args(expr))
    for below in factors:
        if not (below.is_Pow and below.exp == -1 and isinstance(below.base, Total)):
            continue
        total = below.base
        if len(total.bound) != 1 or not isinstance(total.body, sp.exp):
            continue
        (bound,) = total.bound
        for above in factors:
            index = _matching(above, total.body, bound)
            if index is not None:
                rest = sp.Mul(*(f for f in factors if f is not below and f is not above))
                return Softmax(above.args[0], index), rest
    return None


def _matching(above: Expr, body: Expr, bound: Index) -> Index | None:
    """The index k for which body with `bound` → k is `above`."""
    if not isinstance(above, sp.exp):
        return None
    for index in above.free_symbols - body.free_symbols:
        if isinstance(index, Index) and index.size == bound.size and body.xreplace({bound: index}) == above:
            return index
    return None
