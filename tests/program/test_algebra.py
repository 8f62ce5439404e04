"""Constructors of scalar code keep the value and compute nothing in vain."""

import math
import operator
from functools import reduce

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.program.algebra import add, call, chosen, compare, div, largest, logical, mul, neg, power, where
from symbackprop.program.scalar import ONE, ZERO, Name, Number, Op, is_truth, number

A, B, C = Name("a"), Name("b"), Name("c")
POINT = {"a": 1.75, "b": -0.375, "c": 3.0}
PLAIN = {
    "add": lambda *args: sum(args),
    "mul": lambda *args: reduce(operator.mul, args),
    "div": operator.truediv,
    "neg": operator.neg,
    "pow": lambda base, exponent: abs(base) ** exponent,
    "sqrt": lambda value: math.sqrt(abs(value)),
    "max": max,
    "min": min,
    "abs": abs,
    **{name: getattr(operator, name) for name in ("gt", "ge", "lt", "le", "ne")},
    "or": lambda *args: any(args),
    "where": lambda condition, then, otherwise: then if condition else otherwise,
    "exp": math.exp,
    "log1p": math.log1p,
    "expm1": math.expm1,
}


def evaluated(value, point=POINT):
    if isinstance(value, Number):
        return float(value.value)
    if isinstance(value, Name):
        return point[value.name]
    return PLAIN[value.function](*(evaluated(arg, point) for arg in value.args))


def operations(value):
    """How many operations printing would write: a sum of n terms has n - 1, and a sign in it is part of it."""
    if not isinstance(value, Op):
        return 0
    inside = sum(map(operations, value.args))
    if value.function == "add":
        signs = sum(isinstance(arg, Op) and arg.function == "neg" for arg in value.args[1:])
        return inside - signs + len(value.args) - 1
    return inside + max(len(value.args) - 1, 1)


leaf = st.sampled_from([A, B, C, ONE, number(2), number(-1), Number(sp.Rational(1, 3)), Number(sp.Rational(-5, 2))])
trees = st.recursive(
    leaf.map(lambda value: (value, evaluated(value))),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: (add(p[0][0], p[1][0]), p[0][1] + p[1][1])),
        st.tuples(inner, inner).map(lambda p: (mul(p[0][0], p[1][0]), p[0][1] * p[1][1])),
        inner.map(lambda p: (neg(p[0]), -p[1])),
        inner.filter(lambda p: abs(p[1]) > 1e-3).map(lambda p: (div(ONE, p[0]), 1 / p[1])),
        inner.map(lambda p: (power(p[0], number(2)), p[1] ** 2)),
    ),
    max_leaves=8,
)


@given(trees)
def test_the_value_is_kept(pair):
    value, expected = pair
    assert evaluated(value) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(trees)
def test_negation_is_its_own_inverse(pair):
    value, expected = pair
    assert evaluated(neg(value)) == pytest.approx(-expected, rel=1e-9, abs=1e-9)
    assert evaluated(neg(neg(value))) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_nothing_is_computed_in_vain():
    assert add(A, ZERO) == A and mul(A, ONE) == A and mul(A, ZERO) == ZERO and power(A, ONE) == A
    assert mul(neg(A), neg(B)) == mul(A, B)
    assert operations(add(neg(A), B)) == 1
    assert operations(mul(A, add(ONE, neg(A)))) == 2
    assert operations(call("sigmoid", A)) == 4
    assert mul(Number(sp.Rational(1, 3)), A) == Op("div", (A, number(3)))


def test_signs_of_squares_agree():
    assert neg(add(A, neg(B))) == add(B, neg(A))
    assert power(add(A, B), number(3)) == Op("mul", (add(A, B),) * 3)


def test_conditions():
    inside = compare("gt", A, B)
    assert is_truth(inside)
    assert mul(inside, A) == where(compare("le", A, B), ZERO, A)
    assert add(inside, A) == add(where(inside, ONE, ZERO), A)
    assert compare("eq", number(2), number(2)) == ONE and compare("lt", number(3), number(2)) == ZERO
    assert logical("and", ONE, inside) == inside and logical("or", ONE, inside) == ONE and logical("not", ZERO) == ONE
    assert where(ONE, A, B) == A and where(ZERO, A, B) == B and where(inside, A, A) == A
    assert evaluated(largest([A, B, C])) == 3.0 and largest([A, A]) == A


@pytest.mark.parametrize("z", [-30.0, -1.5, 0.0, 1e-5, 0.7, 20.0])
def test_stable_forms_have_the_value_of_what_they_stand_for(z):
    point = {"a": z, "b": 0.5}
    assert evaluated(call("sigmoid", A), point) == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-14)
    assert evaluated(call("softplus", A), point) == pytest.approx(math.log1p(math.exp(z)), rel=1e-14)
    assert evaluated(call("log_sigmoid", A), point) == pytest.approx(-math.log1p(math.exp(-z)), rel=1e-14)
    assert evaluated(call("log_cosh", A), point) == pytest.approx(math.log(math.cosh(z)), rel=1e-9, abs=1e-16)
    assert evaluated(call("logaddexp", A, B), point) == pytest.approx(math.log(math.exp(z) + math.exp(0.5)), rel=1e-14)


@pytest.mark.parametrize("z", [-700.0, 700.0])
def test_stable_forms_do_not_overflow(z):
    point = {"a": z}
    assert evaluated(call("softplus", A), point) == pytest.approx(max(z, 0.0), abs=1e-300)
    assert evaluated(call("log_cosh", A), point) == pytest.approx(700 - math.log(2))


NAN = {"a": math.nan, "b": 2.0, "c": -1.0}


@pytest.mark.parametrize("function", ["maximum", "minimum"])
@pytest.mark.parametrize("args", [(A, B), (B, A), (A, ZERO), (ZERO, A), (add(A, C), B)])
def test_a_choice_keeps_what_is_no_number(function, args):
    assert math.isnan(evaluated(chosen(Op(function, args)), NAN))
    assert evaluated(chosen(Op(function, args))) == PLAIN[function[:3]](*(evaluated(arg) for arg in args))


@pytest.mark.parametrize("condition", ["gt", "ge", "lt", "le"])
def test_under_a_condition_a_value_is_kept_where_nothing_compares(condition):
    compared = compare(condition, A, ZERO)
    assert evaluated(mul(compared, B), NAN) == 2.0
    for value in (-1.5, 0.0, 1.5):
        point = {"a": value, "b": 2.0}
        holds = bool(PLAIN[condition](value, 0))
        assert evaluated(mul(compared, B), point) == (2.0 if holds else 0.0)


def test_a_larger_one_at_hand_is_compared_in_place_and_another_is_computed_once():
    assert call("maximum", A, ZERO) == where(compare("le", A, ZERO), ZERO, A)
    assert call("maximum", add(A, B), ZERO) == Op("maximum", (add(A, B), ZERO))
    assert call("minimum", A, B) == Op("minimum", (A, B))
    assert chosen(Op("maximum", (mul(A, C), B))) == chosen(Op("maximum", (B, mul(A, C))))


def test_choices_inside_choices_are_looked_at_once():
    value = A
    for _ in range(200):
        value = Op("max", (value, Op("exp", (value,))))
    found, depth = chosen(value), 0
    while isinstance(found, Op):
        assert found.function == "where"
        larger = found.args[1]
        assert found.args[2] == Op("exp", (larger,))
        found, depth = larger, depth + 1
    assert depth == 200
