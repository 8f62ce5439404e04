"""Graph → a point to check it at: the worked sample if the tensors have values, else seeded random numbers.

Random numbers satisfy the facts that a derivation may have used, and keep away from kinks, where a difference
quotient says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import sympy as sp
from sympy import Expr, Symbol

from symbackprop.categories import drawn_among, least_sizes
from symbackprop.errors import ShapeError, UndefinedError
from symbackprop.expressions import Delta, Index, Read, reads
from symbackprop.graph import Graph, Role, Tensor
from symbackprop.verify.equations import evaluate_graph, known_sizes
from symbackprop.verify.fields import Array
from symbackprop.verify.kinks import nearest

MOST_ENTRIES = 2_000_000
CLEARANCE = 1e-2
MOST_DRAWS = 100
GIVEN: tuple[Role, ...] = ("input", "target", "parameter", "constant")


@dataclass(frozen=True)
class Point:
    """Where a graph is evaluated.

    Attributes:
        name: What a report calls it.
        values: Every tensor of the graph, the computed ones included.
        sizes: Every symbolic size.
        distance: How far the nearest kink is.
        kink: The tensor whose equation has that kink, or "".
        redrawn: How many draws were thrown away because a kink was nearer than 1e-2 or the loss was not finite.
    """

    name: str
    values: Mapping[str, Array]
    sizes: Mapping[Symbol, int]
    distance: float = np.inf
    kink: str = ""
    redrawn: int = 0


def worked_point(graph: Graph) -> Point | None:
    """The point that the tensors' own values make, or `None` if one has no value."""
    given = graph.with_role(*GIVEN)
    if not given or any(tensor.value is None for tensor in given):
        return None
    values = {tensor.name: _own(tensor) for tensor in given}
    return measured(graph, "the worked sample", values, graph.sizes)


def _own(tensor: Tensor) -> Array:
    array = np.asarray(tensor.value).astype(np.float64)
    # A single sample may be written without the axis of the samples.
    return array[None] if array.ndim == len(tensor.indices) - 1 else array


