"""What a loop reads beyond an end of time, and what stands at one end alone → values of the first step alone.

Before the first step there is nothing: a product with the state before it is a product with zeros, which is not
computed. What reaches a recurrence only at the step at which it begins, as the error of a last state does on the way
back, is an array of one step, not one of all steps that is zero but for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import sympy as sp
from sympy import Expr

from symbackprop.optimize.common import substituted
from symbackprop.program import (
    Array,
    Assign,
    At,
    Const,
    Contract,
    FirstStep,
    Leaf,
    Loop,
    Map,
    Position,
    Program,
    Statement,
    assignments,
    combined,
    nodes,
    rebuilt,
)

ZERO = Const(sp.S.Zero)


def first_steps(program: Program) -> Program:
    """Leave out products with what is not there yet, and keep of arrays that stand at the first step that alone."""
    search = _Search(program)
    forward, backward = (tuple(search.statements(part)) for part in (program.forward, program.backward))
    new = {name: (assign,) for name, assign in search.of_one.items()}
    return replace(program, forward=substituted(forward, new), backward=substituted(backward, new))


@dataclass
class _Search:
    """Rewrites loops; `of_one` are the arrays that have become arrays of one step."""

    program: Program
    of_one: dict[str, Assign] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = (*self.program.forward, *self.program.backward)
        self.outside = {row.name: row for row in rows if isinstance(row, Assign)}
        self.readers: dict[str, int] = {}
        for assign in assignments(rows):
            for node in nodes(assign.value):
                if isinstance(node, Leaf):
                    self.readers[node.name] = self.readers.get(node.name, 0) + 1

    def statements(self, statements: Iterable[Statement]) -> Iterator[Statement]:
        """The statements, sums in loops rewritten."""
        for statement in statements:
            if isinstance(statement, Loop):
                body = tuple(replace(assign, value=self._node(assign.value, statement)) for assign in statement.body)
                yield replace(statement, body=body)
            else:
                yield statement

    def _node(self, node: Array, loop: Loop) -> Array:
        if isinstance(node, Contract) or (isinstance(node, Map) and node.function == "add"):
            return self._sum(node, loop)
        inside = [self._node(arg, loop) for arg in node.args] if isinstance(node, Map) else []
        return rebuilt(node, inside) if inside else node

    def _sum(self, node: Map | Contract, loop: Loop) -> Array:
        terms = node.args if isinstance(node, Map) else (node,)
        absent = [term for term in terms if isinstance(term, Contract) and self._begins_at_zero(term, loop)]
        if not absent:
            return node if isinstance(node, Contract) else rebuilt(node, [self._node(term, loop) for term in terms])
        alone = [term for term in terms if self._only_first(term, loop)]
        rest = [self._node(term, loop) for term in terms if term not in absent and term not in alone]
        first = [self._first(term, loop) for term in alone]
        at_first: Array = ZERO if not first else combined("add", first)
        later = [FirstStep(at_first if number == 0 else ZERO, term) for number, term in enumerate(absent)]
        return later[0] if len(later) == 1 and not rest else Map("add", (*later, *rest))

    def _begins_at_zero(self, node: Contract, loop: Loop) -> bool:
        """Whether a factor of a product is read from before the first step."""
        for factor in (node.left, node.right):
            if isinstance(factor, At) and not factor.inside:
                shift = sp.expand(factor.position - loop.index)
                if shift.is_Integer and (shift > 0 if loop.reverse else shift < 0):
                    return True
        return False

    def _only_first(self, node: Array, loop: Loop) -> bool:
        """Whether a term is zero at all steps but the first."""
        match node:
            case At(arg=Leaf() as leaf, inside=True) if node.position == loop.index and leaf.name in self.outside:
                return self.readers[leaf.name] == 1 and self._masked(leaf.name, leaf.axes.index(node.axis), loop)
        return False

    def _masked(self, name: str, place: int, loop: Loop) -> bool:
        """Whether an array is a product of one mask, which is the first step, and of what does not know of steps."""
        assign = self.outside[name]
        time = assign.axes[place]
        if not isinstance(assign.value, Map) or assign.value.function != "mul":
            return False
        masks = [arg for arg in assign.value.args if time in arg.axes]
        return len(masks) == 1 and _stands_at(masks[0], time, _first_place(loop))

    def _first(self, node: Array, loop: Loop) -> Array:
        """What is read of such a term at the first step."""
        assert isinstance(node, At)
        assert isinstance(node.arg, Leaf)
        assign = self.outside[node.arg.name]
        assert isinstance(assign.value, Map)
        time = assign.axes[node.arg.axes.index(node.axis)]
        factors = tuple(arg for arg in assign.value.args if time not in arg.axes)
        value = combined("mul", factors)
        axes = tuple(axis for axis in assign.axes if axis != time)
        self.of_one[assign.name] = replace(assign, axes=axes, value=value)
        return Leaf(assign.name, node.axes)


def _first_place(loop: Loop) -> Expr:
    return sp.expand(loop.index.size - 1) if loop.reverse else sp.S.Zero


def _stands_at(node: Array, time: object, place: Expr) -> bool:
    """Whether a node is 1 at one place of time and 0 elsewhere."""
    if not isinstance(node, Map) or node.function != "eq" or Position not in map(type, node.args):
        return False
    values = [_number(arg) for arg in node.args if not isinstance(arg, Position)]
    return node.axes == (time,) and len(values) == 1 and values[0] is not None and sp.expand(values[0] - place) == 0


def _number(node: Array) -> Expr | None:
    """A node of numbers and sizes as an expression."""
    if isinstance(node, Const):
        return node.value
    if isinstance(node, Map) and node.function in {"add", "mul"}:
        parts = [_number(arg) for arg in node.args]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            return sp.Add(*known) if node.function == "add" else sp.Mul(*known)
    return None
