"""Values → the numbers that are printed: rounding, exactness, powers of ten."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction as Q

import mpmath
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.display import build, latex, text
from symbackprop.display.evaluate import evaluate
from symbackprop.display.numbers import column, equality, finite, rational, rounded, shown, table, typed
from symbackprop.display.tree import Number
from symbackprop.reading.relations import read_formula


def test_an_input_keeps_the_digits_that_were_typed() -> None:
    assert typed(" 0.10 ") == Number("0.10")
    assert typed("+1e-3").text == "1e-3"


@pytest.mark.parametrize(
    ("value", "text", "exact"),
    [
        (Q(151, 400), "0.3775", True),
        (Decimal("0.60"), "0.6", True),
        (3, "3", True),
        (0, "0", True),
        (100, "100", True),
        (Q(1, 3), "0.333333333", False),
        (Q(-2, 3), "-0.666666667", False),
        (mpmath.mpf("0.75136506955"), "0.751365070", False),
        (mpmath.mpf("-0.0380982364"), "-0.038098236", False),
        (0.000438568, "0.000438568", False),
        (mpmath.mpf("3.510187783e-5"), "3.510187783e-05", False),
        (mpmath.mpf("-9.9999999996e-5"), "-1.000000000e-04", False),
        (mpmath.mpf("1234567890.5"), "1.234567890e+09", False),
        (mpmath.mpf(0), "0.000000000", False),
    ],
)
def test_shown(value: object, text: str, exact: bool) -> None:
    assert shown(value) == Number(text, exact)


def test_fewer_decimals_make_more_numbers_rounded() -> None:
    assert shown(Q(1, 8), 3) == Number("0.125")
    assert shown(Q(1, 8), 2) == Number("0.12", exact=False)
    assert shown(Q(5, 2), 0) == Number("2", exact=False)


def test_finite_is_none_where_a_decimal_does_not_end() -> None:
    assert finite(Q(1, 3)) is None
    assert finite(Q(1, 8), 3) == "0.125"


def test_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        rational(mpmath.mpf("inf"))


def test_mpmath_numbers_are_taken_exactly() -> None:
    assert rational(mpmath.mpf("-0.375")) == Q(-3, 8)


@given(st.fractions(min_value=-1000, max_value=1000), st.integers(1, 12))
def test_a_rounded_number_is_within_half_a_unit(value: Q, decimals: int) -> None:
    number = Number(rounded(value, decimals), exact=False)
    assert abs(number.value - value) <= number.unit / 2


def test_an_equals_sign_stands_only_before_exact_numbers() -> None:
    assert equality(Number("0.1"), Number("3")) == "="
    assert equality(Number("0.1"), Number("0.333", exact=False)) == "≈"


def test_columns_and_tables() -> None:
    assert column([1, 2]).rows == ((Number("1"),), (Number("2"),))
    assert table([[1, Q(1, 3)]], 2).rows == ((Number("1"), Number("0.33", exact=False)),)


def test_many_zeros_and_infinity():
    numbers = {10**38: "∞", -(10**38): "-∞", 25 * 10**20: "2.5×10²¹", 10**9: "10⁹", 10**8: "100000000"}
    for number, printed in numbers.items():
        assert text(build(sp.Integer(number))) == printed
    tree = read_formula(r"-\infty")
    assert evaluate(tree) == -(10**38) and latex(build(sp.Integer(-(10**38)))) == r"-\infty"
