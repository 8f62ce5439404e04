"""Arrays with named axes, and the operations on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index
from symbackprop.program.bounds import least

Axes = tuple[Index, ...]


def union(*axes: Axes) -> Axes:
    """The axes of all, in order of appearance."""
    return tuple(dict.fromkeys(axis for each in axes for axis in each))


def _refuse_absent(function: str, arg: Array, over: Axes) -> None:
    """An axis that an array lacks has no place in it: no code for the node could be right."""
    absent = [axis for axis in over if axis not in arg.axes]
    if absent:
        raise TypeError(f"{function} over {', '.join(map(str, absent))}, which its argument does not have")


class Array:
    """A node of the program; `axes` are the axes of its value."""

    axes: Axes


@dataclass(frozen=True)
class Leaf(Array):
    """A stored array, read with its axes in the order in which it is stored."""

    name: str
    axes: Axes


@dataclass(frozen=True)
class Const(Array):
    """A number, or a size such as N."""

    value: Expr
    axes: Axes = ()


@dataclass(frozen=True)
class Map(Array):
    """A function applied position by position.

    Attributes:
        function: `"add"`, `"mul"`, `"pow"`, `"neg"`, `"where"`, a comparison (`"gt"`, `"ge"`, `"lt"`, `"le"`, `"eq"`,
            `"ne"`), `"and"`, `"or"`, `"not"`, or an elementary function (`"exp"`, `"log"`, `"sigmoid"`, …).
        args: Its arguments, broadcast against one another by axis.
    """

    function: str
    args: tuple[Array, ...]

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of all arguments."""
        return union(*(arg.axes for arg in self.args))


@dataclass(frozen=True)
class Position(Array):
    """The position along an axis itself, 0, 1, …, size - 1, for conditions on indices."""

    axis: Index

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """Its one axis."""
        return (self.axis,)


@dataclass(frozen=True)
class Contract(Array):
    """The sum of the product of two arrays over axes that both have: a matmul wherever it is one."""

    left: Array
    right: Array
    over: Axes

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of both that are not summed."""
        return tuple(axis for axis in union(self.left.axes, self.right.axes) if axis not in self.over)


@dataclass(frozen=True)
class Reduce(Array):
    """A sum, maximum or position of the maximum over some axes."""

    kind: str
    arg: Array
    over: Axes

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes that are left."""
        _refuse_absent(self.kind, self.arg, self.over)
        return tuple(axis for axis in self.arg.axes if axis not in self.over)


@dataclass(frozen=True)
class Along(Array):
    """A function along one axis that keeps it: `"softmax"`; `"cumsum"`, and `"cumsum_back"` from each to the last."""

    function: str
    arg: Array
    axis: Index

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of the argument."""
        _refuse_absent(self.function, self.arg, (self.axis,))
        return self.arg.axes


@dataclass(frozen=True)
class Affine:
    """Where an axis is read: at start + Σ step · index, each index running over its whole range.

    Attributes:
        indices: The axes that the result has instead.
        steps: One whole number for each of them.
        start: A whole number, or an expression in sizes.
    """

    indices: Axes
    steps: tuple[int, ...]
    start: Expr

    @property
    def first(self) -> Expr:
        """The lowest place."""
        return self._end(-1)

    @property
    def last(self) -> Expr:
        """The highest place."""
        return self._end(1)

    def _end(self, sign: int) -> Expr:
        moves = [step * (i.size - 1) for i, step in zip(self.indices, self.steps, strict=True) if step * sign > 0]
        return sp.expand(sp.Add(self.start, *moves))

    def inside(self, size: Expr) -> bool:
        """Whether every place is known to lie in a range 0, …, size - 1."""
        return bool(least(self.first).is_nonnegative) and bool(least(size - 1 - self.last).is_nonnegative)

    def digits(self) -> Axes | None:
        """The indices in the order of digits of a number, if the places are start, start + 1, …, each met once.

        Example:
            >>> h, w = Index("h", 2), Index("w", 3)
            >>> Affine((w, h), (1, 3), sp.S.Zero).digits()
            (h, w)
            >>> Affine((w, h), (1, 2), sp.S.Zero).digits() is None
            True
        """
        falling = sorted(zip(self.steps, self.indices, strict=True), key=lambda pair: -pair[0])
        weight: Expr = sp.S.One
        for step, index in reversed(falling):
            if step != weight:
                return None
            weight *= index.size
        return tuple(index for _, index in falling)


@dataclass(frozen=True)
class Window(Array):
    """An array read along one axis at shifted, strided or windowed positions; outside its range it is 0.

    Attributes:
        arg: The array.
        axis: The axis of `arg` that is read.
        at: Where it is read.
    """

    arg: Array
    axis: Index
    at: Affine

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of the array, the read one replaced."""
        return _replaced(self.arg.axes, self.axis, self.at.indices)


@dataclass(frozen=True)
class Accumulate(Array):
    """The transpose of `Window`: every value is added to the place of a new axis at which it was read.

    Attributes:
        arg: The array; it has all of `at.indices` as axes.
        axis: The new axis; what falls outside its range is left out.
        at: Where the values belong.
    """

    arg: Array
    axis: Index
    at: Affine

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of the array without those added up, then the new one; one axis for another stays in its place."""
        if len(self.at.indices) == 1 and self.at.indices[0] in self.arg.axes:
            return tuple(self.axis if axis in self.at.indices else axis for axis in self.arg.axes)
        return (*(axis for axis in self.arg.axes if axis not in self.at.indices), self.axis)


@dataclass(frozen=True)
class Gather(Array):
    """An array read along one axis at positions given as data, `W[token[s], j]`.

    Attributes:
        arg: The array.
        axis: The axis of `arg` that is read.
        index: The positions, whole numbers.
    """

    arg: Array
    axis: Index
    index: Array

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of the positions, then the other axes of the array."""
        return union(self.index.axes, tuple(axis for axis in self.arg.axes if axis != self.axis))


@dataclass(frozen=True)
class Scatter(Array):
    """The transpose of `Gather`: values are added up at positions, given as data, of a new axis.

    Attributes:
        arg: The values; the axes of `index` among their axes are added up.
        axis: The new axis.
        index: The positions, whole numbers.
    """

    arg: Array
    axis: Index
    index: Array

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The new axis, then the axes of the values that are not added up."""
        return (self.axis, *(axis for axis in self.arg.axes if axis not in self.index.axes))


@dataclass(frozen=True)
class At(Array):
    """An array at one position of an axis, inside a loop over an index: `h[t - 1]`; 0 outside its range.

    Attributes:
        arg: The array.
        axis: The axis of `arg` that is fixed.
        position: An expression in the index of the loop.
        inside: Whether it is known to lie in the range of the axis.
    """

    arg: Array
    axis: Index
    position: Expr
    inside: bool = False

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The other axes of the array."""
        return tuple(axis for axis in self.arg.axes if axis != self.axis)


@dataclass(frozen=True)
class FirstStep(Array):
    """Inside a loop: one value at its first step, another at every later one, of which only one is computed.

    Attributes:
        first: The value at the first step.
        later: The value at all others; it has all axes.
    """

    first: Array
    later: Array

    @cached_property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of the later value."""
        return self.later.axes


def _replaced(axes: Axes, old: Index, new: Axes) -> Axes:
    return union(*(new if axis == old else (axis,) for axis in axes))
