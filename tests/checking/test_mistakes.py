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
LEAKY = {
    "inputs": {"x": {"shape": [5, 2]}},
    "loss": "half_squared_error",
    "layers": [{"type": "leaky", "units": 3}],
    "layer_types": {
        "leaky": {
            "inputs": {"x": ["T", "n"]},
            "parameters": {"W": ["units", "n"]},
            "equations": "h[t, j] = h[t - 1, j] / 2 + tanh(sum(W[j, i] * x[t, i], i))",
            "ranges": {"t": "T", "j": "units"},
        }
    },
}
CONV = {
    "inputs": {"x": {"shape": [7, 2]}},
    "loss": "half_squared_error",
    "layers": [
        {"type": "conv1d", "filters": 2, "kernel_size": 3},
        {"type": "conv1d", "filters": 2, "kernel_size": 2},
    ],
}
TIED = {
    "inputs": 3,
    "loss": {"type": "half_squared_error", "target": "x"},
    "layers": [
        {"type": "dense", "units": 2, "activation": "sigmoid", "name": "code"},
        {"type": "dense_transpose", "units": 3, "tie": {"weights": "code"}},
    ],
}
SKIP = {
    "inputs": 3,
    "loss": "half_squared_error",
    "layers": [
        {"type": "dense", "units": 2, "activation": "tanh", "name": "a"},
        {"type": "dense", "units": 2, "name": "b"},
        {"type": "add", "inputs": ["a", "b"]},
    ],
}
QUADRATIC = {
    "inputs": 3,
    "loss": "half_squared_error",
    "layers": [{"type": "form"}],
    "layer_types": {"form": {"parameters": {"Q": ["n", "n"]}, "equations": "y[k] = sum(x[i] * Q[i, k], i) * x[k]"}},
}
PRODUCT = {
    "inputs": 3,
    "loss": "half_squared_error",
    "layers": [{"type": "form"}],
    "layer_types": {"form": {"parameters": {"v": ["n"]}, "equations": "y[k] = sum(x[i] * v[i], i) * v[k]"}},
}
WIDE_CONV = {
    "inputs": {"x": {"shape": [6, 2]}},
    "loss": "half_squared_error",
    "layers": [{"type": "conv1d", "filters": 3, "kernel_size": 2, "activation": "tanh"}],
}
SQUARED = "2 -> 3 softmax, loss=half_squared_error"
LOGISTIC = "3 -> 2 sigmoid, loss=binary_crossentropy"


_JUDGES = {}


def judge(network):
    """One judge for each network: what it has derived serves the next candidate."""
    if id(network) not in _JUDGES:
        _JUDGES[id(network)] = judge_of(sb.derive(network))
    return _JUDGES[id(network)]


def softmax(z):
    e = np.exp(z)
    return e / e.sum(-1, keepdims=True)


def recurrent(delta2, W2, h1, U1, steps):
    """The adjoints of an Elman network's z, sent back through so many steps of time."""
    local = delta2 @ W2
    delta = local * (1 - h1**2)
    for _ in range(steps):
        later = np.concatenate([delta[:, 1:], 0 * delta[:, :1]], axis=1)
        delta = (local + later @ U1) * (1 - h1**2)
    return delta


def leaking(h, t, steps):
    """The adjoints of a leaky integrator's h, sent back through so many steps of time."""
    local = (h - t) / h[:, :, 0].size
    delta = local
    for _ in range(steps):
        delta = local + np.concatenate([delta[:, 1:], 0 * delta[:, :1]], axis=1) / 2
    return delta


def unflipped(delta, W, length):
    """What a convolution passes back to its input, with the kernel the wrong way round."""
    back = np.zeros((delta.shape[0], length, W.shape[-1]))
    for t in range(delta.shape[1]):
        for k in range(W.shape[1]):
            back[:, t + k] += delta[:, t] @ W[:, W.shape[1] - 1 - k]
    return back


