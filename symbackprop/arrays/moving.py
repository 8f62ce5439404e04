"""Operations of NumPy that repeat, roll, pad and subtract neighbouring entries → the same entries at other indices."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symbackprop.arrays.elementwise import number_of, subtract
from symbackprop.arrays.making import full
from symbackprop.arrays.selecting import select
from symbackprop.arrays.shaping import broadcast_to, concatenate, expand_dims, flip, ravel, reshape, swapaxes
from symbackprop.arrays.values import Value, axis_number, whole_number
from symbackprop.errors import LanguageError

MODES = ("edge", "reflect", "symmetric", "wrap")


def _along(axis: int, part: Any) -> tuple[Any, ...]:
    return (*[slice(None)] * axis, part)


def roll(value: Value, shift: Any, axis: Any = None) -> Value:
    """The entries moved along axes, those that leave at one end coming in at the other; in one line without axes."""
    if axis is None:
        return reshape(roll(ravel(value), shift, 0), *value.shape)
    shifts, axes = (one if isinstance(one, tuple | list) else (one,) for one in (shift, axis))
    for by, number in zip(np.broadcast_to(shifts, len(axes)), axes, strict=True):
        place = axis_number(number, value.rank, "this array")
        size = value.shape[place]
        steps = whole_number(by.item() if hasattr(by, "item") else by, "the shift")
        steps = steps % int(size) if size.is_Integer else steps
        if steps:
            parts = (slice(-steps, None), slice(None, -steps))
            value = value.book.named(value, "h")
            value = concatenate([select(value, _along(place, part)) for part in parts], place)
    return value


def repeat(value: Value, repeats: Any, axis: Any = None) -> Value:
    """Each entry several times, one behind the other; of all entries in one line without an axis."""
    if axis is None:
        value, axis = ravel(value), 0
    number = axis_number(axis, value.rank, "this array")
    return _copied(value, number, _positive(repeats, "the number of repeats"), behind=True)


def _copied(value: Value, number: int, times: int, behind: bool) -> Value:
    """An axis `times` as long: each entry several times, or, where copies do not come behind it, all of them."""
    value = value.book.named(value, "h")
    *before, size = value.shape[: number + 1]
    after = value.shape[number + 1 :]
    pair = (size, times) if behind else (times, size)
    wide = broadcast_to(expand_dims(value, number + behind), (*before, *pair, *after))
    return reshape(wide, *before, size * times, *after)


def _positive(number: Any, what: str) -> int:
    found = whole_number(number, what)
    if found < 1:
        raise LanguageError(f"{what} must be positive, got {found}")
    return found


def tile(value: Value, reps: Any) -> Value:
    """The array several times along each axis, the last of `reps` along the last one."""
    times = [_positive(one, "a number of tiles") for one in (reps if isinstance(reps, tuple | list) else (reps,))]
    times = [1] * (value.rank - len(times)) + times
    value = expand_dims(value, tuple(range(len(times) - value.rank)))
    for number, count in enumerate(times):
        value = _copied(value, number, count, behind=False) if count > 1 else value
    return value


def pad(value: Value, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Value:
    """Entries before and behind along each axis: a number, or by mode others of the array.

    Raises:
        LanguageError: The mode is another one, or a width is negative.
    """
    widths = np.broadcast_to(np.array(_numbers(pad_width)), (value.rank, 2))
    if mode != "constant" and mode not in MODES:
        raise LanguageError(f"pad knows the modes constant, {', '.join(MODES)}, not {mode!r}")
    if (widths < 0).any():
        raise LanguageError(f"a width of padding must not be negative, got {widths.min()}")
    for number, (before, behind) in enumerate(widths.tolist()):
        if not before and not behind:
            continue
        value = value.book.named(value, "h")
        if mode == "constant":
            value = _with_constant(value, number, before, behind, constant_values)
        else:
            size = value.shape[number]
            if not size.is_Integer:
                raise LanguageError(f"the mode {mode} needs an axis whose length is a number")
            places = np.pad(np.arange(int(size)), (before, behind), mode=mode)
            value = select(value, _along(number, places))
    return value


def _numbers(widths: Any) -> Any:
    if isinstance(widths, tuple | list):
        return [_numbers(one) for one in widths]
    return whole_number(widths, "a width of padding")


def _with_constant(value: Value, number: int, before: int, behind: int, constant: Any) -> Value:
    parts = [value]
    for width, place in ((before, 0), (behind, 1)):
        if width:
            shape = tuple(sp.Integer(width) if n == number else size for n, size in enumerate(value.shape))
            parts.insert(0 if place == 0 else len(parts), full(value.book, shape, constant))
    return concatenate(parts, number)


def differences(value: Value, n: Any = 1, axis: Any = -1) -> Value:
    """Each entry along an axis minus the one before it, `n` times over."""
    number = axis_number(axis, value.rank, "this array")
    for _ in range(whole_number(n, "n")):
        value = value.book.named(value, "h")
        value = subtract(select(value, _along(number, slice(1, None))), select(value, _along(number, slice(None, -1))))
    return value


def append(value: Value, values: Value, axis: Any = None) -> Value:
    """Two arrays one behind the other; all entries in one line without an axis."""
    return concatenate([ravel(value), ravel(values)]) if axis is None else concatenate([value, values], axis)


def rot90(value: Value, k: Any = 1, axes: Any = (0, 1)) -> Value:
    """Quarter turns in the plane of two axes, from the first towards the second."""
    first, second = (axis_number(axis, value.rank, "this array") for axis in axes)
    turns = whole_number(k, "the number of turns") % 4
    if turns in (2, 3):
        value = flip(flip(value, first), second)
    if turns in (1, 3):
        value = swapaxes(flip(value.book.named(value, "h"), second), first, second)
    return value


def at_least(value: Value, rank: int) -> Value:
    """The array with as many axes as NumPy's atleast_1d, _2d or _3d give it, of length 1 where they are new."""
    before = {(3, 1): 1}.get((rank, value.rank), max(min(rank, 2) - value.rank, 0))
    value = expand_dims(value, tuple(range(before))) if before else value
    behind = rank - value.rank
    return expand_dims(value, tuple(range(value.rank, value.rank + behind))) if behind > 0 else value


