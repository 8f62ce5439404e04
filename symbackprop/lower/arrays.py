"""One indexed expression → array nodes with named axes."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy import Expr
from sympy.logic.boolalg import Boolean

from symbackprop.errors import UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.lower.order import contract_in_order
from symbackprop.lower.stable import logistic_argument, softmax_factors
from symbackprop.program import Along, Array, Const, Leaf, Map, Position, Reduce

FUNCTIONS = {sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.tan: "tan", sp.tanh: "tanh"}
FUNCTIONS |= {sp.sinh: "sinh", sp.cosh: "cosh", sp.atan: "arctan", sp.erf: "erf"}
RELATIONS = {
    sp.StrictGreaterThan: "gt",
    sp.GreaterThan: "ge",
    sp.StrictLessThan: "lt",
    sp.LessThan: "le",
    sp.Equality: "eq",
    sp.Unequality: "ne",
    sp.And: "and",
    sp.Or: "or",
    sp.Not: "not",
}


def lower_expression(expr: Expr) -> Array:
    """Lower an expression; its free indices become the axes of the result.

    Raises:
        UnsupportedError: A form of index that has no array operation yet.
    """
    if expr.is_number or expr.is_Symbol:
        return Position(expr) if isinstance(expr, Index) else Const(expr)
    if isinstance(expr, Read):
        return _read(expr)
    if isinstance(expr, Total):
        return _total(expr)
    if isinstance(expr, Where):
        return Map("where", (_condition(expr.condition), lower_expression(expr.then), lower_expression(expr.otherwise)))
    if isinstance(expr, Peak):
        return Reduce("max", lower_expression(expr.body), expr.bound)
    if isinstance(expr, ArgPeak):
        return Reduce("argmax", lower_expression(expr.body), expr.bound)
    if isinstance(expr, Delta):
        return Map("eq", tuple(map(lower_expression, expr.args)))
    if isinstance(expr, Within):
        value, size = map(lower_expression, expr.args)
        return Map("and", (Map("ge", (value, Const(sp.S.Zero))), Map("lt", (value, size))))
    if expr.is_Add:
        content, rest = expr.primitive()
        if content != 1:
            return Map("mul", (Const(content), lower_expression(rest)))
        return Map("add", tuple(lower_expression(term) for term in addends(expr)))
    if expr.is_Mul:
        return _product(expr)
    if expr.is_Pow:
        argument = logistic_argument(expr)
        if argument is not None:
            return Map("sigmoid", (lower_expression(argument),))
        return Map("pow", (lower_expression(expr.base), lower_expression(expr.exp)))
    if type(expr) in FUNCTIONS:
        return Map(FUNCTIONS[type(expr)], tuple(map(lower_expression, expr.args)))
    raise UnsupportedError(f"{type(expr).__name__} has no array operation yet: {expr}")


def addends(expr: Expr) -> list[Expr]:
    """The terms of a sum in a readable order: positive before negative, sums and products before lone reads."""

    def rank(term: Expr) -> tuple[bool, int, str]:
        weight = 0 if term.has(Total) else 1 if term.is_Mul or term.is_Pow else 2
        return term.could_extract_minus_sign(), 0 if term.is_Number else weight, str(term)

    return sorted(expr.args, key=rank)


def _read(expr: Read) -> Array:
    if all(isinstance(index, Index) for index in expr.indices) and len(set(expr.indices)) == len(expr.indices):
        return Leaf(expr.tensor, expr.indices)
    raise UnsupportedError(f"reading {expr} has no array operation yet")


def _condition(condition: Boolean) -> Array:
    name = RELATIONS.get(type(condition))
    if name is None:
        raise UnsupportedError(f"the condition {condition} has no array operation yet")
    if name in ("and", "or", "not"):
        return Map(name, tuple(_condition(arg) for arg in condition.args))
    return Map(name, tuple(lower_expression(arg) for arg in condition.args))


def _product(expr: Expr) -> Array:
    found = softmax_factors(expr)
    if found is not None:
        softmax, rest = found
        node = Along("softmax", lower_expression(softmax.exponent), softmax.index)
        return node if rest == 1 else Map("mul", (lower_expression(rest), node))
    return Map("mul", tuple(lower_expression(factor) for factor in factors_in_order(expr)))


def factors_in_order(expr: Expr) -> list[Expr]:
    """The factors of a product in a readable order: numbers, sums, reads of adjoints and of others, the rest."""

    def rank(factor: Expr) -> tuple[int, str]:
        if factor.is_Number or factor.is_Symbol:
            return 0, str(factor)
        if factor.is_Pow and factor.exp.is_negative:
            return 5, str(factor)
        if isinstance(factor, Total):
            return 1, str(factor)
        if isinstance(factor, Read):
            return (2 if factor.tensor.startswith(("d", "delta")) else 3), str(factor)
        return 4, str(factor)

    return sorted(expr.args, key=rank)


def _total(expr: Total) -> Array:
    """Σ of a product is a chain of contractions; Σ of anything else is a reduction."""
    body = expr.body
    parts: Sequence[Expr] = factors_in_order(body) if body.is_Mul and softmax_factors(body) is None else [body]
    constants = [part for part in parts if not part.free_symbols & set(expr.bound) and part.is_number]
    arrays = [lower_expression(part) for part in parts if part not in constants]
    result = contract_in_order(arrays, expr.bound)
    return Map("mul", (*(Const(part) for part in constants), result)) if constants else result
