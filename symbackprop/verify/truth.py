"""Derivation and a point → the true value of every sign that a document may print, by what the sign stands for.

The forward pass is evaluated in 50-digit arithmetic. The adjoints come from their equations, and are certified by
differences of the forward pass along a few random directions through every tensor at once: one wrong element of one
adjoint changes each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

import numpy as np
from sympy import Symbol

from symbackprop.display.intervals import mp, number, point
from symbackprop.expressions import Read, indices_of, reads, tensors_read
from symbackprop.graph import Derivation, Equation, Graph, Tensor
from symbackprop.verify.activations import DIGITS, FINE, has_kink, of_arrays, pointwise
from symbackprop.verify.entries import log_softmax, softmax
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph
from symbackprop.verify.evaluate import Evaluator
from symbackprop.verify.fields import Array, mpmath_field
from symbackprop.verify.points import Point

AGREEMENT = 1e-35
DIRECTIONS = 2
SAMPLES = "s"


@dataclass(frozen=True)
class Truth:
    """The numbers of one point.

    Attributes:
        derivation: What is documented.
        point: Where.
        exact: Exact values of given tensors, where decimals were given.
        more: Values of further names, such as the learning rate.
    """

    derivation: Derivation
    point: Point
    exact: Mapping[str, Array]
    more: Mapping[str, Any]

    @property
    def graph(self) -> Graph:
        """The forward pass."""
        return self.derivation.graph

    @cached_property
    def given(self) -> dict[str, Array]:
        """The tensors that no equation defines, as numbers of 50 digits."""
        defined = {equation.tensor for equation in self.graph.equations}
        field = mpmath_field(DIGITS)
        found = {}
        for name, tensor in self.graph.tensors.items():
            if name not in defined and name in self.point.values:
                found[name] = _summed_to_one(tensor, field.array(self._number(name)), field)
        return found

    def _number(self, name: str) -> Array:
        if name not in self.exact:
            return self.point.values[name]
        field = mpmath_field(DIGITS)
        divide = np.frompyfunc(lambda value: field.context.mpf(value.numerator) / value.denominator, 1, 1)
        return np.asarray(divide(self.exact[name]), dtype=object)

    @cached_property
    def values(self) -> dict[str, Array]:
        """Every tensor and adjoint, as numbers of 50 digits."""
        field = mpmath_field(DIGITS)
        found = evaluate_graph(self.graph, self.given, field, self.point.sizes)
        return found | evaluate_adjoints(self.derivation, found, field, self.point.sizes)

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """Every value as an array of intervals, exact where it was given exactly."""
        interval = np.frompyfunc(number, 1, 1)
        found: dict[str, Array] = {}
        for name, array in {**self.values, **self.exact}.items():
            shift = 1 if name in self.graph.tensors and self.graph.tensors[name].from_one else 0
            found[name] = np.asarray(interval(np.asarray(array, dtype=object) + shift), dtype=object)
        for symbol, size in self.point.sizes.items():
            found[symbol.name] = np.asarray(point(Fraction(size)), dtype=object)
        for name, value in self.more.items():
            found[name] = np.asarray(interval(np.asarray(value, dtype=object)), dtype=object)
        return found

    @cached_property
    def numbers(self) -> list[Any]:
        """Every number that there is."""
        return [value.middle for array in self.arrays.values() for value in array.flat]

    def doubtful(self, seed: int = 0) -> str:
        """What is wrong with the adjoints, as differences of the forward pass alone tell; nothing if they are right."""
        rng = np.random.default_rng(seed)
        field = mpmath_field(FINE)
        step = field.context.mpf(10) ** (-(DIGITS // 2 + 3))
        adjoints = {old: new for old, new in self.derivation.adjoint_of.items() if new in self.values}
        graph = _nudged(self.graph, adjoints)
        names = list(adjoints)
        for _ in range(DIRECTIONS):
            nudge = {name: rng.integers(-9, 10, np.shape(self.values[adjoints[name]])) for name in names}
            losses = []
            for sign in (1, -1):
                moved = {f"{name}__nudge": field.array(array) * (sign * step) for name, array in nudge.items()}
                everything = evaluate_graph(graph, {**_fine(self.given, field), **moved}, field, self.point.sizes)
                losses.append(everything[graph.loss.name].item())
            slope = (losses[0] - losses[1]) / (2 * step)
            parts = [np.sum(self.values[adjoints[name]] * field.array(nudge[name])) for name in names]
            found, size = sum(parts), sum(abs(part) for part in parts)
            if not abs(slope - found) <= AGREEMENT * (size + field.context.mpf(1e-10)):
                return f"the adjoints give {field.context.nstr(found, 17)}, differences {field.context.nstr(slope, 17)}"
        return ""

    def partial(self, defined: str, wrt: str) -> Callable[[tuple[int, ...], tuple[int, ...]], Any] | None:
        """The local derivative of one element of an equation by one of what it reads; `None` if it does not read it."""
        equation = next((one for one in self.graph.equations if one.tensor == defined), None)
        if equation is None or wrt not in tensors_read(equation.rhs):
            return None
        cache = self.__dict__.setdefault("_slopes", {})

        def slope(at: tuple[int, ...], by: tuple[int, ...]) -> Any:
            if (defined, wrt, by) not in cache:
                cache[defined, wrt, by] = self._slopes_by(equation, wrt, by)
            return cache[defined, wrt, by][at]

        return slope

    def _slopes_by(self, equation: Equation, wrt: str, by: tuple[int, ...]) -> Array:
        field = mpmath_field(FINE)
        step = field.context.mpf(10) ** (-(DIGITS // 2 + 3))
        sides = []
        values = _fine({name: self.values[name] for name in tensors_read(equation.rhs)}, field)
        for sign in (1, -1):
            moved = values[wrt].copy()
            moved[by] = moved[by] + sign * step
            sides.append(
                Evaluator({**values, wrt: moved}, self.point.sizes, field).array(equation.rhs, equation.indices)
            )
        return np.asarray((sides[0] - sides[1]) / (2 * step), dtype=object)

    @cached_property
    def functions(self) -> dict[str, Callable[[Any], Any]]:
        """The activations of the network, each from one number to another, and those that are always there."""
        found: dict[str, Callable[[Any], Any]] = {"floor": mp.floor}
        for name, equation in self._rows():
            read = reads(equation.rhs)
            if len(read) == 1 and read[0].indices == equation.indices:
                found[name] = pointwise(equation, read[0], self.point.sizes)
        return found

    def slope_at_kink(self, name: str, at: Any) -> Any:
        """The slope that the derivation states where an activation has two; `None` elsewhere."""
        function = self.functions.get(name)
        return self.stated_slope(name, at) if function is not None and has_kink(function, at) else None

    def stated_slope(self, name: str, at: Any) -> Any:
        """The slope of an activation that the derivation states; what counts where a kink leaves no other."""
        for tensor, equation in [(equation.tensor, equation) for row, equation in self._rows() if row == name]:
            for (defined, wrt), local in self.derivation.partials.items():
                if defined == tensor and local.slope is not None and len(local.at) == len(equation.indices):
                    shape = np.shape(self.values[wrt])
                    field = mpmath_field(FINE)
                    numbers = {wrt: at, tensor: self.functions[name](at)}
                    values = {key: np.full(shape, field.context.convert(one)) for key, one in numbers.items()}
                    indices = [one for one in indices_of(local.slope) if one in local.slope.free_symbols]
                    return Evaluator(values, self.point.sizes, field).array(local.slope, indices).flat[0]
        return None

    @cached_property
    def row_functions(self) -> dict[str, Callable[[Array], Array]]:
        """Functions of the network that take a whole array, such as softmax."""
        found = {}
        for name, equation in self._rows():
            if name not in self.functions and len(tensors_read(equation.rhs)) == 1:
                found[name] = of_arrays(equation, self.point.sizes)
        batched = any(symbol.name == "N" for symbol in self.point.sizes)
        rows = {"softmax": softmax, "log_softmax": log_softmax}
        return {**found, **{name: partial(function, batched=batched) for name, function in rows.items()}}

    def _rows(self) -> list[tuple[str, Equation]]:
        return list(zip(self.graph.rows, self.graph.equations, strict=False))

    @cached_property
    def each_loss(self) -> Array:
        """The loss of each sample by itself."""
        samples = next((int(n) for symbol, n in self.point.sizes.items() if symbol.name == "N"), 1)
        field, found = mpmath_field(DIGITS), []
        for sample in range(samples):
            given = {
                name: array[sample : sample + 1] if _has_samples(self.graph.tensors[name]) else array
                for name, array in self.given.items()
            }
            sizes = {symbol: 1 if symbol.name == "N" else n for symbol, n in self.point.sizes.items()}
            found.append(number(evaluate_graph(self.graph, given, field, sizes)[self.graph.loss.name].item()))
        return np.asarray(found, dtype=object)


def _fine(values: Mapping[str, Array], field: Any) -> dict[str, Array]:
    return {name: field.array(array) for name, array in values.items()}


def _has_samples(tensor: Tensor) -> bool:
    return bool(tensor.indices) and tensor.indices[0].name == SAMPLES


def _summed_to_one(tensor: Tensor, array: Array, field: Any) -> Array:
    for fact in tensor.facts:
        if fact.kind == "sums_to_one":
            return np.asarray(array / array.sum(axis=fact.axis, keepdims=True))
    return array


def _nudged(graph: Graph, names: Mapping[str, str]) -> Graph:
    """The graph with a small number added to every element of every tensor that has an adjoint."""
    tensors = dict(graph.tensors)
    equations = []
    for equation in graph.equations:
        rhs = equation.rhs
        if equation.tensor in names:
            rhs = rhs + Read(f"{equation.tensor}__nudge", *equation.indices)
        equations.append(replace(equation, rhs=rhs))
    given = {name for name in names if name not in {equation.tensor for equation in graph.equations}}
    shifted = [replace(one, rhs=_shifted(one.rhs, given)) for one in equations]
    for name in names:
        tensors[f"{name}__nudge"] = replace(graph.tensors[name], name=f"{name}__nudge", value=None)
    return replace(graph, tensors=tensors, equations=tuple(shifted))


def _shifted(rhs: Any, given: set[str]) -> Any:
    """Every read of a given tensor with its nudge added."""
    table = {read: read + Read(f"{read.tensor}__nudge", *read.indices) for read in reads(rhs) if read.tensor in given}
    return rhs.xreplace(table)


def index_sizes(
    derivation: Derivation, sizes: Mapping[Symbol, int], printed: Mapping[str, str] | None = None
) -> dict[str, dict[str, set[int]]]:
    """How far the indices of each name run in the lines about each tensor, under "" anywhere.

    A document does not print it.

    Args:
        derivation: What is documented.
        sizes: The values of symbolic sizes.
        printed: The letters that are printed for some of the names.
    """
    lines = [(one.tensor, one.rhs) for one in (*derivation.graph.equations, *derivation.adjoints)]
    lines += [
        (name, side) for name, steps in derivation.steps.items() for one in steps for side in (one.before, one.after)
    ]
    found: dict[str, dict[str, set[int]]] = {"": {}}
    for tensor, expr in lines:
        for index in indices_of(expr):
            length = len(Evaluator({}, sizes).range(index))
            for about in ("", tensor):
                for name in {index.name, (printed or {}).get(index.name, index.name)}:
                    found.setdefault(about, {}).setdefault(name, set()).add(length)
    return found


def exact_values(tensor: Tensor, point: Point) -> Array:
    """The numbers of a given tensor as fractions, digit by digit as they were written."""
    found = np.empty(np.shape(point.values[tensor.name]), dtype=object)
    for place, value in zip(np.ndindex(found.shape), _leaves(tensor.value), strict=True):
        found[place] = Fraction(str(value))
    return found


def _leaves(value: Any) -> list[Any]:
    return (
        [leaf for one in value for leaf in _leaves(one)]
        if hasattr(value, "__len__") and not isinstance(value, str)
        else [value]
    )
