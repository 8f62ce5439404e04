"""Arrays that are parts of others, or are seen from another place on → the lines that set them up."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sympy as sp
from sympy import Expr

from symbackprop.program import Assign, Axes, Block, Program


class Regions:
    """The memory of arrays that lie in that of others.

    Args:
        program: Says which.
        place: The attribute of an array.
        shape: The code of the shape of an array with some axes.
        number: The code of a length.
    """

    def __init__(
        self,
        program: Program,
        place: Callable[[str], str],
        shape: Callable[[Axes], str],
        number: Callable[[Expr], str],
    ) -> None:
        self.program = program
        self.place = place
        self.shape = shape
        self.number = number
        self.wholes = {block.whole: block for block in program.blocks.values()}
        self.names = {*program.blocks, *self.wholes, *program.padded, *(base for base, _ in program.shifted.values())}
        self._done: set[str] = set()

    def related(self, names: Iterable[str]) -> set[str]:
        """The arrays that share memory with some: what is written to one is seen in the others."""
        found = {self.program.shifted[name][0] if name in self.program.shifted else name for name in names}
        homes = {self._home(name) for name in found} & set(self.wholes)
        return found | {block for block, where in self.program.blocks.items() if where.whole in homes} | homes

    def members(self, name: str) -> list[str]:
        """The arrays that lie in another, which may itself be a part of a whole."""
        own = self.program.blocks.get(name)
        home, start = (name, sp.S.Zero) if own is None else (own.whole, own.start)
        stop = self.wholes[home].axes[self.wholes[home].place].size if home in self.wholes else start
        stop = stop if own is None else own.start + own.size
        return [
            other
            for other, where in self.program.blocks.items()
            if where.whole == home
            and other != name
            and sp.expand(where.start - start).is_nonnegative
            and sp.expand(stop - where.start - where.size).is_nonnegative
        ]

    def _home(self, name: str) -> str:
        return self.program.blocks[name].whole if name in self.program.blocks else name

    def lines(self, assign: Assign) -> list[str]:
        """The lines that set up the memory in which an array lies, with all that lies in it; none if it is there."""
        home = self._home(assign.name)
        if home in self._done:
            return []
        self._done.add(home)
        axes = self.wholes[home].axes if home in self.wholes else assign.axes
        blocks = {name: block for name, block in self.program.blocks.items() if block.whole == home}
        before, behind = self.program.padded.get(home, (0, 0))
        shifted = [
            (name, base, shift) for name, (base, shift) in self.program.shifted.items() if base in (home, *blocks)
        ]
        if not (before or behind):
            owner = self.program.shares.get(home, home)
            shared = owner in self.wholes and owner != home
            memory = self.place(owner) if shared else f"np.empty({self.shape(axes)}, dtype)"
            rows = [f"{self.place(home)} = {memory}"]
            rows += [f"{self.place(name)} = {self.place(home)}{self._cut(block)}" for name, block in blocks.items()]
            return rows + [
                f"{self.place(name)} = {_steps_from(self.place(base), shift)}" for name, base, shift in shifted
            ]
        length = axes[0].size
        padded = f"{self.place(home)}_padded"
        rest = self.shape(axes[1:]).removeprefix("(")
        rows = [f"{padded} = np.zeros(({self.number(length + before + behind)}, {rest}, dtype)"]
        rows.append(f"{self.place(home)} = {padded}[{self._slice(sp.Integer(before), before + length)}]")
        rows += [f"{self.place(name)} = {self.place(home)}{self._cut(block)}" for name, block in blocks.items()]
        for name, base, shift in shifted:
            start = sp.Integer(before + shift)
            part = self._cut(blocks[base]) if base in blocks else ""
            rows.append(f"{self.place(name)} = {padded}[{self._slice(start, start + length)}]{part}")
        return rows

    def _cut(self, block: Block) -> str:
        """The brackets that take a block out of its whole."""
        marks = [":"] * block.place
        return f"[{', '.join([*marks, self._slice(block.start, block.start + block.size)])}]"

    def _slice(self, start: Expr, stop: Expr) -> str:
        return f"{self.number(start)}:{self.number(stop)}"


def _steps_from(place: str, shift: int) -> str:
    """Views of all steps, those of a later or an earlier one in the place of each; beyond an end no one looks."""
    return f"[*{place}[{shift}:], *{place}[:{shift}]]"
