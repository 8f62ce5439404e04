"""Positions in the brackets behind an array: numbers and arrays of whole numbers, known or traced → values in range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from sympy import Expr

from symbackprop.arrays.constants import known_positions
from symbackprop.arrays.shaping import constant_array
from symbackprop.arrays.values import Value, put, shape_text, whole_number
from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import Delta, Read, Total, Where, tensors_read


def is_array(part: Any) -> bool:
    """Whether a part of a key is an array of positions, and not a single one."""
    return isinstance(part, Value | np.ndarray) and bool(part.shape)


def unfolded(book: Any, parts: Sequence[Any]) -> list[Any]:
    """The parts of a key with lists as arrays; known truth values are the positions where they are true, by axis.

    Raises:
        LanguageError: A part is an array of something else.
    """
    found: list[Any] = []
    for part in parts:
        if isinstance(part, list | range):
            part = _listed(book, part)
        if isinstance(part, np.ndarray) and part.dtype.kind == "b":
            found += _true(part)
        elif isinstance(part, np.ndarray) and part.dtype.kind not in "iu":
            raise LanguageError(f"an array of {part.dtype} cannot be an index")
        else:
            found.append(_whole(part) if is_array(part) and isinstance(part, Value) else part)
    return found


def _true(mask: Any) -> list[Any]:
    if not mask.any():
        raise ShapeError(f"an index of shape {shape_text(mask.shape)} that is true nowhere leaves no entries")
    return list(np.nonzero(mask))


def _listed(book: Any, part: Any) -> Any:
    """A list as a known array, or as a value if something in it is traced."""
    known = _numbers(part)
    if known is None:
        found = constant_array(book, list(part))
        return replace(found, whole=all(isinstance(one, Value) and one.whole for one in part))
    try:
        return np.array(known)
    except ValueError:
        raise ShapeError("the rows of an index differ in length") from None


def _numbers(part: Any) -> Any:
    """A nested list with the numbers that its values stand for; `None` if they are not known."""
    if isinstance(part, list | tuple | range):
        items = [_numbers(one) for one in part]
        return None if any(one is None for one in items) else items
    if isinstance(part, Value):
        return _number(part.number) if not part.axes and part.constant else None
    return part if isinstance(part, int | float | np.number) else None


def _number(known: Expr) -> int | float:
    return int(known) if known.is_Integer else float(known)


def _whole(part: Value) -> Value:
    """What is given as data may be positions, if it is no parameter."""
    if part.whole:
        return part.book.named(part, "k") if part.number.has(Where, Total) else part
    expr = part.expr
    tensor = part.book.tensors.get(expr.tensor) if isinstance(expr, Read) else None
    if tensor is None:
        raise LanguageError("an array that is no whole numbers cannot be an index", help="use where for a condition")
    if tensor.role == "parameter":
        message = f"{tensor.name} cannot be an index and a parameter: positions are whole numbers that are given"
        raise LanguageError(message, help=f"declare it: integers=[{tensor.name!r}], or integers: [{tensor.name}]")
    return replace(part, whole=True)


def inside(part: Any, size: Expr, value: Value) -> Any:
    """A part of a key for an axis as a value, or the slice that it is; those below 0 are counted from the end.

    Raises:
        ShapeError: A position that is known is outside the axis.
    """
    if isinstance(part, slice):
        return part
    if isinstance(part, np.ndarray) and part.shape:
        return _known(part, size, value)
    if isinstance(part, Value) and (part.axes or not part.constant):
        if _is_written(part):
            return _known(_evaluated(part), size, value)
        low, high = _bounds(part)
        _refuse_outside(low, high, size, value)
        if isinstance(part.expr, Read) and part.expr.tensor in part.book.tensors:
            part.book.limit(part.expr.tensor, size)
        return part.with_expr(part.number + size, whole=True) if high is not None and high < 0 else part
    number = whole_number(part, "an index")
    _refuse_outside(number, number, size, value)
    return Value(value.book, sp.Integer(number) if number >= 0 else size + number)


def _known(array: Any, size: Expr, value: Value) -> Value:
    low, high = int(array.min()), int(array.max())
    _refuse_outside(low, high, size, value)
    if low < 0 <= high and not size.is_Integer:
        raise LanguageError("positions counted from both ends need an axis whose length is a number")
    if low < 0 and size.is_Integer:
        return known_positions(value.book, np.where(array < 0, array + int(size), array))
    found = known_positions(value.book, array)
    return found if low >= 0 else found.with_expr(found.number + size, whole=True)


def _is_written(part: Value) -> bool:
    """Whether a value is a list of numbers, each with its place, or an array that was brought along."""
    if _constant(part) is not None:
        return True
    return part.number.has(Delta) and not tensors_read(part.number) and all(size.is_Integer for size in part.shape)


def _constant(part: Value) -> Any:
    """The numbers of an array that was brought along, if a value is just that."""
    tensor = part.book.tensors.get(part.expr.tensor) if isinstance(part.expr, Read) else None
    if tensor is None or tensor.role != "constant" or part.expr.indices != part.axes:
        return None
    return tensor.value


def _evaluated(part: Value) -> Any:
    known = _constant(part)
    if known is not None:
        return np.array(known)
    shape = tuple(map(int, part.shape))
    entries = [
        int(put(part.number, dict(zip(part.axes, map(sp.Integer, at), strict=True)))) for at in np.ndindex(shape)
    ]
    return np.array(entries).reshape(shape)


def _bounds(part: Value) -> tuple[int | None, int | None]:
    """The least and the largest position of an array that grows by steps along its axes, such as a range."""
    expr = part.number
    known = not tensors_read(expr) and all(axis.size.is_Integer for axis in part.axes)
    if not known or not expr.is_polynomial(*part.axes) or sp.Poly(expr, *part.axes).total_degree() > 1:
        return None, None
    ends = [sp.S.Zero, sp.S.Zero]
    for axis in part.axes:
        step = expr.coeff(axis) * (axis.size - 1)
        ends = [ends[0] + min(step, 0), ends[1] + max(step, 0)]
    first = expr.xreplace({axis: sp.S.Zero for axis in part.axes})
    low, high = (first + end for end in ends)
    return (int(low), int(high)) if low.is_Integer and high.is_Integer else (None, None)


def _refuse_outside(low: int | None, high: int | None, size: Expr, value: Value) -> None:
    if low is None or high is None:
        return
    for number in (low, high):
        place = sp.Integer(number) if number >= 0 else size + number
        if (size.is_Integer and not 0 <= place < size) or (place.is_Integer and place < 0):
            raise ShapeError(
                f"position {number} is outside an axis of length {size} of shape {shape_text(value.shape)}"
            )


def place_of_arrays(parts: Sequence[Any]) -> int:
    """Where the axes of arrays of positions go, as in NumPy: in place of the arrays, or first where those are apart.

    Example:
        >>> place_of_arrays([slice(None), np.array([0, 1]), np.array([1, 0])])
        1
        >>> place_of_arrays([np.array([0, 1]), slice(None), np.array([1, 0])])
        0
    """
    numbers = [number for number, part in enumerate(parts) if part is not None and not isinstance(part, slice)]
    return numbers[0] if numbers[-1] - numbers[0] == len(numbers) - 1 else 0
