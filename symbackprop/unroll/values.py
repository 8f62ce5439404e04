"""Scalar equations and the numbers of a worked sample → the number of every scalar, exact where arithmetic keeps it so.

Whole and decimal numbers are fractions; sums, products and powers of fractions are fractions. What is not one is an
mpmath number of many digits, never one of the machine's, so that the digits printed are the same everywhere.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any, TypeAlias

import mpmath
import sympy as sp
from mpmath import mpf
from sympy import Expr, Symbol

from symbackprop.errors import ShapeError, UnsupportedError
from symbackprop.unroll.records import Place, Scalars

DIGITS = 50
# An exact result with more digits than this is of use to nobody, and deep linear networks would make it grow for ever.
EXACT_BITS = 400

# A Fraction where the value is exact, else an mpmath number; mpmath carries no types.
Exact: TypeAlias = Any
FUNCTIONS: Mapping[type, Callable[..., Any]] = {
    sp.Abs: abs,
    sp.exp: mpmath.exp,
    sp.log: mpmath.log,
    sp.tanh: mpmath.tanh,
    sp.sinh: mpmath.sinh,
    sp.cosh: mpmath.cosh,
    sp.sin: mpmath.sin,
    sp.cos: mpmath.cos,
    sp.tan: mpmath.tan,
    sp.loggamma: mpmath.loggamma,
    sp.polygamma: lambda order, value: mpmath.psi(int(order), value),
    sp.asin: mpmath.asin,
    sp.acos: mpmath.acos,
    sp.atan: mpmath.atan,
    sp.asinh: mpmath.asinh,
    sp.acosh: mpmath.acosh,
    sp.atanh: mpmath.atanh,
    sp.erf: mpmath.erf,
}
EXACT: Mapping[type, Callable[[Any, Any], Any]] = {
    sp.Add: operator.add,
    sp.Mul: operator.mul,
    sp.Max: max,
    sp.Min: min,
}


def values(scalars: Scalars, point: Mapping[str, Any] | None = None, digits: int = DIGITS) -> dict[str, mpf]:
    """The value of every scalar, forward and backward.

    Args:
        scalars: What `unroll` returned.
        point: Numbers of inputs, targets and parameters by the tensor's name, nested like its shape; those that came
            with the network are used where one is left out. Text, Decimal and float are taken digit by digit.
        digits: Significant decimal digits of the arithmetic.

    Raises:
        ShapeError: A number is missing, or there are too few.
        UnsupportedError: A function has no numerical counterpart.
    """
    with mpmath.workdps(digits):
        return {name: _float(value) for name, value in numbers(scalars, point, digits).items()}


def numbers(scalars: Scalars, point: Mapping[str, Any] | None = None, digits: int = DIGITS) -> dict[str, Exact]:
    """Like `values`, but a value that arithmetic keeps exact comes as a `Fraction`."""
    given = {**scalars.given, **(point or {})}
    defined = {equation.symbol for equation in (*scalars.forward, *scalars.adjoints)}
    found: dict[Symbol, Exact] = {}
    for tensor, places in scalars.elements.items():
        for at, symbol in places.items():
            if symbol not in defined:
                found[symbol] = _given(given, tensor, at)
    with mpmath.workdps(digits):
        for equation in (*scalars.forward, *scalars.adjoints):
            found[equation.symbol] = evaluated(equation.rhs, found)
    return {symbol.name: value for symbol, value in found.items()}


def gradients(scalars: Scalars, values: Mapping[str, Any]) -> dict[str, Any]:
    """The gradients by every tensor that has one, nested like the tensor, by the tensor's name.

    Args:
        scalars: What `unroll` returned.
        values: What `values` or `numbers` returned.
    """
    result = {}
    for tensor, places in scalars.elements.items():
        if any(symbol in scalars.adjoint_of for symbol in places.values()):
            flat = {at: values[scalars.adjoint_of[symbol].name] for at, symbol in places.items()}
            result[tensor] = _nested(flat, ())
    return result


def _nested(flat: Mapping[Place, Any], at: Place) -> Any:
    if at in flat:
        return flat[at]
    count = 1 + max(place[len(at)] for place in flat if place[: len(at)] == at)
    return tuple(_nested(flat, (*at, position)) for position in range(count))


def _given(given: Mapping[str, Any], tensor: str, at: Place) -> Exact:
    value = given.get(tensor)
    if value is None:
        help = "give the network a sample, and each layer its weights"
        raise ShapeError(f"{tensor} has no numbers", code="SB026", help=help)
    try:
        for position in at:
            value = value[position] if isinstance(value, Sequence) or hasattr(value, "shape") else value
        return Fraction(str(value))
    except (IndexError, ValueError):
        place = ", ".join(str(position + 1) for position in at)
        raise ShapeError(f"{tensor} has no number at ({place})", help="give it one for each of its elements") from None


def _float(value: Exact) -> mpf:
    return mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else +value


def _short(value: Exact) -> Exact:
    if isinstance(value, Fraction) and value.denominator.bit_length() > EXACT_BITS:
        return _float(value)
    return value


def alike(left: Exact, right: Exact) -> tuple[Any, Any]:
    """Two numbers as fractions if both are, else as mpmath numbers."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left, right
    return _float(left), _float(right)


