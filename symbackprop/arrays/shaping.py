"""Operations of NumPy that move entries without changing them → the same entries at other indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays.broadcasting import common_shape, over
from symbackprop.arrays.values import (
    CONTRACTED,
    Value,
    axis_number,
    exact,
    put,
    shape_text,
    whole_number,
)
from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import Delta, Index, Read, Total, Where, tensors_read


def transpose(value: Value, axes: Any = None, *more: Any) -> Value:
    """The axes in another order, reversed if none is given.

    Raises:
        ShapeError: The order does not have each axis once.
    """
    if more:
        axes = (axes, *more)
    if axes is None:
        order = tuple(reversed(range(value.rank)))
    else:
        order = tuple(axis_number(axis, value.rank, "this array") for axis in axes)
    if sorted(order) != list(range(value.rank)):
        raise ShapeError(f"the order of axes {order} does not have each axis of shape {shape_text(value.shape)} once")
    return replace(value, axes=tuple(value.axes[axis] for axis in order))


def swapaxes(value: Value, axis1: Any, axis2: Any) -> Value:
    """Two axes exchanged."""
    order = list(range(value.rank))
    first, second = (axis_number(axis, value.rank, "this array") for axis in (axis1, axis2))
    order[first], order[second] = second, first
    return transpose(value, order)


def moveaxis(value: Value, source: Any, destination: Any) -> Value:
    """Axes at other places."""
    sources, places = (
        [axis_number(axis, value.rank, "this array") for axis in (one if isinstance(one, tuple | list) else (one,))]
        for one in (source, destination)
    )
    order = [axis for axis in range(value.rank) if axis not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return transpose(value, order)


def matrix_transpose(value: Value) -> Value:
    """The last two axes exchanged; a vector stays as it is, as in NumPy."""
    return value if value.rank < 2 else swapaxes(value, -1, -2)


def expand_dims(value: Value, axis: Any) -> Value:
    """New axes of length 1."""
    places = axis if isinstance(axis, tuple | list) else (axis,)
    rank = value.rank + len(places)
    new = {axis_number(place, rank, "the result") for place in places}
    axes = iter(value.axes)
    return replace(value, axes=tuple(value.book.index(1) if n in new else next(axes) for n in range(rank)))


def squeeze(value: Value, axis: Any = None) -> Value:
    """Axes of length 1 left out.

    Raises:
        ShapeError: A chosen axis is longer.
    """
    if axis is None:
        gone = [number for number, size in enumerate(value.shape) if size == 1]
    else:
        gone = [axis_number(one, value.rank, "this array") for one in (axis if isinstance(axis, tuple) else (axis,))]
    for number in gone:
        if value.shape[number] != 1:
            raise ShapeError(f"axis {number} of shape {shape_text(value.shape)} is longer than 1")
    table: dict[Index, Expr] = {value.axes[number]: sp.S.Zero for number in gone}
    return value.at(table, tuple(axis for number, axis in enumerate(value.axes) if number not in gone))


def reshape(value: Value, *shape: Any) -> Value:
    """The same entries, the last index running fastest, in another shape; -1 stands for what is left.

    Raises:
        ShapeError: The number of entries differs.
    """
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])
    count = sp.Mul(*value.shape)
    sizes = [_size(size) for size in shape]
    if sizes.count(sp.S.NegativeOne) == 1:
        place = sizes.index(sp.S.NegativeOne)
        rest = sp.Mul(*(size for size in sizes if size != -1))
        sizes[place] = sp.cancel(count / rest)
        if sizes[place].is_Rational and not sizes[place].is_Integer:
            sizes[place] = sp.floor(sizes[place])
    if sp.expand(sp.Mul(*sizes) - count) != 0 or any(size == -1 for size in sizes):
        raise ShapeError(
            f"an array of shape {shape_text(value.shape)} has {count} entries, "
            f"{shape_text(tuple(sizes))} would have {sp.Mul(*sizes)}"
        )
    axes = tuple(value.book.index(size) for size in sizes)
    groups = _groups(value.axes, axes)
    merged = [number for number, (old, _) in enumerate(groups) if len(old) > 1]
    if len(merged) > 1 or any(len(groups[number][1]) > 1 for number in merged):
        # One run at a time, through one axis: what is merged is a tensor, which is then split.
        between = [new if n < merged[0] else old for n, (old, new) in enumerate(groups)]
        between[merged[0]] = [_joined(groups[merged[0]][0])]
        once = reshape(value, *(axis.size for run in between for axis in run))
        return reshape(value.book.named(once, "f"), *sizes)
    if any(len(old) > 1 for old, _ in groups) and not isinstance(value.expr, Read):
        value = value.book.named(value, "h") if tensors_read(value.number) else value
        groups = _groups(value.axes, axes)
    for old, new in groups:
        value = _regrouped(value, old, new)
    return replace(value, axes=axes)


def _joined(axes: Sequence[Index]) -> Index:
    return Index("f", _count(axes))


def _size(size: Any) -> Expr:
    if isinstance(size, Value):
        return size.number
    return size if isinstance(size, Expr) else sp.Integer(whole_number(size, "a size"))


def _groups(old: Sequence[Index], new: Sequence[Index]) -> list[tuple[list[Index], list[Index]]]:
    """Runs of old and of new axes with the same number of entries, as short as they can be; none of length 1."""
    found = []
    left = [axis for axis in old if axis.size != 1]
    right = [axis for axis in new if axis.size != 1]
    while left or right:
        ones, others = [left.pop(0)], [right.pop(0)]
        while (ratio := sp.cancel(_count(ones) / _count(others))) != 1:
            behind = (ratio.is_Rational and ratio < 1) or (
                not ratio.is_Rational and not sp.fraction(ratio)[1].is_number
            )
            if behind and left:
                ones.append(left.pop(0))
            elif right:
                others.append(right.pop(0))
            else:
                ones.append(left.pop(0))
        found.append((ones, others))
    return found


def _count(axes: Sequence[Index]) -> Expr:
    return sp.Mul(*(axis.size for axis in axes))


def _regrouped(value: Value, old: list[Index], new: list[Index]) -> Value:
    """A run of old axes read as a run of new ones; `axes` of the result are settled by the caller."""
    place = sp.expand(_flat(new))
    if len(old) == 1:
        return value.at({old[0]: place})
    # What is the same along the last axis is a read at floor(n / J), and no sum.
    if not isinstance(value.expr, Read) or old[-1] not in value.expr.indices:
        return value.at(dict(zip(old, _digits(place, old), strict=True)))
    return _merged(value, old, new[0])


def _merged(value: Value, old: list[Index], new: Index) -> Value:
    """y[n] = Σ [n = i J + j] x[i, j]: the gradient of x is then a read of that of y."""
    bound = {axis: value.book.like(axis) for axis in old}
    inside = put(value.number, dict(bound))
    expr = Total(Delta(new, sp.expand(_flat([bound[axis] for axis in old]))) * inside, *bound.values())
    return replace(value, expr=expr, depth=CONTRACTED, unit="f")


def _flat(axes: Sequence[Index]) -> Expr:
    """The place of an entry among all, counted with the last index running fastest."""
    place: Expr = sp.S.Zero
    for axis in axes:
        place = place * axis.size + axis
    return place


def _digits(place: Expr, axes: Sequence[Index]) -> list[Expr]:
    """The indices of the entry at a place."""
    found = []
    weight: Expr = sp.S.One
    for number, axis in enumerate(reversed(axes)):
        above = sp.floor(place / weight) if number else place
        last = number == len(axes) - 1
        found.append(above if last else above - axis.size * sp.floor(place / (weight * axis.size)))
        weight *= axis.size
    return found[::-1]


def ravel(value: Value, *_: Any) -> Value:
    """All entries along one axis."""
    return reshape(value, -1)


def broadcast_to(value: Value, shape: Any) -> Value:
    """The value stretched to a shape."""
    sizes = tuple(_size(size) for size in (shape if isinstance(shape, tuple | list) else (shape,)))
    if common_shape([value.shape, sizes]) != sizes:
        raise ShapeError(f"shape {shape_text(value.shape)} does not broadcast to {shape_text(sizes)}")
    return over(value, tuple(value.book.index(size) for size in sizes))


def concatenate(values: Any, axis: Any = 0) -> Value:
    """Arrays one behind the other along an axis.

    Raises:
        ShapeError: Their other sizes differ.
    """
    if not isinstance(values, tuple | list) or not values:
        raise LanguageError("concatenate takes a list of arrays")
    rank = values[0].rank
    if not rank or any(value.rank != rank for value in values):
        shapes = ", ".join(shape_text(value.shape) for value in values)
        raise ShapeError(f"concatenate needs arrays with the same number of axes, at least one, got shapes {shapes}")
    number = axis_number(axis, rank, "these arrays")
    book = values[0].book
    for value in values[1:]:
        others = [(a, b) for n, (a, b) in enumerate(zip(values[0].shape, value.shape, strict=True)) if n != number]
        if any(a != b for a, b in others):
            shapes = " and ".join(shape_text(one.shape) for one in (values[0], value))
            raise ShapeError(f"shapes {shapes} differ beside axis {number}, along which they are put together")
    axes = list(values[0].apart().axes)
    axes[number] = book.index(sp.Add(*(value.shape[number] for value in values)))
    return Value(book, _pieced(values, axes, number), tuple(axes), unit="h")


def _pieced(values: Sequence[Value], axes: list[Index], number: int) -> Expr:
    """where(p < m, a[p], where(p < m + n, b[p - m], …)): a piece that is read is a tensor, 0 outside its range."""
    place = axes[number]
    start: Expr = sp.S.Zero
    pieces = []
    for value in values:
        named = value.book.named(value, "h")
        table: dict[Index, Expr] = dict(zip(named.axes, axes, strict=True))
        table[named.axes[number]] = sp.S.Zero if named.shape[number] == 1 else place - start
        start = sp.expand(start + named.shape[number])
        pieces.append((put(named.number, table), start))
    expr = pieces[-1][0]
    for piece, end in reversed(pieces[:-1]):
        expr = Where(place < end, piece, expr)
    return expr


def stack(values: Any, axis: Any = 0) -> Value:
    """Arrays of one shape side by side along a new axis.

    Raises:
        ShapeError: Their shapes differ.
    """
    if not isinstance(values, tuple | list) or not values:
        raise LanguageError("stack takes a list of arrays")
    if len({value.shape for value in values}) > 1:
        shapes = " and ".join(dict.fromkeys(shape_text(value.shape) for value in values))
        raise ShapeError(f"stack needs arrays of one shape, got {shapes}")
    number = axis_number(axis, values[0].rank + 1, "the result")
    book = values[0].book
    axes = list(values[0].apart().axes)
    terms = []
    place = book.index(len(values))
    for position, value in enumerate(values):
        value = book.named(value) if value.unit or value.depth else value
        terms.append(Delta(place, position) * put(value.number, dict(zip(value.axes, axes, strict=True))))
    axes.insert(number, place)
    return Value(book, sp.Add(*terms), tuple(axes), unit="h" if tensors_read(sp.Add(*terms)) else "")


def flip(value: Value, axis: Any = None) -> Value:
    """The entries in the opposite order along axes."""
    numbers = range(value.rank) if axis is None else [axis_number(axis, value.rank, "this array")]
    value = value.apart()
    return value.at({value.axes[n]: value.axes[n].size - 1 - value.axes[n] for n in numbers})


def constant_array(book: Any, numbers: Any) -> Value:
    """Nested lists of numbers and values as an array."""
    if isinstance(numbers, Value):
        return numbers
    if isinstance(numbers, tuple | list):
        return stack([constant_array(book, number) for number in numbers])
    return Value(book, exact(numbers))
