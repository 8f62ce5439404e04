"""Quotients of exponentials are the functions they are equal to."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.expressions import Index, Peak, Read, Total, Where
from symbackprop.lower.exponentials import NEVER, Stable, sigmoid, softmax
from symbackprop.lower.quotients import largest, quotient

I, J, K = (Index(letter, 4) for letter in "ijk")
Z, B = Read("z"), Read("beta")
AT_J, AT_K = Read("z", J), Read("z", K)
BELOW = Total(sp.exp(AT_K), K)
MOST = Peak(AT_K, K)
SHIFTED = Total(sp.exp(AT_K - MOST), K)
S, M = sigmoid(Z), sigmoid(-Z)


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        (1 / (1 + sp.exp(-Z)), S),
        (1 / (1 + sp.exp(Z)), M),
        (sp.exp(Z) / (1 + sp.exp(Z)), S),
        (sp.exp(-Z) / (1 + sp.exp(-Z)) ** 2, S * M),
        (sp.exp(-2 * Z) / (1 + sp.exp(-Z)) ** 3, S * M**2),
        (sp.exp(-Z) / (1 + sp.exp(-Z)) ** 3, S**2 * M),
        (1 / sp.sqrt(1 + sp.exp(-Z)), sp.sqrt(S)),
        (1 / (2 + 2 * sp.exp(-Z)), S / 2),
        (1 / (B + B * sp.exp(-Z)), S / B),
        ((1 + B * sp.exp(-Z)) / (1 + sp.exp(-Z)) ** 2, S**2 + B * S * M),
        (sp.sinh(Z) / sp.cosh(Z), sp.tanh(Z)),
        (1 / sp.cosh(Z) ** 2, 4 * sigmoid(2 * Z) * sigmoid(-2 * Z)),
        (sp.exp(AT_J) / BELOW, softmax(AT_J, J)),
        (sp.exp(2 * AT_J) / BELOW**2, softmax(AT_J, J) ** 2),
        (sp.exp(AT_J + Read("z", I)) / BELOW**2, softmax(AT_J, J) * softmax(Read("z", I), I)),
        (1 / BELOW, sp.exp(-MOST) / SHIFTED),
        (sp.exp(Read("z", Read("label"))) / BELOW, sp.exp(Read("z", Read("label")) - MOST) / SHIFTED),
        (sp.exp(Z), sp.exp(Z)),
        (1 / (1 + Z), 1 / (1 + Z)),
        (Z / (1 - sp.exp(Z)), Z / (1 - sp.exp(Z))),
    ],
    ids=str,
)
def test_a_quotient_is_a_function_that_does_not_overflow(expr, found):
    assert sp.expand(quotient(expr) - found) == 0


@pytest.mark.parametrize("value", [-1.5, 0.25, 2.0])
@pytest.mark.parametrize(
    "expr",
    [
        (sp.exp(Z) - sp.exp(-Z)) / (sp.exp(Z) + sp.exp(-Z)),
        sp.exp(3 * Z) / (1 + sp.exp(Z)) ** 2,
        sp.exp(-Z) / (2 + 3 * sp.exp(Z)),
        sp.sinh(Z) ** 2 / sp.cosh(Z) ** 4,
        sp.sinh(Z) ** 3 / sp.cosh(Z),
    ],
    ids=str,
)
def test_values_are_kept(expr, value):
    def number(node):
        logistic = node.replace(sigmoid, lambda u: 1 / (1 + sp.exp(-u)))
        assert not logistic.atoms(Stable)
        return float(logistic.xreplace({Z: sp.Float(value)}))

    np.testing.assert_allclose(number(quotient(expr)), float(expr.xreplace({Z: sp.Float(value)})), rtol=1e-12)


def test_a_weighted_sum_has_its_largest_exponent_taken_out():
    mask = Read("m", K)
    found = quotient(sp.exp(AT_J) / Total(mask * sp.exp(AT_K), K))
    most = largest(mask, AT_K, (K,))
    shown = Where(sp.Ne(mask, 0), AT_K, NEVER)
    assert found == sp.exp(AT_J - most) / Total(mask * sp.exp(shown - most), K)
    assert isinstance(most, Peak)
