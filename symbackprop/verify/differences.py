"""A loss → its derivatives from its values alone, along some directions, by three methods that share nothing.

Differences of the loss as it is given (adaptive, with an error estimate), a complex step on the graph, and differences
of the graph at 50 digits as referee. Few parameters get one direction each; many get random directions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from sympy import Symbol

from symbackprop.expressions import Index, indices_of
from symbackprop.graph import Graph
from symbackprop.verify.equations import evaluate_graph
from symbackprop.verify.fields import NUMPY, Array, mpmath_field
from symbackprop.verify.grids import size_of
from symbackprop.verify.kinks import reach

# Its square is 0 in double precision, so that a tie stays one: silu(ih) has a real part of the order of h^2.
COMPLEX_STEP = 1e-200
DIGITS = 50
EACH_PARAMETER = 200
RANDOM_DIRECTIONS = 5


@dataclass(frozen=True)
class Coordinates:
    """Some tensors as one vector, in a fixed order.

    Attributes:
        shapes: Name → shape.
    """

    shapes: Mapping[str, tuple[int, ...]]

    @property
    def count(self) -> int:
        """The length of the vector."""
        return sum(prod(shape) for shape in self.shapes.values())

    def flat(self, values: Mapping[str, Array]) -> Array:
        """The tensors as one vector."""
        parts = [np.reshape(values[name], -1) for name in self.shapes]
        return np.concatenate(parts) if parts else np.zeros(0)

    def tensors(self, vectors: Array) -> dict[str, Array]:
        """Vectors along the last axis → tensors, with the other axes in front."""
        found, start = {}, 0
        for name, shape in self.shapes.items():
            part = vectors[..., start : start + prod(shape)]
            found[name], start = part.reshape((*vectors.shape[:-1], *shape)), start + prod(shape)
        return found

    def part(self, name: str) -> slice:
        """Where a tensor lies in the vector."""
        names = list(self.shapes)
        start = sum(prod(self.shapes[other]) for other in names[: names.index(name)])
        return slice(start, start + prod(self.shapes[name]))


@dataclass(frozen=True)
class Estimate:
    """Derivatives by differences: their values, the errors the method claims, and whether it reports success."""

    value: Array
    error: Array
    success: Array


def coordinates_of(names: Iterable[str], values: Mapping[str, Array]) -> Coordinates:
    """Some tensors as coordinates."""
    return Coordinates({name: np.shape(values[name]) for name in names})


def directions_for(count: int, rng: np.random.Generator) -> Array:
    """One direction for each of up to 200 parameters, beyond that a few random ones of length 1."""
    if count <= EACH_PARAMETER:
        return np.eye(count)
    drawn = rng.standard_normal((RANDOM_DIRECTIONS, count))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def differences(
    loss: Callable[[Array], float],
    point: Array,
    directions: Array,
    *,
    reaches: Array | float = np.inf,
    scale: float = 1.0,
) -> Estimate:
    """Derivatives of a function of a vector, from its values, with steps that stay on this side of every kink.

    Args:
        loss: A real function of a vector.
        point: Where, a vector.
        directions: Along what, one per row.
        reaches: How far the nearest kink is along each direction; see `kinks.reach`.
        scale: The size of the gradient, below a small part of which an error does not matter.

    Returns:
        One derivative for each direction.
    """
    from scipy.differentiate import jacobian

    def along(offsets: Array) -> Array:
        columns = offsets.reshape(len(directions), -1).T
        found = np.array([loss(point + column @ directions) for column in columns])
        return found.reshape(offsets.shape[1:])

    steps = np.broadcast_to(np.minimum(0.5, 0.4 * np.asarray(reaches)), (len(directions),))
    tolerances = {"atol": 1e-10 * (scale if np.isfinite(scale) else 1.0) + 1e-300, "rtol": 1e-8}
    with np.errstate(all="ignore"):
        found = jacobian(along, np.zeros(len(directions)), initial_step=steps, tolerances=tolerances)
    return Estimate(np.asarray(found.df), np.asarray(found.error), np.asarray(found.success))


def complex_step(
    graph: Graph, values: Mapping[str, Array], coordinates: Coordinates, directions: Array, sizes: Mapping[Symbol, int]
) -> tuple[Array, Array]:
    """Derivatives of the graph's loss along directions, without subtraction, hence to the last digits.

    Args:
        graph: The forward pass.
        values: Its given tensors.
        coordinates: The tensors that move.
        directions: One per row, in these coordinates.
        sizes: Every symbolic size.

    Returns:
        One derivative for each direction, and how far the nearest kink is along it.
    """
    moved = coordinates.flat(values) + 1j * COMPLEX_STEP * directions
    everything = evaluate_graph(graph, {**given(graph, values), **coordinates.tensors(moved)}, NUMPY, sizes)
    loss = np.broadcast_to(everything[graph.loss.name], (len(directions),))
    reached = np.broadcast_to(reach(graph, everything, sizes, COMPLEX_STEP), (len(directions),))
    return np.asarray(loss.imag / COMPLEX_STEP), reached


def high_precision(
    graph: Graph,
    values: Mapping[str, Array],
    coordinates: Coordinates,
    directions: Array,
    sizes: Mapping[Symbol, int],
    digits: int = DIGITS,
) -> Array:
    """Derivatives of the graph's loss along directions, by central differences in arithmetic of twice the digits.

    Args:
        graph: The forward pass.
        values: Its given tensors, taken as exact.
        coordinates: The tensors that move.
        directions: One per row, in these coordinates.
        sizes: Every symbolic size.
        digits: How many digits of the result are right.

    Returns:
        One number for each direction, rounded to double precision.
    """
    field = mpmath_field(2 * digits + 10)
    step = field.context.mpf(10) ** (-(digits // 2 + 3))
    here, ahead = field.array(coordinates.flat(values)), field.array(directions) * step
    moved = coordinates.tensors(np.concatenate([here + ahead, here - ahead]))
    everything = evaluate_graph(graph, {**given(graph, values), **moved}, field, sizes)
    losses = np.broadcast_to(everything[graph.loss.name], (2 * len(directions),))
    slopes = (losses[: len(directions)] - losses[len(directions) :]) / (2 * step)
    return np.asarray(slopes, dtype=np.float64)


def given(graph: Graph, values: Mapping[str, Array]) -> dict[str, Array]:
    """The values of the tensors that no equation defines."""
    defined = {equation.tensor for equation in graph.equations}
    return {name: array for name, array in values.items() if name in graph.tensors and name not in defined}


def operations(graph: Graph, sizes: Mapping[Symbol, int]) -> int:
    """About how many scalar operations one evaluation of a graph takes."""
    return sum(_cells(list({*eq.indices, *indices_of(eq.rhs)}), sizes) for eq in graph.equations)


def _cells(indices: Sequence[Index], sizes: Mapping[Symbol, int]) -> int:
    return prod(size_of(index, sizes) for index in indices)
