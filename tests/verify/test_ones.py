"""The vector of ones takes its length from what it is multiplied with."""

import pytest

from symbackprop.display import Number, Product, Symbol, Transpose
from symbackprop.display.intervals import number
from symbackprop.notation import Sign, given
from symbackprop.verify.ones import with_ones

ONES, R = Symbol(Sign("1", shape="vector"), key="ones"), Symbol(given("R"), key="R")
MATRIX = tuple(tuple(number(entry) for entry in row) for row in ((1, 2, 3), (4, 5, 6)))


def value_of(tree):
    if isinstance(tree, Product):
        return with_ones(tree, value_of, lambda: 0)
    return number(int(tree.text)) if isinstance(tree, Number) else MATRIX


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        ((R, ONES), [[6], [15]]),
        ((Transpose(ONES), R), [[5, 7, 9]]),
        ((Transpose(ONES), R, ONES), [[21]]),
        ((Number("2"), R, ONES, Number("3")), [[36], [90]]),
        ((Number("2"), Transpose(ONES), R, ONES, Number("3")), [[126]]),
        ((R, R), None),
    ],
)
def test_ones_add_rows_or_columns(factors, expected):
    found = with_ones(Product(factors), value_of, lambda: 4)
    assert (found and [[float(entry.middle) for entry in row] for row in found]) == expected


def test_a_row_is_spread_over_the_samples():
    found = with_ones(Product((ONES, Transpose(R))), lambda tree: MATRIX[:1], lambda: 4)
    assert [[float(entry.middle) for entry in row] for row in found] == [[1, 2, 3]] * 4
