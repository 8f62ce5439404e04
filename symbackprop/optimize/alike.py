"""A program → its statements, and terms of sums, that are alike but for the arrays they read."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from symbackprop.expressions import Index
from symbackprop.optimize.common import numbered
from symbackprop.program import (
    Array,
    Assign,
    At,
    Axes,
    Contract,
    Leaf,
    Loop,
    Map,
    Program,
    assignments,
    children,
    nodes,
    rebuilt,
)

Names = tuple[str, ...]


@dataclass(frozen=True)
class Alike:
    """Statements, or terms of one, that differ in the arrays they read.

    Attributes:
        defined: The arrays they compute; empty for terms that are added up.
        read: For each place at which they differ, the arrays that are read there.
        places: Array → the number of the axis along which it becomes a block.
    """

    defined: Names
    read: tuple[Names, ...]
    places: tuple[tuple[str, int], ...]

    @property
    def tuples(self) -> tuple[Names, ...]:
        """The arrays that belong together, all in the same order."""
        return (*((self.defined,) if self.defined else ()), *self.read)


class Search:
    """Finds what is alike in a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.every = {a.name: a for a in assignments((*program.forward, *program.backward))}
        self.times = {s.index.size for s in (*program.forward, *program.backward) if isinstance(s, Loop)}

    def segments(self) -> Iterator[list[Assign]]:
        """Statements that stand at one level, with no loop between them."""
        for part in (self.program.forward, self.program.backward):
            rows: list[Assign] = []
            for statement in part:
                if isinstance(statement, Loop):
                    yield rows
                    yield list(statement.body)
                    rows = []
                else:
                    rows.append(statement)
            yield rows

    def alike(self, segment: Sequence[Assign]) -> Iterator[Alike]:
        """Groups of statements, and of terms of their sums."""
        groups: dict[Hashable, list[tuple[Assign, list[Leaf]]]] = {}
        for assign in segment:
            key, read = self.signature(assign.value, assign.axes)
            groups.setdefault((key, len(assign.axes)), []).append((assign, read))
            yield from self._terms(assign)
        for group in groups.values():
            found = self._group([a.name for a, _ in group], [read for _, read in group], [a.axes for a, _ in group])
            if found is not None and not isinstance(group[0][0].value, Leaf | At):
                yield found

    def _terms(self, assign: Assign) -> Iterator[Alike]:
        for node in nodes(assign.value):
            if isinstance(node, Map) and node.function == "add":
                for group in self.like_terms(node, assign.axes):
                    yield group[0]

    def like_terms(self, node: Map, axes: Axes) -> Iterator[tuple[Alike, list[Array]]]:
        """Terms that are sums of products over an axis that becomes one of blocks."""
        groups: dict[Hashable, list[Array]] = {}
        for arg in node.args:
            if isinstance(arg, Contract) and len(arg.over) == 1:
                groups.setdefault(self.signature(arg, axes)[0], []).append(arg)
        for terms in groups.values():
            reads = [self.signature(term, axes)[1] for term in terms]
            summed = [term.over for term in terms if isinstance(term, Contract)]
            found = self._group([], reads, summed)
            if found is not None:
                yield found, terms

    def signature(self, node: Array, axes: Axes) -> tuple[Hashable, list[Leaf]]:
        """What a node is without the names of arrays, and these."""
        read = [inner for inner in nodes(node) if isinstance(inner, Leaf)]
        return numbered(_nameless(node), axes), read

    def _group(self, defined: Sequence[str], reads: Sequence[list[Leaf]], axes: Sequence[Axes]) -> Alike | None:
        if len(reads) < 2:
            return None
        for number in range(len(axes[0])):
            found = self._along(defined, reads, [own[number] for own in axes], number)
            if found is not None:
                return found
        return None

    def _along(
        self, defined: Sequence[str], reads: Sequence[list[Leaf]], stacked: Sequence[Index], number: int
    ) -> Alike | None:
        places = dict.fromkeys(defined, number)
        different: list[Names] = []
        for column in zip(*reads, strict=True):
            names = tuple(leaf.name for leaf in column)
            has = [axis in leaf.axes for leaf, axis in zip(column, stacked, strict=True)]
            if len(set(names)) == 1:
                if any(has):
                    return None
                continue
            if len(set(names)) < len(names) or not all(has):
                return None
            for leaf, axis in zip(column, stacked, strict=True):
                if places.setdefault(leaf.name, leaf.axes.index(axis)) != leaf.axes.index(axis):
                    return None
            if names not in different:
                different.append(names)
        if not different or not all(self._contiguous(name, place) for name, place in places.items()):
            return None
        return Alike(tuple(defined), tuple(different), tuple(places.items()))

    def _contiguous(self, name: str, place: int) -> bool:
        """Whether blocks along an axis are contiguous, those of arrays in a loop at each of its places."""
        if name in self.program.data:
            return False
        if name in self.program.parameters or name not in self.every:
            return place == 0
        axes = self.every[name].axes
        return place == 0 or (place == 1 and axes[0].size in self.times)

    def axes(self, name: str) -> Axes:
        """The axes of an array as it is stored."""
        return self.program.parameters[name] if name in self.program.parameters else self.every[name].axes


def _nameless(node: Array) -> Array:
    if isinstance(node, Leaf):
        return replace(node, name="")
    inside = children(node)
    return rebuilt(node, [_nameless(child) for child in inside]) if inside else node
