"""Formulas as anybody writes them are computed right where they overflow, and keep their value where they do not."""

import math

import numpy as np
import pytest
import sympy as sp

from symbackprop.emit.environment import render
from symbackprop.emit.numpy import HELPERS, numpy_code
from symbackprop.emit.places import HELPER_CODE
from symbackprop.expressions import Index, Read, Total, Where
from symbackprop.lower import lower_expression
from symbackprop.lower.exponentials import minimum
from symbackprop.lower.stability import stable
from symbackprop.verify.evaluate import evaluate
from symbackprop.verify.fields import mpmath_field

J, K = Index("j", 5), Index("k", 5)
Z, M, W = Read("z", J), Read("m", J), Read("w", J)
ZERO = sp.S.Zero


def above(body):
    return Total(body.xreplace({J: K}), K)


FORMULAS = {
    "logistic": 1 / (1 + sp.exp(-Z)),
    "logistic of exp(z)": sp.exp(Z) / (1 + sp.exp(Z)),
    "its slope": sp.exp(-Z) / (1 + sp.exp(-Z)) ** 2,
    "its second slope": (sp.exp(-2 * Z) - sp.exp(-Z)) / (1 + sp.exp(-Z)) ** 3,
    "swish": Z / (1 + sp.exp(-3 * Z / 2)),
    "slope of swish": (1 + sp.exp(-Z) + Z * sp.exp(-Z)) / (1 + sp.exp(-Z)) ** 2,
    "softplus": sp.log(1 + sp.exp(Z)),
    "log of the logistic": sp.log(1 / (1 + sp.exp(-Z))),
    "log of what is left": sp.log(1 - 1 / (1 + sp.exp(-Z))),
    "focal": (1 - 1 / (1 + sp.exp(-Z))) ** 2 * sp.log(1 / (1 + sp.exp(-Z))),
    "tanh by exponentials": (sp.exp(Z) - sp.exp(-Z)) / (sp.exp(Z) + sp.exp(-Z)),
    "tanh by cosh": sp.sinh(Z) / sp.cosh(Z),
    "its slope by cosh": sp.cosh(Z) ** -2,
    "log cosh": sp.log(sp.cosh(Z)),
    "log cosh by exponentials": sp.log(sp.exp(Z) / 2 + sp.exp(-Z) / 2),
    "mish": Z * sp.tanh(sp.log(1 + sp.exp(Z))),
    "elu": Where(Z > 0, Z, sp.exp(Z) - 1),
    "elu, the other way": Where(Z <= 0, sp.exp(Z) - 1, Z),
    "an exponential times a branch": sp.exp(Z) * Where(Z > 0, ZERO, sp.S.One),
    "a share of two": 3 * sp.exp(Z) / (3 * sp.exp(Z) + 7 * sp.exp(-Z)),
    "logistic by branches": Where(Z > 0, 1 / (1 + sp.exp(-Z)), sp.exp(Z) / (1 + sp.exp(Z))),
    "log of what is positive": Where(Z > 0, sp.log(Z), ZERO),
    "a quotient of what is negative": Where(Z < 0, 1 / Z, ZERO),
    "softmax": sp.exp(Z) / above(sp.exp(Z)),
    "softmax at a temperature": sp.exp(Z / 3) / above(sp.exp(Z / 3)),
    "product of softmaxes": sp.exp(2 * Z) / above(sp.exp(Z)) ** 2,
    "softmax of what a mask keeps": M * sp.exp(Z) / above(M * sp.exp(Z)),
    "softmax of what precedes": sp.exp(Z) / Total(Where(K <= J, sp.exp(Read("z", K)), ZERO), K),
    "log-sum-exp": sp.log(above(sp.exp(Z))),
    "log of a softmax": sp.log(sp.exp(Z) / above(sp.exp(Z))),
    "log-softmax": Z - sp.log(above(sp.exp(Z))),
    "an entry of log-softmax": Read("z", 2) - sp.log(above(sp.exp(Z))),
    "softmax of what a mask keeps, far below": W * sp.exp(Z) / above(W * sp.exp(Z)),
    "log of a weighted sum": sp.log(above(M * sp.exp(Z))),
    "a square root": sp.sqrt(1 + Z**2) + 1 / sp.sqrt(above(Z**2) + sp.Rational(1, 1000)),
}
POINTS = {
    "moderate": [-1.5, 0.25, 2.0, 0.0, -0.5],
    "1000": [-1000.0, 1000.0, 999.5, 0.0, -3.0],
    "20000": [-20000.0, 20000.0, 19999.0, 0.5, 1000.0],
}


# exp(-20000) has 8,685 zeros behind the point.
DIGITS = {"moderate": 60, "1000": 500, "20000": 9_000}
ROUNDED = ("an entry", "at a temperature", "of what precedes")


@pytest.fixture(scope="module")
def helpers():
    """The functions that an emitted module brings along."""
    names = {"np": np, "math": math, "Array": np.ndarray}
    text = render("python/helpers.py.j2", helpers=HELPERS, placed=HELPER_CODE.values())
    exec("from __future__ import annotations\n" + text, names)
    return names


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_are_right_everywhere(name, point, helpers):
    expr, field = FORMULAS[name], mpmath_field(DIGITS[point])
    shapes = {name: (sp.Integer(5),) for name in ("z", "m", "w")}
    code = numpy_code(lower_expression(expr, shapes), (J,))
    for precision, error in ((np.float64, 1e-11), (np.float32, 1e-5)):
        arrays = {"z": np.array(POINTS[point], dtype=precision), "m": np.array([1, 1, 0, 1, 1], dtype=precision)}
        arrays["w"] = np.array([1, 0, 0, 1, 1], dtype=precision)
        exact = evaluate(expr, (J,), {key: field.array(array) for key, array in arrays.items()}, {}, field)
        expected = np.array(exact, dtype=float)
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            found = eval(code, {**helpers, **arrays})
        # Where large numbers are divided or subtracted first, the result is known to their precision only.
        rounding = 4 * np.finfo(precision).eps * np.max(np.abs(arrays["z"]))
        least = rounding if any(words in name for words in ROUNDED) else 1e-3 * error
        np.testing.assert_allclose(found, expected, rtol=error, atol=least, err_msg=code)
        assert found.dtype == precision, code


def test_a_branch_that_is_not_taken_stops_at_its_boundary():
    assert stable(Where(Z > 0, Z, sp.exp(Z))) == Where(Z > 0, Z, sp.exp(minimum(Z, ZERO)))
    assert stable(Where(Z > 0, sp.log(Z), ZERO)) == Where(Z > 0, sp.log(Where(Z > 0, Z, sp.S.One)), ZERO)
    assert stable(Where(Z > 0, Z, -Z)) == Where(Z > 0, Z, -Z)
    # A condition on positions decides for all values alike.
    assert stable(Where(J > 1, sp.exp(Z), ZERO)) == Where(J > 1, sp.exp(Z), ZERO)
