"""Formulas that overflow when computed as they stand → functions that do not, recognised in any user's equations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index, Total, Where


class Softmax(NamedTuple):
    """exp(u) / Σ exp(u) along an index: the exponent, at the numerator's index, and the index."""

    exponent: Expr
    index: Index


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
    for index in above.free_symbols:
        if isinstance(index, Index) and index.size == bound.size and body.xreplace({bound: index}) == above:
            return index
    return None


def logistic_powers(factors: Sequence[Expr]) -> tuple[list[tuple[Expr, int]], list[Expr]]:
    """Split factors into powers of the logistic function, each an argument and an exponent, and the rest.

    exp(-z)/(1 + exp(-z))² overflows far from 0; as σ(z) σ(-z) it does not.

    Example:
        >>> z = sp.Symbol("z")
        >>> logistic_powers((sp.exp(-z), (1 + sp.exp(-z)) ** -2, z))
        ([(-z, 1), (z, 1)], [z])
    """
    rest = list(factors)
    found: list[tuple[Expr, int]] = []
    for below in factors:
        exponent = _one_plus_exp(below.base) if below.is_Pow and below.exp.is_Integer and below.exp < 0 else None
        if exponent is None:
            continue
        rest.remove(below)
        power, above = int(-below.exp), 0
        for factor in rest:
            if 0 < _multiple(factor, exponent) <= power:
                above = _multiple(factor, exponent)
                rest.remove(factor)
                break
        found += [(argument, count) for argument, count in ((exponent, above), (-exponent, power - above)) if count]
    return found, rest


def spread(factors: Sequence[Expr]) -> list[Expr]:
    """Multiply a sum that holds exp(v) by the power of 1 + exp(v) beside it, term by term, so that each is finite.

    Example:
        >>> z = sp.Symbol("z")
        >>> spread((1 + z * sp.exp(-z), (1 + sp.exp(-z)) ** -2))
        [z*exp(-z)/(1 + exp(-z))**2 + (1 + exp(-z))**(-2)]
    """
    for below in factors:
        exponent = _one_plus_exp(below.base) if below.is_Pow and below.exp.is_Integer and below.exp < 0 else None
        for total in factors if exponent is not None else ():
            if total.is_Add and any(_multiple(factor, exponent) for t in total.args for factor in sp.Mul.make_args(t)):
                rest = [factor for factor in factors if factor is not below and factor is not total]
                return [*rest, sp.Add(*(term * below for term in total.args))]
    return list(factors)


def _multiple(factor: Expr, exponent: Expr) -> int:
    """n if the factor is exp(n v), 0 if it is not."""
    ratio = sp.cancel(factor.args[0] / exponent) if isinstance(factor, sp.exp) else sp.S.Zero
    return int(ratio) if ratio.is_Integer else 0


def _one_plus_exp(expr: Expr) -> Expr | None:
    """v if the expression is 1 + exp(v), else `None`."""
    if not expr.is_Add or len(expr.args) != 2:
        return None
    one, other = expr.args
    return other.args[0] if one == 1 and isinstance(other, sp.exp) else None


def softplus_argument(expr: Expr) -> Expr | None:
    """u if the expression is log(1 + exp(u)), else `None`.

    Example:
        >>> z = sp.Symbol("z")
        >>> softplus_argument(sp.log(1 + sp.exp(2 * z)))
        2*z
    """
    return _one_plus_exp(expr.args[0]) if isinstance(expr, sp.log) else None


def within_branches(expr: Where) -> tuple[Expr, Expr]:
    """The branches of where(u > c, f, g), so changed that neither overflows where the other one is taken.

    A branch is computed everywhere; in it exp(k u) is needed on one side of c only, and is kept at c on the other.

    Example:
        >>> from symbackprop.expressions import Read
        >>> z = Read("z")
        >>> within_branches(Where(z > 0, z, sp.exp(z) - 1))
        (z, exp(where(z < 0, z, 0)) - 1)
    """
    condition = expr.condition
    strict = isinstance(condition, sp.StrictGreaterThan | sp.GreaterThan)
    if not strict and not isinstance(condition, sp.StrictLessThan | sp.LessThan):
        return expr.then, expr.otherwise
    value, limit = condition.args
    if not limit.is_number:
        return expr.then, expr.otherwise
    return _kept(expr.then, value, limit, strict), _kept(expr.otherwise, value, limit, not strict)


def _kept(branch: Expr, value: Expr, limit: Expr, above: bool) -> Expr:
    side = sp.Gt(value, limit) if above else sp.Lt(value, limit)
    table = {}
    for node in branch.atoms(sp.exp):
        ratio = node.args[0] / value
        if ratio.is_number and bool(ratio < 0) == above:
            table[node] = sp.exp(ratio * Where(side, value, limit))
    return branch.xreplace(table)
