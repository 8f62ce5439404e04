"""Scalar equations and an update rule → the numbers of one worked step, and what it gives if one convention is another.

The loss after a step depends on choices that are easy to make without noticing: which parameters move, in which order,
with which constant factor. Each choice that this network has is carried out, so that a reader finds his own number.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import mpmath
import sympy as sp
from sympy import Expr, Symbol

from symbackprop.expressions import Total, reads
from symbackprop.forward import SAMPLES
from symbackprop.graph import Derivation
from symbackprop.language import parse_equations
from symbackprop.public import public
from symbackprop.unroll.records import Scalars
from symbackprop.unroll.values import DIGITS, Exact, alike, evaluated, numbers

Order = Literal["simultaneous", "sequential"]
VALUE, GRADIENT = Symbol("w"), Symbol("g")


@dataclass(frozen=True)
class Variant:
    """The loss after a step that was made with one convention changed.

    Attributes:
        kind: `"simultaneous"` or `"sequential"` updates, `"all"` or only the `"weights"` updated, one bias for each
            neuron (`"own biases"`), gradients that lack or have a ½ (`"doubled"`, `"halved"`), the samples' gradients
            added or averaged (`"summed"`, `"averaged"`).
        loss: The loss, as the network defines it, after the step.
    """

    kind: str
    loss: Exact


@dataclass(frozen=True)
class Worked:
    """The numbers of one worked step.

    Attributes:
        numbers: The value of every scalar before the step, by its name; a `Fraction` where it is exact.
        new: The value of every parameter after the step, by its name.
        loss: The loss after the step.
        variants: What other conventions give.
        sweep: For a network with one parameter the loss and everything else at some of its values.
    """

    numbers: Mapping[str, Exact]
    new: Mapping[str, Exact]
    loss: Exact
    variants: tuple[Variant, ...] = ()
    sweep: tuple[tuple[Exact, Mapping[str, Exact]], ...] = ()


def work(
    derivation: Derivation,
    scalars: Scalars,
    rule: Expr,
    order: Order = "simultaneous",
    point: Mapping[str, Any] | None = None,
) -> Worked:
    """Work one step of training through at a sample.

    Args:
        derivation: What `scalars` was unrolled from.
        scalars: What `unroll` returned.
        rule: The new value of a parameter in the symbols w, its value, and g, its gradient; see `update_rule`.
        order: Whether all gradients are taken at one point, or a layer's new weights serve the layers before it.
        point: Numbers as for `values`; those that came with the network are used where one is left out.

    Raises:
        ShapeError: A number is missing.
    """
    found = numbers(scalars, point)
    with mpmath.workdps(DIGITS):
        step = _Step(derivation, scalars, found, rule)
        new = step.updated(order, step.trainable)
        variants = tuple(Variant(kind, loss) for kind, loss in step.variants(order))
        return Worked(found, new, step.loss(new), variants, tuple(step.sweep()))


def update_rule(equations: str, settings: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> Expr:
    """The new value of a parameter in the symbols w and g, by the first step of an optimizer.

    Args:
        equations: Equations in w and g, the last for w, such as `"w = w - learning_rate * g"`.
        settings: Numbers for the other names in them.
        state: What the optimizer keeps from step to step, with its first values.

    Example:
        >>> update_rule("w = w - learning_rate * g", {"learning_rate": "0.5"})
        -g/2 + w
        >>> momentum = ("v = mu * v + g", "w = w - v")
        >>> update_rule(chr(10).join(momentum), {"mu": "0.9"}, {"v": 0})
        -g + w
    """
    numbers = {**(state or {}), "step": 1, **settings}
    known: dict[str, Expr] = {
        name: sp.Rational(*Fraction(str(value)).as_integer_ratio()) for name, value in numbers.items()
    }
    value: Expr = Symbol("w")
    for statement in parse_equations(equations, {"floor": sp.floor}):
        table = {read: known.get(read.tensor, Symbol(read.tensor)) for read in reads(statement.rhs)}
        value = known[statement.tensor] = statement.rhs.xreplace(table)
    return public(value)


class _Step:
    def __init__(self, derivation: Derivation, scalars: Scalars, found: Mapping[str, Exact], rule: Expr) -> None:
        self.graph = derivation.graph
        self.scalars = scalars
        self.found = found
        self.rule = rule
        self.parameters = {
            symbol: tensor
            for tensor in self.graph.parameters
            for symbol in scalars.elements[tensor.name].values()
            if symbol in scalars.adjoint_of
        }
        self.trainable = {symbol for symbol, tensor in self.parameters.items() if tensor.trainable}

    def updated(self, order: Order, moved: set[Symbol], scale: Exact = Fraction(1)) -> dict[str, Exact]:
        """The parameters after a step; in sequential order a gradient is taken where the layers behind it are new."""
        gradient_of = {self.scalars.adjoint_of[symbol]: symbol for symbol in self.parameters}
        point = {Symbol(name): value for name, value in self.found.items()}
        new: dict[Symbol, Exact] = {symbol: point[symbol] for symbol in self.parameters}
        for equation in self.scalars.adjoints:
            point[equation.symbol] = evaluated(equation.rhs, point)
            symbol = gradient_of.get(equation.symbol)
            if symbol in moved:
                new[symbol] = self.moved(new[symbol], point[equation.symbol], scale)
                if order == "sequential":
                    point[symbol] = new[symbol]
        return {symbol.name: value for symbol, value in new.items()}

    def moved(self, value: Exact, gradient: Exact, scale: Exact = Fraction(1)) -> Exact:
        """One parameter after the step."""
        return evaluated(self.rule, {VALUE: value, GRADIENT: operator.mul(*alike(gradient, scale))})

    def loss(self, new: Mapping[str, Exact], own: Mapping[tuple[Symbol, Symbol], Exact] | None = None) -> Exact:
        """The loss at some parameters; `own` gives values that one equation alone uses for a shared parameter."""
        point = {Symbol(name): value for name, value in {**self.found, **new}.items()}
        for equation in self.scalars.forward:
            mine = {read: value for (defined, read), value in (own or {}).items() if defined == equation.symbol}
            point[equation.symbol] = evaluated(equation.rhs, {**point, **mine})
        return point[self.scalars.loss]

    def variants(self, order: Order) -> Iterator[tuple[str, Exact]]:
        """Every other convention that this network leaves open."""
        other: Order = "sequential" if order == "simultaneous" else "simultaneous"
        everything = set(self.parameters)
        matrices = {symbol for symbol, tensor in self.parameters.items() if len(tensor.indices) > 1}
        if len({self.parameters[symbol].layer for symbol in self.trainable}) > 1:
            yield other, self.loss(self.updated(other, self.trainable))
        if everything != self.trainable:
            yield "all", self.loss(self.updated(order, everything))
        elif matrices and everything != matrices:
            yield "weights", self.loss(self.updated(order, matrices))
        if own := self._own_biases():
            yield "own biases", self.loss(self.updated("simultaneous", everything), own)
        for kind, scale in self._scales():
            yield kind, self.loss(self.updated(order, self.trainable, scale))

    def _own_biases(self) -> dict[tuple[Symbol, Symbol], Exact]:
        """For each neuron that reads a shared bias the value that a bias of its own would have after a step."""
        shared = {symbol for symbol, tensor in self.parameters.items() if not tensor.indices}
        slopes = {Symbol(name): value for name, value in self.found.items()}
        gradients: dict[tuple[str, Any, Symbol], Exact] = {}
        readers = {equation.symbol: equation for equation in self.scalars.forward}
        # What the loss itself reads is no bias of a neuron.
        defined_by_neurons = self.scalars.adjoint_of
        pairs = [(one, read) for one, read in self.scalars.partials if read in shared and one in defined_by_neurons]
        batch = {t.name for t in self.graph.tensors.values() if t.shape and t.shape[0] == SAMPLES}

        def neuron(defined: Symbol, read: Symbol) -> tuple[str, Any, Symbol]:
            equation = readers[defined]
            return equation.tensor, equation.at[1:] if equation.tensor in batch else equation.at, read

        for defined, read in pairs:
            seed = slopes[self.scalars.adjoint_of[defined]]
            share = evaluated(self.scalars.partials[defined, read] * GRADIENT, {**slopes, GRADIENT: seed})
            key = neuron(defined, read)
            gradients[key] = sum(alike(gradients.get(key, Fraction(0)), share))
        if len(gradients) == len({read for _, _, read in gradients}):
            return {}
        return {(defined, read): self.moved(slopes[read], gradients[neuron(defined, read)]) for defined, read in pairs}

    def _scales(self) -> Iterator[tuple[str, Exact]]:
        """Constant factors of the loss that other texts leave out or put in."""
        rhs = self.graph.equations[-1].rhs
        bodies = [node.body for node in rhs.atoms(Total)] or [rhs]
        squares = any(node.is_Pow and node.exp == 2 for body in bodies for node in sp.preorder_traversal(body))
        if squares and any(body.as_coeff_Mul()[0] == sp.Rational(1, 2) for body in (*bodies, rhs)):
            yield "doubled", Fraction(2)
        elif squares:
            yield "halved", Fraction(1, 2)
        count = self.graph.sizes.get(SAMPLES, 1)
        if count > 1:
            yield ("summed", Fraction(count)) if rhs.has(1 / SAMPLES) else ("averaged", Fraction(1, count))

    def sweep(self) -> Iterator[tuple[Exact, Mapping[str, Exact]]]:
        """The one parameter of a network that has one, from the far side of the step to as far behind the start."""
        if len(self.parameters) != 1:
            return
        ((symbol, _),) = self.parameters.items()
        for value in _around(self.found[symbol.name]):
            point = {Symbol(name): number for name, number in self.found.items()} | {symbol: value}
            for equation in (*self.scalars.forward, *self.scalars.adjoints):
                point[equation.symbol] = evaluated(equation.rhs, point)
            yield value, {scalar.name: number for scalar, number in point.items()}


def _around(value: Exact) -> Sequence[Exact]:
    """Values two and a half to either side, in steps of a quarter."""
    return [
        value + Fraction(n, 4) if isinstance(value, Fraction) else value + mpmath.mpf(n) / 4 for n in range(-10, 11)
    ]
