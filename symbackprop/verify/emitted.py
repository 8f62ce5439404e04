"""Emitted code and a point → its loss and gradient there, as vectors, and what it would cost to know them better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from symbackprop.graph import Graph, Tensor
from symbackprop.verify.differences import Coordinates, coordinates_of, high_precision, operations
from symbackprop.verify.fields import Array
from symbackprop.verify.points import Point

MOST_OPERATIONS = 1_000_000  # in 50-digit arithmetic, about a microsecond each

VANISHING = 1e-13  # what rounding makes of a gradient that is 0 because terms of size 1 cancel


class Compiled(Protocol):
    """Emitted code that has been loaded: parameters and gradients are arrays by name.

    After the parameters come the inputs and then the targets, each an array.
    """

    def loss(self, params: Mapping[str, Array], *data: Array) -> float:
        """The loss."""

    def loss_and_grad(self, params: Mapping[str, Array], *data: Array) -> tuple[float, Mapping[str, Array]]:
        """The loss and its gradient with respect to every parameter."""


@dataclass(frozen=True)
class Emitted:
    """Emitted code at one point of its graph.

    Attributes:
        graph: The forward pass that the code was made from.
        compiled: The code.
        point: Where.
        wanted: The parameters whose gradient the code must have; all of them if left out. One that it has beyond
            them is looked at too.
    """

    graph: Graph
    compiled: Compiled
    point: Point
    wanted: frozenset[str] | None = None

    @cached_property
    def parameters(self) -> dict[str, Array]:
        """The values of all parameters."""
        return {tensor.name: self.point.values[tensor.name] for tensor in self.graph.parameters}

    @cached_property
    def coordinates(self) -> Coordinates:
        """The parameters that are looked at, as one vector."""
        got = self.loss_and_gradient[1]
        names = [name for name in self.parameters if self.wanted is None or name in self.wanted or name in got]
        return coordinates_of(names, self.point.values)

    @cached_property
    def vector(self) -> Array:
        """The values of the parameters."""
        return self.coordinates.flat(self.point.values)

    @cached_property
    def arguments(self) -> tuple[Array, ...]:
        """What the code takes after the parameters: inputs and given constants, then targets."""
        given = (*self.graph.with_role("input", "constant"), *self.graph.with_role("target"))
        return tuple(_as_given(tensor, self.point.values[tensor.name]) for tensor in given)

    @cached_property
    def loss_and_gradient(self) -> tuple[float, dict[str, Array]]:
        """What the code returns."""
        loss, gradient = self.compiled.loss_and_grad(self.parameters, *self.arguments)
        return float(loss), {name: np.asarray(array, dtype=np.float64) for name, array in gradient.items()}

    def loss(self, vector: Array) -> float:
        """The emitted loss at other parameters."""
        return float(self.compiled.loss({**self.parameters, **self.coordinates.tensors(vector)}, *self.arguments))

    @cached_property
    def gradient(self) -> Array:
        """The emitted gradient as one vector; `shape_checks` must have passed."""
        return self.coordinates.flat(self.loss_and_gradient[1])

    def slopes(self, directions: Array) -> Array:
        """The emitted derivative along each direction; a nan stays with the element that has it if each has its own."""
        single = directions.shape[0] == directions.shape[1]
        return self.gradient if single else np.asarray(directions @ self.gradient)

    @cached_property
    def floor(self) -> float:
        """What rounding alone may make of a derivative that is 0."""
        sizes = (float(np.linalg.norm(self.gradient)), abs(self.loss_and_gradient[0]))
        least = 1e-14 * max((size for size in sizes if np.isfinite(size)), default=0.0) + 1e-30
        return VANISHING if least < VANISHING and sizes[0] < VANISHING and self._vanishes else least

    @property
    def _vanishes(self) -> bool:
        """Whether all derivatives are 0 to 50 digits, such as those of a loss that never changes: terms cancel."""
        # No other gradient is 0 along two random directions.
        exact = self.referee(np.random.default_rng(0).standard_normal((2, self.coordinates.count)))
        return exact is not None and bool(np.all(np.abs(exact) < 1e-30))

    def affords(self, directions: int, limit: int) -> bool:
        """Whether so many derivatives to 50 digits cost no more than a limit."""
        return 2 * directions * operations(self.graph, self.point.sizes) <= limit

    def referee(self, directions: Array) -> Array | None:
        """Derivatives to 50 digits, or `None` if they would take too long."""
        if not self.affords(len(directions), MOST_OPERATIONS):
            return None
        return high_precision(self.graph, self.point.values, self.coordinates, directions, self.point.sizes)


def _as_given(tensor: Tensor, array: Array) -> Array:
    """What a caller hands to the code: positions are whole numbers, which the point holds as floats."""
    return array.astype(np.int64) if tensor.is_whole else array
