"""What is the same for all entries of a pool → added after their maximum, and summed before a slope is spread.

max(z + b) = max(z) + b, and which entry is largest does not depend on b. Of the slopes of a pool's entries all but the
largest one's are 0, so that their sum is the slope that arrived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbackprop.expressions import Index
from symbackprop.optimize.common import has_loops, substituted
from symbackprop.optimize.renaming import with_axes
from symbackprop.program import (
    Along,
    Array,
    Assign,
    Leaf,
    Map,
    Program,
    Reduce,
    assignments,
    children,
    combined,
    factors,
    leaves,
    rebuilt,
)


def bias_last(program: Program) -> Program:
    """Add after the maximum what a sum has that is the same for all of which the maximum is taken."""
    if has_loops(program):
        return program
    every = assignments((*program.forward, *program.backward))
    results = {program.loss, *program.gradients.values()}
    for assign in every:
        if not (isinstance(assign.value, Map) and assign.value.function == "add") or assign.name in results:
            continue
        terms = assign.value.args
        largest = [arg for arg in terms if set(arg.axes) == set(assign.axes)]
        small = [arg for arg in terms if arg not in largest]
        readers = [other for other in every if assign.name in other.reads]
        if not small or not largest or not readers:
            continue
        bias = combined("add", small)
        moving = _Moving(assign, bias)
        moved = {other.name: moving.node(other.value) for other in readers}
        if moving.fails:
            continue
        new = [replace(other, value=moved[other.name]) for other in readers]
        new.append(replace(assign, value=combined("add", largest)))
        program = _with(program, {one.name: (one,) for one in new})
        every = assignments((*program.forward, *program.backward))
    return program


class _Moving:
    """Adds a bias to each maximum of an array from which it is taken; `fails` if the array is read in another way."""

    def __init__(self, assign: Assign, bias: Array) -> None:
        self.assign = assign
        self.bias = bias
        self.fails = False

    def node(self, node: Array) -> Array:
        """A node, with the bias added to what it reads of the array."""
        if self.assign.name not in leaves(node):
            return node
        leaf = _largest_of(node.arg if isinstance(node, Along) else node, self.assign.name)
        if leaf is not None:
            bias = with_axes(self.bias, dict(zip(self.assign.axes, leaf.axes, strict=True)))
            if isinstance(node, Along):
                self.fails |= node.function != "first_largest" or node.axis in bias.axes
                return node
            self.fails |= not set(bias.axes) <= set(node.axes) or isinstance(node, Leaf)
            return Map("add", (node, bias))
        if isinstance(node, Leaf):
            self.fails = True
        inside = children(node)
        return rebuilt(node, [self.node(child) for child in inside]) if inside else node


def _largest_of(node: Array, name: str) -> Leaf | None:
    """The read of an array, if a node is that, or its maximum over some axes."""
    while isinstance(node, Reduce) and node.kind == "max":
        node = node.arg
    return node if isinstance(node, Leaf) and node.name == name else None


def sums_before_spreading(program: Program) -> Program:
    """Sum what arrives at a pool in place of what its entries get."""
    if has_loops(program):
        return program
    defined = {assign.name: assign for assign in assignments((*program.forward, *program.backward))}
    for assign in assignments(program.backward):
        value = assign.value
        if not (isinstance(value, Reduce) and value.kind == "sum" and isinstance(value.arg, Leaf)):
            continue
        spread = defined.get(value.arg.name)
        if spread is None or not isinstance(spread.value, Map) or spread not in program.backward:
            continue
        own = dict(zip(spread.axes, value.arg.axes, strict=True))
        arrived, choices = _arrived(spread.value, [axis for axis in spread.axes if own[axis] in value.over])
        if not choices or not arrived:
            continue
        gone = [choice.axis for choice in choices]
        kept = tuple(axis for axis in spread.axes if axis not in gone)
        before = Assign(f"{spread.name}_arrived", kept, combined("mul", arrived))
        read = Leaf(before.name, tuple(own[axis] for axis in kept))
        over = tuple(axis for axis in value.over if axis in read.axes)
        summed = replace(assign, value=Reduce("sum", read, over) if over else read)
        after = replace(spread, value=Map("mul", (Leaf(before.name, kept), *choices)))
        program = _with(program, {assign.name: (summed,), spread.name: (before, after)})
        defined = {a.name: a for a in assignments((*program.forward, *program.backward))}
    return program


def _arrived(node: Map, over: list[Index]) -> tuple[list[Array], list[Along]]:
    """The factors that do not choose among the entries of a pool, and those that do and sum to 1 over some axes."""
    parts = list(factors(node))
    found: list[Along] = []
    while True:
        for factor in parts:
            if isinstance(factor, Along) and factor.function == "first_largest" and factor.axis in over:
                rest = [other for other in parts if other is not factor]
                if not any(factor.axis in other.axes for other in rest):
                    parts = rest
                    found.append(factor)
                    break
        else:
            return parts, found


def _with(program: Program, new: Mapping[str, Sequence[Assign]]) -> Program:
    """The program with other statements in place of those that compute some arrays."""
    forward, backward = (substituted(part, new) for part in (program.forward, program.backward))
    return replace(program, forward=forward, backward=backward)
