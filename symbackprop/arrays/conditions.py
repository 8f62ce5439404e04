"""Arrays of numbers → truth values, and one number where they hold, another elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy import Expr
from sympy.logic.boolalg import Boolean

from symbackprop.arrays.broadcasting import settled, together
from symbackprop.arrays.elementwise import Operation, argument
from symbackprop.arrays.values import PLAIN, Value
from symbackprop.expressions import Delta, Where


def where(condition: Value, then: Value, otherwise: Value) -> Value:
    """Entry by entry one value where a condition holds, another elsewhere."""
    if not condition.truth:
        condition = compared(sp.Ne)(condition, condition.book.number(0))
    axes, _ = together(condition, then, otherwise)
    then, otherwise = (settled(argument(value, PLAIN), axes) for value in (then, otherwise))
    axes, (test, x, y) = together(condition, then, otherwise)
    return Value(then.book, Where(test.expr, x.number, y.number), axes, whole=then.integral and otherwise.integral)


def compared(relation: Callable[[Expr, Expr], Boolean]) -> Operation:
    """A comparison of two values, entry by entry."""

    def compare(a: Value, b: Value) -> Value:
        axes, (x, y) = together(argument(a, PLAIN), argument(b, PLAIN))
        return Value(a.book, _decided(relation, x.number, y.number), axes)

    return compare


def _decided(relation: Callable[[Expr, Expr], Boolean], left: Expr, right: Expr) -> Boolean:
    """A comparison; one of a mask with a number is the mask's own condition."""
    # That an entry of `np.eye(n)` is 1 is a condition, too.
    for side, other, swapped in ((_as_branch(left), right, False), (_as_branch(right), left, True)):
        if isinstance(side, Where) and other.is_number and side.then.is_number and side.otherwise.is_number:
            yes, no = (relation(other, part) if swapped else relation(part, other) for part in side.args[1:])
            return sp.Or(sp.And(side.condition, yes), sp.And(sp.Not(side.condition), no))
    return relation(left, right)


def _as_branch(value: Expr) -> Expr:
    return Where(sp.Eq(*value.args), sp.S.One, sp.S.Zero) if isinstance(value, Delta) else value


def joined(combine: Callable[..., Boolean]) -> Operation:
    """And, or of two truth values."""

    def join(a: Value, b: Value) -> Value:
        axes, (x, y) = together(_truth(a), _truth(b))
        return Value(a.book, combine(x.expr, y.expr), axes)

    return join


def inverted(a: Value) -> Value:
    """Not a."""
    return a.with_expr(sp.Not(_truth(a).expr))


def _truth(a: Value) -> Value:
    return a if a.truth else compared(sp.Ne)(a, a.book.number(0))
