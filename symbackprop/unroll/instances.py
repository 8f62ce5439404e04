"""Indexed expression → a function from values of its indices to a scalar expression, compiled once, called for each.

Walking a tree of closures costs one call a node; substituting indices into the tree and evaluating it again costs SymPy
a rebuild of every node that is passed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import sympy as sp
from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean

from symbackprop.errors import UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.matrices import Determinant, Inverse, determinant, inverse_entry
from symbackprop.unroll.records import Place

Values = dict[str, int]
Instance = Callable[[Values], Any]


class Compiler:
    """Compiles expressions over the elements of some tensors.

    Args:
        elements: The symbol of each element of each tensor.
        size: Gives the concrete value of a size.
    """

    def __init__(self, elements: Mapping[str, Mapping[Place, Symbol]], size: Callable[[Expr], int]) -> None:
        self.elements = elements
        self.size = size
        # Place of a largest value → for each place whether it is this one, without a branch inside a condition.
        self.largest: dict[Expr, list[Boolean]] = {}

    def __call__(self, expr: Expr) -> Instance:
        """A function that takes the value of every free index, by name, and returns the expression there."""
        if isinstance(expr, Index):
            name = expr.name
            return lambda values: values[name]
        if expr.is_Integer:
            integer = int(expr)
            return lambda values: integer
        if expr.is_Symbol:
            size = self.size(expr)
            return lambda values: size
        if not expr.args:
            return lambda values: expr
        compiled: Instance = getattr(self, f"_{type(expr).__name__.lower()}", self._function)(expr)
        return compiled

    def _function(self, expr: Expr) -> Instance:
        parts, build = [self(arg) for arg in expr.args], expr.func
        return lambda values: build(*(part(values) for part in parts))

    def _mul(self, expr: Expr) -> Instance:
        parts = [self(arg) for arg in expr.args]

        def instance(values: Values) -> Expr:
            factors = []
            for part in parts:
                factor = part(values)
                if factor == 0:
                    return sp.S.Zero
                factors.append(factor)
            return sp.Mul(*factors)

        return instance

    def _read(self, expr: Read) -> Instance:
        places, found = [self(index) for index in expr.indices], self.elements[expr.tensor]

        def instance(values: Values) -> Expr:
            at = tuple(_whole(place(values)) for place in places)
            if all(isinstance(position, int) for position in at):
                return found.get(at, sp.S.Zero)
            return self._chosen(found, at)

        return instance

    def _chosen(self, found: Mapping[Place, Symbol], at: Sequence[Any]) -> Expr:
        """An element whose place depends on values: each that it may be, under the condition that it is the one."""
        rows = []
        for place, symbol in found.items():
            pairs = [(want, here) for want, here in zip(at, place, strict=True) if want != here]
            if not any(isinstance(want, int) for want, _ in pairs):
                rows.append((symbol, sp.And(*(self._is_place(want, here) for want, here in pairs))))
        return _piecewise(*rows, (sp.S.Zero, sp.true))

    def _is_place(self, want: Any, here: int) -> Boolean:
        if want in self.largest:
            return self.largest[want][here] if here < len(self.largest[want]) else sp.false
        return sp.Eq(want, here, evaluate=False)

    def _total(self, expr: Total) -> Instance:
        body, ranges = self(expr.body), self.ranges(expr.bound)
        names = [index.name for index in expr.bound]

        def instance(values: Values) -> Expr:
            inner = dict(values)
            terms = []
            for position in product(*ranges):
                inner.update(zip(names, position, strict=True))
                terms.append(body(inner))
            return sp.Add(*terms)

        return instance

    def _peak(self, expr: Peak) -> Instance:
        bodies = self._bodies(expr)
        return lambda values: sp.Max(*bodies(values))

    def _argpeak(self, expr: ArgPeak) -> Instance:
        """The first place of the largest: larger than all before it, and not smaller than any after it."""
        bodies = self._bodies(expr)

        def instance(values: Values) -> Expr:
            found = bodies(values)
            conditions = [_largest(found, place) for place in range(len(found))]
            rows = [(sp.Integer(place), condition) for place, condition in enumerate(conditions[:-1])]
            place = _piecewise(*rows, (sp.Integer(len(rows)), sp.true))
            self.largest[place] = conditions
            return place

        return instance

    def _bodies(self, expr: Peak | ArgPeak) -> Callable[[Values], list[Expr]]:
        body, (index,), (places,) = self(expr.body), expr.bound, self.ranges(expr.bound)
        return lambda values: [body({**values, index.name: place}) for place in places]

    def _inverse(self, expr: Inverse) -> Instance:
        row, column = map(self, expr.place)
        read = expr.entry
        rest = tuple(map(self, read.indices[:-2]))

        def instance(values: Values) -> Expr:
            at = tuple(_whole(place(values)) for place in rest)
            found = self.elements[read.tensor]
            size = 1 + max(place[-1] for place in found)
            return inverse_entry(lambda i, j: found[(*at, i, j)], size, _whole(row(values)), _whole(column(values)))

        return instance

    def _determinant(self, expr: Determinant) -> Instance:
        body, (row, column), (rows, _) = self(expr.body), expr.bound, self.ranges(expr.bound)
        return lambda values: determinant(lambda i, j: body({**values, row.name: i, column.name: j}), len(rows))

    def _where(self, expr: Where) -> Instance:
        condition, then, otherwise = map(self, expr.args)

        def instance(values: Values) -> Expr:
            holds = condition(values)
            if holds in (True, False):
                return then(values) if holds else otherwise(values)
            return sp.Piecewise((then(values), holds), (otherwise(values), True))

        return instance

    def _delta(self, expr: Delta) -> Instance:
        at_peak = self._delta_of_argpeak(expr)
        if at_peak is not None:
            return at_peak
        left, right = map(self, expr.args)

        def instance(values: Values) -> Expr:
            a, b = _whole(left(values)), _whole(right(values))
            if isinstance(a, int) and isinstance(b, int):
                return sp.S.One if a == b else sp.S.Zero
            return _piecewise((sp.S.One, sp.Eq(a, b, evaluate=False)), (sp.S.Zero, sp.true))

        return instance

    def _delta_of_argpeak(self, expr: Delta) -> Instance | None:
        """1 where the largest value stands at a place that indices tell; `None` if the delta asks for something else.

        A condition on values alone: a branch over places inside a condition is what SymPy writes out exponentially.
        """
        peaks = list(expr.atoms(ArgPeak))
        if len(peaks) != 1:
            return None
        (peak,) = peaks
        difference = sp.expand(expr.args[0] - expr.args[1])
        sign = difference.coeff(peak)
        rest = difference - sign * peak
        if sign not in (1, -1) or rest.has(ArgPeak, Read):
            return None
        wanted, bodies = self(-sign * rest), self._bodies(peak)

        def instance(values: Values) -> Expr:
            place, found = _whole(wanted(values)), bodies(values)
            if not 0 <= place < len(found):
                return sp.S.Zero
            return _piecewise((sp.S.One, _largest(found, place)), (sp.S.Zero, sp.true))

        return instance

    def _within(self, expr: Within) -> Instance:
        value, size = map(self, expr.args)

        def instance(values: Values) -> Expr:
            place, length = _whole(value(values)), size(values)
            if isinstance(place, int):
                return sp.S.One if 0 <= place < length else sp.S.Zero
            return _piecewise((sp.S.One, sp.And(place >= 0, place < length)), (sp.S.Zero, sp.true))

        return instance

    def ranges(self, indices: Sequence[Index]) -> list[range]:
        """The values that some indices take."""
        return [range(self.size(index.size)) for index in indices]


def _largest(values: Sequence[Expr], place: int) -> Boolean:
    """Whether the first of the largest values stands at a place."""
    here = values[place]
    before, after = values[:place], values[place + 1 :]
    return sp.And(*(here > other for other in before), *(here >= other for other in after))


def _piecewise(*rows: tuple[Expr, Any]) -> Expr:
    """A branch over places, left as it is: SymPy would merge it with the branch that its place comes from."""
    return sp.Piecewise(*rows, evaluate=False)


def _whole(value: Any) -> Any:
    """A Python integer where index arithmetic has come out as one of SymPy's."""
    return int(value) if isinstance(value, sp.Integer) else value


def concrete(size: Expr, sizes: Mapping[Symbol, int]) -> int:
    """The number of a size; `UnsupportedError` if a symbol in it has none."""
    value = size.xreplace({symbol: sp.Integer(number) for symbol, number in sizes.items()})
    if not value.is_Integer:
        raise UnsupportedError(
            f"size {value} is a symbol: a scalar form needs numbers for all sizes",
            help="use the index form, .indexed, or give the layer a number of units",
        )
    return int(value)
