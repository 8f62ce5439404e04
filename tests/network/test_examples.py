"""The bundled networks do what their comments say: simulated here in NumPy, by code that shares nothing with ours."""

import numpy as np
import pytest

from symbackprop.network import load


def arrays(network, key):
    return [np.array(layer.values[key], dtype=float) for layer in network.layers]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_xor_is_learnt_in_the_step_that_its_comment_states():
    net = load("xor")
    (W1, W2), (b1, b2) = arrays(net, "weights"), arrays(net, "bias")
    x, t = (np.array(side, dtype=float) for side in net.sample.rows)
    rate, tolerance = float(net.training.optimizer.options["learning_rate"]), float(net.training.tolerance)
    steps = 0
    while steps < net.training.epochs:
        a = np.tanh(x @ W1.T + b1)
        y = sigmoid(a @ W2.T + b2)
        loss = -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))
        if loss <= tolerance:
            break
        d2 = (y - t) / len(x)
        d1 = (d2 @ W2) * (1 - a**2)
        W1, b1, W2, b2 = W1 - rate * d1.T @ x, b1 - rate * d1.sum(0), W2 - rate * d2.T @ a, b2 - rate * d2.sum(0)
        steps += 1
    assert steps == 754
    np.testing.assert_array_equal(np.round(y), t)


def test_the_line_is_learnt():
    net = load("line")
    ((W,),), rate = arrays(net, "weights"), float(net.training.optimizer.options["learning_rate"])
    x, t = (np.array(side, dtype=float).ravel() for side in net.sample.rows)
    assert np.sum((W * x - t) ** 2) == 5.0
    for _ in range(net.training.epochs):
        W = W - rate * np.sum(2 * (W * x - t) * x)
    assert pytest.approx([2.0], abs=1e-12) == W


def test_mazur_is_the_published_network():
    net = load("mazur")
    x, t = net.sample.rows[0][0], net.sample.rows[1][0]
    a = np.array(x, dtype=float)
    for W, b in zip(arrays(net, "weights"), arrays(net, "bias"), strict=True):
        a = sigmoid(W @ a + b)
    assert np.sum((np.array(t, dtype=float) - a) ** 2) / 2 == pytest.approx(0.298371109, abs=5e-10)
    names = [name for layer in net.layers for row in layer.names["weights"] for name in row]
    assert names == [f"w{number}" for number in range(1, 9)]
    assert [layer.is_trainable("bias") for layer in net.layers] == [False, False]


def test_mnist_is_symbolic():
    net = load("mnist")
    assert all(not layer.values for layer in net.layers)
    assert (net.fact_of("t"), net.training.batch_size, net.sample) == ("one_hot", 64, None)
