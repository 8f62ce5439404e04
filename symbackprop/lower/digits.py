"""Places such as `x[o // 4, k]` → places without a quotient, the index o written with two digits, o = 4 g + r.

A tensor that is read at 4 g + r is a reshaped one, so that grouped channels, heads and unflattened axes need no copy,
and contractions with them are matmuls again.
"""

from __future__ import annotations

from typing import NamedTuple

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Delta, Index, Read, Total, Within
from symbackprop.substitution import substitute


class Digits(NamedTuple):
    """An index written as Σ weight · digit."""

    index: Index
    digits: tuple[Index, ...]
    weights: tuple[int, ...]

    @property
    def value(self) -> Expr:
        """The index in its digits."""
        return sp.Add(*(weight * digit for digit, weight in zip(self.digits, self.weights, strict=True)))


def in_digits(expr: Expr) -> tuple[Expr, tuple[Digits, ...]]:
    """Rid places of the quotients of indices.

    Args:
        expr: An expression over indices, free or bound by sums.

    Returns:
        The expression with digits for the indices that are divided, and for each free one of them its digits.

    Example:
        >>> o = Index("o", 4)
        >>> in_digits(Read("x", sp.floor(o / 2)))
        (x[o_high], (Digits(index=o, digits=(o_high, o_low), weights=(2, 1)),))
    """
    if not expr.has(sp.floor):
        return expr, ()
    expr = _inside_sums(expr)
    found = []
    for index in sorted(_divided(expr), key=str):
        if index in expr.free_symbols and (digits := _digits(index, expr)) is not None:
            expr = _put(expr, digits)
            found.append(digits)
    return expr, tuple(found)


def _inside_sums(expr: Expr) -> Expr:
    """The same for indices that a sum binds: the sum runs over the digits."""
    if not expr.args or isinstance(expr, Read):
        return expr
    expr = expr.func(*map(_inside_sums, expr.args))
    if not isinstance(expr, Total):
        return expr
    body, bound = expr.body, expr.bound
    for index in bound:
        digits = _digits(index, body) if index in _divided(body) else None
        if digits is not None:
            body = _put(body, digits)
            bound = tuple(one for own in bound for one in (digits.digits if own == index else (own,)))
    return Total(body, *bound)


def _put(expr: Expr, digits: Digits) -> Expr:
    """The digits for an index; the quotient of digits that do not reach the divisor is 0."""
    expr = substitute(expr, {digits.index: digits.value})
    largest = {digit: digit.size - 1 for digit in digits.digits}
    quotients = {part: part.args[0].xreplace(largest) for part in expr.atoms(sp.floor)}
    return expr.xreplace({part: sp.S.Zero for part, most in quotients.items() if most.is_Rational and most < 1})


def _divided(expr: Expr) -> set[Index]:
    """The indices that are divided in places."""
    places = expr.atoms(Read, Delta, Within)
    return {quotient[0] for place in places for part in place.atoms(sp.floor) if (quotient := _quotient(part))}


def _quotient(part: Expr) -> tuple[Index, int] | None:
    """(i, m) of floor(i / m)."""
    above, below = sp.fraction(sp.together(part.args[0]))
    return (above, int(below)) if isinstance(above, Index) and below.is_Integer else None


def _digits(index: Index, expr: Expr) -> Digits | None:
    """Digits whose weights are the divisors; `None` where a divisor does not divide the next, or the size."""
    quotients = [_quotient(part) for part in expr.atoms(sp.floor)]
    divisors = sorted({q[1] for q in quotients if q is not None and q[0] == index}, reverse=True)
    sizes = [index.size / divisors[0]]
    sizes += [sp.Integer(above) / below for above, below in zip(divisors, [*divisors[1:], 1], strict=True)]
    if not all(size.is_integer for size in sizes):
        return None
    names = ["high", "low"] if len(sizes) == 2 else [str(number) for number in range(len(sizes))]
    digits = tuple(Index(f"{index.name}_{name}", size) for name, size in zip(names, sizes, strict=True))
    return Digits(index, digits, (*divisors, 1))
