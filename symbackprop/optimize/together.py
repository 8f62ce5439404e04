"""Statements that are alike but for the arrays they read → one statement on those arrays stored as blocks of one.

The gates of a recurrent cell are products of different weights with the same state: with the weights one below the
other they are one product, the gates are blocks of its result, and so are their gradients. Blocks are taken only where
each is contiguous: along the first axis, or behind the axis of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index
from symbackprop.optimize.alike import Alike, Names, Search
from symbackprop.optimize.common import has_loops
from symbackprop.program import (
    Array,
    Assign,
    Axes,
    Block,
    Contract,
    Leaf,
    Loop,
    Map,
    Program,
    Reduce,
    Statement,
    assignments,
    children,
    leaves,
    rebuilt,
)


def together(program: Program) -> Program:
    """Store arrays as blocks wherever statements become one by it."""
    if not has_loops(program):
        return program
    search = Search(program)
    found = [alike for segment in search.segments() for alike in search.alike(segment)]
    plan = _Plan(search, found)
    return plan.program() if plan.wholes else program


@dataclass
class Whole:
    """Arrays that are stored as blocks of one.

    Attributes:
        name: What they are stored in.
        members: The arrays, in order.
        place: The number of the axis along which they lie.
        axes: Of the whole.
    """

    name: str
    members: Names
    place: int
    axes: Axes


@dataclass
class _Plan:
    """Decides which arrays are stored as blocks, and writes the program with them."""

    search: Search
    found: Sequence[Alike]
    wholes: list[Whole] = field(default_factory=list)
    accepted: list[Alike] = field(default_factory=list)

    def __post_init__(self) -> None:
        lanes = self._lanes()
        ordered = [self._ordered(alike, lanes) for alike in self.found]
        for alike in sorted(ordered, key=lambda alike: -len(alike.tuples[0])):
            before = len(self.wholes)
            if all(self._added(names, dict(alike.places)) for names in alike.tuples):
                self.accepted.append(alike)
            else:
                del self.wholes[before:]

    def _lanes(self) -> dict[str, tuple[int, int]]:
        """The rank of each array among those beside it: first those that are beside others most often."""
        lane: dict[str, int] = {}
        for number, (alike, at) in enumerate((a, at) for a in self.found for at in range(len(a.tuples[0]))):
            mine = [names[at] for names in alike.tuples]
            old = {lane[name] for name in mine if name in lane}
            new = min(old, default=number)
            lane |= dict.fromkeys(mine, new) | {name: new for name, own in lane.items() if own in old}
        count: dict[int, int] = {}
        for alike in self.found:
            for name in alike.tuples[0]:
                count[lane[name]] = count.get(lane[name], 0) + 1
        return {name: (-count.get(own, 0), own) for name, own in lane.items()}

    def _ordered(self, alike: Alike, lanes: dict[str, tuple[int, int]]) -> Alike:
        first = alike.tuples[0]
        order = sorted(range(len(first)), key=lambda at: lanes[first[at]])
        pick = [tuple(names[at] for at in order) for names in alike.tuples]
        return replace(alike, defined=pick[0] if alike.defined else (), read=tuple(pick[bool(alike.defined) :]))

    def _fits(self, names: Names, places: dict[str, int]) -> bool:
        homes = [whole for whole in self.wholes if set(whole.members) & set(names)]
        if not homes:
            return True
        (home, *others) = homes
        if others or home.place != places[names[0]] or not set(names) <= set(home.members):
            return False
        start = home.members.index(names[0])
        return home.members[start : start + len(names)] == names

    def _added(self, names: Names, places: dict[str, int]) -> bool:
        """Whether some arrays can lie in one, in their order; one statement may read both (a, b) and (b, a)."""
        if not self._fits(names, places):
            return False
        if not any(set(names) <= set(whole.members) for whole in self.wholes):
            self._add(names, places[names[0]])
        return True

    def _add(self, names: Names, place: int) -> None:
        own = self.search.axes(names[0])
        size = sp.Add(*(self.search.axes(name)[place].size for name in names))
        axes = (*own[:place], Index(f"{own[place].name}_together", size), *own[place + 1 :])
        self.wholes.append(Whole(_name(names), names, place, axes))

    def _home(self, names: Names) -> tuple[Whole, Expr]:
        """The whole that some arrays are blocks of, and where the first of them begins."""
        whole = next(whole for whole in self.wholes if set(names) <= set(whole.members))
        before = whole.members[: whole.members.index(names[0])]
        return whole, sp.Add(*(self.search.axes(name)[whole.place].size for name in before))

    def program(self) -> Program:
        """The program, its alike statements made one."""
        program = self.search.program
        self.blocks: dict[str, Block] = {}
        copies = []
        for whole in self.wholes:
            for name in whole.members:
                given = name in program.parameters
                block = f"{name}_block" if given else name
                start = self._home((name,))[1]
                self.blocks[block] = Block(
                    whole.name, whole.axes, whole.place, start, self.search.axes(name)[whole.place].size
                )
                if given:
                    axes = program.parameters[name]
                    copies.append(Assign(block, axes, Leaf(name, axes)))
        forward = (*copies, *self._statements(program.forward))
        return replace(program, forward=forward, backward=tuple(self._statements(program.backward)), blocks=self.blocks)

    def _statements(self, statements: Iterable[Statement]) -> Iterator[Statement]:
        rows = list(statements)
        merged = self._merged(rows)
        for row in rows:
            if isinstance(row, Loop):
                inside = self._merged(list(row.body))
                yield replace(row, body=tuple(one for assign in row.body for one in inside[assign.name]))
            else:
                yield from merged[row.name]

    def _merged(self, statements: Sequence[Statement]) -> dict[str, list[Assign]]:
        """What stands in the place of each statement: the one for all in that of the last, nothing in the others'."""
        rows = [row for row in statements if isinstance(row, Assign)]
        found = {row.name: [replace(row, value=self._terms(row.value, row.axes))] for row in rows}
        for alike in self.accepted:
            if not alike.defined or not set(alike.defined) <= set(found):
                continue
            at = [n for n, row in enumerate(statements) if isinstance(row, Assign) and row.name in alike.defined]
            between = assignments(statements[at[0] : at[-1]])
            if any(row.reads & set(alike.defined) for row in between):
                continue
            last = statements[at[-1]]
            assert isinstance(last, Assign)
            model = next(row for row in rows if row.name == alike.defined[0])
            for name in alike.defined:
                found[name] = []
            found[last.name] = [self._one(model, alike)]
        return found

    def _one(self, model: Assign, alike: Alike) -> Assign:
        place = dict(alike.places)[model.name]
        name, axes = self._stored(alike.defined)
        own = tuple(axes[place] if n == place else axis for n, axis in enumerate(model.axes))
        value = self._read(model.value, alike, model.axes[place], axes[place])
        return Assign(name, own, value, model.equation)

    def _stored(self, names: Names) -> tuple[str, Axes]:
        """The name and the axes of some arrays as one; part of a whole is a block of it too."""
        whole, start = self._home(names)
        if len(names) == len(whole.members):
            return whole.name, whole.axes
        size = sp.Add(*(self.search.axes(name)[whole.place].size for name in names))
        name = _name(names)
        self.blocks[name] = Block(whole.name, whole.axes, whole.place, start, size)
        axis = Index(f"{name}_part", size)
        return name, (*whole.axes[: whole.place], axis, *whole.axes[whole.place + 1 :])

    def _read(self, node: Array, alike: Alike, old: Index, new: Index) -> Array:
        """A node that reads arrays as one, along an axis in the place of another."""
        if isinstance(node, Leaf):
            names = next((names for names in alike.read if names[0] == node.name), None)
            if names is None:
                return node
            given = node.name in self.search.program.parameters
            name = self._stored(names)[0]
            del given
            return Leaf(name, tuple(new if axis == old else axis for axis in node.axes))
        if isinstance(node, Contract | Reduce):
            node = replace(node, over=tuple(new if axis == old else axis for axis in node.over))
        return rebuilt(node, [self._read(child, alike, old, new) for child in children(node)])

    def _terms(self, node: Array, axes: Axes) -> Array:
        """A sum whose like terms are one product."""
        inside = children(node)
        if isinstance(node, Map) and node.function == "add":
            for alike, terms in self.search.like_terms(node, axes):
                known = self._accepted_terms(alike)
                if known is not None:
                    first = next(t for t in terms if leaves(t) & {names[0] for names in known.read})
                    assert isinstance(first, Contract)
                    whole = self._home(known.read[0])[0]
                    new = Index(f"{first.over[0].name}_together", whole.axes[whole.place].size)
                    product = self._read(first, known, first.over[0], new)
                    rest = [arg for arg in node.args if arg not in terms]
                    return Map("add", (product, *rest)) if rest else product
        return rebuilt(node, [self._terms(child, axes) for child in inside]) if inside else node

    def _accepted_terms(self, alike: Alike) -> Alike | None:
        mine = {frozenset(names) for names in alike.read}
        for known in self.accepted:
            whole_too = all(len(self._home(names)[0].members) == len(names) for names in known.read)
            if not known.defined and {frozenset(names) for names in known.read} == mine and whole_too:
                return known
        return None


def _name(names: Names) -> str:
    """One name for all: what they have in common, with what is different in the middle."""
    before = _common(names)
    after = _common([name[len(before) :][::-1] for name in names])[::-1]
    middle = [name[len(before) : len(name) - len(after)] for name in names]
    joined = "".join(middle) if all(len(part) == 1 for part in middle) else "_".join(filter(None, middle)) or "all"
    return f"{before}{'_' if before and not before.endswith('_') else ''}{joined}{after}"


def _common(names: Sequence[str]) -> str:
    """What all begin with."""
    return "".join(
        letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    )
