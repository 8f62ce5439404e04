"""Arrays made of sizes alone, and masks of triangles and diagonals → conditions on indices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays.products import diagonal
from symbackprop.arrays.shaping import constant_array
from symbackprop.arrays.values import Value, exact, shape_text, whole_number
from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import Delta, Index, Where


def _sizes(book: Any, shape: tuple[Any, ...]) -> tuple[Index, ...]:
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])
    return tuple(book.index(size_of(size)) for size in shape)


def size_of(size: Any) -> Expr:
    """A size, a whole number or a symbol of one.

    Raises:
        ShapeError: It is not positive.
    """
    if isinstance(size, Value) and not size.axes and isinstance(size.expr, Expr) and size.expr.is_integer:
        size = size.expr
    if isinstance(size, Expr) and not size.is_Integer:
        return size
    number = whole_number(size, "a size")
    if number < 1:
        raise ShapeError(f"a size must be positive, got {number}")
    return sp.Integer(number)


def full(book: Any, shape: Any, number: Any) -> Value:
    """An array that is the same number everywhere."""
    axes = _sizes(book, tuple(shape) if isinstance(shape, tuple | list) else (shape,))
    return Value(book, number.number if isinstance(number, Value) else exact(number), axes)


def zeros(book: Any, *shape: Any) -> Value:
    """An array of zeros."""
    return Value(book, sp.S.Zero, _sizes(book, shape))


def ones(book: Any, *shape: Any) -> Value:
    """An array of ones."""
    return Value(book, sp.S.One, _sizes(book, shape))


def zeros_like(value: Value) -> Value:
    """Zeros in the shape of an array."""
    return value.with_expr(sp.S.Zero, depth=0)


def ones_like(value: Value) -> Value:
    """Ones in the shape of an array."""
    return value.with_expr(sp.S.One, depth=0)


def eye(book: Any, n: Any, m: Any = None, k: Any = 0) -> Value:
    """1 on a diagonal, 0 elsewhere."""
    rows, columns = _sizes(book, (n, n if m is None else m))
    return Value(book, Delta(rows + whole_number(k, "k"), columns), (rows, columns))


def arange(book: Any, *bounds: Any) -> Value:
    """Whole numbers start, start + step, … below stop.

    Raises:
        LanguageError: They are no whole numbers.
    """
    numbers = [size_of(bounds[0])] if len(bounds) == 1 else [whole_number(bound, "a bound") for bound in bounds]
    start, stop, step = {1: (0, numbers[0], 1), 2: (*numbers[:2], 1), 3: tuple(numbers[:3])}[len(bounds)]
    length = -sp.floor(-(stop - start) / sp.Integer(step)) if step != 1 else exact(stop) - start
    if length.is_Integer and length < 1:
        raise LanguageError("this range is empty")
    axis = book.index(length)
    return Value(book, start + step * axis, (axis,), whole=True)


def lower_triangle(value: Value, k: Any = 0) -> Value:
    """The entries on and below a diagonal, 0 above."""
    return _triangle(value, k, below=True)


def upper_triangle(value: Value, k: Any = 0) -> Value:
    """The entries on and above a diagonal, 0 below."""
    return _triangle(value, k, below=False)


def _triangle(value: Value, k: Any, below: bool) -> Value:
    if value.rank < 2:
        raise ShapeError(f"a triangle needs two axes, got shape {shape_text(value.shape)}")
    value = value.book.named(value) if value.unit else value
    rows, columns = value.axes[-2:]
    shift = rows + whole_number(k, "k")
    inside = shift >= columns if below else shift <= columns
    return replace(value, expr=Where(inside, value.number, sp.S.Zero))


def triangle(book: Any, n: Any, m: Any = None, k: Any = 0) -> Value:
    """1 on and below a diagonal, 0 above."""
    return lower_triangle(ones(book, n, n if m is None else m), k)


def diag(value: Value, k: Any = 0) -> Value:
    """The matrix with a vector on its diagonal, or the diagonal of a matrix.

    Raises:
        ShapeError: It is neither.
    """
    if value.rank == 2:
        return diagonal(value, k)
    if value.rank != 1:
        raise ShapeError(f"diag takes a vector or a matrix, got shape {shape_text(value.shape)}")
    value = (value.book.named(value) if value.unit or value.depth else value).apart()
    shift = whole_number(k, "k")
    length = value.shape[0] + abs(shift)
    rows, columns = value.book.index(length), value.book.index(length)
    place = rows if shift >= 0 else rows + shift
    entry = value.at({value.axes[0]: place}, (rows, columns))
    return replace(entry, expr=Delta(rows + shift, columns) * entry.number)


def array(book: Any, numbers: Any, *_: Any) -> Value:
    """Nested lists of numbers and scalars as an array."""
    return constant_array(book, numbers)


def full_like(value: Value, fill_value: Any) -> Value:
    """One number everywhere in the shape of an array."""
    return full(value.book, value.shape, fill_value)
