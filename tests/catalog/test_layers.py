"""Every layer of the catalogue: its value against NumPy, its gradients against complex steps, and written by a user."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from symbackprop.backward import backward
from symbackprop.catalog import INITIALIZERS, LAYERS
from symbackprop.forward import forward
from symbackprop.network import Layer, Network
from symbackprop.pipeline import Stages
from symbackprop.simplify import simplify
from symbackprop.verify.differences import complex_step, coordinates_of
from symbackprop.verify.emitted import Emitted
from symbackprop.verify.equations import evaluate_adjoints
from symbackprop.verify.gradients import gradient_checks, loss_check
from symbackprop.verify.points import random_point

SAMPLES = 3


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def gelu(z):
    return z * (1 + np.vectorize(math.erf)(z / np.sqrt(2))) / 2


def gelu_tanh(z):
    return z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))) / 2


def convolution(x, p, strides=1, padding=((0, 0), (0, 0)), dilation=1, groups=1, rank=2):
    """Pad, then one window after the other, as a person would write it."""
    W, kernel = p["W"], p["W"].shape[1]
    x = np.pad(x, ((0, 0), *padding[:rank], (0, 0)))
    span = dilation * (kernel - 1) + 1
    steps = [(size - span) // strides + 1 for size in x.shape[1:-1]]
    z = np.zeros((len(x), *steps, len(W)))
    for at in np.ndindex(*steps):
        window = x[(slice(None), *(slice(strides * t, strides * t + span, dilation) for t in at))]
        for o in range(len(W)):
            first = o // (len(W) // groups) * W.shape[-1]
            part = window[..., first : first + W.shape[-1]]
            z[(slice(None), *at, o)] = (part * W[o]).reshape(len(x), -1).sum(1)
    return z + p["b"]


def transposed(x, p, strides=1, padding=0):
    W = p["W"]
    kernel = W.shape[1]
    height, width = ((size - 1) * strides + kernel for size in x.shape[1:3])
    z = np.zeros((len(x), height, width, len(W)))
    for h, w in np.ndindex(*x.shape[1:3]):
        z[:, strides * h : strides * h + kernel, strides * w : strides * w + kernel] += np.einsum(
            "opqk,sk->spqo", W, x[:, h, w]
        )
    return z[:, padding : height - padding, padding : width - padding] + p["b"]


def pooled(x, reduce, size=2, step=2, rank=2):
    steps = [(length - size) // step + 1 for length in x.shape[1:-1]]
    y = np.zeros((len(x), *steps, x.shape[-1]))
    for at in np.ndindex(*steps):
        window = x[(slice(None), *(slice(step * t, step * t + size) for t in at))]
        y[(slice(None), *at)] = reduce(window, axis=tuple(range(1, rank + 1)))
    return y


def normalized(x, axes, epsilon):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def scaled(x, p, axes, epsilon=0.001):
    return p["gamma"] * normalized(x, axes, epsilon) + p["beta"]


def grouped(x, p, groups):
    parts = x.reshape(*x.shape[:3], groups, -1)
    return p["gamma"] * normalized(parts, (1, 2, 4), 0.001).reshape(x.shape) + p["beta"]


def scan(x, units, step):
    states, h, c = [], np.zeros((len(x), units)), np.zeros((len(x), units))
    for t in range(x.shape[1]):
        h, c = step(x[:, t], h, c)
        states.append(h)
    return np.stack(states, axis=1)


def gate(p, letter, x, h):
    return x @ p[f"W{letter}"].T + h @ p[f"U{letter}"].T + p[f"b{letter}"]


def lstm(x, p):
    def step(x, h, c):
        c = sigmoid(gate(p, "f", x, h)) * c + sigmoid(gate(p, "i", x, h)) * np.tanh(gate(p, "g", x, h))
        return sigmoid(gate(p, "o", x, h)) * np.tanh(c), c

    return scan(x, len(p["bi"]), step)


def gru(x, p, after):
    def step(x, h, c):
        u, r = sigmoid(gate(p, "u", x, h)), sigmoid(gate(p, "r", x, h))
        past = r * (h @ p["Ug"].T + p["cg"]) if after else (r * h) @ p["Ug"].T
        return (1 - u) * np.tanh(x @ p["Wg"].T + past + p["bg"]) + u * h, c

    return scan(x, len(p["bu"]), step)


def attend(q, k, v, causal=False):
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    if causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:])) > 0, scores, -np.inf)
    return softmax(scores) @ v


def heads(x, p, causal=False):
    q, k, v = (np.einsum("aki,sti->satk", p[f"W{c}"], x) + p[f"b{c}"][:, None] for c in "qkv")
    return np.einsum("jak,satk->stj", p["Wo"], attend(q, k, v, causal)) + p["bo"]


def block(x, p, causal=False, activation=gelu):
    u = p["gamma_a"] * normalized(x, -1, 1e-5) + p["beta_a"]
    r = x + heads(u, p, causal)
    v = p["gamma_b"] * normalized(r, -1, 1e-5) + p["beta_b"]
    return r + activation(v @ p["Wf"].T + p["bf"]) @ p["Wp"].T + p["bp"]


def sinusoids(x, p):
    y = x.copy()
    for t, k in np.ndindex(*x.shape[1:]):
        angle = t / 10000 ** ((k - k % 2) / x.shape[2])
        y[:, t, k] += np.cos(angle) if k % 2 else np.sin(angle)
    return y


def experts(x, p):
    each = np.einsum("eji,si->sej", p["W"], x) + p["b"]
    return np.einsum("se,sej->sj", softmax(x @ p["G"].T), each)


def dense(x, p):
    return x @ p["W"].T + p["b"]


@dataclass(frozen=True)
class Case:
    """A layer, the shapes of its inputs, what it should compute, and where its inputs are no floating-point numbers."""

    row: str
    shapes: tuple[tuple[int, ...], ...]
    value: Any
    options: dict[str, Any] = field(default_factory=dict)
    tokens: bool = False

    @property
    def label(self) -> str:
        options = [f"{key}={value}" for key, value in self.options.items()]
        return " ".join([self.row, *("x".join(map(str, shape)) for shape in self.shapes), *options])


LINE, IMAGE, KEYED = ((4, 3),), ((4, 5, 2),), ((3, 2), (4, 2), (4, 3))
KERNEL = {"filters": 3, "kernel_size": 2}
HEADS = {"num_heads": 2, "key_dim": 3}
TWO = ((3,), (3,))
CASES = [
    Case("dense", ((3,),), dense, {"units": 2}),
    Case("dense", ((1,),), dense, {"units": 1}),
    Case("dense", LINE, dense, {"units": 2}),
    Case("dense_transpose", ((3,),), lambda x, p: x @ p["W"] + p["b"], {"units": 2}),
    Case(
        "bilinear",
        ((3,), (2,)),
        lambda x, y, p: np.einsum("kij,si,sj->sk", p["W"], x, y) + p["b"],
        {"units": 4},
    ),
    Case("embedding", ((4,),), lambda x, p: p["W"][x.astype(int)], {"input_dim": 5, "output_dim": 3}, tokens=True),
    Case("embedding", ((1,),), lambda x, p: p["W"][x.astype(int)], {"input_dim": 5, "output_dim": 1}, tokens=True),
    Case(
        "lora",
        ((3,),),
        lambda x, p: x @ (p["W"] + 4 / 2 * p["B"] @ p["A"]).T + p["b"],
        {"units": 4, "rank": 2, "alpha": 4},
    ),
    Case("graph_convolution", ((4, 3), (4, 4)), lambda x, A, p: A @ x @ p["W"].T + p["b"], {"units": 2}),
    Case("prelu", ((4,),), lambda x, p: np.where(x > 0, x, p["alpha"] * x)),
    Case("glu", ((6,),), lambda x, p: x[:, :3] * sigmoid(x[:, 3:])),
    Case("swiglu", ((6,),), lambda x, p: x[:, :3] * sigmoid(x[:, :3]) * x[:, 3:]),
    Case(
        "maxout",
        ((3,),),
        lambda x, p: (np.einsum("jpi,si->sjp", p["W"], x) + p["b"]).max(-1),
        {"units": 2, "pieces": 3},
    ),
    Case("mixture_of_experts", ((3,),), experts, {"units": 2, "experts": 4}),
    Case("add", TWO, lambda x, y, p: x + y),
    Case("add", ((4, 3), (4, 3)), lambda x, y, p: x + y),
    Case("subtract", TWO, lambda x, y, p: x - y),
    Case("multiply", TWO, lambda x, y, p: x * y),
    Case("concatenate", ((3,), (2,)), lambda x, y, p: np.concatenate([x, y], -1)),
    Case("concatenate", ((2, 3), (2, 2)), lambda x, y, p: np.concatenate([x, y], -1)),
    Case("dropout", TWO, lambda x, mask, p: mask * x / 0.75, {"rate": 0.25}),
    Case("flatten", IMAGE, lambda x, p: x.reshape(len(x), -1)),
    Case("flatten", ((1, 1, 1),), lambda x, p: x.reshape(len(x), -1)),
    Case("flatten2d", LINE, lambda x, p: x.reshape(len(x), -1)),
    Case("last", LINE, lambda x, p: x[:, -1]),
    Case("conv1d", ((7, 2),), lambda x, p: convolution(x, p, rank=1), KERNEL),
    Case(
        "conv1d",
        ((8, 2),),
        lambda x, p: convolution(x, p, strides=2, padding=((1, 1),), dilation=2, rank=1),
        {**KERNEL, "strides": 2, "padding": 1, "dilation_rate": 2},
    ),
    Case("conv1d", ((7, 2),), lambda x, p: convolution(x, p, padding=((0, 1),), rank=1), {**KERNEL, "padding": "same"}),
    Case(
        "conv1d",
        ((5, 4),),
        lambda x, p: convolution(x, p, groups=2, rank=1),
        {"filters": 6, "kernel_size": 2, "groups": 2},
    ),
    Case("conv1d", ((1, 1),), lambda x, p: convolution(x, p, rank=1), {"filters": 1, "kernel_size": 1}),
    Case("conv2d", IMAGE, convolution, KERNEL),
    Case(
        "conv2d",
        ((5, 6, 2),),
        lambda x, p: convolution(x, p, strides=2, padding=((1, 1), (0, 1))),
        {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"},
    ),
    Case(
        "conv2d", ((3, 4, 4),), lambda x, p: convolution(x, p, groups=4), {"filters": 4, "kernel_size": 2, "groups": 4}
    ),
    Case("conv2d_transpose", ((3, 2, 2),), lambda x, p: transposed(x, p, 2, 1), {**KERNEL, "strides": 2, "padding": 1}),
    Case("conv2d_transpose", ((2, 2, 1),), transposed, {"filters": 1, "kernel_size": 3}),
    Case("max_pooling1d", LINE, lambda x, p: pooled(x, np.max, rank=1)),
    Case("max_pooling2d", ((4, 6, 2),), lambda x, p: pooled(x, np.max)),
    Case("max_pooling2d", IMAGE, lambda x, p: pooled(x, np.max, 3, 1), {"pool_size": 3, "strides": 1}),
    Case("average_pooling1d", LINE, lambda x, p: pooled(x, np.mean, rank=1)),
    Case("average_pooling2d", ((4, 6, 2),), lambda x, p: pooled(x, np.mean)),
    Case("average_pooling2d", IMAGE, lambda x, p: pooled(x, np.mean, 3, 1), {"pool_size": 3, "strides": 1}),
    Case("global_max_pooling1d", LINE, lambda x, p: x.max(1)),
    Case("global_max_pooling2d", IMAGE, lambda x, p: x.max((1, 2))),
    Case("global_average_pooling1d", LINE, lambda x, p: x.mean(1)),
    Case("global_average_pooling2d", IMAGE, lambda x, p: x.mean((1, 2))),
    Case("batch_normalization", ((3,),), lambda x, p: scaled(x, p, 0)),
    Case("batch_normalization", ((1,),), lambda x, p: scaled(x, p, 0)),
    Case("batch_normalization1d", LINE, lambda x, p: scaled(x, p, (0, 1))),
    Case("batch_normalization2d", ((2, 3, 2),), lambda x, p: scaled(x, p, (0, 1, 2), 0.1), {"epsilon": 0.1}),
    Case("layer_normalization", ((4,),), lambda x, p: scaled(x, p, -1)),
    Case("layer_normalization", LINE, lambda x, p: scaled(x, p, -1)),
    Case(
        "rms_normalization",
        LINE,
        lambda x, p: p["gamma"] * x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6),
    ),
    Case("group_normalization", ((2, 3, 4),), lambda x, p: grouped(x, p, 2), {"groups": 2}),
    Case("simple_rnn", LINE, lambda x, p: scan(x, 2, lambda x, h, c: (np.tanh(gate(p, "", x, h)), c)), {"units": 2}),
    Case("lstm", LINE, lstm, {"units": 2}),
    Case("lstm", ((1, 1),), lstm, {"units": 1}),
    Case("gru", LINE, lambda x, p: gru(x, p, True), {"units": 2}),
    Case("gru_reset_before", LINE, lambda x, p: gru(x, p, False), {"units": 2}),
    Case("attention", KEYED, lambda q, k, v, p: attend(q, k, v)),
    Case("attention", ((4, 2), (4, 2), (4, 3)), lambda q, k, v, p: attend(q, k, v, True), {"causal": True}),
    Case("attention", ((1, 1), (1, 1), (1, 1)), lambda q, k, v, p: attend(q, k, v)),
    Case("causal_attention", ((4, 2), (4, 2), (4, 3)), lambda q, k, v, p: attend(q, k, v, True)),
    Case("multi_head_attention", ((3, 4),), heads, HEADS),
    Case("multi_head_attention", ((3, 4),), lambda x, p: heads(x, p, True), {**HEADS, "causal": True}),
    Case("positional_encoding", ((4, 5),), sinusoids),
    Case("position_embedding", LINE, lambda x, p: x + p["W"][:4], {"sequence_length": 6}),
    Case("position_embedding", LINE, lambda x, p: x + p["W"], {"sequence_length": 4}),
    Case("transformer_block", ((3, 4),), block, {**HEADS, "hidden": 5}),
    Case(
        "transformer_block",
        ((3, 4),),
        lambda x, p: block(x, p, True, gelu_tanh),
        {**HEADS, "hidden": 5, "causal": True, "approximate": True},
    ),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
INPUTS = ["x", "mate", "third"]


def network(case, around=False, layer_types=None):
    """The layer by itself, or between two dense layers; its loss weighs every output by another random number."""
    inputs = INPUTS[: len(case.shapes)]
    kind = case.row if layer_types is None else next(iter(layer_types))
    layers = []
    first = inputs[0]
    if around and not case.tokens:
        layers.append(Layer("dense", name="before", units=case.shapes[0][-1], inputs=[first], activation="tanh"))
        first = "before"
    layers.append(Layer(kind, name="it", inputs=[first, *inputs[1:]], **case.options))
    if around:
        layers.append(Layer("dense", name="after", units=2))
    return Network(
        {name: {"shape": list(shape)} for name, shape in zip(inputs, case.shapes, strict=True)},
        *layers,
        loss={"type": "probe", "reduction": "sum"},
        losses={"probe": "sum(t[j] * sin(y[j] + t[j]), j)"},
        layer_types=layer_types or {},
    )


def point_of(graph):
    rng = np.random.default_rng(7)
    sizes = {
        symbol: SAMPLES for tensor in graph.tensors.values() for size in tensor.shape for symbol in size.free_symbols
    }
    return random_point(graph, rng, sizes)


def test_every_row_is_tested():
    assert {case.row for case in CASES} == set(LAYERS)


@pytest.mark.parametrize("row", LAYERS.values(), ids=lambda row: row.name)
def test_rows_declare_what_they_use(row):
    assert row.source and row.equations
    assert {parameter.initializer for parameter in row.parameters} <= set(INITIALIZERS)
    keys = [parameter.file_key for parameter in row.parameters]
    assert len(set(keys)) == len(keys) and not set(keys) & set(row.options)


@each_case
def test_value(case):
    graph = forward(network(case))
    point = point_of(graph)
    given = [point.values[name] for name in INPUTS[: len(case.shapes)]]
    parameters = {tensor.label: point.values[tensor.name] for tensor in graph.parameters}
    (output,) = graph.with_role("prediction")
    np.testing.assert_allclose(point.values[output.name], case.value(*given, parameters), rtol=1e-12, atol=1e-13)


@each_case
@pytest.mark.parametrize("around", [False, True], ids=["alone", "between dense layers"])
def test_gradients(case, around):
    graph = forward(network(case, around))
    assert_gradients(graph)


def assert_gradients(graph):
    point = point_of(graph)
    derivation = simplify(backward(graph, [t.name for t in graph.with_role("parameter", "input") if not t.facts]))
    names = [name for name in derivation.adjoint_of if name in {t.name for t in graph.with_role("parameter", "input")}]
    coordinates = coordinates_of(names, point.values)
    adjoints = evaluate_adjoints(derivation, point.values, sizes=point.sizes)
    found = coordinates.flat({name: adjoints[derivation.adjoint_of[name]] for name in names})
    expected, _ = complex_step(graph, point.values, coordinates, np.eye(coordinates.count), point.sizes)
    assert np.abs(expected).max(initial=0) > 0 or not names
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10)


@each_case
def test_a_user_may_write_it(case):
    """The same equations in a user's file give the same adjoint equations."""
    row = LAYERS[case.row]
    own = {
        "parameters": {parameter.name: list(parameter.shape) for parameter in row.parameters},
        "equations": row.equations,
        "inputs": {name: list(axes) for name, axes in row.inputs.items()},
        "ranges": dict(row.ranges),
        "sizes": dict(row.sizes),
        "options": {
            key: [option.default, *(word for word in option.choices if word != option.default)]
            if option.choices
            else option.default
            for key, option in row.options.items()
            if option.default is not None
        },
    }
    catalogue, users = (simplify(backward(forward(network(case, True, types)))) for types in (None, {"own": own}))
    assert [str(equation) for equation in users.adjoints] == [str(equation) for equation in catalogue.adjoints]
    assert users.adjoints == catalogue.adjoints


