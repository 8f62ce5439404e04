"""Factors in a loop that read nothing of it → products of all positions at once, before the loop.

A step of backpropagation through time multiplies what arrives by slopes that the forward pass has determined: these are
one operation for all steps, and a step is left with one product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import sympy as sp

from symbackprop.expressions import Index
from symbackprop.optimize.renaming import with_axes
from symbackprop.program import (
    Affine,
    Array,
    Assign,
    At,
    Const,
    Leaf,
    Loop,
    Map,
    Position,
    Program,
    Statement,
    Window,
    children,
    combined,
    leaves,
    nodes,
    rebuilt,
)


def factors_ahead(program: Program) -> Program:
    """Compute before each loop what its products read of earlier arrays alone."""
    forward, backward = (
        tuple(row for statement in part for row in _ahead(statement)) for part in (program.forward, program.backward)
    )
    return replace(program, forward=forward, backward=backward)


def _ahead(statement: Statement) -> Iterator[Statement]:
    if isinstance(statement, Loop):
        search = _Search(statement.index, {assign.name for assign in statement.body})
        body = tuple(search.assign(assign) for assign in statement.body)
        yield from search.before
        statement = replace(statement, body=body)
    yield statement


@dataclass
class _Search:
    """Looks through the statements of one loop.

    Attributes:
        loop: What is looped over.
        inside: The arrays that the loop computes.
        before: The statements that were found to be possible before it.
    """

    loop: Index
    inside: set[str]
    before: list[Assign] = field(default_factory=list)
    base: Assign | None = None

    def assign(self, assign: Assign) -> Assign:
        """The statement, with reads of what is computed before the loop."""
        self.base = assign
        return replace(assign, value=self._node(assign.value))

    def _node(self, node: Array) -> Array:
        if not isinstance(node, Map) or not leaves(node) & self.inside:
            return node
        args = node.args
        if node.function == "mul":
            outer = [arg for arg in args if arg.axes and not leaves(arg) & self.inside and self._steps(arg)]
            if len(outer) > 1 or any(isinstance(arg, Map) for arg in outer):
                read = self._read(combined("mul", outer))
                if read is not None:
                    args = (*(arg for arg in args if arg not in outer), read)
        return replace(node, args=tuple(self._node(arg) for arg in args))

    def _steps(self, node: Array) -> bool:
        """Whether a node is different from step to step."""
        return any(isinstance(inner, At) and self.loop in inner.position.free_symbols for inner in nodes(node))

    def _read(self, node: Array) -> Array | None:
        """The read of what a node is at the loop's position; `None` where it cannot be computed for all at once."""
        assert self.base is not None
        whole = self._all(node)
        if whole is None:
            return None
        axes = tuple(axis for axis in self.base.axes if axis in whole.axes)
        if set(axes) != set(whole.axes):
            return None
        name = f"{self.base.name}_factor" + (str(len(self.before) + 1) if self._taken() else "")
        self.before.append(Assign(name, axes, whole))
        at = Index(f"{name}_axis", self.loop.size)
        read = Leaf(name, tuple(at if axis == self.loop else axis for axis in axes))
        return At(read, at, self.loop, inside=True)

    def _taken(self) -> bool:
        return any(assign.name == f"{self.base.name}_factor" for assign in self.before) if self.base else False

    def _all(self, node: Array) -> Array | None:
        """A node for all positions of the loop, which is an axis then."""
        if isinstance(node, Const):
            free = node.value.free_symbols
            return node if self.loop not in free else Position(self.loop) if node.value == self.loop else None
        if isinstance(node, At) and self.loop in node.position.free_symbols:
            shift = sp.expand(node.position - self.loop)
            if not shift.is_Integer or node.axis.size != self.loop.size:
                return None
            if shift == 0:
                return with_axes(node.arg, {node.axis: self.loop})
            return Window(node.arg, node.axis, Affine((self.loop,), (1,), shift))
        inside = [self._all(child) for child in children(node)]
        found = [child for child in inside if child is not None]
        if len(found) < len(inside):
            return None
        return rebuilt(node, found) if found else node
