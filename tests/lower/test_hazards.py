"""What overflows somewhere, and what is rounded to a limit, as far as an expression alone tells."""

import pytest
import sympy as sp

from symbackprop.expressions import Index, Peak, Read, Total
from symbackprop.lower.hazards import hazards

J, K = Index("j", 4), Index("k", 4)
Z, V = Read("z", J), Read("v", J)
TOTAL = Total(sp.exp(Read("z", K)), K)


@pytest.mark.parametrize(
    "rhs",
    [sp.exp(Z) * V, sp.sinh(Z), sp.cosh(Z), sp.exp(-Z), TOTAL, 1 / TOTAL, sp.exp(-sp.log(TOTAL))],
)
def test_exponentials_that_are_large_somewhere(rhs):
    assert len(hazards(rhs).overflowing) == 1


@pytest.mark.parametrize(
    "rhs",
    [
        1 / (1 + sp.exp(-Z)),
        sp.exp(Z) / TOTAL,
        sp.log(TOTAL),
        sp.exp(-(Z**2) / 2),
        sp.exp(Z - Peak(Read("z", K), K)),
        sp.exp(Z - sp.log(TOTAL)),
        Z**2 / V,
    ],
)
def test_what_has_a_stable_form_does_not_overflow(rhs):
    assert not hazards(rhs).overflowing


@pytest.mark.parametrize(
    ("rhs", "expected"),
    [
        (sp.log(TOTAL) + V, False),
        (sp.log(sp.exp(Z) + V**2 * sp.exp(V)), False),
        (sp.log(1 + sp.exp(Z)), True),
        (sp.tanh(sp.log(TOTAL)), True),
        (TOTAL, True),
        (sp.log(TOTAL * V), False),
    ],
)
def test_a_logarithm_of_a_sum_of_exponentials_is_rounded_to_no_limit(rhs, expected):
    assert hazards(rhs).saturates is expected
