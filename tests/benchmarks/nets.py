"""The networks that are timed: what our fast style makes of them, a hand-written rival, and the BLAS calls alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import symbackprop as sb
from tests.benchmarks import attention, convolution, dense, recurrent

Call = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        name: What it is.
        ours: Loss and gradient of our fast style, in a workspace.
        forward: Its loss alone.
        hand: The hand-written rival.
        blas: The BLAS calls alone.
        network: What was derived, and the arrays, for other rivals.
        marks: The most that ours may take: of the BLAS calls alone, and of our own forward pass.
    """

    name: str
    ours: Call
    forward: Call
    hand: Call
    blas: Call
    params: dict[str, Any]
    data: tuple[Any, ...]
    kind: str
    marks: tuple[float, float]
    readable: Call | None = field(default=None)


def one_hot(rng: np.random.Generator, batch: int, classes: int, dtype: Any) -> Any:
    """Random targets."""
    return np.eye(classes, dtype=dtype)[rng.integers(0, classes, batch)]


def agree(found: float, expected: float, grads: dict[str, Any], rival: dict[str, Any]) -> None:
    """Fail if the hand-written rival computes something else: its time would mean nothing."""
    assert np.isclose(found, expected, rtol=1e-4), (found, expected)
    for name, value in rival.items():
        scale = np.max(np.abs(grads[name]))
        assert np.allclose(np.reshape(value, grads[name].shape), grads[name], atol=1e-3 * scale), name


def dense_case(sizes: tuple[int, ...], batch: int, dtype: Any, marks: tuple[float, float]) -> Case:
    """A dense network with relu, softmax and cross-entropy; for a single sample the network of one sample."""
    layers = [{"type": "dense", "units": units, "activation": "relu"} for units in sizes[1:-1]]
    layers.append({"type": "dense", "units": sizes[-1], "activation": "softmax"})
    described: dict[str, Any] = {"name": "dense", "inputs": sizes[0], "loss": "categorical_crossentropy"}
    described |= {"layers": layers, "targets": "one_hot"}
    if batch == 1:
        described["sample"] = {"x": [0.5] * sizes[0], "t": [1, *[0] * (sizes[-1] - 1)]}
    d = sb.derive(described)
    module = d.compile("fast")
    rng = np.random.default_rng(0)
    params = {name: value.astype(dtype) for name, value in module.initialize().items()}
    data = rng.standard_normal((batch, sizes[0])).astype(dtype), one_hot(rng, batch, sizes[-1], dtype)
    x, t = (array[0] for array in data) if batch == 1 else data
    work = module.Workspace(dtype) if batch == 1 else module.Workspace(batch, dtype)
    W, b = ([params[name] for name in params if name.startswith(letter)] for letter in "Wb")
    hand = dense.Hand(sizes, batch, dtype) if batch > 1 else dense.HandSingle(sizes, dtype)
    loss, grads = work.loss_and_grad(params, x, t)
    agree(loss, hand.both(W, b, *data), grads, {f"W{n}": value for n, value in enumerate(hand.dW, 1)})
    return Case(
        f"{'-'.join(map(str, sizes))}, batch {batch}",
        ours=lambda: work.loss_and_grad(params, x, t),
        forward=lambda: work.loss(params, x, t),
        hand=lambda: hand.both(W, b, *data),
        blas=dense.Products(sizes, batch, dtype).both,
        params=params,
        data=data,
        kind="dense",
        marks=marks,
        readable=lambda: d.compile().loss_and_grad(params, x, t),
    )


def network(name: str, shape: list[Any], *layers: dict[str, Any], loss: str = "categorical_crossentropy") -> sb.Derived:
    """A network of one input."""
    return sb.derive({"name": name, "inputs": {"x": {"shape": shape}}, "loss": loss, "layers": list(layers)})


