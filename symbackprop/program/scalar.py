"""Scalar code: numbers, names, elements of arrays and operations on them, and statements made of them.

It is what straight lines and loops of every language are printed from. `algebra` builds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import sympy as sp
from sympy import Expr


class Scalar:
    """A value of one number."""


@dataclass(frozen=True)
class Number(Scalar):
    """A number, or an expression in sizes and positions."""

    value: Expr


@dataclass(frozen=True)
class Name(Scalar):
    """A variable."""

    name: str


@dataclass(frozen=True)
class Element(Scalar):
    """An element of a stored array, counted from 0.

    Attributes:
        array: The array's name.
        at: For each axis an expression in sizes and in the indices of loops, or a value that is a whole number.
    """

    array: str
    at: tuple[Scalar, ...]


@dataclass(frozen=True)
class Op(Scalar):
    """An operation.

    Attributes:
        function: `"add"`, `"mul"` (of two or more), `"neg"`, `"div"`, `"where"`, a comparison, `"and"`, `"or"`,
            `"not"`, `"maximum"`, `"minimum"` (of two), `"max"`, `"min"` (of two that are numbers, or one of which makes
            none of the whole in another way), or an elementary function.
        args: What it is applied to.
    """

    function: str
    args: tuple[Scalar, ...]

    @cached_property
    def _hash(self) -> int:
        return hash((self.function, self.args))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class Let:
    """A statement: a value gets a name.

    Attributes:
        name: The variable.
        value: Its value.
        tensor: The tensor that it is an element of, or an empty string.
    """

    name: str
    value: Scalar
    tensor: str = ""


@dataclass(frozen=True)
class Straight:
    """Both passes of a network of known sizes, written out for every element.

    Attributes:
        forward: In order; the loss is among them.
        backward: In order; every adjoint.
        names: For each array the variable of each of its elements, by its place counted from 0.
        shapes: The shape of each array.
        loss: The variable of the loss.
        gradients: Name of the parameter → name of the array that holds its gradient.
    """

    forward: tuple[Let, ...]
    backward: tuple[Let, ...]
    names: Mapping[str, Mapping[tuple[int, ...], str]]
    shapes: Mapping[str, tuple[int, ...]]
    loss: str
    gradients: Mapping[str, str]


ZERO, ONE = Number(sp.S.Zero), Number(sp.S.One)
COMPARISONS = {
    "gt": sp.StrictGreaterThan,
    "ge": sp.GreaterThan,
    "lt": sp.StrictLessThan,
    "le": sp.LessThan,
    "eq": sp.Equality,
    "ne": sp.Unequality,
}
LOGICAL = ("and", "or", "not")


def number(value: Expr | int) -> Number:
    """A number."""
    return Number(sp.Integer(value) if isinstance(value, int) else value)


def is_truth(value: Scalar) -> bool:
    """Whether a value is true or false."""
    return isinstance(value, Op) and (value.function in COMPARISONS or value.function in LOGICAL)


def parts(value: Scalar) -> tuple[Scalar, ...]:
    """The values directly inside a value."""
    if isinstance(value, Op):
        return value.args
    return value.at if isinstance(value, Element) else ()


def within(value: Scalar) -> Iterator[Scalar]:
    """A value and everything inside it."""
    yield value
    for part in parts(value):
        yield from within(part)
