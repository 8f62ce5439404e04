"""One layer at a time: names, sizes, shared and absent parameters, recurrences."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.catalog import Option
from symbackprop.errors import InputError
from symbackprop.expressions import Read
from symbackprop.facade import derive
from symbackprop.forward import forward
from symbackprop.forward.layers import exact, option_values
from symbackprop.network import Dense, Network
from symbackprop.verify.equations import evaluate_graph

RNG = np.random.default_rng(71)


def own(equations, parameters, layer, inputs=None, **type_fields):
    """A network with one layer of a type of its own, then a dense one."""
    kind = {"equations": equations, "parameters": parameters, **type_fields}
    layers = [{"type": "mine", **layer}, {"type": "dense", "units": 1}]
    return Network.from_table({"inputs": inputs or 3, "loss": "mse", "layer_types": {"mine": kind}, "layers": layers})


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3), ("0.1", sp.Rational(1, 10)), (0.1, sp.Rational(1, 10)), ("1e-3", sp.Rational(1, 1000))],
)
def test_options_are_exact(value, expected):
    assert exact(value) == expected


def test_options_have_defaults():
    options = {"alpha": Option("number", 0.3), "units": Option("size")}
    n = sp.Symbol("n", integer=True, positive=True)
    assert option_values(options, {"units": "n"}) == {"alpha": sp.Rational(3, 10), "units": n}
    assert option_values(options, {"alpha": 2, "units": 4}) == {"alpha": 2, "units": 4}


def test_a_named_layer_names_its_tensors():
    graph = forward(Network(3, Dense(2, "tanh", name="first"), Dense(1), loss="mse"))
    assert {"first_W", "first_b", "first_z", "first_a"} <= set(graph.tensors)
    assert {"W2", "b2", "z2"} <= set(graph.tensors)


def test_parameters_have_the_letters_of_the_row():
    graph = forward(own("y[k] = sum(V[k, m] * x[m], m)", {"V": ["units", "n"]}, {"units": 2}))
    assert [index.name for index in graph.tensors["V1"].indices] == ["k", "m"]


def test_a_window_with_a_range():
    equations = "y[t] = sum(W[p] * x[stride * t + p], p)"
    network = own(
        equations,
        {"W": ["k"]},
        {"k": 3, "stride": 2},
        inputs=9,
        options={"stride": 1},
        ranges={"t": "(n - k) // stride + 1"},
    )
    graph = forward(network)
    assert graph.tensors["y1"].shape[-1] == 4
    x, w = RNG.normal(size=(5, 9)), RNG.normal(size=3)
    values = {"x": x, "W1": w, "W2": np.zeros((1, 4)), "b2": np.zeros(1), "t": np.zeros((5, 1))}
    expected = np.stack([x[:, 2 * t : 2 * t + 3] @ w for t in range(4)], axis=1)
    np.testing.assert_allclose(evaluate_graph(graph, values)["y1"], expected)


def test_statements_of_a_layer_see_one_another():
    equations = "h[j] = tanh(sum(W[j, i] * x[i], i))\ny[j] = h[j] * h[j] + W[j, 0]"
    graph = forward(own(equations, {"W": ["units", "n"]}, {"units": 2}))
    x, w = RNG.normal(size=(5, 3)), RNG.normal(size=(2, 3))
    values = {"x": x, "W1": w, "W2": np.zeros((1, 2)), "b2": np.zeros(1), "t": np.zeros((5, 1))}
    np.testing.assert_allclose(evaluate_graph(graph, values)["y1"], np.tanh(x @ w.T) ** 2 + w[:, 0])


def test_absent_and_shared_parameters():
    graph = forward(Network(3, Dense(2, bias=False), Dense(2, bias=0.25), loss="mse"))
    assert "b1" not in graph.tensors and "b1" not in str(graph.equation("z1"))
    assert graph.tensors["b2"].indices == ()
    assert Read("b2") in graph.equation("z2").rhs.args


@pytest.mark.parametrize(
    "make",
    [
        lambda: own("y[j] = W[j, j] * x[j]", {"W": [2, 3]}, {}),
        lambda: own("y[t] = x[t + 1]", {}, {}),
    ],
)
def test_what_does_not_fit_is_the_users_mistake(make):
    with pytest.raises(InputError):
        forward(make())


def test_a_parameter_that_is_read_on_its_diagonal_has_two_letters():
    network = own("y[j] = W[j, j] * x[j]", {"W": ["n", "n"]}, {})
    assert len(set(forward(network).tensors["W1"].indices)) == 2
    assert derive(network)["W1"].indexed.lhs.indices[0] != derive(network)["W1"].indexed.lhs.indices[1]
    assert derive(network).verify().passed
