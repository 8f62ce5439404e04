"""An array of numbers that a function brings along → the rule that its entries follow, or a constant tensor.

A mask such as `np.tril(np.ones((n, n)))` is a condition on indices in every formula, as a person would write it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from sympy import Expr
from sympy.logic.boolalg import Boolean

from symbackprop.arrays.lifting import Lifting
from symbackprop.arrays.shaping import constant_array
from symbackprop.arrays.values import Value, exact
from symbackprop.errors import LanguageError
from symbackprop.expressions import INFINITY, Delta, Index, Where

MOST_WRITTEN = 1


def constant(book: Lifting, array: Any) -> Value:
    """An array of numbers as a value.

    Raises:
        LanguageError: It holds something else than numbers.
    """
    array = np.asarray(array)
    if array.dtype.kind not in "biuf":
        raise LanguageError(f"an array of {array.dtype} cannot be part of a formula")
    if np.isnan(array).any():
        help = "put 0 there, and leave those entries out with a mask"
        raise LanguageError("an array that holds nan cannot be part of a formula", help=help)
    if np.isinf(array).any():
        array = np.where(np.isinf(array), np.copysign(float(INFINITY), array), array)
    axes = tuple(book.index(length) for length in array.shape)
    whole = array.dtype.kind in "iu"
    found = _rule(array, axes)
    if found is not None:
        return Value(book, found, axes, whole=whole)
    if array.size <= MOST_WRITTEN and array.dtype.kind != "b":
        return replace(constant_array(book, array.tolist()), whole=whole)
    return book.constant(array, whole)


def known_positions(book: Lifting, array: Any) -> Value:
    """An array of whole numbers as places in another: steps along an axis, or a constant tensor."""
    axes = tuple(book.index(length) for length in array.shape)
    found = _stepped(array, axes, 1)
    return book.constant(array, True) if found is None else Value(book, found, axes, whole=True)


def _rule(array: Any, axes: tuple[Index, ...]) -> Expr | Boolean | None:
    """The rule of an array, if it has a simple one: a number, a step along an axis, two numbers by position."""
    first = array.flat[0] if array.size else 0
    if (array == first).all():
        return sp.true if array.dtype.kind == "b" and first else sp.false if array.dtype.kind == "b" else exact(first)
    stepped = _stepped(array, axes, 2) if array.dtype.kind != "b" else None
    return _by_position(array, axes) if stepped is None else stepped


def _stepped(array: Any, axes: tuple[Index, ...], fewest: int) -> Expr | None:
    """first + step · index, if an array is that along an axis with more than a number of entries."""
    for number, axis in enumerate(axes):
        step = _step(np.moveaxis(array, number, 0)) if array.shape[number] > fewest else None
        if step is not None:
            return exact(step[0]) + exact(step[1]) * axis
    return None


def _step(line: Any) -> tuple[Any, Any] | None:
    """First number and step, if the rows of an array are constant and equally far apart."""
    rows = line.reshape(len(line), -1)
    if not (rows == rows[:, :1]).all():
        return None
    column = rows[:, 0]
    steps = np.diff(column)
    return (column[0].item(), steps[0].item()) if (steps == steps[0]).all() else None


def _by_position(array: Any, axes: tuple[Index, ...]) -> Expr | Boolean | None:
    """One number where a condition on the last two positions holds, another elsewhere."""
    if array.ndim < 2:
        return None
    rows, columns = np.indices(array.shape[-2:])
    for condition, mask in _conditions(rows, columns, *axes[-2:]):
        inside = np.broadcast_to(mask, array.shape)
        if not inside.any() or inside.all():
            continue
        one, other = array[inside], array[~inside]
        if (one == one[0]).all() and (other == other[0]).all():
            if isinstance(condition, sp.Eq) and other[0] == 0 and array.dtype.kind != "b":
                return exact(one[0]) * Delta(*condition.args)
            if array.dtype.kind == "b":
                return condition if one[0] else sp.Not(condition)
            return Where(condition, exact(one[0]), exact(other[0]))
    return None


def _conditions(rows: Any, columns: Any, row: Index, column: Index) -> Iterator[tuple[Boolean, Any]]:
    for shift in (0, -1, 1):
        yield row >= column - shift, rows >= columns - shift
    yield sp.Eq(row, column), rows == columns
