"""Statements of one operation each → the same without those that compute what another has computed before.

Two operations are the same if they are with their axes numbered in the order in which they are met: the letters of
indices, which differ from equation to equation, say nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import NamedTuple

from sympy import Basic, Symbol

from symbackprop.expressions import Index
from symbackprop.program import Array, Assign, Axes, Leaf, Loop, Program, Statement, children, rebuilt


def without_repetition(program: Program) -> Program:
    """Read what has been computed, in both passes, in place of computing it again."""
    moved = {name for name, _ in program.shifted.values()}
    seen = _Seen({program.loss, *program.gradients.values(), *program.blocks}, moved)
    forward, backward = seen.kept(program.forward), seen.kept(program.backward)
    shifted = {new: (seen.instead(name), shift) for new, (name, shift) in program.shifted.items()}
    padded: dict[str, tuple[int, int]] = {}
    for name, (before, behind) in program.padded.items():
        instead = seen.instead(name)
        owner = program.blocks[instead].whole if instead in program.blocks else instead
        known = padded.get(owner, (0, 0))
        padded[owner] = max(before, known[0]), max(behind, known[1])
    return replace(program, forward=forward, backward=backward, shifted=shifted, padded=padded)


class Known(NamedTuple):
    """An array that was computed, and the numbers of its axes as `canonical` gives them."""

    name: str
    axes: tuple[int, ...]


class _Seen:
    """What has been computed, by operation.

    Attributes:
        results: Arrays that stay whatever they are.
        moved: Arrays that are read at other steps under other names, with their axes as they are.
        known: Operation → the array that it computed.
        names: Array → the array that is read in its place, and for each axis of that the place among its own.
    """

    def __init__(self, results: set[str], moved: set[str]) -> None:
        self.results, self.moved = results, moved
        self.known: dict[Hashable, Known] = {}
        self.names: dict[str, Known] = {}

    def kept(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        """The statements that compute something new."""
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
        value = self._reading(assign.value)
        inside = loop in assign.axes
        numbers: dict[Symbol, int] = {}
        key = (inside, _key(value, numbers))
        if inside:
            numbers.setdefault(loop, len(numbers))
        if not set(assign.axes) <= set(numbers) or (isinstance(value, Leaf) and assign.equation):
            return replace(assign, value=value)
        own = tuple(numbers[axis] for axis in assign.axes)
        known = self.known.setdefault(key, Known(assign.name, own))
        if known.name == assign.name or assign.name in self.results or set(known.axes) != set(own):
            return replace(assign, value=value)
        places = tuple(own.index(number) for number in known.axes)
        if assign.name in self.moved and places != tuple(range(len(own))):
            return replace(assign, value=value)
        self.names[assign.name] = Known(known.name, places)
        return None

    def instead(self, name: str) -> str:
        """The array that is read in the place of one."""
        return self.names[name].name if name in self.names else name

    def _reading(self, node: Array) -> Array:
        """The node with what is read in place of arrays that are not computed any more."""
        if isinstance(node, Leaf):
            instead = self.names.get(node.name)
            return node if instead is None else Leaf(instead.name, tuple(node.axes[place] for place in instead.axes))
        inside = children(node)
        return rebuilt(node, [self._reading(child) for child in inside]) if inside else node


def renamed(node: Array, names: dict[str, str]) -> Array:
    """The node with other names of arrays in it."""
    if isinstance(node, Leaf):
        return replace(node, name=names.get(node.name, node.name))
    inside = children(node)
    return rebuilt(node, [renamed(child, names) for child in inside]) if inside else node


def replaced(node: Array, old: Array, new: Array) -> Array:
    """The node with another in the place of a part of it."""
    if node == old:
        return new
    inside = children(node)
    return rebuilt(node, [replaced(child, old, new) for child in inside]) if inside else node


def substituted(statements: Iterable[Statement], new: Mapping[str, Sequence[Assign]]) -> tuple[Statement, ...]:
    """The statements with others, or none, in place of those that compute some arrays."""
    return tuple(
        row for part in statements for row in (new.get(part.name, (part,)) if isinstance(part, Assign) else (part,))
    )


def has_loops(program: Program) -> bool:
    """Whether anything is computed step by step."""
    return any(isinstance(statement, Loop) for statement in (*program.forward, *program.backward))


def canonical(node: Array) -> Hashable:
    """A node with its axes numbered in the order in which they are met.

    Example:
        >>> i, j, k = Index("i", 3), Index("j", 3), Index("k", 3)
        >>> canonical(Leaf("z", (i, j))) == canonical(Leaf("z", (j, k)))
        True
    """
    return _key(node, {})


def numbered(node: Array, axes: Axes) -> Hashable:
    """A node with its axes numbered, the given ones first.

    Example:
        >>> i, j = Index("i", 3), Index("j", 3)
        >>> numbered(Leaf("z", (i, j)), (i, j)) == numbered(Leaf("z", (i, j)), (j, i))
        False
    """
    return _key(node, {axis: number for number, axis in enumerate(axes)})


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
