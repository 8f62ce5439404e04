"""A convolution of which each phase is asked for, and its few filters → one product with the filters of all phases.

Phase a of a pool reads its filter a places further on: with the filter written into zeros there, all phases read the
same, wider columns. These are copied once and not for each phase, and where the filters are few a product is bound by
its columns and not by its multiplications, of which there are then more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import sympy as sp

from symbackprop.expressions import Index
from symbackprop.optimize.common import has_loops, replaced, substituted
from symbackprop.program import (
    Affine,
    Array,
    Assign,
    Axes,
    Const,
    Contract,
    Leaf,
    Map,
    Position,
    Program,
    Window,
    assignments,
    combined,
    nodes,
)

# With more filters than this, times the growth of the columns, multiplying takes longer than copying.
FEW = 16


class Reach(NamedTuple):
    """Where a window reads tap + phase: all of these places as one axis."""

    tap: Index
    phase: Index
    reach: Index


class Found(NamedTuple):
    """A sum of products of an array with windows of an input, and the same windows with taps and phases as one."""

    node: Contract
    other: Leaf
    columns: Array
    reaches: tuple[Reach, ...]

    @property
    def taps(self) -> Axes:
        """The axes of a filter."""
        return tuple(reach.tap for reach in self.reaches)

    @property
    def places(self) -> Axes:
        """The axes of the places of a filter, as they are stored."""
        return tuple(reach[place] for place in range(3) for reach in self.reaches)

    @property
    def spread(self) -> Axes:
        """The axes of a filter of all phases that it has in place of its own."""
        return self.places[len(self.reaches) :]


def filters_of_phases(program: Program) -> Program:
    """Compute all phases with one product, where a filter is read by one convolution of an input and its gradient."""
    every = assignments((*program.forward, *program.backward))
    if has_loops(program):
        return program
    for name, held in program.gradients.items():
        readers = [assign for assign in every if name in assign.reads]
        gradient = next(assign for assign in every if assign.name == held)
        if len(readers) != 1 or not isinstance(gradient.value, Contract):
            continue
        found = [made for node in nodes(readers[0].value) if (made := _found(node, program, True)) is not None]
        back = _found(gradient.value, program, False)
        if len(found) == 1 and found[0].other.name == name and back is not None and _pays(found[0]):
            program = _rewritten(program, readers[0], found[0], gradient, back)
    return program


def _found(node: Array, program: Program, forward: bool) -> Found | None:
    """The parts of a convolution; of its gradient by the filter, where the taps are kept, if it is not `forward`."""
    if not isinstance(node, Contract):
        return None
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, Window) and isinstance(other, Leaf):
            reaches: list[Reach] = []
            columns = _merged(side, node.over, forward, reaches, program)
            shared = set(side.axes) & set(other.axes) - set(node.over)
            if columns is not None and reaches and not shared:
                return Found(node, other, columns, tuple(reaches))
    return None


def _merged(node: Array, over: Axes, forward: bool, reaches: list[Reach], program: Program) -> Array | None:
    """Windows with one axis for tap and phase; `None` if they are none of an input, or read otherwise."""
    if isinstance(node, Leaf):
        return node if node.name in program.data else None
    inside = _merged(node.arg, over, forward, reaches, program) if isinstance(node, Window) else None
    if inside is None or not isinstance(node, Window):
        return None
    steps = dict(zip(node.at.indices, node.at.steps, strict=True))
    phases = [index for index in steps if index.name.endswith("_phase")]
    taps = [index for index in steps if (index in over) == forward and index not in phases]
    if not phases:
        return replace(node, arg=inside)
    if len(phases) != 1 or len(taps) != 1 or steps[taps[0]] != steps[phases[0]]:
        return None
    (tap,), (phase,) = taps, phases
    reach = Index(f"{tap.name}_reach", tap.size + phase.size - 1)
    reaches.append(Reach(tap, phase, reach))
    indices = tuple(reach if index == tap else index for index in steps if index != phase)
    return replace(
        node, arg=inside, at=Affine(indices, tuple(steps.get(i, steps[tap]) for i in indices), node.at.start)
    )


def _pays(found: Found) -> bool:
    """Whether the filters are so few that fewer columns save more time than more multiplications take."""
    own = [axis.size for axis in found.other.axes if axis not in found.node.over]
    grown = sp.Mul(*(reach.reach.size / reach.tap.size for reach in found.reaches))
    cost = sp.Mul(grown, *own)
    return bool(cost.is_number and cost <= FEW)


def _rewritten(program: Program, convolution: Assign, found: Found, gradient: Assign, back: Found) -> Program:
    name = found.other.name
    places, wide = f"{name}_places", f"{name}_phases"
    constant = Assign(places, found.places, _where_read(found.reaches))
    kept = tuple(axis for axis in found.other.axes if axis not in found.taps)
    spread = Contract(found.other, Leaf(places, found.places), found.taps)
    filters = Assign(wide, (*kept, *found.spread), spread)
    channels = tuple(axis for axis in found.node.over if axis not in found.taps)
    over = (*channels, *(reach.reach for reach in found.reaches))
    product = Contract(Leaf(wide, filters.axes), found.columns, over)
    value = replaced(convolution.value, found.node, product)
    forward = substituted(program.forward, {convolution.name: (filters, replace(convolution, value=value))})
    backward = substituted(program.backward, {gradient.name: _gradient(gradient, back, places)})
    constants = (*program.constants, constant)
    return replace(program, forward=forward, backward=backward, constants=constants)


def _gradient(gradient: Assign, back: Found, places: str) -> tuple[Assign, ...]:
    """The gradient by the filters of all phases, and what of it a filter gets."""
    phases = tuple(reach.phase for reach in back.reaches)
    kept = tuple(axis for axis in gradient.axes if axis not in back.taps)
    own = tuple(axis for axis in kept if axis in back.other.axes)
    channels = tuple(axis for axis in kept if axis not in own)
    over = tuple(axis for axis in back.node.over if axis not in phases)
    wide_axes = (*phases, *own, *channels, *(reach.reach for reach in back.reaches))
    wide = Assign(f"{gradient.name}_phases", wide_axes, Contract(back.other, back.columns, over))
    product = Contract(Leaf(wide.name, wide_axes), Leaf(places, back.places), back.spread)
    made = Assign(f"{gradient.name}_taps", (*own, *channels, *back.taps), product)
    return wide, made, replace(gradient, value=Leaf(made.name, made.axes))


def _where_read(reaches: Sequence[Reach]) -> Array:
    """1 where a tap of a phase is read at a place, else 0."""
    one, none = Const(sp.S.One), Const(sp.S.Zero)
    found: list[Array] = [
        Map("where", (Map("eq", (Position(reach), Map("add", (Position(tap), Position(phase))))), one, none))
        for tap, phase, reach in reaches
    ]
    return combined("mul", found)
