"""The array program: what `lower` returns, arrays with named axes and the operations on them.

An axis is the `Index` it came from, so that no node needs to know in which order its axes are stored: a printer asks
for the order it wants and gets transposes and new axes where they are due. The same nodes print as NumPy and as
matrix notation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Expr

from symbackprop.expressions import Index

Axes = tuple[Index, ...]


def union(*axes: Axes) -> Axes:
    """The axes of all, in order of appearance."""
    return tuple(dict.fromkeys(axis for each in axes for axis in each))


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

    @property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of all arguments."""
        return union(*(arg.axes for arg in self.args))


@dataclass(frozen=True)
class Position(Array):
    """The position along an axis itself, 0, 1, …, size - 1, for conditions on indices."""

    axis: Index

    @property
    def axes(self) -> Axes:  # type: ignore[override]
        """Its one axis."""
        return (self.axis,)


@dataclass(frozen=True)
class Contract(Array):
    """The sum of the product of two arrays over axes that both have: a matmul wherever it is one."""

    left: Array
    right: Array
    over: Axes

    @property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of both that are not summed."""
        return tuple(axis for axis in union(self.left.axes, self.right.axes) if axis not in self.over)


@dataclass(frozen=True)
class Reduce(Array):
    """A sum, maximum or position of the maximum over some axes."""

    kind: str
    arg: Array
    over: Axes

    @property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes that are left."""
        return tuple(axis for axis in self.arg.axes if axis not in self.over)


@dataclass(frozen=True)
class Along(Array):
    """A function along one axis that keeps it, such as `"softmax"`."""

    function: str
    arg: Array
    axis: Index

    @property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of the argument."""
        return self.arg.axes


@dataclass(frozen=True)
class Assign:
    """One statement: an array gets a name.

    Attributes:
        name: The buffer, such as `"delta1"`.
        axes: Its axes in the order in which it is stored.
        value: What it is.
        equation: The indexed equation it computes, for comments.
    """

    name: str
    axes: Axes
    value: Array
    equation: str = ""


@dataclass(frozen=True)
class Program:
    """The forward and backward pass as statements on arrays.

    Attributes:
        forward: In order; the last computes the loss.
        backward: In order; computes what the gradients need, and the gradients.
        loss: The name of the loss.
        gradients: Name of the parameter → name of the array that holds its gradient.
        parameters: Name of each parameter → its axes.
        data: Name of each input and target → its axes.
        sizes: Symbolic sizes → the array and axis number that tell them.
    """

    forward: tuple[Assign, ...]
    backward: tuple[Assign, ...]
    loss: str
    gradients: Mapping[str, str]
    parameters: Mapping[str, Axes]
    data: Mapping[str, Axes]
    sizes: Mapping[str, tuple[str, int]] = field(default_factory=dict)


def leaves(node: Array) -> set[str]:
    """The names of the stored arrays that a node reads."""
    match node:
        case Leaf():
            return {node.name}
        case Map():
            return set().union(*map(leaves, node.args))
        case Contract():
            return leaves(node.left) | leaves(node.right)
        case Reduce() | Along():
            return leaves(node.arg)
    return set()
