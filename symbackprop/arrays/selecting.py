"""What stands in the brackets behind an array, `x[2:5, None, -1]`, → the same entries at shifted indices."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays.values import Value, axis_number, put, shape_text, whole_number
from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import Index, Read


def select(value: Value, key: Any) -> Value:
    """The entries that a key chooses: whole numbers, slices with constant bounds, None, ..., arrays of whole numbers.

    Raises:
        ShapeError: There are too few axes, or a position is outside.
        LanguageError: The key is something else, such as an array of truth values.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    if any(isinstance(part, Value) and part.axes and not part.whole for part in parts):
        raise LanguageError("an array that is no whole numbers cannot be an index", help="use where for a condition")
    taken = sum(1 for part in parts if part is not None and part is not Ellipsis)
    if taken > value.rank:
        raise ShapeError(f"{taken} indices for an array of shape {shape_text(value.shape)}")
    if Ellipsis in [part for part in parts if not isinstance(part, Value)]:
        at = next(n for n, part in enumerate(parts) if part is Ellipsis)
        parts[at : at + 1] = [slice(None)] * (value.rank - taken)
    parts += [slice(None)] * (value.rank - sum(1 for part in parts if part is not None))
    if any(isinstance(part, Value) and part.axes for part in parts) and (value.depth or value.unit):
        value = value.book.named(value)
    return _read_at(value.apart(), parts)


def _read_at(value: Value, parts: list[Any]) -> Value:
    axes: list[Index] = []
    table: dict[Index, Expr] = {}
    arrays: list[Index] | None = None
    own = iter(value.axes)
    for part in parts:
        if part is None:
            axes.append(value.book.index(1))
            continue
        axis = next(own)
        if isinstance(part, slice):
            new = _sliced(value, axis, part)
            axes += [new[0]]
            table[axis] = new[1]
        elif isinstance(part, Value) and part.axes:
            if arrays is None:
                arrays = [value.book.like(index) for index in part.axes]
                axes += arrays
            if [index.size for index in arrays] != list(part.shape):
                raise ShapeError("arrays of whole numbers in one index must have one shape")
            table[axis] = put(part.number, dict(zip(part.axes, arrays, strict=True)))
        elif isinstance(part, Value) and not part.constant and part.whole:
            table[axis] = part.number
        else:
            table[axis] = _position(part, axis.size, value)
    return value.at({axis: place for axis, place in table.items() if axis != place}, tuple(axes))


def _position(part: Any, size: Expr, value: Value) -> Expr:
    if isinstance(part, Value) and not part.axes and part.number.is_integer and part.number.free_symbols:
        return part.number
    number = whole_number(part, "an index")
    place = sp.Integer(number) if number >= 0 else size + number
    if (size.is_Integer and not 0 <= place < size) or (place.is_Integer and place < 0):
        raise ShapeError(f"position {number} is outside an axis of length {size} of shape {shape_text(value.shape)}")
    return place


def _sliced(value: Value, axis: Index, part: slice) -> tuple[Index, Expr]:
    """The index that runs over a slice, and the place that it means."""
    if part.start is None and part.stop is None and part.step is None:
        return axis, axis
    step = 1 if part.step is None else whole_number(part.step, "the step of a slice")
    if step == 0:
        raise LanguageError("the step of a slice cannot be 0")
    size = axis.size
    first = _bound(part.start, size, sp.S.Zero if step > 0 else size - 1)
    last = _bound(part.stop, size, size if step > 0 else sp.S.NegativeOne)
    span = sp.expand((last - first) * (1 if step > 0 else -1))
    length = -sp.floor(-span / abs(step)) if abs(step) > 1 else span
    if length.is_Integer and length <= 0:
        raise ShapeError(f"a slice of an axis of length {size} is empty")
    index = value.book.index(length)
    return index, sp.expand(first + step * index) if length != 1 else first


def _bound(part: Any, size: Expr, default: Expr) -> Expr:
    if part is None:
        return default
    if isinstance(part, Value) and not part.axes and part.number.is_integer and not part.constant:
        return part.number
    number = whole_number(part, "a bound of a slice")
    place = sp.Integer(number) if number >= 0 else size + number
    if size.is_Integer:
        return sp.Integer(min(max(int(place), 0 if default != -1 else -1), int(size)))
    return place


def take(value: Value, indices: Any, axis: Any = None) -> Value:
    """The entries at positions that are given as whole numbers, along an axis; rows if none is chosen."""
    number = axis_number(0 if axis is None else axis, value.rank, "this array")
    if isinstance(indices, Value) and not indices.constant and not indices.whole:
        indices = _places(indices)
    return select(value, (*[slice(None)] * number, indices))


def _places(indices: Value) -> Value:
    """What is given as data may be positions, if it is no parameter."""
    expr = indices.expr
    tensor = indices.book.tensors.get(expr.tensor) if isinstance(expr, Read) else None
    if tensor is None or tensor.role == "parameter":
        raise LanguageError("positions must be whole numbers that are given", help="declare them as integers")
    return replace(indices, whole=True)


def split(value: Value, parts: Any, axis: Any = 0) -> list[Value]:
    """Equal parts along an axis, or parts that start at given positions.

    Raises:
        ShapeError: The axis does not have so many equal parts.
    """
    number = axis_number(axis, value.rank, "this array")
    size = value.shape[number]
    if isinstance(parts, tuple | list):
        starts = [0, *(whole_number(one, "a start") for one in parts)]
        bounds: list[Any] = [slice(*ends) for ends in zip(starts, [*starts[1:], None], strict=True)]
    else:
        count = whole_number(parts, "the number of parts")
        length = size / count
        if count < 1 or (length.is_Rational and not length.is_Integer):
            raise ShapeError(f"an axis of length {size} has no {count} equal parts")
        if not length.is_Integer:
            length = sp.floor(length)
        book = value.book
        places = [Value(book, n * length, whole=True) for n in range(count + 1)]
        bounds = [slice(*ends) for ends in pairwise(places)]
    value = value.book.named(value) if value.unit or value.depth else value
    return [select(value, (*[slice(None)] * number, bound)) for bound in bounds]