def convolution_case(dtype: Any, batch: int = 32) -> Case:
    """Eight filters of 3 x 3, relu, the largest of 2 x 2, a classifier; 28 x 28 pixels."""
    d = network(
        "convolution",
        [28, 28, 1],
        {"type": "conv2d", "filters": 8, "kernel_size": 3, "activation": "relu"},
        {"type": "max_pooling2d"},
        {"type": "flatten"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    )
    module = d.compile("fast")
    rng = np.random.default_rng(0)
    params = {name: value.astype(dtype) for name, value in module.initialize().items()}
    x, t = rng.standard_normal((batch, 28, 28, 1)).astype(dtype), one_hot(rng, batch, 10, dtype)
    work = module.Workspace(batch, dtype)
    hand = convolution.Hand(28, 8, 10, batch, dtype)
    given = (*(params[name] for name in ("W1", "b1", "W4", "b4")), x, t)
    loss, grads = work.loss_and_grad(params, x, t)
    agree(loss, hand.both(*given), grads, {"W1": hand.dW, "b1": hand.db, "W4": hand.dV, "b4": hand.dv})
    return Case(
        "conv 8@3x3, pool, dense, batch 32",
        ours=lambda: work.loss_and_grad(params, x, t),
        forward=lambda: work.loss(params, x, t),
        hand=lambda: hand.both(*given),
        blas=convolution.Products(28, 8, 10, batch, dtype).both,
        params=params,
        data=(x, t),
        kind="convolution",
        marks=(2.1, 2.3),
        readable=lambda: d.compile().loss_and_grad(params, x, t),
    )


def recurrent_case(dtype: Any, steps: int = 20, batch: int = 32) -> Case:
    """An LSTM of 64 units over 64 features, its last state classified."""
    lstm = {"type": "lstm", "name": "lstm", "units": 64}
    d = network("recurrent", ["T", 64], lstm, {"type": "last"}, {"type": "dense", "units": 10, "activation": "softmax"})
    module = d.compile("fast")
    rng = np.random.default_rng(0)
    params = {name: value.astype(dtype) for name, value in module.initialize().items()}
    x, t = rng.standard_normal((batch, steps, 64)).astype(dtype), one_hot(rng, batch, 10, dtype)
    work = module.Workspace(batch, steps, dtype)
    hand = recurrent.Hand(64, 64, 10, steps, batch, dtype)
    W, U, b = (np.concatenate([params[f"lstm_{letter}{gate}"] for gate in "oifg"]) for letter in "WUb")
    given = (W, U, b, params["W3"], params["b3"], x, t)
    loss, grads = work.loss_and_grad(params, x, t)
    rival = {f"lstm_{k}{g}": v[64 * n : 64 * n + 64] for n, g in enumerate("oifg") for k, v in _gates(hand).items()}
    agree(loss, hand.both(*given), grads, rival | {"W3": hand.dV})
    return Case(
        "LSTM 64, 20 steps, batch 32",
        ours=lambda: work.loss_and_grad(params, x, t),
        forward=lambda: work.loss(params, x, t),
        hand=lambda: hand.both(*given),
        blas=recurrent.Products(64, 64, 10, steps, batch, dtype).both,
        params=params,
        data=(x, t),
        kind="recurrent",
        marks=(1.35, 2.3),
        readable=lambda: d.compile().loss_and_grad(params, x, t),
    )


def _gates(hand: recurrent.Hand) -> dict[str, Any]:
    return {"W": hand.dW, "U": hand.dU, "b": hand.db}


def attention_case(dtype: Any, length: int = 128, width: int = 64) -> Case:
    """Queries, keys and values of one sequence, mean squared error."""
    parts = [{"type": "dense", "name": n, "inputs": ["x"], "units": width, "bias": False} for n in "qkv"]
    d = network("attending", ["T", width], *parts, {"type": "attention", "inputs": ["q", "k", "v"]}, loss="mse")
    module = d.compile("fast")
    rng = np.random.default_rng(0)
    params = {name: value.astype(dtype) for name, value in module.initialize().items()}
    x, t = (rng.standard_normal((1, length, width)).astype(dtype) for _ in range(2))
    work = module.Workspace(1, length, dtype)
    hand = attention.Hand(length, width, dtype)
    W = [params["q_W"], params["k_W"], params["v_W"]]
    loss, grads = work.loss_and_grad(params, x, t)
    rival = hand.both(W, x[0], t[0])
    agree(loss, rival, grads, {f"{n}_W": hand.dW[width * k : width * (k + 1)] for k, n in enumerate("qkv")})
    return Case(
        "attention 128 x 64",
        ours=lambda: work.loss_and_grad(params, x, t),
        forward=lambda: work.loss(params, x, t),
        hand=lambda: hand.both(W, x[0], t[0]),
        blas=attention.Products(length, width, dtype).both,
        params=params,
        data=(x, t),
        kind="attention",
        marks=(1.4, 2.3),
        readable=lambda: d.compile().loss_and_grad(params, x, t),
    )


def cases(dtype: Any) -> Iterator[Case]:
    """Every row, each made when it is asked for."""
    for batch in (1, 64, 1024):
        yield dense_case((784, 128, 10), batch, dtype, (1.15 if batch > 1 else float("inf"), 2.0))
    yield dense_case((512, 512, 512, 512), 256, dtype, (1.15, 2.7))
    yield convolution_case(dtype)
    yield recurrent_case(dtype)
    yield attention_case(dtype)
