"""Statements of one operation each → the same without those that compute what another has computed before.

Two operations are the same if they are with their axes numbered in the order of the result: the letters of indices,
which differ from equation to equation, say nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import fields, is_dataclass, replace

from sympy import Basic, Symbol

from symbackprop.expressions import Index
from symbackprop.program import Array, Assign, Axes, Leaf, Loop, Program, Statement, children, rebuilt


def without_repetition(program: Program) -> Program:
    """Read what has been computed, in both passes, in place of computing it again."""
    seen = _Seen({program.loss, *program.gradients.values()})
    forward = seen.kept(program.forward)
    return replace(program, forward=forward, backward=seen.kept(program.backward))


class _Seen:
    """What has been computed, by operation; `names` are arrays that are read in place of others."""

    def __init__(self, results: set[str]) -> None:
        self.results = results
        self.known: dict[Hashable, str] = {}
        self.names: dict[str, str] = {}

    def kept(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        found: list[Statement] = []
        for statement in statements:
            if isinstance(statement, Loop):
                outside = dict(self.known)
                body = [kept for assign in statement.body if (kept := self._kept(assign, statement.index)) is not None]
                found.append(replace(statement, body=tuple(body)))
                # Parts of one step are gone after it.
                self.known = outside
            elif (kept := self._kept(statement)) is not None:
                found.append(kept)
        return tuple(found)

    def _kept(self, assign: Assign, loop: Index | None = None) -> Assign | None:
        value = renamed(assign.value, self.names)
        own = tuple(axis for axis in assign.axes if axis != loop)
        key = (loop in assign.axes, canonical(value, own))
        if key in self.known and assign.name not in self.results:
            self.names[assign.name] = self.known[key]
            return None
        if not isinstance(value, Leaf):
            self.known.setdefault(key, assign.name)
        return replace(assign, value=value)


def renamed(node: Array, names: dict[str, str]) -> Array:
    """The node with other names of arrays in it."""
    if isinstance(node, Leaf):
        return replace(node, name=names.get(node.name, node.name))
    inside = children(node)
    return rebuilt(node, [renamed(child, names) for child in inside]) if inside else node


def canonical(node: Array, axes: Axes) -> Hashable:
    """A node with its axes numbered, those of the result first.

    Example:
        >>> i, j, k = Index("i", 3), Index("j", 3), Index("k", 3)
        >>> canonical(Leaf("z", (i, j)), (i, j)) == canonical(Leaf("z", (j, k)), (j, k))
        True
    """
    numbers: dict[Symbol, int] = {}
    for axis in axes:
        numbers[axis] = len(numbers)
    return _key(node, numbers)


def _key(thing: object, numbers: dict[Symbol, int]) -> Hashable:
    if isinstance(thing, Index):
        return ("axis", numbers.setdefault(thing, len(numbers)), str(thing.size))
    if isinstance(thing, Basic):
        indices = sorted((s for s in thing.free_symbols if isinstance(s, Index)), key=lambda s: s.name)
        return (str(thing), *(_key(index, numbers) for index in indices))
    if isinstance(thing, tuple):
        return tuple(_key(part, numbers) for part in thing)
    if is_dataclass(thing):
        return (type(thing).__name__, *(_key(getattr(thing, f.name), numbers) for f in fields(thing)))
    return str(thing)
