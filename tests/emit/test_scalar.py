"""Scalar code is printed with the brackets that it needs, and with no others."""

import math

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.emit.javascript import JAVASCRIPT
from symbackprop.emit.scalar import Language, scalar_code
from symbackprop.errors import UnsupportedError
from symbackprop.program.algebra import add, compare, div, logical, mul, neg, power, where
from symbackprop.program.scalar import ONE, ZERO, Element, Name, Number, Op, number

PYTHON = Language(
    {"exp": "exp", "sqrt": "sqrt", "pow": "pow"},
    "{then} if {condition} else {otherwise}",
    {"and": "and", "or": "or", "not": "not"},
)
A, B, C = Name("a"), Name("b"), Name("c")
BETWEEN = logical("and", compare("gt", A, B), compare("lt", A, C))
POINT = {"a": 1.75, "b": -0.375, "c": 3.0, "exp": math.exp, "sqrt": math.sqrt}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (mul(A, add(ONE, neg(A))), "a * (1 - a)"),
        (div(A, mul(B, C)), "a / (b * c)"),
        (mul(A, Op("div", (B, C))), "a * b / c"),
        (Op("mul", (A, Op("div", (B, C)))), "a * (b / c)"),
        (add(A, neg(add(B, C))), "a - (b + c)"),
        (neg(mul(A, B)), "-(a * b)"),
        (add(A, Number(sp.Integer(-2))), "a - 2"),
        (add(A, mul(number(-2), B)), "a - 2 * b"),
        (power(A, number(-2)), "1 / (a * a)"),
        (where(compare("gt", A, ZERO), A, ZERO), "a if a > 0 else 0"),
        (mul(B, where(compare("gt", A, ZERO), A, ZERO)), "b * (a if a > 0 else 0)"),
        (logical("or", BETWEEN, compare("eq", B, C)), "(a > b and a < c) or b == c"),
        (logical("not", compare("gt", A, B)), "not(a > b)"),
        (Element("W", (A, number(2))), "W[a, 2]"),
    ],
)  # fmt: skip
def test_code(value, code):
    assert scalar_code(value, PYTHON) == code


def test_names_are_replaced_in_numbers_too():
    value = Op("mul", (A, Number(1 / sp.Symbol("N")), Element("W", (B,))))
    assert (
        scalar_code(value, PYTHON, {"a": "a_", "#N": "count", "N": "array", "W": "weights"})
        == "a_ * (1 / count) * weights[b]"
    )


def test_what_a_language_lacks_is_refused_by_name():
    with pytest.raises(UnsupportedError, match="erf"):
        scalar_code(Op("erf", (A,)), PYTHON)


def test_javascript_spells_its_own():
    value = where(compare("eq", A, B), Op("arctan", (A,)), Op("max", (A, B)))
    assert scalar_code(value, JAVASCRIPT) == "a === b ? Math.atan(a) : Math.max(a, b)"


leaf = st.sampled_from([A, B, C, ONE, number(2), number(-1), Number(sp.Rational(-5, 2))])
trees = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: add(*p)),
        st.tuples(inner, inner).map(lambda p: mul(*p)),
        st.tuples(inner, inner).map(lambda p: Op("div", p)),
        st.tuples(inner, inner, inner).map(lambda p: where(compare("gt", p[0], p[1]), p[1], p[2])),
        inner.map(neg),
    ),
    max_leaves=10,
)


def plain(value):
    if isinstance(value, Number):
        return float(value.value)
    if isinstance(value, Name):
        return POINT[value.name]
    args = [plain(arg) for arg in value.args]
    match value.function:
        case "add":
            return sum(args)
        case "mul":
            return math.prod(args)
        case "div":
            return args[0] / args[1] if args[1] else math.nan
        case "neg":
            return -args[0]
        case "gt":
            return args[0] > args[1]
    return args[1] if args[0] else args[2]


@given(trees)
def test_code_has_the_value_of_the_tree(value):
    expected = plain(value)
    if math.isfinite(expected):
        try:
            found = eval(scalar_code(value, PYTHON), dict(POINT))
        except ZeroDivisionError:
            return
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