def updated_first(delta3, W3, a2, W2, a1, x, rate=0.3):
    W3 = W3 - rate * delta3.T @ a2
    delta2 = (delta3 @ W3) * a2 * (1 - a2)
    W2 = W2 - rate * delta2.T @ a1
    return ((delta2 @ W2) * (1 - a1**2)).T @ x


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
    ("constants", NORMAL, "W1", lambda dxhat2, sigma2, x: (dxhat2 / sigma2).T @ x),
    ("constants", LAYER_NORMAL, "delta1", lambda dxhat2, sigma2: dxhat2 / sigma2[:, None]),
    (
        "constants",
        NORMAL,
        "delta1",
        lambda dxhat2, sigma2, z1, mu2, dvar2: dxhat2 / sigma2 + 2 * (z1 - mu2) * dvar2 / len(z1),
    ),
    ("path", TIED, "code_W", lambda dcode_z, x: dcode_z.T @ x),
    ("path", SKIP, "a_W", lambda db_z, b_W, a_a, x: ((db_z @ b_W) * (1 - a_a**2)).T @ x),
    ("path", SKIP, "da_a", lambda db_z, b_W, delta3: db_z @ b_W - delta3),
    ("inner sum constant", SOFTMAX, "delta2", lambda da2, a2: da2 * a2),
    ("inner sum constant", QUADRATIC, "x", lambda dy1, x, Q1: dy1 * (x @ Q1)),
    ("one of two places", QUADRATIC, "x", lambda dy1, x, Q1: (dy1 * x) @ Q1.T),
    ("one of two places", PRODUCT, "v1", lambda dy1, x, v1: ((dy1 @ v1)[:, None] * x).sum(0)),
    (
        "time cut short",
        RNN,
        "U1",
        lambda delta2, W2, h1, U1: np.einsum("stj,stk->jk", recurrent(delta2, W2, h1, U1, 1)[:, 1:], h1[:, :-1]),
    ),
    ("time cut short", LEAKY, "dh1", lambda h1, t: leaking(h1, t, 2)),
    ("kernel not flipped", CONV, "delta1", lambda delta2, W2, z1: unflipped(delta2, W2, z1.shape[1])),
    ("kernel not flipped", WIDE_CONV, "x", lambda delta1, W1, x: unflipped(delta1, W1, x.shape[1])),
    ("link left out", SOFTMAX, "da2", lambda t: -t / len(t)),
    ("link left out", LOGISTIC, "delta1", lambda a1, t: (1 - 2 * t) * a1 * (1 - a1) / a1.size),
    ("term", DEEP, "da3", lambda a3, t: (a3 + t) / len(t)),
    ("term", SKIP, "dz3", lambda z3, t: (z3 - 2 * t) / len(t)),
    ("factor left out", DEEP, "delta2", lambda da2, a2: da2 * a2),
    ("factor left out", SOFTMAX, "delta1", lambda da1, a1: da1 * (1 - a1)),
    ("new weight", SOFTMAX, "b2", lambda b2, delta2, eta: b2 - eta * delta2.sum(0)),
    ("new weight", DEEP, "W1", lambda W1, delta1, x, eta: W1 - eta * delta1.T @ x),
    (
        "sequential update",
        "mazur",
        "W1",
        lambda W2, delta2, a1, x: np.outer(((W2 - 0.1 * np.outer(delta2, a1)).T @ delta2) * a1 * (1 - a1), x),
    ),
    (
        "sequential update",
        SOFTMAX,
        "b1",
        lambda W2, delta2, a1: ((delta2 @ (W2 - 0.7 * delta2.T @ a1)) * a1 * (1 - a1)).sum(0),
    ),
    ("matrix transposed", DEEP, "W1", lambda delta2, W2, a1, x: (delta2 @ W2.T * (1 - a1**2)).T @ x),
    ("matrix transposed", DEEP, "delta1", lambda delta2, W2, a1: delta2 @ W2.T * (1 - a1**2)),
    (
        "another loss",
        SOFTMAX,
        "W2",
        lambda a2, t, a1: 2 * ((a2 - t) * a2 - a2 * ((a2 - t) * a2).sum(-1, keepdims=True)).T @ a1 / a2.size,
    ),
    ("matrix transposed", SKIP, "a_W", lambda db_z, b_W, a_a, x: ((db_z @ (b_W.T + np.eye(2))) * (1 - a_a**2)).T @ x),
    ("diagonal", SQUARED, "b1", lambda da1, a1: (da1 * a1 * (1 - a1)).sum(0)),
    ("extra slope", SQUARED, "W1", lambda delta1, a1, x: (delta1 * a1 * (1 - a1)).T @ x),
    ("another loss", LOGISTIC, "b1", lambda a1, t: 2 * ((a1 - t) * a1 * (1 - a1)).sum(0) / a1.size),
    ("another gradient", SOFTMAX, "W1", lambda W1: W1),
    ("another gradient", DEEP, "b1", lambda delta2: delta2.sum(0)),
    ("another activation", SOFTMAX, "W1", lambda da1, a1, x: (da1 * (1 - a1**2)).T @ x),
    ("another activation", DEEP, "delta2", lambda da2, z2: da2 * (z2 > 0)),
    ("wrong tensor", SOFTMAX, "W2", lambda delta2, z1: delta2.T @ z1),
    ("wrong tensor", DEEP, "W2", lambda delta2, z1: delta2.T @ z1),
]


# Two mistakes at once, or one in every layer.
TWICE = [
    (DEEP, "W1", lambda da1, a1, x: -(da1.T @ x), "the slope of a1 = tanh(z1) is left out; besides, the sign is wrong"),
    (SOFTMAX, "W1", lambda da1, x: 2 * x.T @ da1, "its shape is (3, 4), that of the gradient (4, 3)"),
    (SOFTMAX, "W1", lambda da1, x: x.T @ da1, "the slope of a1 = sigmoid(z1) is left out; besides, it is transposed"),
    (
        DEEP,
        "W1",
        lambda da3, W3, W2, x: (da3 @ W3 @ W2).T @ x,
        "the slope of every activation (a3, a2, a1) is left out",
    ),
    (
        DEEP,
        "W2",
        lambda da3, a3, W3, a2, a1: ((da3 * (1 - a3**2)) @ W3 * (1 - a2**2)).T @ a1,
        "the slope of every activation (a3, a2) is that of tanh",
    ),
]


@pytest.mark.parametrize(("network", "name", "function", "sentence"), TWICE)
def test_two_mistakes_at_once(network, name, function, sentence):
    one = judge(network)
    (finding,) = one(from_object(name, function, one.subjects)).findings
    assert finding.outcome == "wrong"
    assert finding.because == sentence


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


def test_every_mistake_is_planted_in_two_networks():
    for mistake in MISTAKES:
        networks = {str(network) for name, network, *_ in PLANTED if name == mistake.name}
        assert len(networks) >= 2, mistake.name
