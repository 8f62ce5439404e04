"""Operations on matrices as wholes: the inverse and the determinant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from symbackprop.expressions import Index
from symbackprop.program.nodes import Array, Axes


@dataclass(frozen=True)
class Inverted(Array):
    """The inverse of every matrix that two axes of an array make.

    Attributes:
        arg: The array.
        rows: The axis of its rows.
        columns: The axis of its columns.
        to: The axes of the rows and of the columns of the inverse.
    """

    arg: Array
    rows: Index
    columns: Index
    to: tuple[Index, Index]

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The other axes of the array, then those of the inverse."""
        return (*(axis for axis in self.arg.axes if axis not in (self.rows, self.columns)), *self.to)


@dataclass(frozen=True)
class Det(Array):
    """The determinant of every matrix that two axes of an array make, or the logarithm of its absolute value.

    Attributes:
        arg: The array.
        rows: The axis of its rows.
        columns: The axis of its columns.
        logarithm: Whether it is the logarithm.
    """

    arg: Array
    rows: Index
    columns: Index
    logarithm: bool = False

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The other axes of the array."""
        return tuple(axis for axis in self.arg.axes if axis not in (self.rows, self.columns))
