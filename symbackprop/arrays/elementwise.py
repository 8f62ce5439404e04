"""Functions of NumPy that work entry by entry → the same on values, by broadcasting.

What saturates or bends (tanh, relu, softmax) gives a value that is due a name: more than a sum of it with others makes
it a tensor of its own, whose slope is then written with the tensor itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import sympy as sp
from sympy import Expr
from sympy.logic.boolalg import Boolean

from symbackprop.arrays.broadcasting import settled, together
from symbackprop.arrays.shifts import unshifted_logarithm, unshifted_quotient
from symbackprop.arrays.values import CONTRACTED, PLAIN, REDUCED, Value, exact
from symbackprop.errors import LanguageError
from symbackprop.expressions import Index, Read, Total, Where
from symbackprop.language import FUNCTIONS
from symbackprop.language.syntax import MAX_EXPONENT
from symbackprop.matrices import Determinant

Operation: TypeAlias = Callable[..., Any]


def add(a: Value, b: Value) -> Value:
    """a + b."""
    return _linear(a, b, lambda x, y: x + y)


def subtract(a: Value, b: Value) -> Value:
    """a - b."""
    return _linear(a, b, lambda x, y: x - y)


def positive(a: Value) -> Value:
    """+a."""
    return a


def negative(a: Value) -> Value:
    """-a."""
    return replace(a, expr=-a.number)


def _linear(a: Value, b: Value, combine: Callable[[Expr, Expr], Expr]) -> Value:
    if a.constant and not a.axes and a.number == 0 and combine is not None and b.unit:
        return replace(b, expr=combine(sp.S.Zero, b.number))
    axes, _ = together(a, b)
    if any(axis.size != 1 for axis in axes):
        a, b = (_summand(value, axes) for value in (a, b))
    axes, (x, y) = together(a, b)
    unit = a.unit or b.unit or ("h" if a.depth or b.depth else "")
    depth = max(a.depth, b.depth)
    scalar = not any(axis.size != 1 for axis in axes)
    unit = unit if scalar and (a.unit or b.unit) else ""
    return Value(a.book, combine(x.number, y.number), axes, depth, unit, a.integral and b.integral)


def _summand(value: Value, axes: tuple[Index, ...]) -> Value:
    """A term of a sum; z - log Σ exp z stays as it is, being the logarithm of a softmax."""
    for term in sp.Add.make_args(value.number):
        inside = term.as_coeff_Mul()[1]
        inside = inside.args[0] if isinstance(inside, sp.log) else None
        if isinstance(inside, Total) and isinstance(inside.body, sp.exp):
            return replace(value, unit="")
    return value.book.named(value) if value.unit else settled(value, axes)


def multiply(a: Value, b: Value) -> Value:
    """a * b; a number scales what it meets, and anything else makes both factors tensors if a name is due."""
    if a.constant or b.constant:
        axes, (x, y) = together(a, b)
        scaled = b if a.constant else a
        return Value(a.book, x.number * y.number, axes, scaled.depth, scaled.unit, a.integral and b.integral)
    axes, _ = together(a, b)
    a, b = (settled(value.book.named(value) if value.unit else value, axes) for value in (a, b))
    axes, (x, y) = together(a, b)
    return Value(a.book, x.number * y.number, axes, max(a.depth, b.depth), whole=a.integral and b.integral)


def divide(a: Value, b: Value) -> Value:
    """a / b.

    Raises:
        LanguageError: b is the number 0.
    """
    if b.constant:
        if b.number == 0:
            raise LanguageError("division by zero")
        return multiply(a, b.with_expr(1 / b.number))
    _, (x, y) = together(a, b)
    return unshifted_quotient(x, y) or multiply(a, reciprocal(b))


def reciprocal(a: Value) -> Value:
    """1 / a."""
    a = argument(a, REDUCED, product=True)
    return a.with_expr(1 / a.number, unit="" if a.depth == PLAIN else "r")


def power(a: Value, b: Value) -> Value:
    """a ** b.

    Raises:
        LanguageError: The exponent is too large a number.
    """
    if b.constant and a.constant:
        return a.with_expr(_power(a.number, b.number))
    if b.constant and b.number == 1:
        return a
    if b.constant and b.number == -1:
        return reciprocal(a)
    a = argument(a, REDUCED if b.constant and b.number.is_Rational and b.number.q > 1 else PLAIN, product=True)
    b = argument(b, PLAIN)
    axes, (x, y) = together(a, b)
    return Value(a.book, _power(x.number, y.number), axes, a.depth, "r" if a.depth else "")


def _power(base: Expr, exponent: Expr) -> Expr:
    if exponent.is_number and abs(exponent) > MAX_EXPONENT:
        raise LanguageError(f"an exponent may be {MAX_EXPONENT} at most")
    if base == 0 and exponent.is_number and exponent < 0:
        raise LanguageError("division by zero")
    return base**exponent


def square(a: Value) -> Value:
    """a ** 2."""
    return power(a, a.book.number(2))


def argument(a: Value, depth: int, product: bool = False) -> Value:
    """What a function is applied to: a tensor, where it holds more than a function should be written around.

    Args:
        a: The argument.
        depth: What may stand in it without a name: nothing (PLAIN), or a reduction (REDUCED).
        product: Whether it is one number that needs none, being multiplied by itself only.
    """
    if product and not any(size != 1 for size in a.shape):
        return a
    if a.unit:
        return a.book.named(a)
    return a.book.named(a, "z") if a.depth > depth else a


def applied(name: str, unit: str = "", depth: int = PLAIN) -> Operation:
    """A function of the equation language on a value.

    Args:
        name: Of the function.
        unit: What the result is called if it is due a name.
        depth: What may stand in its argument without a name.
    """

    def apply(a: Value) -> Value:
        if name == "log" and (unshifted := unshifted_logarithm(a.book, a.number)) is not None:
            return a.with_expr(unshifted, depth=REDUCED, unit="l")
        if name == "log" and (found := _determinant(a)) is not None:
            return a.with_expr(sp.log(found**2) / 2, depth=REDUCED, unit="l")
        a = a.book.named(a, "l") if name == "exp" and _is_beside_logarithm(a.number) else argument(a, depth)
        found = _computed(FUNCTIONS[name], a.number)
        return a.with_expr(found, unit=unit or ("r" if a.depth else ""), whole=name == "abs" and a.whole)

    apply.__doc__ = f"{name}(a)."
    return apply


def _is_beside_logarithm(exponent: Expr) -> bool:
    """Whether it is the logarithm of a tensor, or that and more: exp(u - log s) is small where s is beyond range."""
    sums = [part for part in sp.Mul.make_args(exponent) if part.is_Add or part == exponent]
    factors = (factor for part in sums for term in sp.Add.make_args(part) for factor in sp.Mul.make_args(term))
    return any(isinstance(factor, sp.log) and isinstance(factor.args[0], Read) for factor in factors)


def _determinant(a: Value) -> Expr | None:
    """The determinant whose absolute value a value is: its logarithm has a derivative without branches."""
    if not (isinstance(a.number, Where) and isinstance(a.number.args[0], sp.Gt)):
        return None
    inner = a.number.args[0].lhs
    found = a.book.definition(inner)
    return found if isinstance(found, Determinant) and a.number == FUNCTIONS["abs"](inner) else None


def composed(formula: Callable[[Expr], Expr], unit: str, name: str) -> Operation:
    """A function that is made of others, such as the logistic function, on a value."""

    def apply(a: Value) -> Value:
        a = argument(a, PLAIN)
        return a.with_expr(_computed(formula, a.number), unit=unit)

    apply.__doc__ = f"{name}(a)."
    return apply


def _computed(function: Callable[[Expr], Expr], value: Expr) -> Expr:
    found = function(value)
    if found.has(sp.zoo, sp.nan, sp.oo, sp.S.NegativeInfinity, sp.I):
        raise LanguageError("this is infinite, undefined or not real")
    return found


def sign(value: Expr) -> Expr:
    """1, 0 or -1."""
    return Where(sp.Gt(value, 0), sp.S.One, Where(sp.Lt(value, 0), sp.S.NegativeOne, sp.S.Zero))


def maximum(a: Value, b: Value) -> Value:
    """The larger of two; a tie goes to the second, or to the number among them."""
    return _extreme(a, b, sp.Gt)


def minimum(a: Value, b: Value) -> Value:
    """The smaller of two; a tie goes to the second, or to the number among them."""
    return _extreme(a, b, sp.Lt)


def _extreme(a: Value, b: Value, relation: Callable[[Expr, Expr], Boolean]) -> Value:
    if a.constant:
        a, b = b, a
    if a.constant:
        first = bool(relation(a.number, b.number))
        axes, (x, y) = together(a, b)
        return (x if first else y).at({}, axes)
    a, b = argument(a, PLAIN), argument(b, PLAIN)
    axes, (x, y) = together(a, b)
    whole = a.integral and b.integral
    unit = "" if whole else "a"
    return Value(a.book, Where(relation(x.number, y.number), x.number, y.number), axes, unit=unit, whole=whole)


def clip(a: Value, low: Value | None = None, high: Value | None = None) -> Value:
    """a between two bounds; at a bound the slope is 0."""
    a = a if low is None else maximum(a, low)
    return a if high is None else minimum(a, high)


def remainder(a: Value, b: Value) -> Value:
    """a - b * floor(a / b), for whole numbers that are known."""
    return a.with_expr(a.number - b.number * sp.floor(a.number / b.number), whole=True)


def floor_divide(a: Value, b: Value) -> Value:
    """floor(a / b), for whole numbers that are known."""
    return a.with_expr(sp.floor(a.number / b.number), whole=True)


def number_of(book: Any, value: Any) -> Value:
    """A value as it is, or a number of Python as one."""
    return value if isinstance(value, Value) else Value(book, exact(value))


__all__ = ["CONTRACTED", "Operation", "add", "argument", "clip"]
