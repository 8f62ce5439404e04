"""Equations → the arrays they define, in an order found from what each reads; recurrences step through time.

Where equations form a cycle, one axis of each is time: every read inside the cycle is of the same moment or of a
neighbour on one side. The cycle is computed moment by moment, forwards for a network, backwards for its adjoints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sympy import Symbol
from sympy.utilities.iterables import strongly_connected_components

from symbackprop.errors import UnsupportedError
from symbackprop.expressions import reads, tensors_read
from symbackprop.graph import Derivation, Equation, Graph, Tensor
from symbackprop.verify.evaluate import Evaluator
from symbackprop.verify.fields import NUMPY, Array, Field


class Scan(NamedTuple):
    """A recurrence: its equations in the order of one moment, the axis of each that is time, and which way it runs."""

    equations: tuple[Equation, ...]
    axis: Mapping[str, int]
    backwards: bool


def evaluate_graph(
    graph: Graph, values: Mapping[str, Array], field: Field = NUMPY, sizes: Mapping[Symbol, int] | None = None
) -> dict[str, Array]:
    """Every tensor of a graph.

    Args:
        graph: The forward pass.
        values: An array for every input, target, parameter and constant. One with an extra first axis holds several
            points at once; all that depends on it then has that axis too.
        field: The numbers to compute with.
        sizes: Symbolic sizes; those that `values` tell, or the graph knows, may be left out.

    Returns:
        Name → array, `values` included.

    Raises:
        UnsupportedError: The equations form a cycle that is no recurrence over one axis.
    """
    return solve(graph.equations, values, known_sizes(graph.tensors, values, sizes or graph.sizes), field)


def evaluate_adjoints(
    derivation: Derivation,
    values: Mapping[str, Array],
    field: Field = NUMPY,
    sizes: Mapping[Symbol, int] | None = None,
) -> dict[str, Array]:
    """Every adjoint of a derivation, by its equations in index form.

    An adjoint that a rewrite made superfluous is computed too, from the last line of its steps, since other steps may
    speak of it.

    Args:
        derivation: The backward pass.
        values: The given tensors; the computed ones are computed if one is missing.
        field: The numbers to compute with.
        sizes: Symbolic sizes, as for `evaluate_graph`.

    Returns:
        Name of the adjoint → array.
    """
    graph = derivation.graph
    sizes = known_sizes(graph.tensors, values, sizes or graph.sizes)
    if any(equation.tensor not in values for equation in graph.equations):
        values = evaluate_graph(graph, values, field, sizes)
    defined = {equation.tensor for equation in derivation.adjoints}
    dropped = [
        Equation(name, derivation.tensors[name].indices, steps[-1].after)
        for name, steps in derivation.steps.items()
        if steps and name not in defined and name in derivation.tensors
    ]
    solved = solve((*derivation.adjoints, *dropped), values, sizes, field)
    return {name: array for name, array in solved.items() if name not in values}


def known_sizes(
    tensors: Mapping[str, Tensor], values: Mapping[str, Array], sizes: Mapping[Symbol, int]
) -> dict[Symbol, int]:
    """The symbolic sizes that the shapes of the values tell, and for the rest the ones given."""
    found = dict(sizes)
    for name, array in values.items():
        shape = tensors[name].shape if name in tensors else ()
        for size, length in zip(shape, np.shape(array)[np.ndim(array) - len(shape) :], strict=False):
            if size.is_Symbol:
                found[size] = length
    return found


def solve(
    equations: Sequence[Equation], values: Mapping[str, Array], sizes: Mapping[Symbol, int], field: Field
) -> dict[str, Array]:
    """The values, and an array for every tensor that the equations define."""
    result = {name: field.array(array) if np.size(array) < 1000 else array for name, array in values.items()}
    evaluator = Evaluator(result, sizes, field)
    for group in components(equations):
        first = group[0]
        if len(group) == 1 and first.tensor not in tensors_read(first.rhs):
            result[first.tensor] = evaluator.array(first.rhs, first.indices)
        else:
            _run(scan_of(group), evaluator, result)
    return result


def components(equations: Sequence[Equation]) -> list[list[Equation]]:
    """The equations in groups, each after those it reads; a group of several is a cycle."""
    by_name = {equation.tensor: equation for equation in equations}
    edges = [(eq.tensor, name) for eq in equations for name in tensors_read(eq.rhs) if name in by_name]
    found = strongly_connected_components((list(by_name), edges))
    return [[by_name[name] for name in by_name if name in set(group)] for group in found]


def scan_of(group: Sequence[Equation]) -> Scan:
    """Find the axis of each equation of a cycle that is time.

    Raises:
        UnsupportedError: There is none, or reads go both ways.
    """
    for start in range(len(group[0].indices)):
        axis, shifts = _shifts(group, start)
        directions = {shift > 0 for _, _, shift in shifts if shift}
        now = [(reader, read) for reader, read, shift in shifts if not shift]
        order = strongly_connected_components(([equation.tensor for equation in group], now))
        straight = all(len(part) == 1 and (part[0], part[0]) not in now for part in order)
        if axis and len(directions) == 1 and straight:
            by_name = {equation.tensor: equation for equation in group}
            return Scan(tuple(by_name[part[0]] for part in order), axis, directions.pop())
    names = " -> ".join(equation.tensor for equation in (*group, group[0]))
    raise UnsupportedError(f"the equations form a cycle that is no recurrence over one axis: {names}")


def _shifts(group: Sequence[Equation], start: int) -> tuple[dict[str, int], set[tuple[str, str, int]]]:
    """The time axis of each tensor if the first has `start`, and (reader, read, moments between) for every read.

    Nothing is returned if a read is not at a constant distance.
    """
    members = {equation.tensor: equation for equation in group}
    axis, pending = {group[0].tensor: start}, [group[0].tensor]
    shifts: set[tuple[str, str, int]] = set()
    while pending:
        equation = members[pending.pop()]
        own = equation.indices[axis[equation.tensor]]
        for read in reads(equation.rhs):
            if read.tensor not in members:
                continue
            found = next(((n, int(e - own)) for n, e in enumerate(read.indices) if (e - own).is_Integer), None)
            if found is None or axis.get(read.tensor, found[0]) != found[0]:
                return {}, set()
            if read.tensor not in axis:
                axis[read.tensor] = found[0]
                pending.append(read.tensor)
            shifts.add((equation.tensor, read.tensor, found[1]))
    return axis, shifts


def _run(scan: Scan, evaluator: Evaluator, result: dict[str, Array]) -> None:
    batch = _batch(scan, evaluator)
    for equation in scan.equations:
        shape = tuple(len(evaluator.range(index)) for index in equation.indices)
        result[equation.tensor] = evaluator.field.zeros((*batch, *shape), evaluator.values)
    first = scan.equations[0]
    moments: Iterable[int] = evaluator.range(first.indices[scan.axis[first.tensor]])
    for moment in reversed(list(moments)) if scan.backwards else moments:
        for equation in scan.equations:
            axis = scan.axis[equation.tensor]
            now = evaluator.restricted({equation.indices[axis]: np.array([moment])})
            at: tuple[Any, ...] = (..., slice(moment, moment + 1), *[slice(None)] * (len(equation.indices) - axis - 1))
            result[equation.tensor][at] = now.array(equation.rhs, equation.indices)


def _batch(scan: Scan, evaluator: Evaluator) -> tuple[int, ...]:
    """The axis of several points, if a tensor that the recurrence reads has it."""
    for equation in scan.equations:
        for read in reads(equation.rhs):
            data = evaluator.values.get(read.tensor)
            if data is not None and np.ndim(data) == len(read.indices) + 1:
                return (len(data),)
    return ()