def block(arrays: Any) -> Value:
    """Nested lists of arrays put together: the innermost along the last axis, those about them along the one before."""
    depth, inner = 0, arrays
    while isinstance(inner, tuple | list):
        depth, inner = depth + 1, inner[0]
    rank = max(depth, *(one.rank for one in _flattened(arrays)), 1)

    def joined(part: Any, level: int) -> Value:
        if isinstance(part, tuple | list):
            return concatenate([joined(one, level + 1) for one in part], rank - (depth - level))
        return expand_dims(part, tuple(range(rank - part.rank))) if part.rank < rank else part

    return joined(arrays, 0)


def _flattened(arrays: Any) -> list[Value]:
    return [one for part in arrays for one in _flattened(part)] if isinstance(arrays, tuple | list) else [arrays]


def delete(value: Value, obj: Any, axis: Any = None) -> Value:
    """The array without the entries at some positions along an axis."""
    value, number, size = _counted(value, axis)
    places = np.delete(np.arange(size), _numbers(obj) if not isinstance(obj, slice) else obj)
    return select(value, _along(number, places))


def insert(value: Value, obj: Any, values: Any, axis: Any = None) -> Value:
    """The array with entries put in before a position along an axis.

    Raises:
        LanguageError: They are put in at several positions.
    """
    if isinstance(obj, tuple | list | slice):
        raise LanguageError("np.insert is traced for one position", help="np.concatenate puts parts together")
    value, number, size = _counted(value, axis)
    at = whole_number(obj, "the position")
    at = at + size if at < 0 else at
    shape = tuple(sp.S.One if n == number else length for n, length in enumerate(value.shape))
    values = number_of(value.book, values)
    if values.rank < value.rank:
        values = broadcast_to(expand_dims(values, number) if values.rank == value.rank - 1 else values, shape)
    parts = [select(value, _along(number, slice(0, at)))] if at else []
    parts.append(values)
    parts += [select(value, _along(number, slice(at, None)))] if at < size else []
    return concatenate(parts, number)


def _counted(value: Value, axis: Any) -> tuple[Value, int, int]:
    """The array, in one line without an axis, the number of the axis and its length."""
    value = ravel(value) if axis is None else value
    number = axis_number(0 if axis is None else axis, value.rank, "this array")
    size = value.shape[number]
    if not size.is_Integer:
        raise LanguageError("this needs an axis whose length is a number")
    return value.book.named(value, "h"), number, int(size)