@each_case
def test_emitted_code(case):
    """The emitted module has the loss of the graph, and its gradients by differences and complex steps."""
    stages = Stages(network(case, True))
    point = point_of(stages.graph)
    emitted = Emitted(stages.graph, stages.module, point, frozenset(stages.derivation.adjoint_of))
    checks = [loss_check(emitted), *gradient_checks(emitted, np.random.default_rng(0))]
    assert [str(check) for check in checks if not check.passed] == []


@each_case
def test_fast_style(case):
    stages = Stages(network(case, True))
    emitted = Emitted(stages.graph, stages.module, point_of(stages.graph))
    fast = stages.module_in("fast")
    for kind, error in ((np.float64, 1e-10), (np.float32, 1e-3)):
        params = {name: value.astype(kind) for name, value in emitted.parameters.items()}
        data = [value.astype(kind) if value.dtype.kind == "f" else value for value in emitted.arguments]
        loss, grads = stages.module.loss_and_grad(params, *data)
        # Twice, since memory that is used again must not remember.
        for _ in range(2):
            found, fast_grads = fast.loss_and_grad(params, *data)
            assert found == pytest.approx(loss, rel=error)
            assert fast.loss(params, *data) == pytest.approx(loss, rel=error)
        largest = max(np.max(np.abs(grad)) for grad in grads.values())
        for name, grad in grads.items():
            assert fast_grads[name].dtype == kind
            assert np.allclose(fast_grads[name], grad, rtol=error, atol=error * largest), name
