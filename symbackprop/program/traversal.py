"""A node → what is inside it, and the node again with something else inside: the one place that knows every kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbackprop.program.matrices import Det, Inverted
from symbackprop.program.nodes import (
    Accumulate,
    Along,
    Array,
    At,
    Contract,
    FirstStep,
    Gather,
    Leaf,
    Map,
    Reduce,
    Scatter,
    Window,
)


def children(node: Array) -> tuple[Array, ...]:
    """The nodes directly inside a node."""
    match node:
        case Map():
            return node.args
        case Contract():
            return node.left, node.right
        case Reduce() | Along() | Window() | Accumulate() | At() | Inverted() | Det():
            return (node.arg,)
        case Gather() | Scatter():
            return node.arg, node.index
        case FirstStep():
            return node.first, node.later
    return ()


def rebuilt(node: Array, inside: Sequence[Array]) -> Array:
    """The node with other nodes directly inside it, in the order of `children`."""
    match node:
        case Map():
            return replace(node, args=tuple(inside))
        case Contract():
            return replace(node, left=inside[0], right=inside[1])
        case Reduce() | Along() | Window() | Accumulate() | At() | Inverted() | Det():
            return replace(node, arg=inside[0])
        case Gather() | Scatter():
            return replace(node, arg=inside[0], index=inside[1])
        case FirstStep():
            return replace(node, first=inside[0], later=inside[1])
    return node


def nodes(node: Array) -> Iterator[Array]:
    """A node and everything inside it."""
    yield node
    for child in children(node):
        yield from nodes(child)


def leaves(node: Array) -> set[str]:
    """The names of the stored arrays that a node reads."""
    return {inner.name for inner in nodes(node) if isinstance(inner, Leaf)}


def whole_leaves(index: Array) -> set[str]:
    """The stored arrays whose entries make an index; the place of the largest number is one, the numbers are not."""
    if isinstance(index, Leaf):
        return {index.name}
    inside = () if isinstance(index, Reduce | Along) else children(index)
    return {name for child in inside for name in whole_leaves(child)}


def combined(function: str, args: Sequence[Array]) -> Array:
    """A sum or a product of some arrays; of one array that itself.

    Example:
        >>> z, b = Leaf("z", ()), Leaf("b", ())
        >>> combined("add", [z]) == z, combined("add", [z, b]) == Map("add", (z, b))
        (True, True)
    """
    return args[0] if len(args) == 1 else Map(function, tuple(args))


def factors(node: Array) -> Iterator[Array]:
    """The factors of a product, those of products among them included; anything else is its own.

    Example:
        >>> z, b = Leaf("z", ()), Leaf("b", ())
        >>> list(factors(Map("mul", (z, Map("mul", (b, z)))))) == [z, b, z]
        True
    """
    if isinstance(node, Map) and node.function == "mul":
        for arg in node.args:
            yield from factors(arg)
    else:
        yield node
