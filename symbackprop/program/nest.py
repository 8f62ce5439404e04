"""Loop nests: what array statements are in a language that has nothing but loops over elements of stored arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr

from symbackprop.expressions import Index
from symbackprop.program.nodes import Axes
from symbackprop.program.scalar import Element, Name, Scalar


@dataclass(frozen=True)
class Declare:
    """A local variable gets its first value.

    Attributes:
        name: The variable.
        value: Its value.
        varies: Whether it gets others later.
        whole: Whether it is a position, a whole number.
    """

    name: str
    value: Scalar
    varies: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Store:
    """A variable or an element of an array gets a value, or has one added to it."""

    target: Name | Element
    value: Scalar
    add: bool = False


@dataclass(frozen=True)
class If:
    """Steps that are carried out where a condition holds."""

    condition: Scalar
    body: tuple[Step, ...]


@dataclass(frozen=True)
class For:
    """Steps that are carried out for one position after the other.

    Attributes:
        index: What runs; its size is where it ends.
        body: The steps.
        start: The first position.
        reverse: Whether from the last position to the first.
    """

    index: Index
    body: tuple[Step, ...]
    start: int = 0
    reverse: bool = False


@dataclass(frozen=True)
class Group:
    """The steps that compute one array.

    Attributes:
        array: The array.
        body: The steps.
    """

    array: str
    body: tuple[Step, ...]


Step = Declare | Store | If | For | Group


@dataclass(frozen=True)
class Nest:
    """Both passes of a network as loop nests.

    Attributes:
        forward: In order; the last computes the loss.
        backward: In order.
        arrays: The axes of every array, those that are given among them.
        loss: The name of the loss.
        gradients: Name of the parameter → name of the array that holds its gradient.
        parameters: The parameters.
        data: The inputs and targets.
        sizes: Symbolic sizes → the array and axis number that tell them.
    """

    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    arrays: Mapping[str, Axes]
    loss: str
    gradients: Mapping[str, str]
    parameters: tuple[str, ...]
    data: tuple[str, ...]
    sizes: Mapping[str, tuple[str, int]]

    def shape(self, array: str) -> tuple[Expr, ...]:
        """The size of each axis of an array."""
        return tuple(axis.size for axis in self.arrays[array])


def steps_within(steps: Sequence[Step]) -> Iterator[Step]:
    """Some steps and everything inside them."""
    for step in steps:
        yield step
        if isinstance(step, If | For | Group):
            yield from steps_within(step.body)


def values_within(steps: Sequence[Step]) -> Iterator[Scalar]:
    """Every value that some steps compute, and where they store it."""
    for step in steps_within(steps):
        if isinstance(step, Declare):
            yield step.value
        elif isinstance(step, Store):
            yield step.target
            yield step.value
        elif isinstance(step, If):
            yield step.condition
