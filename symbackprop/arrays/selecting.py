"""What stands in the brackets behind an array, `x[2:5, None, -1]`, → the same entries at shifted indices."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays.broadcasting import together
from symbackprop.arrays.positions import inside, is_array, place_of_arrays, unfolded
from symbackprop.arrays.shaping import ravel
from symbackprop.arrays.values import Value, axis_number, shape_text, whole_number
from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import Index


def select(value: Value, key: Any) -> Value:
    """The entries that a key chooses: whole numbers, slices with constant bounds, None, ..., arrays of whole numbers.

    Raises:
        ShapeError: There are too few axes, a position is outside, or arrays of positions do not broadcast.
        LanguageError: The key is something else, such as a traced array of truth values.
    """
    parts = unfolded(value.book, list(key) if isinstance(key, tuple) else [key])
    taken = sum(1 for part in parts if part is not None and part is not Ellipsis)
    if taken > value.rank:
        raise ShapeError(f"{taken} indices for an array of shape {shape_text(value.shape)}")
    if any(part is Ellipsis for part in parts):
        at = next(n for n, part in enumerate(parts) if part is Ellipsis)
        parts[at : at + 1] = [slice(None)] * (value.rank - taken)
    parts += [slice(None)] * (value.rank - sum(1 for part in parts if part is not None))
    if any(map(is_array, parts)) and (value.depth or value.unit):
        value = value.book.named(value)
    return _read_at(value.apart(), parts)


def _read_at(value: Value, parts: list[Any]) -> Value:
    """The entries at one part for each axis, and None for a new one; arrays of positions share their axes."""
    sizes = iter(value.shape)
    parts = [part if part is None else inside(part, next(sizes), value) for part in parts]
    arrays = [part.apart() for part in parts if is_array(part)]
    shared, arrays = together(*arrays) if arrays else ((), [])
    first = place_of_arrays(parts) if shared else None
    axes: list[Index] = []
    table: dict[Index, Expr] = {}
    own, placed = iter(value.axes), iter(arrays)
    for number, part in enumerate(parts):
        if number == first:
            axes += shared
        if part is None:
            axes.append(value.book.index(1))
        elif isinstance(part, slice):
            axis = next(own)
            index, table[axis] = _sliced(value, axis, part)
            axes.append(index)
        else:
            table[next(own)] = next(placed).number if is_array(part) else part.number
    return value.at({axis: place for axis, place in table.items() if axis != place}, tuple(axes))


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
    length = sp.floor((span + abs(step) - 1) / sp.Integer(abs(step))) if abs(step) > 1 else span
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
    return select(value, (*[slice(None)] * number, indices))


def take_along_axis(value: Value, indices: Any, axis: Any = -1) -> Value:
    """The entries at positions along an axis, at the same place on the other axes.

    Raises:
        ShapeError: The positions have another number of axes.
    """
    (places,) = unfolded(value.book, [indices])
    if axis is None:
        value, axis = ravel(value), 0
    if len(getattr(places, "shape", ())) != value.rank or not value.rank:
        raise ShapeError(
            f"positions along an axis of an array with {value.rank} axes need as many axes",
            help="write [:, None] behind one position for each row",
        )
    number = axis_number(axis, value.rank, "this array")
    key = [_counted(value, place) for place in range(value.rank)]
    key[number] = places
    return select(value, tuple(key))


def _counted(value: Value, number: int) -> Value:
    """The positions along an axis, in their order, as an array with as many axes."""
    axes = [value.book.index(size if place == number else 1) for place, size in enumerate(value.shape)]
    return Value(value.book, axes[number] if axes[number].size != 1 else sp.S.Zero, tuple(axes), whole=True)


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
