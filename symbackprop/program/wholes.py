"""Program → the program in which whole numbers that are computed with have a copy that is no whole number.

Labels that are places stay whole numbers. NumPy computes with those in double precision, whatever it meets them with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from symbackprop.program.masks import OPERATORS
from symbackprop.program.nodes import Array, Gather, Leaf, Map, Reduce, Scatter
from symbackprop.program.statements import Assign, Loop, Program, Statement, assignments
from symbackprop.program.traversal import children, nodes, rebuilt, whole_leaves


def with_numbers(program: Program, whole: Collection[str]) -> Program:
    """A program that computes with copies of some arrays."""
    forward, backward = _numbered([program.forward, program.backward], whole, program.gradients.values())
    return replace(program, forward=forward, backward=backward)


def numbered(
    statements: tuple[Statement, ...], whole: Collection[str], results: Collection[str] = ()
) -> tuple[Statement, ...]:
    """Statements that compute with copies of some arrays; what compares them, or reads at them, is left as it is.

    Args:
        statements: In order.
        whole: The arrays of whole numbers; of one that a loop computes step by step no copy is made.
        results: The arrays that are given back; they hold no whole numbers.

    Example:
        >>> from symbackprop.expressions import Index
        >>> i = Index("i", 3)
        >>> t = Leaf("t", (i,))
        >>> [one.name for one in numbered((Assign("z", (i,), Map("mul", (t, t))),), {"t"})]
        ['t_number', 'z']
    """
    return _numbered([statements], whole, results)[0]


def _numbered(
    parts: Sequence[tuple[Statement, ...]], whole: Collection[str], results: Collection[str]
) -> list[tuple[Statement, ...]]:
    """Parts of a program; a copy stands before the first part, or behind the statement that makes the array."""
    statements = [one for part in parts for one in part]
    every = assignments(statements)
    by_steps = {assign.name for one in statements if isinstance(one, Loop) for assign in one.body}
    taken = {assign.name for assign in every}.union(*(assign.reads for assign in every))
    places = _places(every)
    copied = sorted({*whole, *_places_found(every)} - by_steps - {*results})
    names = {name: f"{name}_number" + "_" * (f"{name}_number" in taken) for name in copied}
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
        made_anew = rebuilt(node, [numeric(child) for child in inside]) if inside else node
        return Map("number", (made_anew,)) if _is_place(node) else made_anew

    def rewritten(assign: Assign) -> Assign:
        kept = assign.name in places or (assign.name in names and _is_place(assign.value))
        return assign if kept else replace(assign, value=numeric(assign.value))

    def renewed(one: Statement) -> Statement:
        return replace(one, body=tuple(map(rewritten, one.body))) if isinstance(one, Loop) else rewritten(one)

    found = [[renewed(one) for one in part] for part in parts]
    computed = {assign.name for assign in every}
    given = [copy for name, copy in made.items() if name not in computed]
    behind = [[row for one in part for row in _with_copy(one, made)] for part in found]
    return [(*(given if part is behind[0] else ()), *part) for part in behind]


def _is_place(node: Array) -> bool:
    """Whether a node says where something is largest."""
    return isinstance(node, Reduce) and node.kind == "argmax"


def _with_copy(one: Statement, made: Mapping[str, Assign]) -> list[Statement]:
    return [one, made[one.name]] if isinstance(one, Assign) and one.name in made else [one]


def _places_found(every: Iterable[Assign]) -> set[str]:
    """The arrays that say where others are largest."""
    return {assign.name for assign in every if _is_place(assign.value)}


def without_precision(every: Iterable[Assign]) -> set[str]:
    """What has no precision of numbers: the arrays of places, and what is computed of numbers in the code alone."""
    found: set[str] = set()
    for assign in every:
        if _is_place(assign.value) or (not assign.axes and found.issuperset(assign.reads)):
            found.add(assign.name)
    return found


def positions(every: Iterable[Assign]) -> set[str]:
    """The arrays that say where others are read: they hold whole numbers."""
    every_node = (node for assign in every for node in nodes(assign.value))
    return {name for node in every_node if isinstance(node, Gather | Scatter) for name in whole_leaves(node.index)}


def _places(every: Sequence[Assign]) -> set[str]:
    """The arrays at which others are read, and what these are computed from."""
    found = positions(every)
    for assign in reversed(every):
        if assign.name in found:
            found |= assign.reads
    return found
