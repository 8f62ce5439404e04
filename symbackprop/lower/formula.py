"""A SymPy formula in scalars → scalar code, which every language is printed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.errors import UnsupportedError
from symbackprop.program.algebra import add, call, compare, logical, mul, power, where
from symbackprop.program.scalar import ZERO, Name, Number, Op, Scalar

_COMPARISONS: Mapping[type, str] = {
    sp.StrictGreaterThan: "gt",
    sp.GreaterThan: "ge",
    sp.StrictLessThan: "lt",
    sp.LessThan: "le",
    sp.Equality: "eq",
    sp.Unequality: "ne",
}
_CONDITIONS: Mapping[type, str] = {sp.And: "and", sp.Or: "or", sp.Not: "not"}


def formula_code(expr: Expr) -> Scalar:
    """The scalar code of a formula in ordinary SymPy symbols, as the scalar form of a derivation has them.

    Raises:
        UnsupportedError: It holds something that scalar code has no form for.

    Example:
        >>> a = sp.Symbol("a")
        >>> formula_code(a * (1 - a)) == formula_code(a - a**2), formula_code(sp.Max(a, 0)).function
        (False, 'max')
    """
    if expr.is_number and not expr.has(sp.Function):
        return Number(expr)
    if expr.is_Symbol:
        return Name(expr.name)
    for kind, write in _FORMS.items():
        if isinstance(expr, kind):
            return write(expr)
    if isinstance(expr, sp.Function):
        return call(_NAMES.get(expr.func.__name__, expr.func.__name__), *map(formula_code, expr.args))
    raise UnsupportedError(f"a {type(expr).__name__} has no scalar form yet")


# What SymPy calls otherwise.
_NAMES = {"Abs": "abs"} | {f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}


def _branches(expr: Any) -> Scalar:
    value: Scalar = ZERO
    for then, condition in reversed(expr.args):
        value = formula_code(then) if condition == sp.true else where(_condition(condition), formula_code(then), value)
    return value


def _condition(condition: Any) -> Scalar:
    if isinstance(condition, sp.ITE):
        # What SymPy makes of a comparison with a branch.
        choice, then, otherwise = condition.args
        condition = sp.Or(sp.And(choice, then), sp.And(sp.Not(choice), otherwise))
    if type(condition) in _CONDITIONS:
        return logical(_CONDITIONS[type(condition)], *map(_condition, condition.args))
    return compare(_COMPARISONS[type(condition)], *map(formula_code, condition.args))


def _extreme(name: str) -> Callable[[Any], Scalar]:
    def write(expr: Any) -> Scalar:
        first, *rest = map(formula_code, expr.args)
        for other in rest:
            first = Op(name, (first, other))
        return first

    return write


_FORMS: Mapping[type, Callable[[Any], Scalar]] = {
    sp.Add: lambda expr: add(*map(formula_code, expr.args)),
    sp.Mul: lambda expr: mul(*map(formula_code, expr.args)),
    sp.exp: lambda expr: Op("exp", (formula_code(expr.args[0]),)),
    sp.Pow: lambda expr: power(formula_code(expr.base), formula_code(expr.exp)),
    sp.Piecewise: _branches,
    sp.Max: _extreme("max"),
    sp.Min: _extreme("min"),
}
