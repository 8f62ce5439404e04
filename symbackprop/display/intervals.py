"""Arithmetic on the ranges that printed, rounded numbers leave open; exact as long as everything is rational.

An end is a `Fraction` until a transcendental function is applied, then a number of 60 digits: an exact equality stays
one, and no rounding of ours comes near the half unit of a printed digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath

from symbackprop.display.numbers import rational

# A context of its own, so that nobody's global precision is changed or relied upon.
mp: Any = mpmath.MPContext()
mp.dps = 60
PI, E = mp.mpf(mp.pi), mp.mpf(mp.e)


@dataclass(frozen=True)
class Interval:
    """All numbers from `low` to `high`; one number if they are the same."""

    low: Any
    high: Any

    @property
    def middle(self) -> Any:
        """The number halfway between the ends."""
        return self.low if self.low is self.high else (self.low + self.high) / 2

    @property
    def is_point(self) -> bool:
        """Whether it is a single number."""
        return bool(self.low == self.high)

    def __neg__(self) -> Interval:
        return point(-self.low) if self.low is self.high else Interval(-self.high, -self.low)

    def __add__(self, other: Interval) -> Interval:
        if self.is_point and other.is_point:
            return point(_add(self.low, other.low))
        return Interval(_add(self.low, other.low), _add(self.high, other.high))

    def __mul__(self, other: Interval) -> Interval:
        return _hull(_multiply(left, right) for left in _ends(self) for right in _ends(other))

    def __truediv__(self, other: Interval) -> Interval:
        if other.low <= 0 <= other.high:
            raise ZeroDivisionError("the divisor may be 0")
        return self * _hull(1 / end if not isinstance(end, int) else Fraction(1, end) for end in _ends(other))

    def overlaps(self, other: Interval) -> bool:
        """Whether some number lies in both, but for the last digits of the arithmetic itself."""
        slack = mp.mpf(10) ** -45 * (1 + abs(real(self.high)) + abs(real(other.high)))
        low, high = real(self.low) - slack, real(self.high) + slack
        return bool(low <= real(other.high) and real(other.low) <= high)


def point(value: Any) -> Interval:
    """The interval that holds one number."""
    return Interval(value, value)


def number(value: Any) -> Interval:
    """One number of any type; text and rationals are exact, a float is taken at its binary value."""
    if isinstance(value, mpmath.mpf) or hasattr(value, "_mpf_"):
        return point(mp.convert(value))
    return point(rational(value))


def around(value: Fraction, spread: Fraction) -> Interval:
    """Everything within `spread` of a value."""
    return Interval(value - spread, value + spread)


def same(left: Interval, right: Interval) -> bool:
    """Whether two numbers are equal: exactly if both are rational, else to 45 digits."""
    exact = all(isinstance(end, Fraction) for end in (left.low, left.high, right.low, right.high))
    return left == right if exact else left.overlaps(right)


def power(base: Interval, exponent: Interval) -> Interval:
    """A power; exact for integer exponents of rational numbers."""
    count = exponent.low
    if exponent.is_point and isinstance(count, Fraction) and count.denominator == 1:
        return _integer_power(base, int(count))
    if exponent.is_point and base.low >= 0:
        return _hull(real(end) ** real(count) for end in _ends(base))
    return apply("exp", [exponent * apply("log", [base])])


def inverse(matrix: tuple[tuple[Interval, ...], ...]) -> tuple[tuple[Interval, ...], ...] | None:
    """The inverse of a square matrix, by elimination with the largest pivot; `None` if it has none."""
    size = len(matrix)
    unit = [[point(Fraction(int(row == column))) for column in range(size)] for row in range(size)]
    work = [[*given, *own] for given, own in zip(matrix, unit, strict=True)]
    for step in range(size):
        pivot = max(range(step, size), key=lambda row: abs(real(work[row][step].middle)))
        work[step], work[pivot] = work[pivot], work[step]
        first = work[step][step]
        if first.middle == 0:
            return None
        work[step] = [one / first for one in work[step]]
        for row in range(size):
            factor = work[row][step]
            if row != step:
                work[row] = [one + -(factor * other) for one, other in zip(work[row], work[step], strict=True)]
    return tuple(tuple(row[size:]) for row in work)


def apply(
    name: str, arguments: Sequence[Interval], functions: Mapping[str, Any] | None = None, primes: int = 0
) -> Interval:
    """A function, or a derivative of it, at its arguments.

    Args:
        name: Its Python name.
        arguments: Its arguments; all but `max` and `min` take one.
        functions: More functions, each from one mpmath number to another.
        primes: How many times it is differentiated.

    Raises:
        KeyError: The function is unknown.
        ValueError: It has no real value there, such as the logarithm of a negative number.
    """
    if name in ("max", "min"):
        pick = max if name == "max" else min
        return Interval(pick((one.low for one in arguments), key=real), pick((one.high for one in arguments), key=real))
    argument = arguments[0]
    if name == "abs" and not primes:
        zero = [Fraction(0)] if argument.low <= 0 <= argument.high else []
        return _hull([*map(abs, _ends(argument)), *zero])
    function = (functions or {}).get(name) or _FUNCTIONS[name]
    if primes:
        return _sampled(lambda value: mp.diff(function, value, primes), argument)
    if name in _WAVES:
        radius = (real(argument.high) - real(argument.low)) / 2
        centre = function(real(argument.middle))
        return Interval(centre - radius, centre + radius)
    return _sampled(function, argument)


def _sampled(function: Callable[[Any], Any], argument: Interval) -> Interval:
    # Between the ends of so short an interval every function of the catalogue rises or falls, or bends once.
    values = [function(real(value)) for value in dict.fromkeys([*_ends(argument), argument.middle])]
    if any(isinstance(value, mp.mpc) for value in values):
        raise ValueError("the value is not real")
    return _hull(values)


def _integer_power(base: Interval, count: int) -> Interval:
    if count < 0:
        return point(Fraction(1)) / _integer_power(base, -count)
    zero = [Fraction(0)] if count and count % 2 == 0 and base.low < 0 < base.high else []
    return _hull([*(end**count for end in _ends(base)), *zero])


def _ends(interval: Interval) -> tuple[Any, ...]:
    return (interval.low,) if interval.is_point else (interval.low, interval.high)


def _hull(values: Any) -> Interval:
    found = list(values)
    return point(found[0]) if len(found) == 1 else Interval(min(found, key=real), max(found, key=real))


def real(value: Any) -> Any:
    """A number of 60 digits: fractions and mpmath numbers do not compare with one another."""
    return mp.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else mp.convert(value)


def _add(left: Any, right: Any) -> Any:
    return left + right if _alike(left, right) else real(left) + real(right)


def _multiply(left: Any, right: Any) -> Any:
    if left == 0 or right == 0:
        return Fraction(0)
    return left * right if _alike(left, right) else real(left) * real(right)


def _alike(left: Any, right: Any) -> bool:
    return isinstance(left, Fraction) == isinstance(right, Fraction)


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda value: 1 / (1 + mp.exp(-value)),
    "relu": lambda value: max(value, mp.mpf(0)),
    "exp": mp.exp,
    "log": mp.log,
    "sqrt": mp.sqrt,
    "tanh": mp.tanh,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "erf": mp.erf,
    "sin": mp.sin,
    "cos": mp.cos,
    "abs": abs,
    "sign": mp.sign,
}
_WAVES = ("sin", "cos")
