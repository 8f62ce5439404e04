"""Sums of exponentials are taken apart where that is safe, and left alone elsewhere."""

import pytest
import sympy as sp

from symbackprop.expressions import Index, Peak, Read, Total, Where
from symbackprop.lower.exponentials import (
    NEVER,
    Exponential,
    branch,
    exponential,
    places,
    softplus,
    summed_exponential,
    two_exponentials,
    weight,
    without,
)

J, K, L = Index("j", 4), Index("k", 4), Index("l", 5)
Z, U, V = Read("z"), Read("u"), Read("v")
AT_K = Read("z", K)


def test_a_product_is_a_factor_and_an_exponent():
    assert exponential(3 * U * sp.exp(-Z)) == Exponential(3 * U, -Z)
    assert exponential(U) == Exponential(U, 0)
    assert Exponential(sp.S.One, Z).log == Z
    assert Exponential(sp.Integer(3), Z).log == Z + sp.log(3)


@pytest.mark.parametrize(
    ("expr", "exponents"),
    [
        (1 + sp.exp(Z), (Z, 0)),
        (2 + 3 * sp.exp(-Z), (-Z, 0)),
        (U + U * sp.exp(Z), (Z, 0)),
        (sp.exp(Z) + sp.exp(U), None),
        (1 - sp.exp(Z), ()),
        (U + sp.exp(Z), ()),
        (1 + U, ()),
        (1 + sp.exp(Z) + sp.exp(U), ()),
    ],
    ids=str,
)
def test_two_terms_that_cannot_cancel(expr, exponents):
    found = two_exponentials(expr)
    if exponents == ():
        assert found is None
    else:
        assert {part.exponent for part in found} == set(exponents or (Z, U))
        assert exponents is None or found[1].exponent == 0
        assert sp.expand(sum(part.factor * sp.exp(part.exponent) for part in found) - expr) == 0


def test_what_is_summed_is_a_factor_times_an_exponential():
    assert summed_exponential(Total(sp.exp(AT_K), K)) == (1, AT_K)
    assert summed_exponential(Total(U * sp.exp(AT_K), K)) == (U, AT_K)
    assert summed_exponential(Total(AT_K, K)) is None
    assert summed_exponential(AT_K) is None
    masked = Total(Where(K <= J, sp.exp(AT_K), sp.S.Zero), K)
    assert summed_exponential(masked) == (1, Where(K <= J, AT_K, NEVER))
    assert summed_exponential(Total(sp.exp(AT_K - Peak(AT_K, K)), K)) is None


def test_an_exponential_or_nothing_is_the_exponential_of_a_branch():
    assert branch(Where(Z > 0, sp.S.Zero, sp.exp(U))) == sp.exp(Where(Z > 0, NEVER, U))
    assert branch(Where(Z > 0, sp.exp(U), sp.S.One)) == Where(Z > 0, sp.exp(U), sp.S.One)
    assert float(sp.exp(sp.Float(NEVER))) == 0.0


def test_a_part_is_taken_off_where_less_is_left():
    assert without(2 * Z + U, Z) == Z + U
    assert without(Z, Z) == 0
    assert without(U, Z) is None
    assert without(-Z, Z) is None
    assert weight(2 * Z - U / 3) == sp.Rational(7, 3)


def test_places_are_the_free_indices_at_which_a_body_stands():
    at_j = Read("z", J)
    assert list(places(at_j + U, AT_K, K)) == [(J, at_j, U)]
    assert list(places(Read("z", L), AT_K, K)) == []
    # Along j, z[j, k] is another sum at each j.
    assert list(places(Read("z", J, J), Read("z", J, K), K)) == []


def test_named_functions_stay_as_they_are():
    assert softplus(sp.S.Zero).args == (0,)
