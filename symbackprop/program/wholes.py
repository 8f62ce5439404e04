"""Program → the program in which whole numbers that are computed with have a copy that is no whole number.

Labels that are places stay whole numbers. NumPy computes with those in double precision, whatever it meets them with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from symbackprop.program.masks import OPERATORS
from symbackprop.program.nodes import Array, Gather, Leaf, Map, Scatter
from symbackprop.program.statements import Assign, Loop, Program, Statement, assignments
from symbackprop.program.traversal import children, leaves, nodes, rebuilt, whole_leaves


def with_numbers(program: Program, whole: Collection[str]) -> Program:
    """A program that computes with copies of some arrays."""
    both = numbered((*program.forward, *program.backward), whole)
    count = len(both) - len(program.backward)
    return replace(program, forward=both[:count], backward=both[count:])


def numbered(statements: tuple[Statement, ...], whole: Collection[str]) -> tuple[Statement, ...]:
    """Statements that compute with copies of some arrays; what compares them, or reads at them, is left as it is.

    Args:
        statements: In order.
        whole: The arrays of whole numbers that are given.

    Example:
        >>> from symbackprop.expressions import Index
        >>> i = Index("i", 3)
        >>> t = Leaf("t", (i,))
        >>> [one.name for one in numbered((Assign("z", (i,), Map("mul", (t, t))),), {"t"})]
        ['t_number', 'z']
    """
    every = assignments(statements)
    taken = {assign.name for assign in every}.union(*(leaves(assign.value) for assign in every))
    places = _places(every)
    names = {name: f"{name}_number" + "_" * (f"{name}_number" in taken) for name in sorted(whole)}
    made: dict[str, Assign] = {}

    def numeric(node: Array) -> Array:
        if isinstance(node, Leaf) and node.name in names:
            copy = names[node.name]
            made.setdefault(node.name, Assign(copy, node.axes, Map("number", (node,))))
            return Leaf(copy, node.axes)
        if isinstance(node, Gather | Scatter):
            return replace(node, arg=numeric(node.arg))
        if isinstance(node, Map) and node.function in OPERATORS:
            return node
        inside = children(node)
        return rebuilt(node, [numeric(child) for child in inside]) if inside else node

    def rewritten(assign: Assign) -> Assign:
        return assign if assign.name in places else replace(assign, value=numeric(assign.value))

    found = tuple(
        replace(one, body=tuple(map(rewritten, one.body))) if isinstance(one, Loop) else rewritten(one)
        for one in statements
    )
    return (*made.values(), *found)


def positions(every: Iterable[Assign]) -> set[str]:
    """The arrays that say where others are read: they hold whole numbers."""
    every_node = (node for assign in every for node in nodes(assign.value))
    return {name for node in every_node if isinstance(node, Gather | Scatter) for name in whole_leaves(node.index)}


def _places(every: Sequence[Assign]) -> set[str]:
    """The arrays at which others are read, and what these are computed from."""
    found = positions(every)
    for assign in reversed(every):
        if assign.name in found:
            found |= leaves(assign.value)
    return found
