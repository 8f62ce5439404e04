"""Derivatives against differences of the values of the expression itself."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from sympy import Symbol

from symbackprop.calculus import differentiate, slope
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.verify.evaluate import evaluate

I, J, K, S, P = Index("i", 3), Index("j", 4), Index("k", 4), Index("s", 2), Index("p", 2)
AT = {"x": (Index("s_at0", 2), Index("j_at1", 4)), "W": (Index("i_at0", 3), Index("j_at1", 4)), "c": ()}
RNG = np.random.default_rng(21)
VALUES = {
    "x": RNG.normal(size=(2, 4)),
    "W": RNG.normal(size=(3, 4)),
    "c": RNG.normal(),
    "token": np.array([2.0, 0.0]),
}
x, W, c, token = Read("x", S, J), Read("W", I, J), Read("c"), Read("token", S)
net = Total(W * x, J)
xk = Read("x", S, K)
TWO = Where(c > 0, sp.S.One, sp.Integer(2))


def jacobian(expr, indices, tensor):
    """Central differences of the expression, in one element of the tensor after the other."""
    value = np.asarray(VALUES[tensor], dtype=float)
    columns = []
    for place in np.ndindex(value.shape):
        sides = []
        for step in (1e-6, -1e-6):
            moved = value.copy()
            moved[place] += step
            sides.append(evaluate(expr, indices, VALUES | {tensor: moved}, {}))
        columns.append((sides[0] - sides[1]) / 2e-6)
    return np.stack(columns, axis=-1).reshape(*columns[0].shape, *value.shape)


CASES = {
    "a read": (x, (S, J)),
    "a scalar": (c**3 * x, (S, J)),
    "a sum": (net, (S, I)),
    "a function of a sum": (sp.tanh(net) + c, (S, I)),
    "a sum squared": (net**2, (S, I)),
    "sums in sums": (Total(sp.exp(net / 2) * Total(x**2, J), S), (I,)),
    "a quotient": (sp.exp(x) / Total(sp.exp(xk), K), (S, J)),
    "read twice": (x * Read("x", S, K) * W, (S, J, K, I)),
    "a branch": (Where(x > 0, x**2, c * x), (S, J)),
    "a branch over places": (Where(sp.Ne(J, 2), x, sp.sin(x)), (S, J)),
    "a branch of sums": (Where(net > 0, net * c, Total(x**3, J)), (S, I)),
    "branches in branches": (Where(x > 0, Where(c > 0, x, c), Where(c > 0, c, x**2)), (S, J)),
    "shifted": (Read("x", S, J - 1) * x, (S, J)),
    "strided window": (Total(Read("x", S, 2 * P + I - 1) * Read("W", I, P), I), (S, P)),
    "fixed place": (Read("x", S, 3) * c + Read("x", 0, J), (S, J)),
    "diagonal": (Read("W", I, I), (I,)),
    "gathered": (Read("W", token, J) * x, (S, J)),
    "the largest": (Peak(x**2, J), (S,)),
    "the largest of sums": (c * Peak(net, I), (S,)),
    "at the largest": (Read("W", I, ArgPeak(x, J)), (S, I)),
    "logsumexp": (sp.log(Total(sp.exp(x), J)), (S,)),
    "distance": (sp.sqrt(Total((x - Read("W", I, J)) ** 2, J)), (S, I)),
    "erf": (sp.erf(x) * sp.atan(c), (S, J)),
    "a power": (sp.Pow(2, x) * (1 + c**2) ** x, (S, J)),
    "a range": (Within(J - 1, 2) * x, (S, J)),
    "whether a place is the largest": (Delta(J, ArgPeak(x, J)) * Read("x", S, K), (S, J, K)),
    "a place that branches": (Delta(J, TWO) * c**2 * x, (S, J)),
    "at a place that branches": (Read("W", TWO, J) * c, (J,)),
    "whether a step is in range": (Within(TWO + J, 3) * c**2, (J,)),
}


@pytest.mark.parametrize("tensor", sorted(AT))
@pytest.mark.parametrize("name", CASES)
def test_against_differences(name, tensor):
    expr, indices = CASES[name]
    found = evaluate(differentiate(expr, tensor, AT[tensor]), (*indices, *AT[tensor]), VALUES, {})
    np.testing.assert_allclose(found, jacobian(expr, indices, tensor), rtol=1e-6, atol=1e-7)


@st.composite
def expressions(draw, depth=3):
    if depth == 0:
        return draw(st.sampled_from([x, W, c, sp.Integer(2), sp.Rational(1, 3), Read("x", S, J - 1)]))
    one, two = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    forms = [one + two, one * two, sp.tanh(one), one / (2 + two**2), Where(one > two, one, two**2), one - two]
    forms += [Total(one, J), Total(one * two, S), Peak(one, J), sp.exp(-(one**2)), one * Delta(J, 2)]
    return draw(st.sampled_from(forms))


@given(expressions(), st.sampled_from(sorted(AT)))
def test_any_expression_against_differences(expr, tensor):
    """Ties and kinks are met with probability zero, since the values are drawn from a continuum; 0/0 is met nowhere."""
    found = evaluate(differentiate(expr, tensor, AT[tensor]), (S, I, J, *AT[tensor]), VALUES, {})
    np.testing.assert_allclose(found, jacobian(expr, (S, I, J), tensor), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.0), (-1.0, 0.0), (2.0, 1.0)])
def test_a_kink_has_the_slope_of_the_branch_it_belongs_to(value, expected):
    relu = Where(c > 0, c, sp.S.Zero)
    assert evaluate(differentiate(relu, "c", ()), (), {"c": np.array(value)}, {}) == expected


def test_a_tie_goes_to_the_first_alone():
    """The slope of a maximum is not shared, nor counted twice."""
    values = {"x": np.array([[1.0, 3.0, 3.0, 0.0], [2.0, 2.0, 2.0, 2.0]])}
    found = evaluate(differentiate(Peak(x, J), "x", AT["x"]), (S, *AT["x"]), values, {})
    np.testing.assert_array_equal(found[0, 0], [0, 1, 0, 0])
    np.testing.assert_array_equal(found[1, 1], [1, 0, 0, 0])
    assert not found[0, 1].any() and not found[1, 0].any()


def test_conditions_and_the_place_of_a_maximum_are_constant():
    expr = Where(x > c, sp.S.One, sp.S.Zero) + ArgPeak(x * c, J)
    assert differentiate(expr, "x", AT["x"]) == 0
    assert differentiate(expr, "c", ()) == 0


def test_a_tensor_that_is_not_read_has_derivative_zero():
    assert differentiate(net, "other", (K,)) == 0
    # Where data are read as places, the data are no variable.
    assert differentiate(Read("W", token, J), "token", (S,)) == 0
    assert differentiate(Delta(J, token), "token", (S,)) == 0
    assert differentiate(Read("W", token, J) * token, "token", (P,)) == Read("W", token, J) * Delta(S, P)


def test_a_read_is_a_product_of_deltas():
    found = differentiate(Read("x", S, 2 * P - 1), "x", AT["x"])
    assert found == Delta(S, AT["x"][0]) * Delta(2 * P - 1, AT["x"][1])


def test_slope_is_of_one_symbol():
    z = Symbol("z")
    assert slope(z**3 + Total(x, J), z) == 3 * z**2
