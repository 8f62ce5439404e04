"""Each function of the language against NumPy's, each reduction against NumPy over an axis."""

import numpy as np
import pytest
import sympy as sp
from scipy import special

from symbackprop.expressions import Index, Read
from symbackprop.language.functions import CONSTANTS, FUNCTIONS, REDUCTIONS, absolute, exponential
from symbackprop.verify.evaluate import evaluate

I, J = Index("i", 3), Index("j", 4)
X = np.random.default_rng(1).normal(size=(3, 4))
ONE = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    **{name: getattr(np, name) for name in ("arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh")},
    **{name: getattr(np, f"arc{name[1:]}") for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    **{name: getattr(np, name) for name in ("log1p", "log2", "log10", "expm1")},
    "erf": special.erf,
    "erfc": special.erfc,
    "abs": np.abs,
    "lgamma": special.gammaln,
}
# Where a function is defined: a map from the real line into its domain.
WITHIN = {name: np.abs for name in ("log", "sqrt", "log1p", "log2", "log10", "lgamma")}
WITHIN |= {name: np.tanh for name in ("arcsin", "arccos", "arctanh", "asin", "acos", "atanh")}
WITHIN |= {name: lambda x: 1 + np.abs(x) for name in ("arccosh", "acosh")}
OVER = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "logsumexp": special.logsumexp,
    "norm": lambda x, axis: np.sqrt(np.sum(x**2, axis=axis)),
}


def test_every_function_is_tested():
    assert set(FUNCTIONS) == {*ONE, "max", "min"}
    assert set(REDUCTIONS) == set(OVER)
    assert {name: float(value) for name, value in CONSTANTS.items()} == {"pi": np.pi}


@pytest.mark.parametrize("name", ONE)
def test_function(name):
    values = {"x": WITHIN.get(name, lambda x: x)(X)}
    found = evaluate(FUNCTIONS[name](Read("x", I, J)), (I, J), values, {})
    np.testing.assert_allclose(found, ONE[name](values["x"]), rtol=1e-13)


@pytest.mark.parametrize(("name", "expected"), [("max", np.maximum), ("min", np.minimum)])
def test_extremes_of_values(name, expected):
    found = evaluate(FUNCTIONS[name](Read("x", I, J), Read("x", I, 0), sp.Integer(0)), (I, J), {"x": X}, {})
    np.testing.assert_array_equal(found, expected(expected(X, X[:, :1]), 0))


@pytest.mark.parametrize("name", OVER)
@pytest.mark.parametrize(("over", "left", "axis"), [((J,), (I,), 1), ((I,), (J,), 0), ((I, J), (), (0, 1))])
def test_reduction(name, over, left, axis):
    found = evaluate(REDUCTIONS[name](Read("x", I, J), over), left, {"x": X}, {})
    np.testing.assert_allclose(found, OVER[name](X, axis=axis), rtol=1e-14)


def test_absolute_is_zero_at_zero():
    assert absolute(sp.S.Zero) == 0
    assert absolute(sp.Integer(-3)) == 3


def test_exponential_refuses_a_power_in_disguise():
    assert exponential(64 * sp.log(2)) == 2**64
    assert exponential(65 * Read("z")) == sp.exp(65 * Read("z"))
    with pytest.raises(ValueError, match="64"):
        exponential(1 - 65 * sp.log(2))
