import numpy as np

from symbackprop.binding import bind
from symbackprop.catalog import INITIALIZERS, LAYERS
from symbackprop.expressions import Index
from symbackprop.graph import Tensor
from symbackprop.language import parse_equations
from symbackprop.verify.evaluate import evaluate

S, I, J = Index("s", 4), Index("i", 3), Index("j", 2)


def test_rows_parse_and_name_what_they_declare():
    for name, row in LAYERS.items():
        assert row.name == name and row.source
        assert parse_equations(row.equations)[-1].tensor
        assert {parameter.initializer for parameter in row.parameters} <= set(INITIALIZERS)


def test_dense_is_a_matrix_product_and_a_bias():
    rng = np.random.default_rng(5)
    values = {"x": rng.normal(size=(4, 3)), "W": rng.normal(size=(2, 3)), "b": rng.normal(size=2)}
    tensors = {
        "x": Tensor("x", "input", (S, I)),
        "W": Tensor("W", "parameter", (J, I)),
        "b": Tensor("b", "parameter", (J,)),
    }
    (statement,) = parse_equations(LAYERS["dense"].equations)
    equation = bind(statement, tensors, "z1")
    found = evaluate(equation.rhs, equation.indices, values, {})
    np.testing.assert_allclose(found, values["x"] @ values["W"].T + values["b"])
