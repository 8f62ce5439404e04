"""Every usual mistake, planted in gradients of at least two networks: it is the one that is named."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.checking.candidates import from_object
from symbackprop.checking.judge import judge_of
from symbackprop.checking.mistakes import MISTAKES

SAMPLE = {"x": [0.05, 0.10], "t": [0.01, 0.99]}
SOFTMAX = "3 -> 4 sigmoid -> 2 softmax, loss=categorical_crossentropy"
DEEP = "2 -> 3 tanh -> 3 sigmoid -> 2 sigmoid, loss=mse"
NORMAL = {
    "inputs": 3,
    "loss": "mse",
    "layers": [
        {"type": "dense", "units": 4},
        {"type": "batch_normalization"},
        {"type": "dense", "units": 2},
    ],
}
LAYER_NORMAL = {**NORMAL, "layers": [NORMAL["layers"][0], {"type": "layer_normalization"}, NORMAL["layers"][2]]}
RNN = {
    "inputs": {"x": {"shape": [4, 2]}},
    "loss": "mse",
    "layers": [{"type": "simple_rnn", "units": 3}, {"type": "dense", "units": 2}],
}
CONV = {
    "inputs": {"x": {"shape": [7, 2]}},
    "loss": "half_squared_error",
    "layers": [
        {"type": "conv1d", "filters": 2, "kernel_size": 3},
        {"type": "conv1d", "filters": 2, "kernel_size": 2},
        {"type": "flatten"},
        {"type": "dense", "units": 1},
    ],
}
TIED = {
    "inputs": 3,
    "loss": {"type": "half_squared_error", "target": "x"},
    "layers": [
        {"type": "dense", "units": 2, "activation": "sigmoid", "name": "code", "bias": False},
        {"type": "dense", "units": 3, "tie": {"weights": "code.weights^T"}, "bias": False},
    ],
}
QUADRATIC = {
    "inputs": 3,
    "loss": "half_squared_error",
    "layers": [{"type": "form"}],
    "layer_types": {"form": {"parameters": {"Q": ["n", "n"]}, "equations": "y[k] = sum(x[i] * Q[i, k], i) * x[k]"}},
}


_JUDGES = {}


def judge(network):
    """One judge for each network: what it has derived serves the next candidate."""
    if id(network) not in _JUDGES:
        _JUDGES[id(network)] = judge_of(sb.derive(network))
    return _JUDGES[id(network)]


def softmax(z):
    e = np.exp(z)
    return e / e.sum(-1, keepdims=True)


# The mistake, the network, the gradient, and a function that makes it.
PLANTED = [
    ("sign", SOFTMAX, "W1", lambda delta1, x: -delta1.T @ x),
    ("sign", DEEP, "delta3", lambda a3, t: (t - a3) * a3 * (1 - a3) / len(t)),
    ("factor", DEEP, "W2", lambda delta2, a1: 2 * delta2.T @ a1),
    ("factor", SOFTMAX, "b1", lambda delta1: delta1.mean(0)),
    ("transpose", SOFTMAX, "W1", lambda delta1, x: x.T @ delta1),
    ("transpose", DEEP, "W2", lambda delta2, a1: a1.T @ delta2),
    ("shape", SOFTMAX, "W1", lambda delta1, x: (delta1.T @ x).ravel()),
    ("shape", DEEP, "W1", lambda delta1, x: (x.T @ delta1).ravel()),
    ("sum not taken", SOFTMAX, "b1", lambda delta1: delta1),
    ("sum not taken", DEEP, "W3", lambda delta3, a2: delta3[:, :, None] * a2[:, None]),
    ("one of a sum", SOFTMAX, "W1", lambda delta1, x: delta1[:1].T @ x[:1]),
    ("one of a sum", DEEP, "W2", lambda delta3, W3, a2, a1: (delta3[:, :1] @ W3[:1] * a2 * (1 - a2)).T @ a1),
    ("slope left out", SOFTMAX, "W1", lambda delta2, W2, x: (delta2 @ W2).T @ x),
    ("slope left out", DEEP, "delta3", lambda a3, t: (a3 - t) / len(t)),
    ("slope twice", SOFTMAX, "b1", lambda delta1, a1: (delta1 * a1 * (1 - a1)).sum(0)),
    ("slope twice", DEEP, "W1", lambda delta1, a1, x: (delta1 * (1 - a1**2)).T @ x),
    ("slope elsewhere", SOFTMAX, "delta1", lambda da1, z1: da1 * z1 * (1 - z1)),
    ("slope elsewhere", DEEP, "delta1", lambda da1, a1: da1 * (1 - np.tanh(a1) ** 2)),
    ("diagonal", SOFTMAX, "delta2", lambda da2, a2: da2 * a2 * (1 - a2)),
    ("diagonal", SOFTMAX, "W1", lambda da2, a2, W2, a1, x: ((da2 * a2 * (1 - a2)) @ W2 * a1 * (1 - a1)).T @ x),
    ("extra slope", SOFTMAX, "delta2", lambda a2, t: (a2 - t) * a2 * (1 - a2) / len(t)),
    ("extra slope", SOFTMAX, "b2", lambda delta2, a2: (delta2 * a2 * (1 - a2)).sum(0)),
    ("matrix transposed", DEEP, "W1", lambda delta2, W2, a1, x: (delta2 @ W2.T * (1 - a1**2)).T @ x),
    ("matrix transposed", DEEP, "delta1", lambda delta2, W2, a1: delta2 @ W2.T * (1 - a1**2)),
    (
        "another loss",
        SOFTMAX,
        "W2",
        lambda a2, t, a1: 2 * ((a2 - t) * a2 - a2 * ((a2 - t) * a2).sum(-1, keepdims=True)).T @ a1 / a2.size,
    ),
    ("another gradient", SOFTMAX, "W1", lambda W1: W1),
    ("another gradient", DEEP, "b1", lambda delta2: delta2.sum(0)),
    ("another activation", SOFTMAX, "W1", lambda da1, a1, x: (da1 * (1 - a1**2)).T @ x),
    ("another activation", DEEP, "delta2", lambda da2, z2: da2 * (z2 > 0)),
    ("wrong tensor", SOFTMAX, "W2", lambda delta2, z1: delta2.T @ z1),
    ("wrong tensor", DEEP, "W2", lambda delta2, z1: delta2.T @ z1),
]


@pytest.mark.parametrize(("mistake", "network", "name", "function"), PLANTED)
def test_a_planted_mistake_is_named(mistake, network, name, function):
    one = judge(network)
    verdict = one(from_object(name, function, one.subjects))
    (finding,) = verdict.findings
    assert finding.outcome == "wrong"
    named = [diagnosis.mistake for diagnosis in finding.diagnoses]
    assert named[:1] == [mistake], finding.because


def test_every_mistake_has_a_name_of_its_own():
    names = [mistake.name for mistake in MISTAKES]
    assert len(set(names)) == len(names)
    for mistake in MISTAKES:
        assert set(mistake.unless) <= set(names[: names.index(mistake.name)])
