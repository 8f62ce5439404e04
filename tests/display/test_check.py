"""The number rule: exact signs hold exactly, rounded ones within the digits shown, results are correctly rounded."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import pytest

from symbackprop.display import (
    Apply,
    Boxed,
    Matrix,
    Minus,
    Number,
    Paint,
    Product,
    Relation,
    Row,
    Symbol,
    Transpose,
    Tree,
    Words,
    check,
    column,
    element,
    integer,
    plus,
    shown,
    times,
    typed,
)
from symbackprop.notation import STANDARD, given

A1, T1 = element(STANDARD.sign("a2", rank=1), 1, key="a2"), element(STANDARD.sign("t"), 1, key="t")
DELTA = element(STANDARD.sign("delta2", rank=1), 1, key="delta2")


def true_values() -> dict[str, object]:
    with mpmath.workdps(50):
        a = 1 / (1 + mpmath.exp(-mpmath.mpf("1.10590596705977320")))
        t = mpmath.mpf("0.01")
        return {"a2": [a], "t": ["0.01"], "delta2": [(a - t) * a * (1 - a)], "z2": ["1.10590596705977320"]}


def rounded(text: str) -> Number:
    return Number(text, exact=False)


def delta(first: str = "0.741365070", second: str = "0.186815602", result: str = "0.138498562") -> Relation:
    slope = times(A1, plus(integer(1), Minus(A1)))
    return Relation(
        DELTA,
        (
            Row("=", times(Paint("error", plus(A1, Minus(T1))), Paint("slope", slope))),
            Row("≈", times(rounded(first), rounded(second), by="times")),
            Row("≈", Boxed(rounded(result))),
        ),
    )


def test_a_true_line_holds() -> None:
    checked = check(delta(), true_values())
    assert (checked.held, checked.faults, checked.unread) == (3, (), ())


@pytest.mark.parametrize(
    "wrong",
    [
        delta(result="0.138498563"),
        delta(result="0.138498561"),
        delta(result="-0.138498562"),
        delta(first="0.741365072"),
        delta(second="0.187002418"),
    ],
)
def test_a_planted_error_is_caught(wrong: Relation) -> None:
    assert check(wrong, true_values()).faults


def test_fewer_digits_are_no_error() -> None:
    assert check(delta(result="0.1385"), true_values()).faults == ()


def test_a_wrong_sign_in_the_symbols_is_caught() -> None:
    right = delta()
    wrong = times(plus(T1, Minus(A1)), A1, plus(integer(1), Minus(A1)))
    faults = check(replace(right, rows=(Row("=", wrong), *right.rows[1:])), true_values()).faults
    assert any("does not hold" in fault for fault in faults)


def test_a_result_may_be_one_unit_off_its_printed_operands_but_not_off_the_truth() -> None:
    # 0.40 × 0.593269992 + … from rounded operands may end on another digit than the true value.
    third, two_thirds = rounded("0.333"), rounded("0.667")
    rows = (Row("≈", times(third, integer(2), by="times")), Row("≈", two_thirds))
    relation = Relation(Symbol(given("y"), key="y"), rows)
    value = mpmath.mpf(2) / 3
    assert check(relation, {"y": value}).faults == ()
    truncated = replace(relation, rows=(relation.rows[0], Row("≈", rounded("0.666"))))
    assert "not the correctly rounded value" in check(truncated, {"y": value}).faults[0]


def test_equals_must_hold_exactly() -> None:
    third = Relation(plus(typed("0.1"), typed("0.2")), (Row("=", typed("0.3")),))
    assert check(third, {}).faults == ()
    claimed = Relation(Apply("sigmoid", (typed("0.3775"),)), (Row("=", rounded("0.593269992")),))
    assert "does not hold" in check(claimed, {}).faults[0]
    honest = Relation(Apply("sigmoid", (typed("0.3775"),)), (Row("≈", rounded("0.593269992")),))
    assert check(honest, {}).held == 1


def test_words_are_reported_as_unread_and_skipped() -> None:
    relation = Relation(typed("2"), (Row("=", Words(("two",))), Row("=", typed("2"))))
    checked = check(relation, {})
    assert checked.held == 1
    assert len(checked.unread) == 1
    assert check(replace(relation, rows=(relation.rows[0], Row("=", typed("3")))), {}).faults


def matrix_line(entries: tuple[tuple[Tree, ...], ...]) -> Relation:
    vector = Symbol(STANDARD.sign("v", rank=1, whole=True), key="v")
    return Relation(Product((vector, Transpose(vector))), (Row("≈", Matrix(entries)),))


def test_matrices_entry_by_entry() -> None:
    values = {"v": [mpmath.mpf(1) / 3, 2]}
    rows = [[mpmath.mpf(1) / 9, mpmath.mpf(2) / 3], [mpmath.mpf(2) / 3, mpmath.mpf(4)]]
    right = tuple(tuple(shown(value) for value in row) for row in rows)
    assert check(matrix_line(right), values).faults == ()
    swapped = (right[0], (right[1][1], right[1][0]))
    assert check(matrix_line(swapped), values).faults
    assert check(Relation(column([1, 2]), (Row("=", column([1, 2, 3])),)), {}).faults
