import numpy as np
import pytest
import sympy as sp

from symbackprop.expressions import Index, Read, Total
from symbackprop.lower.arrays import lower_expression
from symbackprop.lower.stable import logistic_argument, softmax_factors

S, J, K = Index("s", 2), Index("j", 3), Index("k", 3)
Z = Read("z", S, J)
BELOW = Total(sp.exp(Read("z", S, K)), K)


@pytest.mark.parametrize(
    ("expr", "argument"),
    [
        (1 / (1 + sp.exp(-Z)), Z),
        (1 / (1 + sp.exp(Z)), -Z),
        (1 / (1 + sp.exp(2 - 3 * Z)), 3 * Z - 2),
        (1 / (2 + sp.exp(-Z)), None),
        (1 / (1 + sp.exp(-Z) + Z), None),
        (1 + sp.exp(-Z), None),
        (Z, None),
    ],
    ids=str,
)
def test_logistic(expr, argument):
    assert logistic_argument(expr) == argument


@pytest.mark.parametrize(
    ("expr", "rest"),
    [
        (sp.exp(Z) / BELOW, 1),
        (Read("t", S, J) * sp.exp(Z) / BELOW, Read("t", S, J)),
        (sp.exp(2 * Z) / BELOW, None),
        (sp.exp(Z) * BELOW, None),
        (sp.exp(Read("y", S, J)) / BELOW, None),
        (Z / BELOW, None),
    ],
    ids=str,
)
def test_softmax(expr, rest):
    found = softmax_factors(expr)
    assert (None if found is None else found[1]) == rest
    if found is not None:
        assert (found[0].exponent, found[0].index) == (Z, J)


@pytest.mark.parametrize("scale", [1000.0, -1000.0])
@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (1 / (1 + sp.exp(-Z)), lambda z: (z > 0).astype(float)),
        (1 - 1 / (1 + sp.exp(-Z)), lambda z: (z < 0).astype(float)),
        (sp.exp(Z) / BELOW, lambda z: (z == z.max(1, keepdims=True)).astype(float)),
    ],
    ids=["logistic", "one minus logistic", "softmax"],
)
def test_far_out(expr, expected, scale, run_numpy):
    z = np.array([[1.0, -2.0, 0.5], [-1.0, 3.0, -0.5]]) * scale
    found, _ = run_numpy(lower_expression(expr), (S, J), {"z": z}, {})
    np.testing.assert_allclose(found, expected(z), atol=1e-12)
