"""Arrays whose entries are indexed expressions: what a statement in array notation is computed with.

A value is an expression over its axes, each axis an index of its own; `sum` binds an axis, `[2:5]` shifts one, and
`x @ y` puts one index for two. An axis of length 1 is one that the expression need not depend on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite, pi
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy import Basic, Expr
from sympy.logic.boolalg import Boolean

from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import INFINITY, Index, Where
from symbackprop.substitution import substitute

if TYPE_CHECKING:
    from symbackprop.arrays.lifting import Lifting

MOST_DENOMINATOR = 4096
PLAIN, REDUCED, CONTRACTED = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Value:
    """An array as an indexed expression.

    Attributes:
        book: Where the equations are collected that it may read.
        expr: Its entry at the indices `axes`, a truth value for a comparison.
        axes: One index per axis, different from one another and from those of other values.
        depth: Whether it holds a reduction, or a contraction, that has no name yet.
        unit: What it should be called if more is made of it than a sum, such as "a" for a tanh; "" if no name is due.
        whole: Whether its entries are whole numbers, and may be positions.
    """

    book: Lifting
    expr: Basic
    axes: tuple[Index, ...] = ()
    depth: int = PLAIN
    unit: str = ""
    whole: bool = False

    @property
    def shape(self) -> tuple[Expr, ...]:
        """The size of each axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def rank(self) -> int:
        """How many axes it has."""
        return len(self.axes)

    @property
    def truth(self) -> bool:
        """Whether its entries are truth values."""
        # A symbol of SymPy is both.
        return isinstance(self.expr, Boolean) and not isinstance(self.expr, Expr)

    @property
    def number(self) -> Expr:
        """Its entry as a number: 1 for true, 0 for false."""
        return Where(self.expr, sp.S.One, sp.S.Zero) if self.truth else self.expr

    @property
    def integral(self) -> bool:
        """Whether its entries are whole numbers, as data, as truth values or as a number that is one."""
        return self.whole or self.truth or (self.constant and bool(self.number.is_integer))

    @property
    def constant(self) -> bool:
        """Whether it is one number, the same everywhere, that reads nothing."""
        return isinstance(self.expr, Expr) and bool(self.expr.is_number)

    def at(self, table: dict[Index, Expr], axes: tuple[Index, ...] | None = None) -> Value:
        """The value with expressions put for its indices, and other axes."""
        return replace(self, expr=put(self.expr, table), axes=self.axes if axes is None else axes)

    def apart(self) -> Value:
        """The same with indices that nothing else has."""
        axes = tuple(self.book.like(axis) for axis in self.axes)
        return self.at(dict(zip(self.axes, axes, strict=True)), axes)

    def with_expr(self, expr: Basic, **changes: Any) -> Value:
        """The value of another expression over the same axes."""
        return replace(self, expr=expr, **{"unit": "", "whole": False, **changes})


def put(expr: Basic, table: dict[Index, Expr]) -> Basic:
    """Put expressions for free indices, in a comparison too."""
    table = {old: new for old, new in table.items() if old != new}
    if not table:
        return expr
    if isinstance(expr, Boolean) and not isinstance(expr, Expr):
        return expr.func(*(put(arg, table) for arg in expr.args)) if expr.args else expr
    return substitute(expr, table)


def shape_text(shape: tuple[Any, ...]) -> str:
    """A shape as NumPy writes it.

    Example:
        >>> shape_text((3, 2)), shape_text((3,)), shape_text(())
        ('(3, 2)', '(3,)', '()')
    """
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def axis_number(axis: Any, rank: int, what: str) -> int:
    """An axis counted from 0, also where it was counted from the end.

    Raises:
        ShapeError: There is no such axis.
    """
    number = whole_number(axis, f"the axis of {what}")
    if not -rank <= number < rank:
        raise ShapeError(f"{what} has no axis {number}: it has {rank} axes")
    return number % rank


def whole_number(value: Any, what: str) -> int:
    """A whole number, from Python or as a constant value.

    Raises:
        LanguageError: It is something else, or is not known before there are numbers.
    """
    if isinstance(value, Value) and not value.axes and value.constant:
        value = value.expr
    if isinstance(value, bool) or not isinstance(value, int | sp.Integer):
        if not hasattr(value, "__index__"):
            raise LanguageError(f"{what} must be a whole number, got {_described(value)}")
        value = value.__index__()
    return int(value)


def _described(value: Any) -> str:
    return f"an array of shape {shape_text(value.shape)}" if isinstance(value, Value) else repr(value)


def exact(number: Any) -> Expr:
    """A number of Python as an exact one; a float that is a root or a multiple of π is taken for that.

    Example:
        >>> exact(0.1), exact(2**0.5), exact((2 / pi) ** 0.5)
        (1/10, sqrt(2), sqrt(2)/sqrt(pi))
    """
    if isinstance(number, Expr):
        return number
    if isinstance(number, bool | int):
        return sp.Integer(int(number))
    number = float(number)
    if not isfinite(number):
        if number != number:
            raise LanguageError("nan is not a number")
        return INFINITY if number > 0 else -INFINITY
    plain = Fraction(repr(number))
    if len(str(plain.denominator)) > 8:
        square = Fraction(number * number).limit_denominator(MOST_DENOMINATOR)
        for unit, symbol in ((1.0, sp.S.One), (1 / pi, 1 / sp.pi), (pi, sp.pi)):
            square = Fraction(number * number / unit).limit_denominator(MOST_DENOMINATOR)
            found = (float(square) * unit) ** 0.5
            if square and abs(found - abs(number)) <= 4e-16 * found:
                root = sp.sqrt(sp.Rational(square.numerator, square.denominator) * symbol)
                return root if number > 0 else -root
        for unit, symbol in ((pi, sp.pi), (1 / pi, 1 / sp.pi)):
            ratio = Fraction(number / unit).limit_denominator(MOST_DENOMINATOR)
            if ratio and abs(float(ratio) * unit - number) <= 4e-16 * abs(number):
                return sp.Rational(ratio.numerator, ratio.denominator) * symbol
    return sp.Rational(plain.numerator, plain.denominator)
