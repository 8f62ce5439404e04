"""The graph of a network, evaluated, against the same network in NumPy."""

import numpy as np
import pytest
import sympy as sp
from scipy import special

from symbackprop.expressions import Index, Read, Total
from symbackprop.forward import SAMPLE, SAMPLES, forward
from symbackprop.graph import Fact
from symbackprop.network import Dense, Network
from symbackprop.verify.equations import evaluate_graph

RNG = np.random.default_rng(41)
ACTIVATIONS = {
    "linear": lambda z: z,
    "sigmoid": special.expit,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "softmax": lambda z: special.softmax(z, axis=-1),
}
LOSSES = {
    "half_squared_error": lambda t, y: ((t - y) ** 2).sum(-1) / 2,
    "mse": lambda t, y: ((t - y) ** 2).mean(-1),
    "binary_crossentropy": lambda t, y: -(t * np.log(y) + (1 - t) * np.log(1 - y)).mean(-1),
    "categorical_crossentropy": lambda t, y: -(t * np.log(y)).sum(-1),
}
OUTPUT = {"binary_crossentropy": "sigmoid", "categorical_crossentropy": "softmax"}


def arrays(graph, samples):
    """Random values of everything that is given; targets are a distribution."""
    values = {}
    for tensor in graph.with_role("input", "parameter", "target"):
        shape = [int(size.subs({SAMPLES: samples})) for size in tensor.shape]
        draw = RNG.dirichlet(np.ones(shape[-1]), size=shape[:-1]) if tensor.role == "target" else RNG.normal(size=shape)
        values[tensor.name] = draw
    return values


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_values(activation, loss, reduction):
    last = OUTPUT.get(loss, activation)
    network = Network(3, Dense(4, activation), Dense(2, last), loss={"type": loss, "reduction": reduction})
    graph = forward(network)
    given = arrays(graph, 5)
    found = evaluate_graph(graph, given)
    z1 = given["x"] @ given["W1"].T + given["b1"]
    z2 = ACTIVATIONS[activation](z1) @ given["W2"].T + given["b2"]
    np.testing.assert_allclose(found["z2"], z2)
    each = LOSSES[loss](given["t"], ACTIVATIONS[last](z2))
    np.testing.assert_allclose(found["E"], each.mean() if reduction == "mean" else each.sum())


def test_equations_in_order_with_the_rows_they_came_from():
    graph = forward(Network(3, Dense(4, "tanh"), Dense(2), loss="mse", name="two"))
    assert graph.name == "two"
    assert [equation.tensor for equation in graph.equations] == ["z1", "a1", "z2", "E"]
    assert graph.rows == ("dense", "tanh", "dense", "mse")
    assert list(graph.tensors) == ["x", "W1", "b1", "z1", "a1", "W2", "b2", "z2", "t", "E"]
    assert graph.loss.name == "E"


def test_tensors_know_role_shape_and_layer():
    graph = forward(Network(3, Dense(4, "tanh"), Dense(2, "sigmoid"), loss="mse"))
    roles = {name: tensor.role for name, tensor in graph.tensors.items()}
    assert roles == {
        "x": "input",
        "t": "target",
        "E": "loss",
        "a2": "prediction",
        **dict.fromkeys(("W1", "b1", "W2", "b2"), "parameter"),
        **dict.fromkeys(("z1", "a1", "z2"), "hidden"),
    }
    assert graph.tensors["W2"].shape == (2, 4)
    assert graph.tensors["a1"].shape == (SAMPLES, 4)
    assert [graph.tensors[name].layer for name in ("W1", "a1", "W2", "a2", "x", "E")] == [1, 1, 2, 2, 0, 0]
    assert graph.tensors["W1"].initializer == "glorot_uniform"


def test_weights_have_outputs_first():
    graph = forward(Network(3, Dense(4), loss="mse"))
    i, j = Index("i", 3), Index("j", 4)
    assert graph.equation("z1").rhs == Total(Read("W1", j, i) * Read("x", SAMPLE, i), i) + Read("b1", j)


