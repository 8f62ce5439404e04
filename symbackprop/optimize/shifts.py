"""Reads of the place before or behind in time → reads of the same memory from another place on, zeros at its ends.

An array that is read beyond its ends by later steps alone, which do not reach there, has no zeros.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import sympy as sp

from symbackprop.expressions import Index
from symbackprop.program import (
    Array,
    At,
    Axes,
    FirstStep,
    Leaf,
    Loop,
    Program,
    Statement,
    Window,
    assignments,
    children,
    rebuilt,
)


def with_ends(program: Program) -> Program:
    """Give arrays that loops read beyond their ends zeros there, so that no step asks where it is."""
    loops = [statement for statement in (*program.forward, *program.backward) if isinstance(statement, Loop)]
    if not loops:
        return program
    every = assignments((*program.forward, *program.backward))
    stored = {assign.name for assign in every} | {*program.blocks, *(b.whole for b in program.blocks.values())}
    ends = _Ends(stored, {loop.index.size for loop in loops})
    forward, backward = (tuple(ends.statements(part)) for part in (program.forward, program.backward))
    padded: dict[str, tuple[int, int]] = {}
    for name, shift in (ends.shifted[new] for new in ends.shifted if new in ends.beyond):
        owner = program.blocks[name].whole if name in program.blocks else name
        before, behind = padded.get(owner, (0, 0))
        padded[owner] = max(before, -shift), max(behind, shift)
    return replace(program, forward=forward, backward=backward, padded=padded, shifted=ends.shifted)


@dataclass
class _Ends:
    """Rewrites reads; `shifted` are the names it gave, `beyond` those under which more than later steps read."""

    stored: set[str]
    times: set[sp.Expr]
    shifted: dict[str, tuple[str, int]] = field(default_factory=dict)
    beyond: set[str] = field(default_factory=set)

    def statements(self, statements: Iterable[Statement]) -> Iterator[Statement]:
        """Statements that read beyond no end."""
        for statement in statements:
            if isinstance(statement, Loop):
                body = tuple(replace(a, value=self._node(a.value, statement.index)) for a in statement.body)
                yield replace(statement, body=body)
            else:
                yield replace(statement, value=self._node(statement.value, None))

    def _node(self, node: Array, loop: Index | None, is_later: bool = False) -> Array:
        match node:
            case FirstStep():
                return FirstStep(self._node(node.first, loop), self._node(node.later, loop, True))
            # Beside an array that is shorter than the loop the zeros are not enough.
            case At(arg=Leaf() as leaf, inside=False) if (
                loop is not None and node.axis.size == loop.size and self._along_time(leaf, node.axis)
            ):
                shift = sp.expand(node.position - loop)
                if shift.is_Integer and shift != 0:
                    # One number of an array is no view of it, which is all that there is of an end that is not read.
                    spared = is_later and abs(shift) == 1 and len(leaf.axes) > 1
                    name = self._name(leaf.name, int(shift), spared)
                    return At(Leaf(name, leaf.axes), node.axis, loop, inside=True)
            case Window(arg=Leaf() as leaf) if self._along_time(leaf, node.axis) and node.at.steps == (1,):
                (index,) = node.at.indices
                if index.size == node.axis.size and node.at.start.is_Integer and node.at.start != 0:
                    axes: Axes = (index, *leaf.axes[1:])
                    return Leaf(self._name(leaf.name, int(node.at.start)), axes)
        inside = children(node)
        return rebuilt(node, [self._node(child, loop, is_later) for child in inside]) if inside else node

    def _along_time(self, leaf: Leaf, axis: Index) -> bool:
        return leaf.name in self.stored and leaf.axes[0] == axis and axis.size in self.times

    def _name(self, name: str, shift: int, spared: bool = False) -> str:
        new = f"{name}_{'before' if shift < 0 else 'behind'}" + (str(abs(shift)) if abs(shift) > 1 else "")
        self.shifted[new] = name, shift
        self.beyond |= set() if spared else {new}
        return new
