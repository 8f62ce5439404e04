"""Interval arithmetic: exact on rationals, and never narrower than what the operands allow."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.display.intervals import Interval, apply, around, inverse, number, point, power, same

ENDS = st.fractions(min_value=-3, max_value=3, max_denominator=50)
INTERVALS = st.builds(lambda low, width: Interval(low, low + width), ENDS, st.fractions(0, 2, max_denominator=50))
PARTS = st.fractions(0, 1, max_denominator=20)


def inside(interval: Interval, part: Q) -> Any:
    return interval.low + part * (interval.high - interval.low)


@given(INTERVALS, INTERVALS, PARTS, PARTS)
def test_arithmetic_holds_every_result(left: Interval, right: Interval, first: Q, second: Q) -> None:
    one, other = inside(left, first), inside(right, second)
    for result, value in ((left + right, one + other), (left * right, one * other), (-left, -one)):
        assert result.low <= value <= result.high


@given(INTERVALS, st.integers(0, 4), PARTS)
def test_integer_powers_hold_every_result(base: Interval, exponent: int, part: Q) -> None:
    result = power(base, number(exponent))
    assert result.low <= inside(base, part) ** exponent <= result.high


@given(INTERVALS, PARTS, st.sampled_from(["sigmoid", "exp", "tanh", "erf", "sin", "cos", "abs", "relu"]))
def test_functions_hold_every_result(argument: Interval, part: Q, name: str) -> None:
    assert apply(name, [argument]).overlaps(apply(name, [point(inside(argument, part))]))


def test_rationals_stay_exact() -> None:
    assert (number("0.1") + number("0.2")) == point(Q(3, 10))
    assert power(number("0.5"), number(-2)) == point(Q(4))
    assert same(number("0.1") * number(3), point(Q(3, 10)))
    assert not same(number("0.1") * number(3), point(Q(3, 10) + Q(1, 10**60)))


def test_a_float_counts_at_its_binary_value() -> None:
    assert number(0.1) != number("0.1")


def test_transcendental_values_have_sixty_digits() -> None:
    value = apply("exp", [number(1)]).middle
    with mpmath.workdps(60):
        assert abs(value - mpmath.e) < mpmath.mpf("1e-58")
    assert same(power(number(2), number("0.5")), apply("sqrt", [number(2)]))


def test_slopes_of_functions() -> None:
    half = apply("sigmoid", [number(0)], primes=1).middle
    assert abs(half - mpmath.mpf("0.25")) < mpmath.mpf("1e-25")


def test_functions_of_the_users_own() -> None:
    assert apply("twice", [number(3)], {"twice": lambda value: 2 * value}).middle == 6
    with pytest.raises(KeyError):
        apply("twice", [number(3)])


def test_extremes() -> None:
    assert apply("max", [number(1), Interval(Q(0), Q(2))]) == Interval(Q(1), Q(2))
    assert apply("min", [number(1), Interval(Q(0), Q(2))]) == Interval(Q(0), Q(1))


def test_division_by_what_may_be_zero_is_refused() -> None:
    with pytest.raises(ZeroDivisionError):
        number(1) / around(Q(0), Q(1, 2))
    assert (number(1) / Interval(Q(2), Q(4))) == Interval(Q(1, 4), Q(1, 2))


def test_overlap() -> None:
    assert around(Q(1), Q(1, 2)).overlaps(around(Q(2), Q(1, 2)))
    assert not around(Q(1), Q(1, 3)).overlaps(around(Q(2), Q(1, 3)))


def test_an_inverse_is_exact_on_rationals() -> None:
    matrix = tuple(tuple(point(Q(one)) for one in row) for row in ((0, 2), (4, 1)))
    assert inverse(matrix) == ((point(Q(-1, 8)), point(Q(1, 4))), (point(Q(1, 2)), point(Q(0))))
    assert inverse(((point(Q(1)), point(Q(2))), (point(Q(2)), point(Q(4))))) is None
