"""An axis that is read in pieces of a fixed length, as pooling reads it → two axes: the piece, and the place in it.

A convolution before a pool is then computed phase by phase (polyphase form): the largest of a piece is the largest of
blocks of memory, its slope needs no adding up at strided places, and both read and write without gaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import sympy as sp

from symbackprop.expressions import Index
from symbackprop.optimize.renaming import with_axes
from symbackprop.program import (
    Accumulate,
    Affine,
    Along,
    Array,
    Assign,
    At,
    Axes,
    Const,
    Contract,
    Gather,
    Leaf,
    Loop,
    Map,
    Position,
    Program,
    Reduce,
    Statement,
    Window,
    assignments,
    children,
    nodes,
    rebuilt,
)

Place = tuple[str, int]


def in_phases(program: Program) -> Program:
    """Split the axes of computed arrays that are read in pieces, and of the arrays they are computed with."""
    every = assignments((*program.forward, *program.backward))
    split = _splits(program, every)
    if not split:
        return program
    return replace(
        program,
        forward=tuple(_statements(program.forward, split)),
        backward=tuple(_statements(program.backward, split)),
    )


def _splits(program: Program, every: tuple[Assign, ...]) -> dict[Place, int]:
    """The places of axes that are split, with the length of a piece."""
    defined = {assign.name: assign for assign in every}
    looped = {a.name for s in (*program.forward, *program.backward) if isinstance(s, Loop) for a in s.body}
    kept = {*looped, *program.gradients.values()}
    pieces: dict[Place, int] = {}
    for assign in every:
        for leaf, windows in _reads(assign.value):
            for place, axis in enumerate(leaf.axes):
                length = _piece(windows.get(axis))
                if length and leaf.name in defined and leaf.name not in kept:
                    pieces[leaf.name, place] = length
    refused: set[Place] = set()
    while True:
        found = {place: length for place, length in pieces.items() if place not in refused}
        found |= {p: n for p, n in _put_together(found, defined, kept).items() if p not in refused}
        found = _closed(found, every, kept)
        found = {place: length for place, length in found.items() if _allowed(place, length, every)}
        again = _in_pieces_of_pieces(found, every) - refused
        if not again:
            return {place: length for place, length in found.items() if place not in refused}
        refused |= again


def _in_pieces_of_pieces(found: dict[Place, int], every: tuple[Assign, ...]) -> set[Place]:
    """The axes whose pieces are numbered by an axis that is split itself, as a pool of a pool has them."""
    wrong: set[Place] = set()
    for assign in every:
        own = [(assign.name, n, axis) for n, axis in enumerate(assign.axes)]
        reads = [(leaf.name, n, axis) for leaf, _ in _reads(assign.value) for n, axis in enumerate(leaf.axes)]
        split = {axis for name, n, axis in (*own, *reads) if (name, n) in found}
        for node in nodes(assign.value):
            if isinstance(node, Accumulate) and node.axis in assign.axes and split & set(node.at.indices):
                wrong.add((assign.name, assign.axes.index(node.axis)))
        for leaf, windows in _reads(assign.value):
            for n, axis in enumerate(leaf.axes):
                window = windows.get(axis)
                if isinstance(window, Window) and split & set(window.at.indices):
                    wrong.add((leaf.name, n))
    return wrong & set(found)


def _put_together(found: dict[Place, int], defined: dict[str, Assign], kept: set[str]) -> dict[Place, int]:
    """Axes that are put together from such pieces."""
    lengths = {(defined[name].axes[place].size, length) for (name, place), length in found.items()}
    more = {}
    for assign in defined.values():
        for node in nodes(assign.value):
            if isinstance(node, Accumulate) and node.axis in assign.axes and assign.name not in kept:
                digits = node.at.digits()
                if digits is not None and len(digits) == 2 and (node.axis.size, digits[1].size) in lengths:
                    more[assign.name, assign.axes.index(node.axis)] = int(digits[1].size)
    return more


def _reads(node: Array, windows: dict[Index, Array] | None = None) -> Iterator[tuple[Leaf, dict[Index, Array]]]:
    """Every read of a stored array, with what is made of its axes above it."""
    windows = {} if windows is None else windows
    if isinstance(node, Leaf):
        yield node, windows
    # Windows of what is computed first are none of what it is computed from.
    direct = isinstance(node, Window)
    above = {axis: one if direct or not isinstance(one, Window) else node for axis, one in windows.items()}
    if isinstance(node, Window | At | Along | Gather):
        above[node.axis] = node
    for child in children(node):
        yield from _reads(child, above)


def _piece(node: Array | None) -> int:
    """The length of the pieces in which a window reads a whole axis; 0 if it is no such window."""
    if not isinstance(node, Window) or node.at.start != 0 or len(node.at.indices) != 2:
        return 0
    digits = node.at.digits()
    whole = sp.expand(node.at.last + 1 - node.axis.size) == 0
    return int(digits[1].size) if digits is not None and whole and digits[1].size.is_Integer else 0


def _closed(found: dict[Place, int], every: tuple[Assign, ...], kept: set[str]) -> dict[Place, int]:
    """The same with the arrays that are computed position by position from these, or these from them."""
    defined = {assign.name for assign in every} - kept
    while True:
        more: dict[Place, int] = {}
        for assign in every:
            axes = {assign.axes[n]: length for (name, n), length in found.items() if name == assign.name}
            plain = [leaf for leaf, windows in _reads(assign.value) if not set(windows) & set(leaf.axes)]
            for leaf in plain:
                axes |= {leaf.axes[n]: length for (name, n), length in found.items() if name == leaf.name}
            mine = [(assign.name, assign.axes), *((leaf.name, leaf.axes) for leaf in plain)]
            for name, own in mine:
                if name in defined:
                    more |= {(name, n): axes[axis] for n, axis in enumerate(own) if axis in axes}
        if not set(more) - set(found):
            return found
        found = {**more, **found}


def _allowed(place: Place, length: int, every: tuple[Assign, ...]) -> bool:
    """Whether an axis is read as a whole, or in pieces of this length, and in no other way."""
    name, number = place
    for assign in every:
        named = _named(assign)
        if assign.name == name and assign.axes[number] in named:
            return False
        for leaf, windows in _reads(assign.value):
            if leaf.name == name:
                above = windows.get(leaf.axes[number])
                if leaf.axes[number] in named if above is None else _piece(above) != length:
                    return False
    return True


def _named(assign: Assign) -> set[Index]:
    """The axes along which a statement looks for the largest, or puts or takes entries: they stay in one."""
    chosen = (node for node in nodes(assign.value) if not isinstance(node, Leaf | Window | Accumulate | Position))
    return {axis for node in chosen for axis in vars(node).values() if isinstance(axis, Index)}


def _statements(statements: Iterable[Statement], split: dict[Place, int]) -> Iterator[Statement]:
    for statement in statements:
        if isinstance(statement, Loop):
            yield replace(statement, body=tuple(_Splitting(split).assign(assign) for assign in statement.body))
        else:
            yield _Splitting(split).assign(statement)


@dataclass
class _Splitting:
    """Writes one statement anew.

    Attributes:
        split: The places of axes that are split.
        pairs: Axis of the statement → the two axes in its place.
    """

    split: dict[Place, int]
    pairs: dict[Index, Axes] = field(default_factory=dict)

    def assign(self, assign: Assign) -> Assign:
        """The statement; an array that is not split is put together from its pieces."""
        for leaf, windows in _reads(assign.value):
            for place, axis in enumerate(leaf.axes):
                if (leaf.name, place) in self.split and axis not in windows:
                    self._pair(axis, self.split[leaf.name, place])
        own = [self.split.get((assign.name, place)) for place in range(len(assign.axes))]
        for axis, length in zip(assign.axes, own, strict=True):
            if length:
                self._pair(axis, length)
        value = self.node(assign.value)
        axes: list[Index] = []
        for axis, length in zip(assign.axes, own, strict=True):
            if axis in self.pairs and not length:
                outer, inner = self.pairs[axis]
                value = Accumulate(value, axis, Affine((outer, inner), (int(inner.size), 1), sp.S.Zero))
            axes += self.pairs[axis] if length else (axis,)
        return replace(assign, axes=tuple(axes), value=value)

    def _pair(self, axis: Index, length: int) -> None:
        size = sp.Integer(length)
        self.pairs.setdefault(axis, (Index(f"{axis.name}_piece", axis.size / size), Index(f"{axis.name}_phase", size)))

    def _axes(self, axes: Axes) -> Axes:
        return tuple(new for axis in axes for new in self.pairs.get(axis, (axis,)))

    def node(self, node: Array) -> Array:
        """A node, with two axes for each that is split."""
        match node:
            case Leaf():
                return self._leaf(node, {})
            case Window():
                return self._window(node)
            case Accumulate() if node.axis in self.pairs:
                return self._accumulate(node)
            case Position() if node.axis in self.pairs:
                outer, inner = self.pairs[node.axis]
                return Map("add", (Map("mul", (Const(inner.size), Position(outer))), Position(inner)))
            case Contract() | Reduce():
                node = replace(node, over=self._axes(node.over))
            case Accumulate():
                node = replace(node, at=self._affine(node.at))
        inside = children(node)
        return rebuilt(node, [self.node(child) for child in inside]) if inside else node

    def _leaf(self, leaf: Leaf, windows: dict[Index, Axes]) -> Array:
        """A stored array; one that is not split is read in pieces where the others are."""
        axes: list[Index] = []
        pieces: list[tuple[Index, Axes]] = []
        for place, axis in enumerate(leaf.axes):
            if (leaf.name, place) in self.split:
                axes += windows.get(axis) or self.pairs[axis]
            elif axis in self.pairs:
                whole = Index(f"{axis.name}_whole", axis.size)
                axes.append(whole)
                pieces.append((whole, self.pairs[axis]))
            else:
                axes.append(axis)
        node: Array = Leaf(leaf.name, tuple(axes))
        for whole, (outer, inner) in pieces:
            node = Window(node, whole, Affine((outer, inner), (int(inner.size), 1), sp.S.Zero))
        return node

    def _window(self, node: Window) -> Array:
        """Windows of a split axis are gone: they read the two axes that are there."""
        windows: dict[Index, Axes] = {}
        chain: list[Window] = []
        inside: Array = node
        while isinstance(inside, Window):
            chain.append(inside)
            inside = inside.arg
        gone = []
        if isinstance(inside, Leaf):
            for window in chain:
                place = inside.axes.index(window.axis) if window.axis in inside.axes else -1
                digits = window.at.digits()
                if (inside.name, place) in self.split and digits is not None:
                    windows[window.axis] = digits
                    gone.append(window)
        found = self._leaf(inside, windows) if isinstance(inside, Leaf) else self.node(inside)
        for window in reversed(chain):
            if window not in gone:
                found = replace(window, arg=found, at=self._affine(window.at))
        return found

    def _affine(self, at: Affine) -> Affine:
        pairs = []
        for index, step in zip(at.indices, at.steps, strict=True):
            outer_inner = self.pairs.get(index)
            if outer_inner is None:
                pairs.append((index, step))
            else:
                pairs += [(outer_inner[0], step * int(outer_inner[1].size)), (outer_inner[1], step)]
        return Affine(tuple(index for index, _ in pairs), tuple(step for _, step in pairs), at.start)

    def _accumulate(self, node: Accumulate) -> Array:
        """Values that are put where they were read in pieces are where they belong."""
        outer, inner = self.pairs[node.axis]
        digits = node.at.digits()
        if digits is not None and len(digits) == 2 and node.at.start == 0 and digits[1].size == inner.size:
            return with_axes(self.node(node.arg), {digits[0]: outer, digits[1]: inner})
        whole = Index(f"{node.axis.name}_whole", node.axis.size)
        made = Accumulate(self.node(node.arg), whole, self._affine(node.at))
        return Window(made, whole, Affine((outer, inner), (int(inner.size), 1), sp.S.Zero))
