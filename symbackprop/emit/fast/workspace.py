"""An optimised program → the parts of the class `Workspace`: its memory, and the bodies of its methods."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from sympy import Expr

from symbackprop.emit.fast.operations import Operations
from symbackprop.emit.fast.regions import Regions
from symbackprop.emit.fast.stepping import Steps
from symbackprop.emit.functions import Functions
from symbackprop.emit.layout import tuple_code
from symbackprop.emit.nodes import defined, read
from symbackprop.emit.numpy import PRECISION, Printer, numpy_code
from symbackprop.program import (
    Assign,
    Axes,
    Const,
    Leaf,
    Loop,
    Map,
    Program,
    Statement,
    assignments,
    children,
    nodes,
)
from symbackprop.program.masks import is_truth


class Workspace:
    """The code of the class.

    Args:
        functions: The names that the module uses, and its formulas.
        program: The optimised program.
    """

    def __init__(self, functions: Functions, program: Program) -> None:
        self.functions = functions
        self.program = program
        self.writer = functions.writer
        self.every = assignments((*program.forward, *program.backward))
        self.defined = {assign.name: assign for assign in self.every}
        self.gradients = set(program.gradients.values())
        blocks = program.blocks
        self.fixed = {*blocks, *(block.whole for block in blocks.values()), *program.padded}
        self.stored = {assign.name for assign in (*self.every, *program.constants) if self._has_memory(assign)}
        self.stored |= {*program.blocks, *program.shifted, *(block.whole for block in program.blocks.values())}
        places = {name: self._place(name) for name in self.stored}
        self.numbers: dict[str, str] = {}
        self.operations = Operations({**self.writer.names, **places}, numbers=self.numbers)
        self._steps: dict[Loop, Steps] = {}

    @cached_property
    def _forward(self) -> frozenset[str]:
        return frozenset(assign.name for assign in assignments(self.program.forward))

    def _has_memory(self, assign: Assign) -> bool:
        return (bool(assign.axes) and assign.name not in self.program.whole) or assign.name in self.gradients

    def _place(self, name: str) -> str:
        """The attribute that holds an array; a part that the whole is written over has the name of the whole."""
        seen = name
        while seen in self.defined and not self.defined[seen].equation and seen in self._overwritten:
            if (seen in self._forward) != (self._overwritten[seen] in self._forward):
                break  # a name of the way back says nothing in the forward pass
            seen = self._overwritten[seen]
        return f"self.{self.writer.name(seen)}"

    @cached_property
    def _overwritten(self) -> dict[str, str]:
        """Part → the array that is computed from it in its place."""
        shares = self.program.shares
        settled = {name: owner for name, owner in shares.items() if owner in self.fixed}
        return settled | {
            name: assign.name
            for assign in self.every
            for name in assign.reads
            if name != assign.name
            and assign.name in shares
            and shares.get(name, name) == shares[assign.name]
            and assign.axes
            and self._follows(name, assign)
        }

    @cached_property
    def _sharing(self) -> dict[str, list[str]]:
        """The arrays that lie in some memory, one after the other, by the name of it."""
        found: dict[str, list[str]] = defaultdict(list)
        for assign in self.every:
            found[self.program.shares.get(assign.name, assign.name)].append(assign.name)
        return found

    def _follows(self, name: str, assign: Assign) -> bool:
        """Whether an array is what stood last in the memory that a statement writes to."""
        before = self._sharing[self.program.shares[assign.name]]
        place = before.index(assign.name)
        return place > 0 and before[place - 1] == name

    @cached_property
    def regions(self) -> Regions:
        """Arrays that lie in others."""
        return Regions(self.program, self._place, self.shape, self._number)

    def memory(self) -> list[str]:
        """The lines that set memory aside."""
        rows = []
        names = {**self.operations.names, PRECISION: "dtype"}
        for constant in self.program.constants:
            code = numpy_code(constant.value, constant.axes, names)
            kind = "" if is_truth(constant.value) and not self._is_factor(constant.name) else ", dtype"
            rows.append(f"{self._place(constant.name)} = np.ascontiguousarray({code}{kind})")
        rows += [f"{name} = np.ones({length}, dtype)" for name, length in sorted(self.operations.ones.items())]
        rows += [f"{name} = np.zeros({shape}, dtype)" for name, shape in sorted(self.operations.zeros.items())]
        rows += [f"{name} = np.array({number}, dtype)" for name, number in sorted(self.numbers.items())]
        regions = self.regions
        done = {self._place(name) for name in regions.names}
        for assign in self.every:
            if assign.name in regions.names:
                rows += regions.lines(assign)
            if assign.name in regions.names or self.program.shares.get(assign.name) in self.fixed:
                continue
            place = self._place(assign.name)
            if assign.name not in self.stored or place in done:
                continue
            done.add(place)
            owner = self._place(self.program.shares.get(assign.name, assign.name))
            if owner != place:
                rows.append(f"{place} = {owner}")
                continue
            truth = is_truth(assign.value) and assign.name not in self.program.gradients.values()
            kind = "bool" if truth else "dtype"
            rows.append(f"{place} = np.empty({self.shape(assign.axes)}, {kind})")
        rows += [row for steps in self._steps.values() for row in steps.memory]
        return rows + [f"{name} = {code}" for name, code in self.operations.windows.items()]

    def _is_factor(self, name: str) -> bool:
        """Whether an array is only multiplied with others: then it is better stored as numbers."""
        reads = [
            node
            for assign in self.every
            for node in nodes(assign.value)
            if any(isinstance(child, Leaf) and child.name == name for child in children(node))
        ]
        return all(isinstance(node, Map) and node.function == "mul" for node in reads)

    def shape(self, axes: Axes) -> str:
        """A shape as code."""
        return tuple_code([self._number(axis.size) for axis in axes])

    def _number(self, value: Expr) -> str:
        """A length as code."""
        return numpy_code(Const(value), (), self.operations.names)

    @cached_property
    def loss(self) -> list[str]:
        """The body of the method that computes the loss."""
        return self._body(self._needed({self.program.loss}), commented=False)

    @cached_property
    def both(self) -> list[str]:
        """The body of the method that computes loss and gradients."""
        wanted = {self.program.loss, *self.gradients, *(leaf for a in self._backward for leaf in a.reads)}
        return self._body((*self._needed(wanted), *self.program.backward), commented=True)

    def _needed(self, wanted: set[str]) -> list[Statement]:
        """The statements of the forward pass without which some arrays cannot be computed, in order."""
        related = self.regions.related
        names = related(wanted)
        kept: list[Statement] = []
        for statement in reversed(self.program.forward):
            if names & defined(statement):
                kept.append(statement)
                names |= related(read(statement))
        return kept[::-1]

    @property
    def _backward(self) -> tuple[Assign, ...]:
        return assignments(self.program.backward)

    def _body(self, statements: Sequence[Statement], commented: bool) -> list[str]:
        sizes: set[str] = set()
        rows = self._lines(statements, commented, sizes)
        return [*self.functions.opening(statements, sizes=sizes), *rows]

    def _lines(self, statements: Sequence[Statement], commented: bool, sizes: set[str]) -> list[str]:
        rows: list[str] = []
        parts: list[str] = []
        for statement in statements:
            if isinstance(statement, Loop):
                rows += [*parts, *self._loop(statement, commented, sizes)]
                parts = []
                continue
            parts += self._line(statement, None, sizes)
            if statement.equation:
                rows += [*self._comments(statement, commented), *parts]
                parts = []
        return [*rows, *parts]

    def _comments(self, assign: Assign, commented: bool) -> list[str]:
        """The formulas of an array, or of those that are stored in it."""
        if not commented:
            return []
        own = self.writer.comment(assign.name)
        within = own or [row for name in self.regions.members(assign.name) for row in self.writer.comment(name)]
        return [f"# {row}" for row in within]

    def _line(self, assign: Assign, steps: Steps | None, sizes: set[str]) -> list[str]:
        axes, out = assign.axes, self._place(assign.name) if assign.name in self.stored else None
        names = self.operations.names
        if steps is not None:
            index = steps.loop.index
            assign = steps.reading(assign)
            names = {**names, **steps.names}
            if out is not None and index in axes:
                at = axes.index(index)
                axes = tuple(axis for axis in axes if axis != index)
                marks = ", ".join([*[":"] * at, self.writer.size(index.name)])
                # One number of a vector is an array that can be written to with an ellipsis alone.
                out = f"{out}[{marks}{'' if axes else ', ...'}]" if at or not axes else steps.view(out)
        printer = Printer(names)
        rows = self.operations.lines(assign, axes, out, printer)
        sizes |= printer.sizes
        return rows

    def _loop(self, loop: Loop, commented: bool, sizes: set[str]) -> list[str]:
        size = numpy_code(Const(loop.index.size), (), self.operations.names)
        sizes |= {str(symbol) for symbol in loop.index.size.free_symbols}
        new = Steps(loop, f"self.steps_{len(self._steps) + 1}", self._stored_place)
        steps = self._steps.setdefault(loop, new)
        rows: list[str] = []
        parts: list[str] = []
        for assign in loop.body:
            parts += self._line(assign, steps, sizes)
            if assign.equation:
                rows += [*self._comments(assign, commented), *parts]
                parts = []
        rows += parts
        return [*steps.head(self.writer.size(loop.index.name), size, rows), *(f"    {row}" for row in rows)]

    def _stored_place(self, name: str) -> str | None:
        return self._place(name) if name in self.stored else None

    def gradient_items(self) -> list[tuple[str, str]]:
        """For each parameter the array of its gradient; zeros where the loss does not depend on it."""
        items = []
        for name, axes in self.program.parameters.items():
            held = self.program.gradients.get(name)
            items.append((name, f"np.zeros({self.shape(axes)}, dtype)" if held is None else self._place(held)))
        return items

    @property
    def helpers(self) -> list[str]:
        """The functions that the methods call beside NumPy's."""
        assert self.loss is not None and self.both is not None
        return sorted(self.operations.helpers)

    @cached_property
    def sizes(self) -> list[str]:
        """The symbolic sizes that the memory depends on."""
        assert self.loss is not None and self.both is not None
        every = (*self.every, *self.program.constants)
        lengths = {axis.size for assign in every for axis in assign.axes}
        found = {symbol.name for length in lengths for symbol in length.free_symbols}
        added = " ".join([*self.operations.ones.values(), *self.operations.zeros.values()])
        found |= {size for size in self.program.sizes if re.search(rf"\b{self.writer.size(size)}\b", added)}
        return [size for size in self.program.sizes if size in found]
