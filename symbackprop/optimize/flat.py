"""Statements with formulas → statements of one operation each, on arrays that have names.

z = x @ W.T + b becomes z_1 = x @ W.T; z = z_1 + b. Every operation can then write into memory that was set aside, parts
that occur twice are seen, and what never changes is computed once. The parts that are named here have no equation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import sympy as sp

from symbackprop.optimize.chains import CHAINS, Link, product
from symbackprop.optimize.common import has_loops
from symbackprop.optimize.elementary import as_number, expanded
from symbackprop.optimize.layout import is_samples
from symbackprop.optimize.views import is_constant, is_view
from symbackprop.program import (
    Along,
    Array,
    Assign,
    At,
    Axes,
    Const,
    Contract,
    FirstStep,
    Gather,
    Leaf,
    Loop,
    Map,
    Position,
    Program,
    Reduce,
    Scatter,
    Statement,
    Window,
    assignments,
    children,
    combined,
    positions,
    rebuilt,
)
from symbackprop.program.masks import is_reciprocal


def flat(program: Program) -> Program:
    """Give every operation its own statement."""
    splitting = _Splitting(program)
    forward, backward = (
        tuple(row for statement in part for row in splitting.statements(statement))
        for part in (program.forward, program.backward)
    )
    constants = (*program.constants, *splitting.constants.values())
    return replace(program, forward=forward, backward=backward, constants=constants, whole=splitting.whole)


class _Splitting:
    """Splits one statement after the other; `rows` are the parts of the present one."""

    def __init__(self, program: Program) -> None:
        everything = assignments((*program.forward, *program.backward))
        self.taken = {*program.parameters, *program.data, *(assign.name for assign in everything)}
        self.whole = frozenset(positions(everything))
        self.in_runs = has_loops(program)
        self.constants: dict[Array, Assign] = {}
        self.rows: list[Assign] = []
        self.inside = False
        self.base = everything[0]

    def statements(self, statement: Statement) -> Iterator[Statement]:
        """The statements that a statement is made of."""
        self.inside = isinstance(statement, Loop)
        if isinstance(statement, Loop):
            yield replace(statement, body=tuple(row for assign in statement.body for row in self._split(assign)))
        else:
            yield from self._split(statement)

    def _split(self, assign: Assign) -> list[Assign]:
        if assign.name in self.whole:
            return [assign]
        self.rows, self.base = [], assign
        value = self._operation(assign.value)
        return [*self.rows, replace(assign, value=value)]

    def _named(self, node: Array) -> Leaf:
        """A part of the statement."""
        row = Assign(self._fresh(), self._order(node), node)
        self.rows.append(row)
        return Leaf(row.name, row.axes)

    def _order(self, node: Array) -> Axes:
        """The axes of a part in the order of an operand that has them all, or else of the whole, samples last."""
        if isinstance(node, Map | Reduce | Along):
            for operand in children(node):
                if isinstance(operand, Leaf) and set(node.axes) <= set(operand.axes):
                    return tuple(axis for axis in operand.axes if axis in node.axes)
        kept = [axis for axis in self.base.axes if axis in node.axes]
        order = [*kept, *(axis for axis in node.axes if axis not in kept)]
        if self.base.axes and is_samples(self.base.axes[-1].size):
            order.sort(key=lambda axis: is_samples(axis.size))
        return tuple(order)

    def _fresh(self) -> str:
        number = 1
        while (name := f"{self.base.name}_{number}") in self.taken:
            number += 1
        self.taken.add(name)
        return name

    def _operand(self, node: Array) -> Array:
        """The node itself if reading it computes nothing, else a name for it."""
        if is_view(node) or isinstance(node, Const):
            return node
        if is_constant(node):
            if node not in self.constants:
                self.constants[node] = Assign(self._fresh(), node.axes, node)
            return Leaf(self.constants[node].name, node.axes)
        if not node.axes and isinstance(node, Map):
            return rebuilt(node, [self._operand(child) for child in children(node)])
        return self._named(self._operation(node))

    def _operation(self, node: Array) -> Array:
        """One operation on names."""
        if is_view(node) or isinstance(node, Const) or is_constant(node):
            return self._operand(node)
        node = expanded(node)
        if isinstance(node, Map) and node.axes and node.function in CHAINS:
            return self._chain(CHAINS[node.function](node))
        if isinstance(node, Reduce):
            return self._reduction(node)
        if isinstance(node, Gather | Scatter):
            return rebuilt(node, [self._operand(node.arg), node.index])
        if moves(node):
            return rebuilt(node, [self._operand(child) for child in children(node)])
        if isinstance(node, FirstStep):
            return rebuilt(node, [self._operand(node.first), self._operation(node.later)])
        if isinstance(node, Contract):
            return rebuilt(node, [self._factor(as_number(child), node) for child in children(node)])
        return rebuilt(node, [self._operand(child) for child in children(node)])

    def _factor(self, node: Array, product: Contract) -> Array:
        """A factor of a sum of products; windows are copied once into columns, summed axes first."""
        if isinstance(node, Leaf) and len(product.over) > 1 and self.in_runs:
            return self._grouped(node, product.over)
        if is_view(node) or not is_moved(node):
            return self._operand(node)
        columns = self._named(node)
        row = self.rows[-1]
        order = self.base.axes
        rest = sorted(
            (axis for axis in row.axes if axis not in product.over),
            key=lambda axis: (is_samples(axis.size), axis in order, order.index(axis) if axis in order else 0),
        )
        self.rows[-1] = replace(row, axes=(*product.over, *rest))
        return replace(columns, axes=self.rows[-1].axes)

    def _grouped(self, leaf: Leaf, over: Axes) -> Leaf:
        """A stored array with the axes that are summed beside one another, copied once if it is stored otherwise."""
        over = tuple(sorted(over, key=lambda axis: is_samples(axis.size)))
        kept = tuple(axis for axis in leaf.axes if axis not in over)
        if leaf.axes in ((*kept, *over), (*over, *kept)) or not kept:
            return leaf
        row = self._named(leaf)
        order = (*over, *kept) if leaf.axes[-1] in kept else (*kept, *over)
        self.rows[-1] = replace(self.rows[-1], axes=order)
        return replace(row, axes=order)

    def _chain(self, links: Sequence[Link]) -> Array:
        """Two at a time; each link says how it joins what stands before it."""
        (_, first), *rest = links
        if not rest:
            return self._operation(first)
        total = self._operand(first)
        for (function, node), (following, _) in pairwise(rest):
            total = self._named(self._link(function, total, node))
            if following == "to_first":
                total = self._as_whole(total)
        function, node = rest[-1]
        return self._link(function, total, node)

    def _link(self, function: str, total: Array, node: Array) -> Map:
        """The next operation on what stands before it."""
        if function == "to_first" and isinstance(node, Along):
            # Of two the one gets what the other does not.
            read = self._operand(node.arg)
            one, other = (At(read, node.axis, sp.Integer(place), inside=True) for place in (0, 1))
            return Map(function, (total, self._named(Map("ge", (one, other))), Position(node.axis)))
        operand = self._operand(node)
        return Map(function, (self._spread(total, operand), self._spread(operand, total)))

    def _spread(self, small: Array, large: Array) -> Array:
        """A small array that meets each of several large ones is repeated along the samples once, not for each."""
        if self.inside or not (isinstance(small, Leaf) and isinstance(large, Leaf) and small.axes):
            return small
        (*before, last) = large.axes or (None,)
        lacks = last not in small.axes and before and before[0] not in small.axes
        if not lacks or tuple(before[-len(small.axes) :]) != small.axes or not is_samples(large.axes[-1].size):
            return small
        row = self._named(small)
        axes = (*small.axes, large.axes[-1])
        self.rows[-1] = replace(self.rows[-1], axes=axes)
        return replace(row, axes=axes)

    def _as_whole(self, part: Leaf) -> Leaf:
        """The part that was named last, its axes in the order of the whole, which reads it more than once."""
        axes = tuple(axis for axis in self.base.axes if axis in part.axes)
        if len(axes) < len(part.axes):
            return part
        self.rows[-1] = replace(self.rows[-1], axes=axes)
        return replace(part, axes=axes)

    def _reduction(self, node: Reduce) -> Array:
        """The sum of a product of two arrays is a scalar product, where both have all axes."""
        inside = as_number(expanded(node.arg))
        if node.kind == "sum" and isinstance(inside, Map) and inside.function == "square":
            inside = Map("mul", (inside.args[0], inside.args[0]))
        if node.kind == "sum" and isinstance(inside, Map) and inside.function == "mul":
            numbers = [arg for arg in inside.args if not arg.axes]
            whole = [arg for arg in inside.args if set(arg.axes) == set(inside.axes) and not is_reciprocal(arg)]
            others = [arg for arg in inside.args if arg.axes and arg not in whole]
            if len(whole) > 1:
                rest = [*whole[1:], *others]
                right = combined("mul", rest)
                dot = Contract(self._operand(as_number(whole[0])), self._operand(as_number(right)), node.over)
                return self._chain(product(Map("mul", (*numbers, dot)))) if numbers else dot
        operand = self._operand(inside)
        if node.kind == "sum" and isinstance(operand, Leaf) and len(node.over) > 1 and self.in_runs:
            operand = self._grouped(operand, node.over)
        return replace(node, arg=operand)


def is_moved(node: Array) -> bool:
    """Whether a node is a stored array read at other places, and nothing is computed."""
    return isinstance(node, Leaf) or (isinstance(node, Window) and is_moved(node.arg))


def moves(node: Array) -> bool:
    """Whether a node moves values and computes none."""
    return not isinstance(node, Map | Contract | Reduce | FirstStep)
