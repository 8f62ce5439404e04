"""SymPy formulas → scalar code: what it computes is what they are."""

import math

import pytest
import sympy as sp

from symbackprop.emit.scalar import Language, scalar_code
from symbackprop.errors import UnsupportedError
from symbackprop.lower.formula import formula_code

A, B = sp.symbols("a b")
NAMES = ("exp", "log", "tanh", "erf", "sqrt", "pow", "atan")
PYTHON = Language(
    {name: name for name in NAMES} | {"abs": "abs", "max": "max", "min": "min", "arctan": "atan"},
    "({then} if {condition} else {otherwise})",
    {"and": "and", "or": "or", "not": "not"},
)

FORMULAS = [
    A * (1 - A),
    (A - B) ** 2 / 3,
    -A / B - 1,
    sp.exp(-A) / (1 + sp.exp(-A)) ** 2,
    1 - sp.tanh(A) ** 2,
    sp.sqrt(A**2 + 1) ** -3,
    sp.log(sp.Abs(A)) + sp.erf(B) * sp.pi,
    sp.Max(A, B, sp.Rational(1, 2)) - sp.Min(A, B),
    sp.Piecewise((A, A > 0), (B * sp.exp(A), True)),
    sp.Piecewise((1, sp.And(A > 0, B < 1)), (2, sp.Or(A >= 1, B <= -3)), (3, True)),
    sp.Piecewise((A, sp.Not(sp.Eq(A, B))), (0, True)),
    A**B,
    sp.atan(A),
]


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
@pytest.mark.parametrize(("a", "b"), [(0.7, -1.3), (2.5, 0.4), (-0.6, 2.0)])
def test_the_code_has_the_value_of_the_formula(formula, a, b):
    expected = complex(formula.subs({A: a, B: b}).evalf())
    if expected.imag:
        pytest.skip("a power of a negative number")
    text = scalar_code(formula_code(formula), PYTHON)
    functions = {name: getattr(math, name) for name in NAMES}
    assert eval(text, functions | {"a": a, "b": b}) == pytest.approx(expected.real, rel=1e-12)


def test_what_has_no_code_is_refused():
    with pytest.raises(UnsupportedError, match="no scalar form"):
        formula_code(sp.Integral(A, A))
