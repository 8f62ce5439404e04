"""Lists and numbers are broken into lines as a formatter would do it."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from symbackprop.emit.layout import WIDTH, array_fitted, count, fitted, numbers, numbers_fitted, plain, tuple_code


def test_items_stay_on_one_line_as_long_as_they_fit() -> None:
    assert fitted("f(", ["a", "b"], ")") == ["f(a, b)"]
    assert fitted("f(", ["a", "b"], ")", indent=8, width=15) == ["f(a, b)"]
    assert fitted("f(", ["a", "b"], ")", indent=9, width=15) == ["f(", "    a,", "    b,", ")"]


@pytest.mark.parametrize(("items", "code"), [([], "()"), (["2"], "(2,)"), (["2", "n"], "(2, n)")])
def test_a_tuple_of_one_keeps_its_comma(items: list[str], code: str) -> None:
    assert tuple_code(items) == code


def test_numbers_keep_the_digits_that_were_typed() -> None:
    assert numbers(((Decimal("0.10"), Decimal("1E-7")), (0.5, 2))) == "[[0.10, 1e-7], [0.5, 2]]"


def test_long_numbers_are_broken_where_they_nest() -> None:
    rows = numbers_fitted('"W": ', [[0.125] * 12] * 2, ",", 4)
    assert rows == ['"W": [', f"    {numbers([0.125] * 12)},", f"    {numbers([0.125] * 12)},", "],"]
    assert numbers_fitted("b = ", 0.5, "") == ["b = 0.5"]
    assert max(map(len, numbers_fitted("x = ", [[0.123456] * 40] * 3, ""))) <= WIDTH


def test_a_long_array_is_the_only_argument_of_its_call() -> None:
    assert array_fitted("X = ", [1, 2]) == ["X = np.array([1, 2])"]
    rows = array_fitted("X = ", [[0.25] * 10] * 3)
    assert (rows[0], rows[1], rows[-2], rows[-1]) == ("X = np.array(", "    [", "    ]", ")")


def test_numbers_are_counted_whatever_they_nest_in() -> None:
    assert count(((1, 2), (3, 4))) == 4
    assert count(5) == 1
    assert plain(np.ones((2, 1))) == [[1.0], [1.0]]
    assert plain(None) is None