def test_symbolic_sizes_stay_symbols():
    graph = forward(Network("n", Dense("m", "tanh"), Dense(2), loss="mse"))
    n, m = (sp.Symbol(name, integer=True, positive=True) for name in "nm")
    assert graph.tensors["W1"].shape == (m, n)
    values = {"x": RNG.normal(size=(3, 5)), "t": RNG.normal(size=(3, 2)), "b1": RNG.normal(size=4)}
    values |= {"W1": RNG.normal(size=(4, 5)), "W2": RNG.normal(size=(2, 4)), "b2": np.zeros(2)}
    hidden = np.tanh(values["x"] @ values["W1"].T + values["b1"])
    expected = ((values["t"] - hidden @ values["W2"].T) ** 2).mean()
    np.testing.assert_allclose(evaluate_graph(graph, values)["E"], expected)


def test_a_single_sample_has_no_sample_index():
    graph = forward(Network(2, Dense(2), loss="half_squared_error", sample={"x": [0.05, 0.1], "t": [0.01, 0.99]}))
    assert graph.sizes == {}
    assert not any(SAMPLE in tensor.indices for tensor in graph.tensors.values())
    assert [float(value) for value in graph.tensors["x"].value] == [0.05, 0.1]


def test_several_samples_tell_their_number():
    sample = {"x": [[1, 2], [3, 4], [5, 6]], "t": [[1], [0], [1]]}
    graph = forward(Network(2, Dense(1), loss="mse", sample=sample))
    assert graph.sizes == {SAMPLES: 3}
    assert graph.tensors["t"].shape == (SAMPLES, 1)


def test_a_layer_without_bias_has_none():
    graph = forward(Network(3, Dense(2, bias=False), loss="mse"))
    assert "b1" not in graph.tensors
    assert graph.equation("z1").rhs.func is Total


@pytest.mark.parametrize("settings", [{"bias": 0.5}, {"names": {"bias": "b"}}])
def test_a_scalar_bias_is_shared_by_the_layer(settings):
    graph = forward(Network(3, Dense(2, **settings), loss="mse"))
    assert graph.tensors["b1"].indices == ()
    assert Read("b1") in graph.equation("z1").rhs.args


def test_frozen_parameters_stay_parameters():
    graph = forward(Network(3, Dense(2, trainable=["weights"]), loss="mse"))
    assert [(tensor.name, tensor.trainable) for tensor in graph.parameters] == [("W1", True), ("b1", False)]


@pytest.mark.parametrize(
    ("targets", "kinds"),
    [("any", set()), ("distribution", {"sums_to_one"}), ("one_hot", {"one_hot", "sums_to_one"})],
)
def test_what_is_known_of_targets(targets, kinds):
    network = Network(3, Dense(2, "softmax"), loss="categorical_crossentropy", targets=targets)
    facts = forward(network).tensors["t"].facts
    assert {fact.kind for fact in facts} >= kinds
    assert all(isinstance(fact, Fact) and fact.axis == -1 for fact in facts)


def test_a_users_activation_and_loss():
    network = Network(
        3,
        Dense(2, "mine"),
        loss="ours",
        activations={"mine": "z * sigmoid(1.7 * z)"},
        losses={"ours": "E = sum((t[j] - y[j])**4, j)"},
    )
    graph = forward(network)
    given = arrays(graph, 4)
    z = given["x"] @ given["W1"].T + given["b1"]
    y = z * special.expit(1.7 * z)
    np.testing.assert_allclose(evaluate_graph(graph, given)["E"], ((given["t"] - y) ** 4).sum(1).mean())


def test_the_activations_inside_a_users_layer_are_the_catalogues():
    gated = {
        "parameters": {"W": ["units", "n"], "V": ["units", "n"], "b": ["units"]},
        "equations": "g[j] = sigmoid(sum(V[j, i] * x[i], i))\ny[j] = g[j] * (sum(W[j, i] * x[i], i) + b[j])",
    }
    network = Network.from_table(
        {
            "inputs": 3,
            "loss": "mse",
            "layer_types": {"gated": gated},
            "layers": [{"type": "gated", "units": 2}, {"type": "dense", "units": 1}],
        }
    )
    graph = forward(network)
    given = arrays(graph, 4)
    gate = special.expit(given["x"] @ given["V1"].T)
    y = gate * (given["x"] @ given["W1"].T + given["b1"])
    np.testing.assert_allclose(evaluate_graph(graph, given)["y1"], y)
    assert graph.rows[:2] == ("gated", "gated")
