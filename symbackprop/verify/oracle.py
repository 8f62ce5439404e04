"""Graph at concrete sizes → its gradient from one big SymPy expression of the loss, for very small networks only.

It is what a person would do without any calculus of indices: write the loss out in single weights and differentiate.
The expression grows threefold per layer, hence the limit; a branch is resolved by its condition at the point.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from sympy import Expr, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symbackprop import calculus
from symbackprop.errors import TooLargeError, UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.graph import Equation, Graph
from symbackprop.matrices import Determinant, Inverse, determinant, inverse_entry
from symbackprop.verify.differences import given
from symbackprop.verify.fields import Array
from symbackprop.verify.grids import size_of

MOST_PARAMETERS = 30
MOST_NODES = 10_000  # of the loss, counted once for each parameter by which it is differentiated: about a second
MOST_WITHIN = 400  # of what stands in other elements: SymPy expands it to tell whether a product of it is finite
DIGITS = 30

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}

Place = Mapping[Index, int]


def oracle_gradient(
    graph: Graph, values: Mapping[str, Array], sizes: Mapping[Symbol, int], wrt: Iterable[str] | None = None
) -> dict[str, Array]:
    """∂E/∂W for every parameter, by differentiating the written-out loss.

    Args:
        graph: The forward pass, of fewer than 30 parameters.
        values: Its given tensors.
        sizes: Every symbolic size.
        wrt: The names of the parameters; all if left out.

    Returns:
        Name of the parameter → array of its shape.

    Raises:
        TooLargeError: The written-out loss would be too long.
    """
    names = [tensor.name for tensor in graph.parameters] if wrt is None else wrt
    parameters = {name: np.shape(values[name]) for name in names}
    count = sum(int(np.prod(shape)) for shape in parameters.values())
    if count >= MOST_PARAMETERS:
        raise TooLargeError(f"the oracle takes fewer than {MOST_PARAMETERS} parameters")
    unrolled = Unrolled(graph, given(graph, values), sizes, MOST_NODES // max(count, 1))
    loss = unrolled.element(graph.loss.name, ())
    gradient = {}
    for name, shape in parameters.items():
        slopes = [calculus.slope(loss, unrolled.symbol(name, place)) for place in np.ndindex(shape)]
        gradient[name] = np.array([float(unrolled.number(slope)) for slope in slopes]).reshape(shape)
    return gradient


@dataclass
class Unrolled:
    """The elements of a graph's tensors as expressions in the single numbers that it is given.

    Attributes:
        graph: The forward pass.
        values: Its given tensors.
        sizes: Every symbolic size.
        most: The nodes that an element may have.

    Raises:
        TooLargeError: An element would be too long.
    """

    graph: Graph
    values: Mapping[str, Array]
    sizes: Mapping[Symbol, int]
    most: int = MOST_NODES
    _elements: dict[tuple[str, tuple[int, ...]], Expr] = field(default_factory=dict)
    _symbols: dict[tuple[str, tuple[int, ...]], Symbol] = field(default_factory=dict)
    _numbers: dict[Expr, Expr] = field(default_factory=dict)
    _lengths: dict[Expr, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._equations: dict[str, Equation] = {equation.tensor: equation for equation in self.graph.equations}
        self._shapes = {
            name: tuple(size_of(index, self.sizes) for index in tensor.indices)
            for name, tensor in self.graph.tensors.items()
        }

    def element(self, name: str, place: tuple[int, ...]) -> Expr:
        """One element of a tensor, written out; 0 outside its range."""
        if any(not 0 <= n < size for n, size in zip(place, self._shapes[name], strict=True)):
            return sp.S.Zero
        if name not in self._equations:
            return self.symbol(name, place)
        key = (name, place)
        if key not in self._elements:
            equation = self._equations[name]
            found = self.written(equation.rhs, dict(zip(equation.indices, place, strict=True)))
            # What is made of this is longer still, and SymPy takes ever longer to sort its terms.
            most = self.most if name == self.graph.loss.name else min(self.most, MOST_WITHIN)
            if (nodes := _nodes(found, self._lengths)) > most:
                raise TooLargeError(f"an element of {name} written out has {nodes} nodes, more than {most}")
            self._elements[key] = found
        return self._elements[key]

    def symbol(self, name: str, place: tuple[int, ...]) -> Symbol:
        """The symbol of one given number."""
        key = (name, place)
        if key not in self._symbols:
            symbol = sp.Dummy(real=True)  # else SymPy asks for the real part of every tanh
            self._symbols[key] = symbol
            self._numbers[symbol] = sp.Float(float(self.values[name][place]), DIGITS)
        return self._symbols[key]

    def number(self, expr: Expr) -> Expr:
        """The value of a written-out expression, each shared part computed once."""
        if expr not in self._numbers:
            if expr.args:
                self._numbers[expr] = expr.func(*map(self.number, expr.args)).evalf(DIGITS)
            else:
                self._numbers[expr] = expr if expr.is_Rational else expr.evalf(DIGITS)
        return self._numbers[expr]

    def written(self, expr: Expr, at: Place) -> Expr:
        """An indexed expression at one place, written out."""
        for kind, method in NODES.items():
            if isinstance(expr, kind):
                return method(self, expr, at)
        if not expr.args:
            return expr
        args = [self.written(arg, at) for arg in expr.args]
        if isinstance(expr, sp.Function | sp.Pow) and args[0].free_symbols:
            # To see whether a special value is meant, exp and powers ask whether what they are given is finite, which
            # SymPy finds out for a tanh of a logarithm by multiplying everything out.
            return expr.func(*args, evaluate=False)
        return expr.func(*args)

    def _read(self, read: Read, at: Place) -> Expr:
        return self.element(read.tensor, tuple(self._integer(index, at) for index in read.indices))

    def _integer(self, expr: Expr, at: Place) -> int:
        return round(float(self.number(self.written(expr, at))))

    def _places(self, bound: tuple[Index, ...], at: Place) -> Iterator[Place]:
        for place in product(*(range(size_of(index, self.sizes)) for index in bound)):
            yield {**at, **dict(zip(bound, place, strict=True))}

    def _total(self, expr: Total, at: Place) -> Expr:
        return sp.Add(*(self.written(expr.body, place) for place in self._places(expr.bound, at)))

    def _best(self, expr: Peak | ArgPeak, at: Place) -> tuple[int, Expr]:
        terms = [self.written(expr.body, place) for place in self._places(expr.bound, at)]
        best = max(range(len(terms)), key=lambda n: (self.number(terms[n]), -n))
        return best, terms[best]

    def _peak(self, expr: Peak, at: Place) -> Expr:
        return self._best(expr, at)[1]

    def _argpeak(self, expr: ArgPeak, at: Place) -> Expr:
        return sp.Integer(self._best(expr, at)[0])

    def _inverse(self, expr: Inverse, at: Place) -> Expr:
        *rest, row, column = (self._integer(index, at) for index in expr.entry.indices)
        name = expr.entry.tensor
        return inverse_entry(lambda i, j: self.element(name, (*rest, i, j)), self._shapes[name][-1], row, column)

    def _determinant(self, expr: Determinant, at: Place) -> Expr:
        row, column = expr.bound
        entry = lambda i, j: self.written(expr.body, {**at, row: i, column: j})  # noqa: E731
        return determinant(entry, size_of(row, self.sizes))

    def _where(self, expr: Where, at: Place) -> Expr:
        return self.written(expr.then if self.holds(expr.condition, at) else expr.otherwise, at)

    def holds(self, condition: Boolean, at: Place) -> bool:
        """Whether a condition holds at the point."""
        if isinstance(condition, Relational):
            left, right = (self.number(self.written(side, at)) for side in condition.args)
            # The sign of the difference: to SymPy 1.0 and 1 are not equal.
            return COMPARISONS[condition.rel_op](float(left - right), 0.0)
        parts = [self.holds(part, at) for part in condition.args]
        if isinstance(condition, sp.Not):
            return not parts[0]
        if isinstance(condition, sp.And | sp.Or):
            return all(parts) if isinstance(condition, sp.And) else any(parts)
        raise UnsupportedError(f"the oracle cannot evaluate the condition {condition.func.__name__!r}")

    def _delta(self, expr: Delta, at: Place) -> Expr:
        left, right = (self._integer(arg, at) for arg in expr.args)
        return sp.Integer(left == right)

    def _within(self, expr: Within, at: Place) -> Expr:
        value, size = (self._integer(arg, at) for arg in expr.args)
        return sp.Integer(0 <= value < size)

    def _index(self, index: Index, at: Place) -> Expr:
        return sp.Integer(at[index])

    def _size(self, symbol: Symbol, at: Place) -> Expr:
        return sp.Integer(self.sizes[symbol])


NODES: dict[type, Any] = {
    Read: Unrolled._read,
    Total: Unrolled._total,
    Where: Unrolled._where,
    Delta: Unrolled._delta,
    Within: Unrolled._within,
    Index: Unrolled._index,
    Symbol: Unrolled._size,
    Peak: Unrolled._peak,
    ArgPeak: Unrolled._argpeak,
    Inverse: Unrolled._inverse,
    Determinant: Unrolled._determinant,
}


def _nodes(expr: Expr, known: dict[Expr, int]) -> int:
    """The length of an expression, in nodes, without walking its shared parts twice."""
    if expr not in known:
        known[expr] = 1 + sum(_nodes(arg, known) for arg in expr.args)
    return known[expr]
