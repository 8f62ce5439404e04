"""Equations as a whole: what stands on the left, several lines, comments, and what is refused."""

import pytest
import sympy as sp

from symbackprop.errors import LanguageError
from symbackprop.expressions import Read, Total, Where
from symbackprop.language import Statement, parse_cached, parse_equations, parse_formula, unsized

I, J, T = map(unsized, "ijt")


def test_a_dense_layer():
    (row,) = parse_equations("z[j] = sum(W[j, i] * x[i], i) + b[j]")
    rhs = Total(Read("W", J, I) * Read("x", I), I) + Read("b", J)
    assert row == Statement("z", (J,), rhs, "z[j] = sum(W[j, i] * x[i], i) + b[j]")


def test_a_scalar_has_no_brackets():
    (row,) = parse_equations("E = mean((t[j] - y[j])**2, j)")
    assert (row.tensor, row.indices) == ("E", ())


def test_lines_comments_and_blanks():
    text = """
        # an input gate
        i[t, j] = x[t, j] * 2

        h[t, j] = where(t > 0, h[t - 1, j], h0[j])   # a recurrence
    """
    first, second = parse_equations(text)
    assert (first.tensor, second.tensor) == ("i", "h")
    assert second.indices == (T, J)
    assert second.rhs == Where(T > 0, Read("h", T - 1, J), Read("h0", J))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is no equation"),
        ("# nothing", "there is no equation"),
        ("z[j]", "expected one equation"),
        ("z[j] == x[j]", "expected one equation"),
        ("z[j] = y[j] = x[j]", "expected one equation"),
        ("z[j] += x[j]", "expected one equation"),
        ("z: int = 1", "expected one equation"),
        ("z[j] = 1; y[j] = 2", "expected one equation"),
        ("import os", "expected one equation"),
        ("def f(): pass", "expected one equation"),
        ("del z", "expected one equation"),
        ("z, y = x", "left-hand side"),
        ("z.a = x", "left-hand side"),
        ("f(z) = x", "not a formula"),
        ("z[0] = x", "indices on the left"),
        ("z[j, j] = x[j]", "indices on the left"),
        ("z[j + 1] = x[j]", "indices on the left"),
        ("z[x[j]] = x[j]", "indices on the left"),
        ("z[()] = x", "no index"),
        ("z[j][i] = x[j, i]", "expected a name"),
        ("__z[j] = x[j]", "cannot be a name"),
        ("z[__j] = x", "cannot be a name"),
        ("if[j] = x[j]", "not a formula"),
        ("z[j] = 'a'", "not a number"),
    ],
)
def test_what_is_no_equation(text, reason):
    with pytest.raises(LanguageError, match=reason):
        parse_equations(text)


@pytest.mark.parametrize("operator", ["-", "+", "- 1 -"])
def test_a_long_chain_of_signs_in_a_bracket_is_refused_not_a_crash(operator):
    for text in (f"z[{operator * 240}i] = x", f"z[i] = x[{operator * 240}i]", f"z = {operator * 240}x"):
        try:
            parse_equations(text)
        except LanguageError:
            continue


def test_functions_are_passed_on():
    (row,) = parse_equations("y[j] = twice(x[j])", {"twice": lambda value: 2 * value})
    assert row.rhs == 2 * Read("x", J)


def test_a_row_is_parsed_once():
    text = "y[j] = x[j] + 3"
    assert parse_cached(text) is parse_cached(text)
    assert parse_cached(text) == parse_equations(text)


def test_nothing_is_rearranged_behind_the_users_back():
    """A square of a difference is not multiplied out, and a quotient keeps its sum."""
    assert parse_formula("(t - y)**2 / 2") == (Read("t") - Read("y")) ** 2 / sp.Integer(2)
    assert parse_formula("1 / (1 + exp(-z))").is_Pow
