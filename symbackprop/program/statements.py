"""Statements of an array program: assignments, loops, and the two passes that `lower` makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from sympy import Expr

from symbackprop.expressions import Index
from symbackprop.program.nodes import Array, Axes
from symbackprop.program.traversal import leaves


@dataclass(frozen=True)
class Assign:
    """One statement: an array gets a name.

    Attributes:
        name: The buffer, such as `"delta1"`.
        axes: Its axes in the order in which it is stored.
        value: What it is.
        equation: The indexed equation it computes, whose text is for comments; an empty string if it is none.
    """

    name: str
    axes: Axes
    value: Array
    equation: object = ""

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names of the stored arrays that it reads."""
        return frozenset(leaves(self.value))


@dataclass(frozen=True)
class Loop:
    """Statements that are carried out for one position of an index after the other: a recurrence.

    Attributes:
        index: What is looped over.
        reverse: Whether from the last to the first, as the adjoint of a recurrence is.
        body: The statements; each sets one position of its array.
        at_once: The same as one operation on whole arrays, where it does nothing but add up.
    """

    index: Index
    reverse: bool
    body: tuple[Assign, ...]
    at_once: Assign | None = None


Statement = Assign | Loop


@dataclass(frozen=True)
class Block:
    """Where an array lies that is stored as part of another.

    Attributes:
        whole: The name of the other.
        axes: Its axes.
        place: The number of the axis along which it is cut.
        start: Where the part begins.
        size: How long it is.
    """

    whole: str
    axes: Axes
    place: int
    start: Expr
    size: Expr


@dataclass(frozen=True)
class Placed:
    """Arrays of places in axes of others.

    Attributes:
        statements: In order.
        ends: Array among those that they compute → the sizes that its entries, none of them negative, stay below.
    """

    statements: tuple[Statement, ...]
    ends: Mapping[str, tuple[Expr, ...]]


@dataclass(frozen=True)
class Program:
    """The forward and backward pass as statements on arrays.

    Attributes:
        forward: In order; the last computes the loss.
        backward: In order; computes what the gradients need, and the gradients.
        loss: The name of the loss.
        gradients: Name of the parameter, or of what else is derived by → name of the array that holds its gradient.
        parameters: Name of each parameter → its axes.
        data: Name of each input and target → its axes.
        sizes: Symbolic sizes → the array and axis number that tell them.
        placed: What computes from data alone where in axes other arrays are read.
        constants: Arrays that are the same at every call.
        shares: Array → the array, no longer needed by then, whose memory it takes.
        whole: The arrays of whole numbers, which have no memory of their own.
        blocks: Arrays that are stored as parts of others.
        padded: Array → how many zeros lie before and behind it along its first axis, for those who read beyond it.
        shifted: Name under which an array is read that many places later along its first axis → the array, the places.
    """

    forward: tuple[Statement, ...]
    backward: tuple[Statement, ...]
    loss: str
    gradients: Mapping[str, str]
    parameters: Mapping[str, Axes]
    data: Mapping[str, Axes]
    sizes: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    placed: Placed = field(default_factory=lambda: Placed((), {}))
    constants: tuple[Assign, ...] = ()
    shares: Mapping[str, str] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    blocks: Mapping[str, Block] = field(default_factory=dict)
    padded: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    shifted: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def at_once(self) -> Program:
        """The same, for libraries that have running sums."""
        return replace(self, forward=at_once(self.forward), backward=at_once(self.backward))


def at_once(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Statements with running sums in the place of loops that do nothing but add up."""
    return tuple(one.at_once if isinstance(one, Loop) and one.at_once else one for one in statements)


def assignments(statements: Iterable[Statement]) -> tuple[Assign, ...]:
    """The assignments in some statements, those inside loops included."""
    return tuple(a for s in statements for a in (s.body if isinstance(s, Loop) else (s,)))
