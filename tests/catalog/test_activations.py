"""Every activation, as its equations say, against SciPy and NumPy."""

import numpy as np
import pytest
from scipy import special

from symbackprop.binding import bind, formula_statement, with_constants
from symbackprop.catalog import ACTIVATIONS
from symbackprop.expressions import Index
from symbackprop.graph import Tensor
from symbackprop.language import parse_formula
from symbackprop.verify.evaluate import evaluate

S, J = Index("s", 4), Index("j", 5)
EXPECTED = {
    "linear": lambda z: z,
    "sigmoid": special.expit,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "softmax": lambda z: special.softmax(z, axis=-1),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_value(name):
    row = ACTIVATIONS[name]
    values = {"z": np.random.default_rng(3).uniform(*row.domain, size=(4, 5))}
    statement = with_constants(formula_statement("a", row.formula), {})
    equation = bind(statement, {"z": Tensor("z", "hidden", (S, J))}, "a")
    assert equation.indices == (S, J)
    found = evaluate(equation.rhs, (S, J), values, {})
    np.testing.assert_allclose(found, EXPECTED[name](values["z"]), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_row(name):
    row = ACTIVATIONS[name]
    assert row.name == name
    assert row.source and row.domain[0] < row.domain[1]
    assert parse_formula(row.formula) is not None
