"""Values by case: bars and signs where these are what is meant."""

import pytest

from symbackprop.display import Apply, Bracket, Cases, Compare, Minus, Number, Symbol, plus, text
from symbackprop.display.branches import branches
from symbackprop.notation import given

V, T, ZERO, ONE = Symbol(given("v")), Symbol(given("t")), Number("0"), Number("1")
DIFFERENCE, OPPOSITE = plus(V, Minus(T)), plus(T, Minus(V))


def compared(value, sign, number=ZERO):
    return Compare((value, number), (sign,))


@pytest.mark.parametrize(
    ("value", "above", "below", "expected"),
    [
        (V, V, Minus(V), "|v|"),
        (DIFFERENCE, DIFFERENCE, OPPOSITE, "|v - t|"),
        (V, ONE, Minus(ONE), "sign(v)"),
        (V, Number("-1"), ONE, "-sign(v)"),
        (DIFFERENCE, ONE, Number("-1"), "sign(v - t)"),
    ],
)
def test_bars_and_signs(value, above, below, expected):
    rows = [(above, compared(value, ">")), (below, compared(value, "<")), (ZERO, None)]
    assert text(branches(rows)) == expected
    nested = [(above, compared(value, ">")), (Cases(((below, compared(value, "<")), (ZERO, None))), None)]
    assert branches(nested) == branches(rows)


def test_what_is_neither_stays_a_list_of_cases():
    rows = [(V, compared(V, ">")), (Minus(V), compared(V, "<")), (ONE, None)]
    assert branches(rows) == Cases(tuple(rows))
    other = [(V, compared(V, ">", ONE)), (Minus(V), compared(V, "<", ONE)), (ZERO, None)]
    assert branches(other) == Cases(tuple(other))


def test_a_condition_counted_as_1_is_a_case_of_its_own():
    rows = [(Number("-1"), compared(V, ">")), (Bracket(compared(V, "<")), None)]
    assert branches(rows) == Minus(Apply("sign", (V,)))
