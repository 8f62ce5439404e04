"""Trees that were read from a document → their values at a point, the ranges of their sums found from what is summed.

A document prints neither how far a sum runs nor the sample it speaks of: an index runs over the axis that it stands
at, or, where it only ever stands in a sum such as i + k − 1, as far as the index of that name in the equations.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from fractions import Fraction as Rational
from typing import Any

import numpy as np

from symbackprop.display import intervals
from symbackprop.display.choosing import NoValueError, by_entry
from symbackprop.display.evaluate import Evaluator, Value
from symbackprop.display.intervals import Interval, point
from symbackprop.display.tree import (
    Apply,
    BigSum,
    Bracket,
    Cases,
    Extreme,
    Fraction,
    PartialDerivative,
    Product,
    Range,
    Symbol,
    Tree,
    bare,
    integer,
    walk,
)
from symbackprop.verify.entries import element, filled, inside, rows
from symbackprop.verify.indices import free_keys, is_shifted
from symbackprop.verify.ones import with_ones
from symbackprop.verify.truth import Truth

_ZERO = point(Rational(0))
_STEP = Rational(1, 10**13)


class OutsideError(NoValueError):
    """A derivative by something outside its range, such as the state before the first: there is nothing to say."""


class PrintedEvaluator(Evaluator):
    """Evaluates trees whose symbols were resolved to tensors.

    Args:
        truth: The values.
        ranges: For each tensor how far indices of each name run in the lines about it; under "" in all lines.
        rounded: How many decimals a number has that may be rounded; such numbers stand for all that round to them.
    """

    def __init__(self, truth: Truth, ranges: Mapping[str, Mapping[str, set[int]]], rounded: int = 0) -> None:
        super().__init__({}, widened=bool(rounded))
        self.truth, self.ranges, self.rounded = truth, ranges, rounded
        self.tensor = ""
        self.bound: dict[str, Any] = {}
        self.functions = dict(truth.functions)
        self.moved: tuple[str, tuple[int, ...], Rational] | None = None

    def at(self, bound: Mapping[str, Any]) -> PrintedEvaluator:
        """The same with some indices and variables held at values."""
        found = copy.copy(self)
        found.bound = {**self.bound, **bound}
        return found

    def about(self, tensor: str) -> PrintedEvaluator:
        """The same for the lines about one tensor."""
        found = copy.copy(self)
        found.tensor = tensor
        return found

    def widening(self, decimals: int) -> PrintedEvaluator:
        """The same, with numbers of that many decimals taken as rounded; none if it is 0."""
        found = copy.copy(self)
        found.rounded = decimals
        return found

    def _number(self, tree: Any) -> Value:
        if self.rounded and decimals(tree.text) == self.rounded:
            return intervals.around(tree.value, tree.unit / 2)
        return point(tree.value)

    def _held(self, key: str, place: Sequence[Tree]) -> Value:
        if key in self.bound and not place:
            return point(Rational(self.bound[key]))
        if key.endswith("#each"):
            return element(self.truth.each_loss, (self.whole(place[0]) - 1,))
        array = self.truth.arrays.get(key)
        if array is None:
            if key in ("pi", "e"):
                return point(intervals.PI if key == "pi" else intervals.E)
            raise NoValueError(f"no value for {key!r}")
        if not place:
            return rows(array)
        at = tuple(self.whole(index) - 1 for index in place)
        value = element(array, at if array.ndim else ())
        if self.moved is not None and (key, at) == self.moved[:2]:
            return value + point(self.moved[2])
        return value

    def _partialderivative(self, tree: PartialDerivative) -> Value:
        of, wrt = bare(tree.of) if tree.of is not None else None, bare(tree.wrt)
        if not isinstance(of, Symbol) or not isinstance(wrt, Symbol):
            raise NoValueError("a derivative of something that is no single sign")
        if of.key == self.truth.graph.loss.name:
            adjoint = self.truth.derivation.adjoint_of.get(wrt.key)
            if adjoint is None or adjoint not in self.truth.arrays:
                raise NoValueError(f"the loss does not depend on {wrt.key!r}")
            return self._held(adjoint, wrt.place)
        slope = self.truth.partial(of.key, wrt.key)
        if slope is None:
            raise NoValueError(f"{of.key!r} is not computed from {wrt.key!r} directly")
        at, by = (tuple(self.whole(index) - 1 for index in one.place) for one in (of, wrt))
        values = self.truth.values
        if not inside(by, np.shape(values[wrt.key])):
            raise OutsideError(f"{wrt.key!r} has no such element")
        if not inside(at, np.shape(values[of.key])):
            return _ZERO
        return intervals.number(slope(at, by if np.shape(values[wrt.key]) else ()))

    def _product(self, tree: Product) -> Value:
        first = bare(tree.factors[0])
        if isinstance(first, PartialDerivative) and first.of is None:
            return self._differentiated(bare(first.wrt), Product(tree.factors[1:], tree.by))
        rows_of = with_ones(tree, self, self._samples)
        return super()._product(tree) if rows_of is None else rows_of

    def _fraction(self, tree: Fraction) -> Value:
        below = self(tree.below)
        if isinstance(below, Interval) or len(below) == len(below[0]) == 1:
            return super()._fraction(tree)
        above = filled(self(tree.above), below)
        return tuple(
            tuple(one / other for one, other in zip(*pair, strict=True)) for pair in zip(above, below, strict=True)
        )

    def _matrix_of(self, tree: Tree) -> Any:
        value = self(tree)
        if isinstance(value, Interval):
            raise NoValueError("a number where a matrix is meant")
        return value

    def _samples(self) -> int:
        return next((int(n) for symbol, n in self.truth.point.sizes.items() if symbol.name == "N"), 1)

    def _differentiated(self, wrt: Tree, body: Tree) -> Value:
        if not isinstance(wrt, Symbol):
            raise NoValueError("an operator that differentiates by no single sign")
        at = tuple(self.whole(index) - 1 for index in wrt.place)
        found = []
        for step in (_STEP, -_STEP, _STEP / 2, -_STEP / 2):
            moved = copy.copy(self)
            moved.moved = (wrt.key, at, step)
            found.append(moved.scalar(body))
        wide, narrow = found[0] + -found[1], found[2] + -found[3]  # extrapolated as Richardson did
        return (point(Rational(8)) * narrow + -wide) / point(6 * _STEP)

    def _apply(self, tree: Apply) -> Value:
        if tree.name in self.truth.row_functions and len(tree.arguments) == 1:
            found = self._matrix_of(tree.arguments[0])
            array = np.array([[intervals.real(entry.middle) for entry in row] for row in found], dtype=object)
            found = self.truth.row_functions[tree.name](array).reshape(array.shape)
            return tuple(tuple(intervals.number(entry) for entry in row) for row in found)
        if len(tree.arguments) > 1:
            return self._several(tree)
        if tree.primes == 1 and not isinstance(at := self(tree.arguments[0]), tuple):
            stated = self.truth.slope_at_kink(tree.name, at.middle)
            if stated is not None:
                return intervals.number(stated)
        return super()._apply(tree)

    def _several(self, tree: Apply) -> Value:
        """A function of several arguments, entry by entry where they are matrices."""
        values = [self(one) for one in tree.arguments]
        shapes = [(len(one), len(one[0])) for one in values if not isinstance(one, Interval)]
        if not shapes:
            return intervals.apply(tree.name, [one for one in values if isinstance(one, Interval)])
        rows, columns = shapes[0]
        spread = [((one,) * columns,) * rows if isinstance(one, Interval) else one for one in values]
        return tuple(
            tuple(intervals.apply(tree.name, [one[row][column] for one in spread]) for column in range(columns))
            for row in range(rows)
        )

    def _bracket(self, tree: Bracket) -> Value:
        try:
            return super()._bracket(tree)
        except NoValueError:
            return by_entry(self, Cases(((integer(1), tree.condition), (integer(0), None))))

    def _bigsum(self, tree: BigSum) -> Value:
        return super()._bigsum(BigSum(tree.body, tuple(self._limited(one, tree.body) for one in tree.ranges)))

    def _extreme(self, tree: Extreme) -> Value:
        return super()._extreme(Extreme(tree.body, self._limited(tree.range, tree.body), tree.place))

    def _limited(self, one: Range, body: Tree) -> Range:
        if one.last is not None:
            return one
        size = self.size(one.index.key, body)
        return Range(one.index, integer(size))

    def size(self, key: str, *trees: Tree) -> int:
        """How far an index runs that stands in some trees.

        Raises:
            NoValueError: Nothing tells.
        """
        name = {"tau": "t"}.get(key[1:], key[1:])
        own = self.ranges.get(self.tensor, {}).get(name, set())
        axes = {n for tree in trees for n in self._lengths(key, tree)}
        shifted = any(is_shifted(key, tree) for tree in trees)
        found = own if len(own) == 1 and (shifted or not axes) else axes or self.ranges[""].get(name, set())
        if not found:
            raise NoValueError(f"how far {key[1:]!r} runs is not known")
        if len(found) > 1 and not axes:
            raise NoValueError(f"how far {key[1:]!r} runs is not clear")
        return min(found)

    def _lengths(self, key: str, tree: Tree) -> list[int]:
        """The lengths of the axes at which an index stands by itself."""
        found: list[int] = []
        for node in walk(tree):
            if isinstance(node, Symbol) and node.place and node.key in self.truth.arrays:
                shape = self.truth.arrays[node.key].shape
                places = zip(node.place, shape, strict=False)
                found += [size for place, size in places if isinstance(place, Symbol) and place.key == key]
            elif (
                isinstance(node, Symbol)
                and node.key.endswith("#each")
                and key in [place.key for place in node.place if isinstance(place, Symbol)]
            ):
                found.append(self._samples())
        return found

    def _within(self, bound: dict[str, int]) -> Evaluator:
        return self.at(bound)

    def free(self, *trees: Tree) -> list[str]:
        """The keys of the indices and variables in some trees that no sum binds."""
        return sorted({key for tree in trees for key in free_keys(tree)} - self.bound.keys())


def decimals(text: str) -> int:
    """The digits of a number after its point.

    Example:
        >>> decimals("3.510187783e-05"), decimals("0.35"), decimals("4")
        (9, 2, 0)
    """
    return len(text.lower().partition("e")[0].partition(".")[2])
