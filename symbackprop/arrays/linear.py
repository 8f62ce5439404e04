"""Linear algebra of NumPy: the inverse, defined by X Y = 1, determinants, and solutions of linear systems."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symbackprop.arrays.products import matmul
from symbackprop.arrays.values import Value, shape_text
from symbackprop.errors import ShapeError
from symbackprop.expressions import Read, Where
from symbackprop.matrices import Determinant, Inverse


def _matrix(value: Value, what: str) -> Value:
    """A tensor of square matrices."""
    if value.rank < 2 or value.shape[-1] != value.shape[-2]:
        raise ShapeError(f"{what} needs a square matrix, got shape {shape_text(value.shape)}")
    expr = value.expr
    if isinstance(expr, Read) and expr.indices[-2:] == value.axes[-2:]:
        return value
    if isinstance(expr, Read) and expr.indices[-2:] == value.axes[:-3:-1]:
        return value  # the transpose of one
    return value.book.forced(value)


def inverse(value: Value) -> Value:
    """The Y for which X Y = 1.

    Raises:
        ShapeError: X is not square.
    """
    value = _matrix(value, "inv")
    if value.shape[-1] == 1:
        return value.with_expr(1 / value.number)
    return replace(value, expr=Inverse(value.number), unit="", whole=False)


def determinant(value: Value) -> Value:
    """The determinant of a matrix.

    Raises:
        ShapeError: It is not square.
    """
    if value.rank > 1 and value.shape[-2:] == (1, 1):
        return _matrix(value, "det").at({}, value.axes[:-2])
    value = _matrix(value, "det").apart()
    *rest, row, column = value.axes
    return Value(value.book, Determinant(value.number, row, column), tuple(rest), unit="d")


def log_abs_determinant(value: Value) -> Value:
    """The logarithm of the absolute value of the determinant, half of log det²."""
    found = determinant(value)
    return found.with_expr(sp.log(found.number**2) / 2, unit="l")


def sign_and_log_determinant(value: Value) -> tuple[Value, Value]:
    """The sign of the determinant, and the logarithm of its absolute value."""
    found = value.book.named(determinant(value), "d")
    sign = Where(sp.Gt(found.number, 0), sp.S.One, Where(sp.Lt(found.number, 0), sp.S.NegativeOne, sp.S.Zero))
    return found.with_expr(sign), log_abs_determinant(value)


def solve(a: Value, b: Value) -> Value:
    """The x for which A x = b."""
    return matmul(inverse(a), b)
