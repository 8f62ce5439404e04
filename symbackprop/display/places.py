"""Turns index expressions, counted from 0 in equations, into trees that are counted from 1 as readers count.

j stays j, 0 becomes 1, t - 1 stays t - 1, the last step T - 1 becomes T, and a window i + k becomes i + k - 1.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy import Expr

from symbackprop.display.order import arrange_terms
from symbackprop.display.tree import Apply, Fraction, Minus, Number, Symbol, Tree, integer, plus, times
from symbackprop.expressions import ArgPeak, Index, Read
from symbackprop.notation import given

IndexPrinter = Callable[[Expr], Symbol]


def place_tree(expr: Expr, index: IndexPrinter, inner: Callable[[Expr], Tree]) -> Tree:
    """An index expression counted from 1.

    Args:
        expr: The expression, counted from 0.
        index: How a single index is printed.
        inner: How a read or an arg max inside it is printed.
    """
    if isinstance(expr, Index):
        return index(expr)
    if expr.is_Integer:
        return integer(int(expr) + 1)
    if isinstance(expr, Read | ArgPeak):
        return inner(expr)
    return arithmetic(sp.expand(from_one(expr) + 1), index, inner)


def from_one(expr: Expr) -> Expr:
    """The expression in indices that count from 1; what stands inside a read or an arg max is not its business."""
    if isinstance(expr, Index | ArgPeak):
        return expr - 1
    if isinstance(expr, Read) or not expr.args:
        return expr
    return expr.func(*map(from_one, expr.args))


def arithmetic(expr: Expr, index: IndexPrinter, inner: Callable[[Expr], Tree]) -> Tree:
    """An integer expression whose indices already count as readers do."""
    if isinstance(expr, Index):
        return index(expr)
    if expr.is_Rational:
        text = str(expr)
        return Number(text) if expr.is_Integer else Fraction(integer(expr.p), integer(expr.q), inline=True)
    if expr.is_Symbol:
        return Symbol(given(expr.name), key=expr.name)
    if expr.is_Add:
        constant, rest = expr.as_coeff_Add()
        terms = arrange_terms([_signed(term, index, inner) for term in sp.Add.make_args(rest)])
        number = [_signed(constant, index, inner)] if constant else []
        # t + 1 and t - 1, but 1 - t.
        return plus(*number, *terms) if isinstance(terms[0], Minus) else plus(*terms, *number)
    if expr.is_Mul:
        return times(*(arithmetic(factor, index, inner) for factor in expr.args))
    if isinstance(expr, sp.floor):
        return Apply("floor", (arithmetic(expr.args[0], index, inner),))
    return inner(expr)


def _signed(term: Expr, index: IndexPrinter, inner: Callable[[Expr], Tree]) -> Tree:
    if term.as_coeff_Mul()[0].is_negative:
        return Minus(arithmetic(-term, index, inner))
    return arithmetic(term, index, inner)