def evaluated(expr: Expr, found: Mapping[Symbol, Exact]) -> Exact:
    """The value of a scalar expression at known values of its symbols, at the precision that mpmath is set to."""
    if expr.is_Symbol:
        return found[expr]
    if expr.is_Rational:
        return Fraction(int(expr.p), int(expr.q))
    if not expr.args:
        return _constant(expr)
    if expr.is_Pow:
        return _power(evaluated(expr.base, found), expr.exp, found)
    if isinstance(expr, sp.Piecewise):
        return next(evaluated(part, found) for part, condition in expr.args if _holds(condition, found))
    parts = [evaluated(arg, found) for arg in expr.args]
    if expr.is_Mul and any(isinstance(part, Fraction) and not part for part in parts):
        # Nothing times a rounded number is exactly nothing.
        return Fraction(0)
    for kind, combine in EXACT.items():
        if isinstance(expr, kind):
            return _short(reduce(lambda left, right: combine(*alike(left, right)), parts))
    if expr.func not in FUNCTIONS:
        raise UnsupportedError(f"no numerical value is known for the function {expr.func.__name__}")
    return FUNCTIONS[expr.func](*map(_float, parts))


def _constant(expr: Expr) -> Exact:
    if expr in (sp.zoo, sp.nan):
        raise ArithmeticError("a number is divided by 0")
    return mpf(expr._to_mpmath(mpmath.mp.prec))


def _power(base: Exact, exponent: Expr, found: Mapping[Symbol, Exact]) -> Exact:
    if exponent.is_Integer:
        return _short(base ** int(exponent))
    power = _float(base) ** _float(evaluated(exponent, found))
    if isinstance(power, mpmath.mpc):
        raise ArithmeticError(f"{mpmath.nstr(base)} to the power {exponent} is no real number")
    return power


def _holds(condition: Any, found: Mapping[Symbol, Exact]) -> bool:
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, sp.And | sp.Or):
        combine = all if isinstance(condition, sp.And) else any
        return combine(_holds(part, found) for part in condition.args)
    if isinstance(condition, sp.Not):
        return not _holds(condition.args[0], found)
    if isinstance(condition, sp.ITE):
        # SymPy turns a comparison of a branch into a branch of comparisons.
        chosen, then, otherwise = condition.args
        return _holds(then if _holds(chosen, found) else otherwise, found)
    left, right = alike(*(evaluated(side, found) for side in condition.args))
    return bool(_COMPARISONS[condition.rel_op](left, right))


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
