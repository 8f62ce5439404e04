"""Largest exponents taken out of sums: the value stays, and no exponential is of something large."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.expressions import Index, Peak, Read, Total, Where
from symbackprop.lower.bounded import may_overflow
from symbackprop.lower.exponentials import maximum
from symbackprop.lower.scaled import scaled, shifted
from symbackprop.verify.evaluate import evaluate

J, K = Index("j", 3), Index("k", 3)
Z, T = Read("z", J), Read("t", J)
ZK, TK = Read("z", K), Read("t", K)
SUM = Total(sp.exp(ZK), K)
ZERO, ONE = sp.S.Zero, sp.S.One

FORMULAS = {
    "log of one and a sum": sp.log(1 + SUM),
    "quotient": sp.exp(Z) / (1 + SUM),
    "one place": sp.exp(Read("z", 1)) / SUM,
    "weights": sp.log(Total(TK * sp.exp(ZK), K) / SUM),
    "what is left": sp.log(1 - sp.exp(Z) / SUM),
    "a root": sp.sqrt(sp.exp(Z) / SUM),
    "a power that is given": (sp.exp(Z) / SUM) ** T / (1 + SUM),
    "an exponential in an exponent": (2 + SUM / (1 + SUM)) ** sp.exp(-(Z**2)) * sp.exp(Z) / SUM,
    "a function of a sum": sp.tanh(sp.exp(Z) / (1 + SUM)) * sp.exp(Z) / SUM,
    "a mask": Where(T > 0, sp.exp(Z), ZERO) / Total(Where(TK > 0, sp.exp(ZK), ZERO), K),
    "two branches": sp.log(1 + Where(T > 0, sp.exp(Z), sp.exp(-Z)) + sp.exp(Z / 2)),
    "a difference": (sp.exp(Z) - sp.exp(-Z)) / (1 + sp.exp(Z) + sp.exp(-Z)),
    "what stands before the sum": Total(sp.exp(ZK) * TK / SUM.xreplace({K: Index("l", 3)}), K) / SUM * sp.exp(Z),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_the_value_stays(name):
    values = {"z": np.array([0.3, -1.2, 2.0]), "t": np.array([0.5, 0.25, 1.0])}
    expr = FORMULAS[name]
    own = [index for index in (J, K) if index in expr.free_symbols]
    form = shifted(expr).replace(maximum, lambda one, other: Where(one > other, one, other))
    found, expected = (evaluate(each, own, values, {}) for each in (form, expr))
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", FORMULAS)
def test_no_exponential_overflows(name):
    assert not any(map(may_overflow, shifted(FORMULAS[name]).atoms(sp.exp)))


def test_what_has_no_sum_of_exponentials_stays():
    assert shifted(Z**2 + T) == Z**2 + T and shifted(sp.exp(Z)) == sp.exp(Z)


def test_a_sum_of_exponentials_is_positive_and_a_difference_may_be_anything():
    total = scaled(1 + SUM)
    assert total.weight == 1 and total.exponent == maximum(ZERO, Peak(ZK, K))
    assert scaled(sp.exp(Z) - sp.exp(T)).factor == 1


def test_a_sum_without_one_of_its_terms():
    others = Total(Where(sp.Ne(K, J), sp.exp(ZK), ZERO), K)
    assert shifted(sp.log(SUM - sp.exp(Z))) == shifted(sp.log(others))
