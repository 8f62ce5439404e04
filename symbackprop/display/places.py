"""Turns index expressions, counted from 0 in equations, into trees that are counted from 1 as readers count.

j stays j, 0 becomes 1, t - 1 stays t - 1, the last step T - 1 becomes T, and a window i + k becomes i + k - 1. So does
a label t that is a place in another tensor become t + 1, unless its numbers are counted from 1 in print.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.display.order import arrange_terms
from symbackprop.display.tree import Apply, Fraction, Minus, Number, Order, Symbol, Tree, integer, plus, times
from symbackprop.expressions import ArgPeak, Index, Peak, Read, Total, parts_of, reads
from symbackprop.notation import given

IndexPrinter = Callable[[Expr], Symbol]
Counted = Callable[[Read], bool]
# Of whole numbers one is greater than the one before another if it is at least that.
_NEXT: dict[tuple[Order, Any], Order] = {(">", -1): ">=", ("<", 1): "<=", (">=", 1): ">", ("<=", -1): "<"}

_BINDING = (Total, Peak, ArgPeak)


def place_tree(expr: Expr, index: IndexPrinter, inner: Callable[[Expr], Tree], counted: Counted) -> Tree:
    """An index expression counted from 1.

    Args:
        expr: The expression, counted from 0.
        index: How a single index is printed.
        inner: How a read or an arg max inside it is printed.
        counted: Whether the numbers of a tensor that is read inside it are counted from 1.
    """
    if isinstance(expr, Index):
        return index(expr)
    if expr.is_Integer:
        return integer(int(expr) + 1)
    return arithmetic(sp.expand(from_one(expr, counted) + 1), index, inner)


def from_one(expr: Expr, counted: Counted) -> Expr:
    """The expression in indices that count from 1; what stands inside a read or an arg max is not its business."""
    if isinstance(expr, Index | ArgPeak) or (isinstance(expr, Read) and counted(expr)):
        return expr - 1
    if isinstance(expr, sp.Add | sp.Mul | sp.floor):
        return expr.func(*(from_one(part, counted) for part in expr.args))
    return expr


def compared(left: Expr, operator: Order, right: Expr, whole: bool) -> tuple[Expr, Order, Expr]:
    """A comparison of places that count from 1, its number on the right: t > 0 and not t - 1 > 0.

    Args:
        left: One side.
        operator: What stands between them.
        right: The other side.
        whole: Whether both are whole numbers; i > j - 1 is i >= j then.

    Example:
        >>> i, j = sp.symbols("i j", integer=True)
        >>> compared(i - 1, ">=", j - 1, True), compared(i, ">", j - 1, True)
        ((i, '>=', j), (i, '>=', j))
    """
    number, left = left.as_coeff_Add()
    number, right = (right - number).as_coeff_Add()
    if right and whole and (operator, number) in _NEXT:
        return left, _NEXT[operator, number], right
    return left, operator, right + number


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


def unclear(expr: Expr, lengths: Callable[[Read], Sequence[Expr]]) -> frozenset[Index]:
    """The bound indices whose limits must be printed, since they do not run over the axes at which they stand alone.

    Args:
        expr: The expression.
        lengths: How long each axis of a tensor is that is read; none where nobody knows.

    Example:
        >>> i, j = Index("i", 2), Index("j", 3)
        >>> total = Total(Read("z", i) * Read("z", i + 1), i) + Total(Read("z", j), j)
        >>> unclear(total, lambda read: [sp.Integer(3)])
        frozenset({i})
    """
    bound = [(index, node.body) for node in parts_of(expr) if isinstance(node, _BINDING) for index in node.bound]
    return frozenset(index for index, body in bound if _axes(index, body, lengths) != {index.size})


def _axes(index: Index, body: Expr, lengths: Callable[[Read], Sequence[Expr]]) -> set[Expr]:
    """The lengths of the axes at which an index stands alone; its own size for an axis whose length nobody knows."""
    found: set[Expr] = set()
    for read in reads(body):
        known = lengths(read)
        sizes = known if len(known) == len(read.indices) else [index.size] * len(read.indices)
        found |= {size for place, size in zip(read.indices, sizes, strict=True) if place == index}
    return found
