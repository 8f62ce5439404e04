"""Fractions in their cheapest form: the value stays, and nothing is divided by where it is not there."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from sympy.core.random import rng

from symbackprop.expressions import Index, Read, Total, Within
from symbackprop.simplify.cost import cost
from symbackprop.simplify.fractions import positive_first, tidy_fraction
from symbackprop.verify.evaluate import evaluate

J = Index("j", 3)
A, Z = Read("a"), Read("z")


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (-A * (A - 1), A * (1 - A)),
        (-17 * A * (A - 1) / 10, 17 * A * (1 - A) / 10),
        (-A * Z, -A * Z),
        (A * (A - 1), A * (A - 1)),
        (-A * (A + 1), -A * (A + 1)),
    ],
)
def test_a_sign_goes_into_a_difference(expr, expected):
    assert positive_first(expr) == expected


@st.composite
def fractions(draw, depth=3):
    if depth == 0:
        return draw(st.sampled_from([A, Z, Total(Read("t", J), J), sp.exp(Z), sp.Integer(2)]))
    one, two = draw(fractions(depth - 1)), draw(fractions(depth - 1))
    return draw(st.sampled_from([one + two, one - two, one * two, one / (3 + two**2), (one - 1) ** 2]))


@given(fractions())
def test_tidying_a_fraction_keeps_its_value(expr):
    values = {"a": np.array(0.3), "z": np.array(-0.7), "t": np.array([0.2, 1.1, -0.4])}
    found = tidy_fraction(expr)
    assert cost(found) <= cost(expr)
    np.testing.assert_allclose(evaluate(found, (), values, {}), evaluate(expr, (), values, {}), rtol=1e-7, atol=1e-9)


def test_factoring_draws_no_numbers_of_the_user():
    a, b, c = (Read(name) for name in "abc")
    product = sp.expand((a + b) * (a + c + 1))
    rng.seed(7)
    expected = rng.random()
    rng.seed(7)
    assert tidy_fraction(product) == (a + b) * (a + c + 1)
    assert rng.random() == expected


def test_sums_of_many_terms_are_not_factored():
    long = sum((Read(name) for name in "abcd"), sp.S.One)
    assert tidy_fraction(sp.expand(long * Read("e") + long)) == sp.expand(long * Read("e") + long)


def test_parts_of_different_ranges_have_their_own_divisors():
    i = Index("i", 4)
    e, before, w = Read("e", i), Read("e", i - 1), Read("w", i)
    first, last = Within(i - 1, 3), Within(i, 3)
    expr = w * last / e + first / before - last / e + 2 * first / before
    found = tidy_fraction(expr)
    assert found == (w - 1) * last / e + 3 * first / before
    assert tidy_fraction(A * (last / e + first / before)) == A * (last / e + first / before)
    assert tidy_fraction(last * w / e - last * w / e**2) == last * w * (e - 1) / e**2
