"""110 derivatives from the tables of PyTorch, HIPS autograd and ChainRules.jl against ours of the same functions."""

import numpy as np
import pytest

from symbackprop.calculus import differentiate
from symbackprop.errors import LanguageError
from symbackprop.expressions import Read
from symbackprop.language import parse_formula
from symbackprop.verify.evaluate import evaluate

# The tables' names for what our language writes otherwise, as a formula in x.
FORMULAS = {
    "acot(x)": "atan(1 / x)",
    "acoth(x)": "atanh(1 / x)",
    "acsc(x)": "asin(1 / x)",
    "acsch(x)": "asinh(1 / x)",
    "asec(x)": "acos(1 / x)",
    "asech(x)": "acosh(1 / x)",
    "Abs(x)": "abs(x)",
    "cot(x)": "cos(x) / sin(x)",
    "coth(x)": "cosh(x) / sinh(x)",
    "csc(x)": "1 / sin(x)",
    "csch(x)": "1 / sinh(x)",
    "sec(x)": "1 / cos(x)",
    "sech(x)": "1 / cosh(x)",
}
# Operations that our language has by their own name, however the tables write them.
OWN = {"log1p", "log2", "log10", "expm1", "erfc"}
SPECIAL = "NumPy, which is all that emitted code may need, has no such function"
MISSING = dict.fromkeys(("erfinv", "gamma", "loggamma", "polygamma"), SPECIAL)


def test_rule(scalar_rules_case, record_property):
    rule = scalar_rules_case
    record_property("collection", "scalar rules")
    formula = f"{rule['op']}(x)" if rule["op"] in OWN else FORMULAS.get(rule["sympy"], rule["sympy"])
    function = formula.partition("(")[0]
    if function in MISSING:
        record_property("left out", (rule["op"], MISSING[function]))
        with pytest.raises(LanguageError, match="unknown function"):
            parse_formula(formula)
        return
    points = np.array(rule["points"])
    slope = differentiate(parse_formula(formula), "x", ())
    found = [float(evaluate(slope, (), {"x": point}, {})) for point in points]
    np.testing.assert_allclose(found, rule["values"], rtol=1e-12)


def test_a_wrong_rule_would_be_noticed():
    slope = differentiate(parse_formula("tanh(x)"), "x", ())
    assert evaluate(slope, (), {"x": np.array(0.6)}, {}) != pytest.approx(1 - np.tanh(0.6), rel=1e-6)
    assert slope.atoms(Read) == {Read("x")}
