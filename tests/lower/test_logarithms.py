"""Logarithms and differences in terms of exponents."""

import pytest
import sympy as sp

from symbackprop.expressions import Index, Read, Total
from symbackprop.lower.exponentials import (
    expm1,
    log1p,
    log_cosh,
    log_softmax,
    logaddexp,
    logsumexp,
    sigmoid,
    softmax,
    softplus,
)
from symbackprop.lower.logarithms import difference_of, log_of_sum, logarithm

I, J, K = (Index(letter, 4) for letter in "ijk")
Z, U = Read("z"), Read("u")
AT_J, AT_K = Read("z", J), Read("z", K)


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        (1 + sp.exp(Z), softplus(Z)),
        (2 + 2 * sp.exp(Z), softplus(Z) + sp.log(2)),
        (sp.exp(Z) + sp.exp(U), logaddexp(Z, U)),
        (sp.exp(Z), Z),
        (sigmoid(Z), -softplus(-Z)),
        (sigmoid(Z) ** 3 * U, -3 * softplus(-Z) + sp.log(U)),
        (sp.cosh(Z), log_cosh(Z)),
        (softmax(AT_J, J), log_softmax(AT_J, J)),
        (Total(sp.exp(AT_K), K) / 4, logsumexp(AT_K, K) - sp.log(4)),
        (1 + U, log1p(U)),
        (U, sp.log(U)),
        (2 * U, sp.log(2 * U)),
        (1 - sp.exp(Z), log1p(-sp.exp(Z))),
    ],
    ids=str,
)
def test_logarithms(argument, found):
    assert sp.expand(logarithm(argument) - found) == 0 or set(logarithm(argument).args) == set(found.args)


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        (1 - sigmoid(Z), sigmoid(-Z)),
        (3 - 3 * sigmoid(Z) + U, 3 * sigmoid(-Z) + U),
        (2 * sp.exp(Z) - 2, 2 * expm1(Z)),
        (1 - sp.exp(-Z), -expm1(-Z)),
        (sigmoid(Z) - sigmoid(-Z), sp.tanh(Z / 2)),
        (AT_J - logsumexp(AT_K, K), log_softmax(AT_J, J)),
        (2 * AT_J - 2 * logsumexp(AT_K, K) + U, 2 * log_softmax(AT_J, J) + U),
        (Read("z", Read("label")) - logsumexp(AT_K, K), None),
        (AT_J - logsumexp(Read("z", J, K), K), None),
        (1 + sigmoid(Z), None),
        (1 + sp.exp(Z), None),
        (U, None),
    ],
    ids=str,
)
def test_differences(expr, found):
    assert difference_of(expr) == (expr if found is None else found)


def test_equal_terms_of_a_sum_are_counted():
    assert log_of_sum(Z, (Index("l", 5),)) == Z + sp.log(5)
    assert log_of_sum(Read("z", K), (K, Index("l", 5))) == logsumexp(Read("z", K), K) + sp.log(5)
    assert log_of_sum(Z, (Index("i", 1),)) == Z
