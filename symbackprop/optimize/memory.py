"""Statements of one operation each → which arrays take the memory of others: in place, or when those are done with.

An operation position by position may write over an operand that nobody reads later. Any other result takes the memory
of an array of its shape that nobody reads later, if there is one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from sympy import Expr

from symbackprop.program import (
    Array,
    Assign,
    Leaf,
    Loop,
    Map,
    Program,
    Statement,
    assignments,
    children,
    leaves,
)
from symbackprop.program.masks import is_truth

Shape = tuple[bool, tuple[Expr, ...]]


def with_memory(program: Program, overwritable: Collection[str] = ()) -> Program:
    """Decide which arrays share memory; arrays that are results keep their own.

    Args:
        program: Statements of one operation each.
        overwritable: Parameters that results may be written over.
    """
    planning = _Planning(program, overwritable)
    planning.run()
    return replace(program, shares=planning.shares)


def stored_shape(assign: Assign) -> Shape:
    """Whether an array holds truth values, and the lengths of its axes."""
    return is_truth(assign.value), tuple(axis.size for axis in assign.axes)


@dataclass
class _Planning:
    """Walks over the statements, with the memory that is free.

    Attributes:
        program: The statements.
        overwritable: Parameters that results may be written over.
        shares: What was decided.
    """

    program: Program
    overwritable: Collection[str] = ()
    shares: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        statements = (*self.program.forward, *self.program.backward)
        last: dict[str, int] = {}
        for number, statement in enumerate(statements):
            for assign in assignments([statement]):
                last[assign.name] = number
                last |= dict.fromkeys(assign.reads, number)
        for name in (*self.program.gradients.values(), self.program.loss):
            last[name] = len(statements)
        self.named = {assign.name for assign in assignments(statements) if assign.equation}
        # Where blocks and ends lie is settled.
        blocks = self.program.blocks
        self.fixed = {*blocks, *(block.whole for block in blocks.values()), *self.program.padded}
        self.free: dict[Shape, list[str]] = {}
        self.shapes: dict[str, Shape] = {
            name: (False, tuple(axis.size for axis in self.program.parameters[name])) for name in self.overwritable
        }
        for number, statement in enumerate(statements):
            ending = {name for name in self.shapes if last.get(name) == number}
            if isinstance(statement, Loop):
                self._loop(statement)
            else:
                self._assign(statement, ending)
            for name in [name for name in self.shapes if last.get(name) == number]:
                if name in self.overwritable:
                    del self.shapes[name]
                    continue
                self.free.setdefault(self.shapes.pop(name), []).append(self._owner(name))
        self._wholes(statements, last)

    def _wholes(self, statements: tuple[Statement, ...], last: dict[str, int]) -> None:
        """Arrays that are stored in blocks take the memory of one like them whose last block is done with by then."""
        homes = {name: block.whole for name, block in self.program.blocks.items()}
        homes |= {home: home for home in homes.values()}
        homes |= {new: homes[base] for new, (base, _) in self.program.shifted.items() if base in homes}
        homes |= {part: homes[block] for part, block in self.shares.items() if block in homes}
        axes = {block.whole: block.axes for block in self.program.blocks.values()}
        kept = {*self.program.padded, *(homes.get(name, name) for name in self.program.gradients.values())}
        first: dict[str, int] = {}
        for number, statement in enumerate(statements):
            for assign in assignments([statement]):
                if assign.name in homes:
                    first.setdefault(homes[assign.name], number)
        ends: dict[str, int] = {}
        for name, home in homes.items():
            ends[home] = max(ends.get(home, 0), last.get(name, 0))
        free: dict[tuple[Expr, ...], list[str]] = {}
        for number in range(len(statements)):
            for home in [home for home, start in first.items() if start == number and home not in kept]:
                same = free.get(tuple(axis.size for axis in axes[home]))
                if same:
                    self.shares[home] = self._owner(same.pop())
            for home in [home for home, end in ends.items() if end == number and home not in kept]:
                free.setdefault(tuple(axis.size for axis in axes[home]), []).append(home)

    def _owner(self, name: str) -> str:
        return self.shares.get(name, name)

    def _assign(self, assign: Assign, ending: set[str]) -> None:
        shape = stored_shape(assign)
        if assign.name in self.fixed:
            self._into(assign, ending)
        if not assign.axes or assign.name in self.fixed:
            return
        here = self._overwritten(assign, ending)
        if here is not None:
            self.shares[assign.name] = self._owner(here)
            del self.shapes[here]
        elif self.free.get(shape):
            self.shares[assign.name] = self.free[shape].pop()
        self.shapes[assign.name] = shape

    def _into(self, assign: Assign, ending: set[str]) -> None:
        """Let a part of a statement be computed where the whole is to lie, if that is settled."""
        here = self._overwritten(assign, ending)
        if here is not None and here not in self.named and here not in {*self.shares, *self.shares.values()}:
            self.shares[here] = assign.name
            del self.shapes[here]

    def _overwritten(self, assign: Assign, ending: set[str]) -> str | None:
        """An operand in whose place the result can be written; one that the result is to replace before others."""
        found = []
        for place in writable(assign.value):
            operand = children(assign.value)[place]
            if (
                isinstance(operand, Leaf)
                and operand.axes == assign.axes
                and operand.name in ending
                and self.shapes.get(operand.name) == stored_shape(assign)
                and not _read_elsewhere(assign.value, place, operand.name)
            ):
                found.append(operand.name)
        return min(found, key=lambda name: self._owner(name) not in self.overwritable, default=None)

    def _loop(self, loop: Loop) -> None:
        """Arrays that a loop fills are all needed to its end; parts of one step are its own."""
        for assign in loop.body:
            if assign.name not in self.fixed:
                self.shapes[assign.name] = stored_shape(assign)
        last: dict[str, int] = {}
        for number, assign in enumerate(loop.body):
            last |= dict.fromkeys(assign.reads, number)
        own = {assign.name for assign in loop.body if loop.index not in assign.axes}
        for number, assign in enumerate(loop.body):
            if assign.name in own and assign.axes:
                ending = {name for name in own if last.get(name) == number}
                here = self._overwritten(assign, ending)
                if here is not None:
                    self.shares[assign.name] = self._owner(here)
                    del self.shapes[here]  # else their memory were free twice, for two arrays at one time


def writable(node: Array) -> tuple[int, ...]:
    """The operands of a node over which its result may be written, by their number."""
    if not isinstance(node, Map):
        return ()
    if node.function == "where":
        return (2,)
    return tuple(range(len(node.args)))


def _read_elsewhere(node: Array, place: int, name: str) -> bool:
    """Whether another operand reads the same memory in another way."""
    own = children(node)[place]
    return any(name in leaves(other) and other != own for n, other in enumerate(children(node)) if n != place)