def random_point(
    graph: Graph, rng: np.random.Generator, sizes: Mapping[Symbol, int] | None = None, name: str = "a random point"
) -> Point:
    """Draw a point at least 1e-2 away from every kink, at which the loss is finite.

    Args:
        graph: The forward pass.
        rng: The source of randomness.
        sizes: Values of symbolic sizes; the graph's own, and small distinct ones for the rest, if left out.
        name: What a report calls the point.

    Returns:
        The point, or after a hundred draws the farthest from a kink.
    """
    known = _affordable(graph) if sizes is None else dict(sizes)
    known = {**small_sizes(graph, known), **known}
    best: Point | None = None
    for draw in range(MOST_DRAWS):
        values = {
            tensor.name: _draw(graph, tensor, known, rng, draw >= MOST_DRAWS // 4) for tensor in graph.with_role(*GIVEN)
        }
        point = replace(measured(graph, name, values, known), redrawn=draw)
        if not np.isfinite(point.values[graph.loss.name]):
            continue
        if point.distance >= CLEARANCE:
            return point
        if best is None or point.distance > best.distance:
            best = point
    if best is None:
        message = f"no random point was found at which the loss of {graph.name!r} is finite"
        raise UndefinedError(message, code="SB061", help="look for a logarithm or root of what is never positive")
    return replace(best, redrawn=MOST_DRAWS)


def _affordable(graph: Graph) -> dict[Symbol, int]:
    """The graph's own sizes, if arrays of these sizes can be drawn and differentiated in a moment; else none."""
    shapes = [tensor.shape for tensor in graph.with_role(*GIVEN)]
    table = {symbol: sp.Integer(value) for symbol, value in graph.sizes.items()}
    lengths = [[size.xreplace(table) for size in shape] for shape in shapes]
    count = sum(prod(int(length) for length in axes if length.is_Integer) for axes in lengths)
    return dict(graph.sizes) if count <= MOST_ENTRIES else {}


def measured(graph: Graph, name: str, values: Mapping[str, Array], sizes: Mapping[Symbol, int]) -> Point:
    """The point of some given values: everything computed, and the distance to the nearest kink."""
    sizes = known_sizes(graph.tensors, values, sizes)
    everything = evaluate_graph(graph, values, sizes=sizes)
    distance, kink = nearest(graph, everything, sizes)
    return Point(name, everything, sizes, distance, kink)


def small_sizes(graph: Graph, known: Mapping[Symbol, int]) -> dict[Symbol, int]:
    """Sizes from 2 to 5 for the unknown ones, neighbours distinct, grown until every axis is at least 2 long."""
    shapes = [size for tensor in graph.tensors.values() for size in tensor.shape]
    symbols = list(dict.fromkeys(s for size in shapes for s in sorted(size.free_symbols, key=str) if s not in known))
    least = least_sizes(graph)
    for extra in range(20):
        chosen = {symbol: max(2 + n % 4 + extra, least.get(symbol, 0)) for n, symbol in enumerate(symbols)}
        table = {symbol: sp.Integer(value) for symbol, value in {**chosen, **known}.items()}
        if all(size.xreplace(table) >= 2 for size in shapes if size.free_symbols & set(symbols)):
            return chosen
    message = f"no small sizes were found that make every axis of {graph.name!r} at least 2 long"
    raise ShapeError(message, help="give the sizes that are symbols numbers")


def _draw(graph: Graph, tensor: Tensor, sizes: Mapping[Symbol, int], rng: np.random.Generator, positive: bool) -> Array:
    shape = tuple(int(_sized(size, sizes)) for size in tensor.shape)
    facts = {fact.kind: fact.axis for fact in tensor.facts}
    if tensor.role == "constant" and tensor.value is not None:
        return _own(tensor)
    if "integer" in facts:
        lowest, lengths = drawn_among(graph)[tensor.name]
        count = min([_bound(graph, tensor, sizes), *(int(_sized(length, sizes)) for length in lengths)])
        return rng.integers(lowest, lowest + count, shape).astype(np.float64)
    if "one_hot" in facts:
        return _one_hot(shape, facts["one_hot"], rng)
    # Targets between 0 and 1 suit every loss, those with logarithms of t and of 1 - t too.
    if tensor.role == "target" or "sums_to_one" in facts or positive:
        drawn = rng.uniform(0.1, 0.9, shape)
        return drawn / drawn.sum(facts["sums_to_one"], keepdims=True) if "sums_to_one" in facts else drawn
    drawn = rng.standard_normal(shape)
    return drawn / np.sqrt(max(1, prod(shape[1:]))) if tensor.role == "parameter" else drawn


def _sized(size: Expr, sizes: Mapping[Symbol, int]) -> Expr:
    return size.xreplace({symbol: sp.Integer(value) for symbol, value in sizes.items()})


def _one_hot(shape: tuple[int, ...], axis: int, rng: np.random.Generator) -> Array:
    others = list(shape)
    length = others.pop(axis)
    hot = np.eye(length)[rng.integers(0, length, others)]
    return np.moveaxis(hot, -1, axis)


def _bound(graph: Graph, tensor: Tensor, sizes: Mapping[Symbol, int]) -> int:
    """One more than the largest integer that may stand where this tensor is used as an index."""
    bounds = [3]
    for equation in graph.equations:
        for read in reads(equation.rhs):
            for place, index in enumerate(read.indices):
                if tensor.name in [inner.tensor for inner in index.atoms(Read)]:
                    size = graph.tensors[read.tensor].shape[place]
                    bounds.append(int(_sized(size - _furthest(index), sizes)))
        for delta in equation.rhs.atoms(Delta):
            if tensor.name in [inner.tensor for inner in delta.atoms(Read)]:
                bounds += [int(_sized(arg.size, sizes)) for arg in delta.args if hasattr(arg, "size")]
    return min(bounds[1:], default=bounds[0])


def _furthest(place: Expr) -> Expr:
    """How far indices move a place from the number that it is read from: 3 (n - 1) for 3 i + t."""
    terms = sp.Add.make_args(sp.expand(place))
    moving = sp.Add(*(term for term in terms if term.atoms(Index) and not term.atoms(Read)))
    return moving.xreplace({index: index.size - 1 for index in moving.atoms(Index)})
