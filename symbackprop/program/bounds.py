"""Lengths with fractions rounded down → numbers that they are never below."""

from __future__ import annotations

import sympy as sp
from sympy import Expr


def least(expr: Expr) -> Expr:
    """A number that an expression in sizes is never below: ⌊p/q⌋ is at most p/q, and at least (p - q + 1)/q.

    Example:
        >>> n = sp.Symbol("n", integer=True, positive=True)
        >>> least(n - 2 * sp.floor(n / 2)), least(2 * sp.floor((n + 1) / 2) - n)
        (0, 0)
    """
    return sp.expand(sp.Add(*map(_least_term, sp.Add.make_args(sp.expand(expr)))))


def _least_term(term: Expr) -> Expr:
    number, part = term.as_coeff_Mul()
    if not isinstance(part, sp.floor):
        return term
    (inside,) = part.args
    above, below = sp.fraction(sp.together(inside))
    if number.is_negative:
        return number * inside
    return number * (above - below + 1) / below if above.is_integer and below.is_Integer else term
