"""Graph → the places where its loss has no derivative, and how far a point is from the nearest of them.

A branch has a kink where the two sides of its condition meet, a maximum where its two largest terms do. Only those
that a parameter can reach count: a condition on time steps or on data alone never changes while weights do.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import NamedTuple

import numpy as np
import sympy as sp
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from symbackprop.expressions import ArgPeak, Index, Peak, Where, indices_of, tensors_read
from symbackprop.graph import Graph
from symbackprop.verify.evaluate import Evaluator
from symbackprop.verify.fields import Array
from symbackprop.verify.grids import BATCH, aligned

AT_KINK = 1e-12


class Kink(NamedTuple):
    """Where `gap` is 0, the equation of `tensor` has no derivative; for a maximum the gap is between its terms."""

    tensor: str
    gap: Expr
    over: Index | None = None


def kinks(graph: Graph) -> tuple[Kink, ...]:
    """Every kink that a change of the parameters can reach."""
    reached = {tensor.name for tensor in graph.parameters}
    for _ in graph.equations:  # a recurrence may need several rounds
        grown = reached | {eq.tensor for eq in graph.equations if reached & set(tensors_read(eq.rhs))}
        if grown == reached:
            break
        reached = grown
    found = [kink for equation in graph.equations for kink in _of(equation.tensor, equation.rhs)]
    return tuple(dict.fromkeys(kink for kink in found if reached & set(tensors_read(kink.gap))))


def _of(tensor: str, rhs: Expr) -> list[Kink]:
    found: list[Kink] = []
    for node in sp.preorder_traversal(rhs):
        if isinstance(node, Where):
            found += [Kink(tensor, part.lhs - part.rhs) for part in node.condition.atoms(Relational)]
        elif isinstance(node, Peak | ArgPeak):
            found.append(Kink(tensor, node.body, node.bound[0]))
    return found


def nearest_parameters(graph: Graph, kink: Kink) -> frozenset[str]:
    """The parameters of the layers nearest before a kink: where they are 0, so is all that its condition compares.

    The layer of the kink itself may have none, as a layer of maxima has.
    """
    level, seen = set(tensors_read(kink.gap)), set[str]()
    while level:
        layers = {graph.tensors[name].layer for name in level if graph.tensors[name].role == "parameter"}
        if layers:
            return frozenset(tensor.name for tensor in graph.parameters if tensor.layer in layers)
        seen |= level
        read = [tensors_read(equation.rhs) for equation in graph.equations if equation.tensor in level]
        level = {name for names in read for name in names} - seen
    return frozenset()


def nearest(graph: Graph, values: Mapping[str, Array], sizes: Mapping[Symbol, int]) -> tuple[float, str]:
    """The distance to the nearest kink, and the tensor whose equation has it; infinity and "" if there is none.

    Args:
        graph: The forward pass.
        values: Every tensor of it, at one point.
        sizes: Every symbolic size.
    """
    evaluator = Evaluator(values, sizes)
    distances = [(_smallest(np.abs(np.real(_gaps(kink, evaluator)))), kink.tensor) for kink in kinks(graph)]
    return min(distances, default=(inf, ""))


def reach(graph: Graph, values: Mapping[str, Array], sizes: Mapping[Symbol, int], step: float) -> Array:
    """How far one can go along each direction before the nearest kink, by its tangent.

    Args:
        graph: The forward pass.
        values: Every tensor at several points, each a complex step along one direction.
        sizes: Every symbolic size.
        step: The length of the complex step.

    Returns:
        One number for each direction: the least |gap| / max(1, |slope of the gap|).
    """
    evaluator = Evaluator(values, sizes)
    least = np.asarray(inf)
    for kink in kinks(graph):
        gaps = _gaps(kink, evaluator)
        ahead = np.abs(gaps.real) / np.maximum(1.0, np.abs(gaps.imag) / step)
        least = np.minimum(least, ahead.reshape(len(ahead), -1).min(axis=1))
    return least


def _gaps(kink: Kink, evaluator: Evaluator) -> Array:
    axes = [index for index in indices_of(kink.gap) if index in kink.gap.free_symbols and index != kink.over]
    with np.errstate(all="ignore"):
        grid = evaluator.grid(kink.gap)
    if kink.over is None:
        return aligned(grid, [axis for axis in (BATCH, *axes) if axis in grid.axes])
    data = aligned(grid, [axis for axis in (BATCH, *axes) if axis in grid.axes] + [kink.over])
    if data.shape[-1] < 2:
        return np.full(data.shape, inf)
    order = np.argsort(-data.real, axis=-1, kind="stable")[..., :2]
    top = np.take_along_axis(data, order, -1)
    return np.asarray(top[..., 0] - top[..., 1])


def _smallest(data: Array) -> float:
    return float(np.min(data)) if data.size else inf
