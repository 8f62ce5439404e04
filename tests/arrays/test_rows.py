"""Layers and losses of one's own in array notation, beside rows in index notation."""

import pytest

from symbackprop.errors import LanguageError, ShapeError
from symbackprop.facade import derive

GATED = {
    "parameters": {"W": ["units", "n"], "V": ["units", "n"], "b": ["units"]},
    "equations": "g = sigmoid(V @ x)   # the gate\ny = g * (W @ x + b)",
}
MIX = {
    "inputs": {"x": ["T", "n"]},
    "parameters": {"W": ["units", "n"], "A": ["T", "T"]},
    "equations": """
        m = where(tril(T) > 0, A, -1e9)
        h = mine(softmax(m) @ x @ W.T)
        y[t, j] = h[t, j] + sum(h[u, j], u) / T
        """,
}


def network(**fields):
    return {"name": "own", "inputs": 3, "loss": "mse", "layers": [{"type": "gated", "units": 4}], **fields}


def test_a_layer_in_array_notation_is_the_same_as_in_index_notation():
    plain = {
        **GATED,
        "equations": "g[i] = sigmoid(sum(V[i, j] * x[j], j))\ny[i] = g[i] * (sum(W[i, j] * x[j], j) + b[i])",
    }
    arrays, indices = (derive(network(layer_types={"gated": kind})) for kind in (GATED, plain))
    assert str(arrays["W1"].indexed) == str(indices["W1"].indexed)
    assert arrays.verify().passed


def test_notations_mix_in_a_row_and_beside_other_layers():
    layers = [{"type": "mix", "units": 4}, {"type": "global_average_pooling1d"}, {"type": "dense", "units": 2}]
    d = derive(
        network(
            inputs={"shape": [5, 3]}, layers=layers, layer_types={"mix": MIX}, activations={"mine": "z * sigmoid(z)"}
        )
    )
    assert d.verify().passed


def test_a_loss_in_array_notation():
    own = {"mine": "E = -sum(t * log(y)) + dot(y - t, y - t) / 2"}
    layers = [{"type": "dense", "units": 3, "activation": "softmax"}]
    assert derive(network(layers=layers, losses=own, loss="mine")).verify().passed


def test_a_parameter_may_be_left_out_or_shared():
    for bias in (False, 0.5):
        d = derive(network(layers=[{"type": "gated", "units": 4, "b": bias}], layer_types={"gated": GATED}))
        assert d.verify().passed


@pytest.mark.parametrize(
    ("equations", "error", "message"),
    [
        ("y = x @ W + b", ShapeError, "inner sizes 3 and 4 differ"),
        ("y = U @ x", LanguageError, "unknown name 'U'"),
        ("y = W @ x + spline(b)", LanguageError, "unknown function 'spline'"),
    ],
)
def test_a_mistake_in_a_row_is_found_at_its_place(equations, error, message):
    with pytest.raises(error, match=message) as caught:
        derive(network(layer_types={"gated": {**GATED, "equations": equations}})).stages.graph  # noqa: B018
    assert caught.value.mistakes[0].text == equations
