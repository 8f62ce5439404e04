"""Arrays whose axes are named by indices: how they line up, multiply and add up, whatever their numbers are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from sympy import Symbol

from symbackprop.errors import ShapeError
from symbackprop.expressions import Index
from symbackprop.verify.fields import Array

BATCH = Index("batch", 0)  # the axis of values that are given for several points at once


class Grid(NamedTuple):
    """An array whose axes are named by indices."""

    axes: tuple[Index, ...]
    data: Array


def size_of(index: Index, sizes: Mapping[Symbol, int]) -> int:
    """How far an index runs once the symbolic sizes are known."""
    if index.size.is_Integer:
        return int(index.size)
    size = index.size.xreplace({symbol: sp.Integer(value) for symbol, value in sizes.items()})
    if not size.is_Integer:
        raise ShapeError(f"the size of index {index.name!r} is unknown", code="SB026", help=f"give {size} a value")
    return int(size)


def aligned(grid: Grid, axes: Sequence[Index]) -> Array:
    """The array of a grid with its axes in the order of `axes`, and length 1 where it has none."""
    if grid.axes == tuple(axes):
        return np.asarray(grid.data)
    order = [grid.axes.index(axis) for axis in axes if axis in grid.axes]
    data = np.asarray(grid.data).transpose(order)  # object arithmetic gives bare numbers for arrays without axes
    return data[tuple(slice(None) if axis in grid.axes else None for axis in axes)]


def together(grids: Iterable[Grid]) -> tuple[tuple[Index, ...], list[Array]]:
    """The union of the axes of several grids, and their arrays ready to broadcast over it."""
    listed = list(grids)
    axes = tuple(dict.fromkeys(axis for grid in listed for axis in grid.axes))
    return axes, [aligned(grid, axes) for grid in listed]


def summed(grid: Grid, bound: Sequence[Index]) -> Grid:
    """A grid summed over some of its axes."""
    over = tuple(n for n, axis in enumerate(grid.axes) if axis in bound)
    if not over:
        return grid
    return Grid(tuple(axis for axis in grid.axes if axis not in bound), np.asarray(grid.data.sum(axis=over)))


def contracted(grids: Sequence[Grid], bound: Sequence[Index]) -> Grid:
    """The product of some grids summed over bound indices, without ever holding the whole product."""
    lengths = {axis: length for grid in grids for axis, length in zip(grid.axes, grid.data.shape, strict=True)}
    letters = {axis: n for n, axis in enumerate(lengths)}
    kept = tuple(axis for axis in lengths if axis not in bound)
    operands: list[Any] = []
    for grid in grids:
        operands += [grid.data, [letters[axis] for axis in grid.axes]]
    # Looking for a good order costs more than a small sum does.
    large = prod(lengths.values()) > 10_000
    return Grid(kept, np.asarray(np.einsum(*operands, [letters[axis] for axis in kept], optimize=large)))
