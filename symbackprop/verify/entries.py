"""Arrays of intervals → their elements and rows, as the evaluator of printed trees takes them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from symbackprop.display.choosing import NoValueError
from symbackprop.display.evaluate import Value
from symbackprop.display.intervals import Interval, mp, point

ZERO = point(Fraction(0))


def filled(value: Value, shape: Any) -> Any:
    """A number as a matrix of it, of the shape of another."""
    return [[value] * len(row) for row in shape] if isinstance(value, Interval) else value


def element(array: Any, at: tuple[int, ...]) -> Interval:
    """One element; 0 outside the array, as a read there is."""
    if len(at) != array.ndim:
        raise NoValueError("the number of indices is another")
    if any(not 0 <= n < size for n, size in zip(at, array.shape, strict=True)):
        return ZERO
    found: Interval = array[at] if at else array.item()
    return found


def rows(array: Any) -> Value:
    """A whole array as rows of intervals; a vector is a column."""
    if array.ndim == 0:
        found: Interval = array.item()
        return found
    if array.ndim == 1:
        return tuple((entry,) for entry in array)
    if array.ndim == 2:
        return tuple(tuple(row) for row in array)
    raise NoValueError("an array of three axes or more is no matrix")


def total(row: Sequence[Interval]) -> Interval:
    """The sum of a row."""
    total = ZERO
    for entry in row:
        total = total + entry
    return total


def inside(at: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether a place lies inside an array; every place is the one number of an array without axes."""
    return not shape or all(0 <= n < size for n, size in zip(at, shape, strict=True))


def softmax(array: Any, batched: bool = False) -> Any:
    """The shares of exponentials in a row, which is a sample, or in a vector, which is a column."""
    axis = 0 if array.shape[1] == 1 and not batched else 1
    powers = np.asarray(np.frompyfunc(mp.exp, 1, 1)(array), dtype=object)
    return powers / powers.sum(axis=axis, keepdims=True)


def log_softmax(array: Any, batched: bool = False) -> Any:
    """The logarithms of these shares."""
    return np.asarray(np.frompyfunc(mp.log, 1, 1)(softmax(array, batched)), dtype=object)
