"""The array program: what `lower` returns, arrays with named axes and the operations on them.

An axis is the `Index` it came from, so that no node needs to know in which order its axes are stored: a printer asks
for the order it wants and gets transposes and new axes where they are due. The same nodes print as NumPy and as
matrix notation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    @property
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

    @property
    def axes(self) -> Axes:  # type: ignore[override]
        """The axes of the array without the ones added up, then the new one."""
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

    @property
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

    @property
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

    @property
    def axes(self) -> Axes:  # type: ignore[override]
        """The other axes of the array."""
        return tuple(axis for axis in self.arg.axes if axis != self.axis)


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
class Loop:
    """Statements that are carried out for one position of an index after the other: a recurrence.

    Attributes:
        index: What is looped over.
        reverse: Whether from the last to the first, as the adjoint of a recurrence is.
        body: The statements; each sets one position of its array.
    """

    index: Index
    reverse: bool
    body: tuple[Assign, ...]


Statement = Assign | Loop


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

    forward: tuple[Statement, ...]
    backward: tuple[Statement, ...]
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
        case Reduce() | Along() | Window() | Accumulate() | At():
            return leaves(node.arg)
        case Gather() | Scatter():
            return leaves(node.arg) | leaves(node.index)
    return set()


def assignments(statements: Iterable[Statement]) -> tuple[Assign, ...]:
    """The assignments in some statements, those inside loops included."""
    return tuple(a for s in statements for a in (s.body if isinstance(s, Loop) else (s,)))


def _replaced(axes: Axes, old: Index, new: Axes) -> Axes:
    return union(*(new if axis == old else (axis,) for axis in axes))


@dataclass(frozen=True)
class Draw:
    """How first values of a parameter are drawn.

    Attributes:
        rule: The rule's name, such as `"glorot_uniform"`.
        distribution: `"uniform"`, `"normal"`, `"truncated_normal"` or `"constant"`.
        scale: A Python expression in `fan_in` and `fan_out`.
        source: Where the rule comes from.
    """

    rule: str
    distribution: str
    scale: str
    source: str


@dataclass(frozen=True)
class Training:
    """How parameters get their first values and move: the rows of the catalogue as array statements.

    Attributes:
        optimizer: The name of the update rule.
        update: Its statements, position by position in the parameter w and its gradient g; the last gives the new w.
            They may read `step`, which counts from 1.
        state: What it keeps of each parameter, with the first values.
        settings: Its options, such as `learning_rate`, as decimal text.
        draws: For each parameter how its first values are drawn.
        sequential: Whether a layer's new weights serve for the gradients of the layers before it.
        epochs: Passes over the samples at most.
        steps: Updates at most, in place of `epochs` if it is given.
        batch_size: Samples per update; `None` is all of them.
        tolerance: Training stops where E is at most this.
        gradient_tolerance: Training stops where the gradient's norm is at most this.
        seed: Of the draws.
    """

    optimizer: str
    update: tuple[Assign, ...]
    state: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    draws: Mapping[str, Draw] = field(default_factory=dict)
    sequential: bool = False
    epochs: int = 1000
    steps: int | None = None
    batch_size: int | None = None
    tolerance: str | None = None
    gradient_tolerance: str | None = None
    seed: int = 0

    @property
    def counts(self) -> bool:
        """Whether the update depends on how many there were before it."""
        return any("step" in leaves(assign.value) for assign in self.update)

    @property
    def remembers(self) -> bool:
        """Whether anything is kept from step to step."""
        return bool(self.state) or self.counts
