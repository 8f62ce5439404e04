"""Evaluates a display tree at given values, so that what is printed can be checked.

Numbers shown with `exact=False` may be widened by half a unit of their last digit: the result is then the interval
that the printed digits allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction as Rational
from itertools import product
from typing import Any

from symbackprop.display import intervals
from symbackprop.display.choosing import COMPARISONS, NoValueError, by_entry
from symbackprop.display.intervals import Interval, around, number, point, same
from symbackprop.display.tree import (
    Apply,
    BigSum,
    Boxed,
    Brace,
    Bracket,
    Cases,
    Compare,
    Extreme,
    Fraction,
    Logic,
    Matrix,
    Minus,
    Number,
    Paint,
    PartialDerivative,
    Power,
    Product,
    Range,
    Sum,
    Symbol,
    Transpose,
    Tree,
)

Array = tuple[tuple[Interval, ...], ...]
Value = Interval | Array
_CONSTANTS = {"pi": intervals.PI, "e": intervals.E}
_ZERO = point(Rational(0))


class Evaluator:
    """Evaluates trees at one set of values.

    Args:
        values: For each key a number (int, Fraction, Decimal, decimal text, mpmath number; a float counts at its binary
            value) or a nested sequence of them, or for a function's name the function.
        widened: Whether rounded numbers stand for everything that rounds to them.
    """

    def __init__(self, values: Mapping[str, Any], widened: bool = False) -> None:
        self.values = {**_CONSTANTS, **values}
        self.widened = widened
        self.functions = {name: value for name, value in values.items() if callable(value)}

    def __call__(self, tree: Tree) -> Value:
        """The value of a tree: an interval, or rows of intervals for a matrix.

        Raises:
            NoValueError: A symbol, derivative or function in it has no value.
        """
        method = getattr(self, f"_{type(tree).__name__.lower()}", None)
        if method is None:
            raise NoValueError(f"a {type(tree).__name__} has no value")
        value: Value = method(tree)
        return value

    def scalar(self, tree: Tree) -> Interval:
        """The value of a tree that stands for one number."""
        value = self(tree)
        if isinstance(value, Interval):
            return value
        if len(value) == len(value[0]) == 1:
            return value[0][0]
        raise NoValueError("one number is needed where a matrix stands")

    def whole(self, tree: Tree) -> int:
        """The value of an index expression."""
        return int(self.scalar(tree).middle)

    def _number(self, tree: Number) -> Value:
        return around(tree.value, tree.unit / 2) if self.widened and not tree.exact else point(tree.value)

    def _symbol(self, tree: Symbol) -> Value:
        return self._held(tree.key, tree.place)

    def _partialderivative(self, tree: PartialDerivative) -> Value:
        return self._held(tree.key, tree.at)

    def _held(self, key: str, place: Sequence[Tree]) -> Value:
        if not key or key not in self.values:
            raise NoValueError(f"no value for {key!r}")
        value = self.values[key]
        for index in place:
            if _is_number(value):
                # A shared bias is one number for every neuron.
                break
            where = self.whole(index) - 1
            if not 0 <= where < len(value):
                return _ZERO
            value = value[where]
        return _array(value)

    def _minus(self, tree: Minus) -> Value:
        return _each(lambda one: -one, self(tree.body))

    def _sum(self, tree: Sum) -> Value:
        total = self(tree.terms[0])
        for term in tree.terms[1:]:
            total = _pairwise(lambda left, right: left + right, total, self(term))
        return total

    def _product(self, tree: Product) -> Value:
        return multiplied(list(map(self, tree.factors)), tree.by == "odot")

    def _fraction(self, tree: Fraction) -> Value:
        below = self.scalar(tree.below)
        return _each(lambda one: one / below, self(tree.above))

    def _power(self, tree: Power) -> Value:
        base, exponent = self(tree.base), self.scalar(tree.exponent)
        if not isinstance(base, Interval) and len(base) == len(base[0]) > 1 and exponent.middle == -1:
            if (inverted := intervals.inverse(base)) is None:
                raise NoValueError("a matrix that has no inverse")
            return inverted
        try:
            return _each(lambda one: intervals.power(one, exponent), base)
        except ValueError:
            raise NoValueError("a power that has no real value") from None

    def _apply(self, tree: Apply) -> Value:
        try:
            if len(tree.arguments) > 1:
                return intervals.apply(tree.name, [self.scalar(one) for one in tree.arguments])
            call = lambda one: intervals.apply(tree.name, [one], self.functions, tree.primes)  # noqa: E731
            return _each(call, self(tree.arguments[0]))
        except KeyError:
            raise NoValueError(f"the function {tree.name!r} is unknown") from None
        except ValueError:
            raise NoValueError(f"{tree.name} has no real value there") from None

    def _bigsum(self, tree: BigSum) -> Value:
        total: Value | None = None
        for bound in product(*(self._run(one) for one in tree.ranges)):
            keys = [one.index.key for one in tree.ranges]
            value = self._within(dict(zip(keys, bound, strict=True)))(tree.body)
            total = value if total is None else _pairwise(lambda left, right: left + right, total, value)
        return _ZERO if total is None else total

    def _extreme(self, tree: Extreme) -> Value:
        key = tree.range.index.key
        found = [(self._within({key: n}).scalar(tree.body), n) for n in self._run(tree.range)]
        if tree.place:
            best = max(found, key=lambda pair: intervals.real(pair[0].middle))
            return point(Rational(best[1]))
        return intervals.apply("max", [value for value, _ in found])

    def _run(self, one: Range) -> range:
        if one.last is None or not one.index.key:
            raise NoValueError("a sum over a range that is not known")
        return range(self.whole(one.first), self.whole(one.last) + 1)

    def _within(self, bound: dict[str, int]) -> Evaluator:
        return Evaluator({**self.values, **bound}, self.widened)

    def _bracket(self, tree: Bracket) -> Value:
        return point(Rational(1)) if self.holds(tree.condition) else _ZERO

    def _cases(self, tree: Cases) -> Value:
        try:
            found = next((v for v, condition in tree.rows if condition is None or self.holds(condition)), None)
        except NoValueError:
            return by_entry(self, tree)
        if found is None:
            raise NoValueError("no case applies")
        return self(found)

    def holds(self, condition: Tree) -> bool:
        """Whether a condition is true; a rounded number counts at its printed value."""
        if isinstance(condition, Compare):
            sides = [intervals.real(self.scalar(one).middle) for one in condition.operands]
            pairs = zip(condition.operators, sides, sides[1:], strict=False)
            return all(COMPARISONS[operator](left, right) for operator, left, right in pairs)
        if isinstance(condition, Logic):
            found = [self.holds(one) for one in condition.conditions]
            return {"and": all(found), "or": any(found), "not": not found[0]}[condition.operator]
        raise NoValueError(f"a {type(condition).__name__} is no condition")

    def _matrix(self, tree: Matrix) -> Value:
        return tuple(tuple(self.scalar(entry) for entry in row) for row in tree.rows)

    def _transpose(self, tree: Transpose) -> Value:
        value = self(tree.body)
        return value if isinstance(value, Interval) else tuple(zip(*value, strict=True))

    def _passed(self, tree: Paint | Brace | Boxed) -> Value:
        return self(tree.body)

    _paint = _brace = _boxed = _passed


def evaluate(tree: Tree, values: Mapping[str, Any] | None = None) -> Any:
    """The value of a tree that stands for one number, taking every printed number at its digits.

    Returns:
        A `Fraction` if everything in it is rational, else an mpmath number of 60 digits.

    Raises:
        NoValueError: Something in it has no value.

    Example:
        >>> evaluate(Product((Number("0.10"), Number("3")), by="times"))
        Fraction(3, 10)
    """
    return Evaluator(values or {}).scalar(tree).middle


def agree(left: Value, right: Value, exactly: bool) -> bool:
    """Whether two values are equal, or for rounded ones whether they can be; a row times a column is a number."""
    left, right = _number_alone(left), _number_alone(right)
    if isinstance(left, Interval) and isinstance(right, Interval):
        return same(left, right) if exactly else left.overlaps(right)
    if isinstance(left, Interval) or isinstance(right, Interval):
        return False
    if (len(left), len(left[0])) != (len(right), len(right[0])):
        return False
    return all(agree(*pair, exactly) for pair in zip(sum(left, ()), sum(right, ()), strict=True))


def _number_alone(value: Value) -> Value:
    return value[0][0] if isinstance(value, tuple) and (len(value), len(value[0])) == (1, 1) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, str) or not hasattr(value, "__len__")


def _array(value: Any) -> Value:
    if _is_number(value):
        return number(value)
    if all(_is_number(entry) for entry in value):
        return tuple((number(entry),) for entry in value)
    return tuple(tuple(number(entry) for entry in row) for row in value)


def _each(function: Callable[[Interval], Interval], value: Value) -> Value:
    if isinstance(value, Interval):
        return function(value)
    return tuple(tuple(function(entry) for entry in row) for row in value)


def _pairwise(function: Callable[[Interval, Interval], Interval], left: Value, right: Value) -> Value:
    if isinstance(left, Interval) and isinstance(right, Interval):
        return function(left, right)
    if isinstance(left, Interval):
        return _each(lambda one: function(left, one), right)
    if isinstance(right, Interval):
        return _each(lambda one: function(one, right), left)
    if (len(left), len(left[0])) != (len(right), len(right[0])):
        # A row times a column is a number, which stands for each entry.
        if len(left) == len(left[0]) == 1 or len(right) == len(right[0]) == 1:
            one, other = (left[0][0], right) if len(left) == len(left[0]) == 1 else (left, right[0][0])
            return _pairwise(function, one, other)
        raise NoValueError("matrices of different shapes")
    rows = zip(left, right, strict=True)
    return tuple(tuple(map(function, one, other)) for one, other in rows)


def multiplied(values: Sequence[Value], each: bool = False) -> Value:
    """The product of numbers and matrices from the left to the right, or that of their entries."""
    result = values[0]
    for value in values[1:]:
        if each or isinstance(result, Interval) or isinstance(value, Interval):
            result = _pairwise(lambda left, right: left * right, result, value)
        else:
            result = _matmul(result, value)
    return result


def _matmul(left: Array, right: Array) -> Array:
    if len(left) == len(left[0]) == 1 != len(right):
        return tuple(tuple(left[0][0] * one for one in row) for row in right)  # a row times a column is a number
    if len(left[0]) != len(right):
        raise NoValueError("matrices whose shapes do not fit")
    columns = tuple(zip(*right, strict=True))
    return tuple(tuple(_dot(row, column) for column in columns) for row in left)


def _dot(row: Sequence[Interval], column: Sequence[Interval]) -> Interval:
    return sum((left * right for left, right in zip(row, column, strict=True)), start=_ZERO)
