"""Networks of many kinds, what is emitted for them, and the emitted text as a module that can be called."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from symbackprop.backward import backward
from symbackprop.emit.module import emit_module
from symbackprop.forward import forward
from symbackprop.graph import Derivation
from symbackprop.lower import lower
from symbackprop.lower.training import lower_training
from symbackprop.network import Dense, Network, load
from symbackprop.program import Program, Training
from symbackprop.simplify import simplify

RECURRENT = {
    "parameters": {"W": ["units", "n"], "U": ["units", "units"], "b": ["units"]},
    "equations": "q[t, j] = sum(W[j, i] * x[t, i], i) + sum(U[j, k] * h[t - 1, k], k) + b[j]\n"
    "h[t, j] = where(q[t, j] > 0, q[t, j], 0.1 * q[t, j])",
    "inputs": {"x": ["T", "n"]},
    "ranges": {"t": "T", "j": "units"},
}
CONVOLUTION = {
    "parameters": {"W": ["f", "k"], "b": ["f"]},
    "equations": "z[q, t] = sum(W[q, p] * x[t + p], p) + b[q]",
    "inputs": {"x": ["n"]},
    "ranges": {"t": "n - k + 1"},
}
POOLING = {"equations": "y[j] = max(x[j, k], k)", "inputs": {"x": ["n", "m"]}}
GATED = {
    "parameters": {"W": ["units", "n"], "V": ["units", "n"], "b": ["units"]},
    "equations": "g[j] = sigmoid(sum(V[j, i] * x[i], i))\ny[j] = g[j] * (sum(W[j, i] * x[i], i) + b[j])",
}
NETWORKS: Mapping[str, Callable[[], Network]] = {
    "mazur": lambda: load("mazur"),
    "xor": lambda: load("xor"),
    "relu": lambda: Network(2, Dense(3, "relu"), Dense(2, "softmax"), loss="cross_entropy", targets="one_hot"),
    "binary": lambda: Network(2, Dense(3, "tanh"), Dense(1, "sigmoid"), loss="binary_crossentropy"),
    "softmax": lambda: Network(2, Dense(2, "softmax"), Dense(3, "softmax"), loss="mse"),
    "symbolic": lambda: Network(
        "n", Dense(4, "relu"), Dense("n", bias=False), loss={"type": "mse", "reduction": "sum"}
    ),
    "single": lambda: Network(
        3, Dense(2), Dense(2, "softmax"), loss="cross_entropy", sample={"x": [1, 2, 3], "t": [0.5, 0.2]}
    ),
    "wide": lambda: Network(30, Dense(20, "relu"), Dense(10, "softmax"), loss="cross_entropy", targets="one_hot"),
    "named": lambda: Network({"loss": {"shape": [2]}}, Dense(2, "sigmoid"), loss="mse"),
    "gated": lambda: Network(2, {"type": "gated", "units": 3}, Dense(1), loss="mse", layer_types={"gated": GATED}),
    "recurrent": lambda: Network(
        {"shape": ["T", 2]}, {"type": "rnn", "units": 2}, loss="mse", layer_types={"rnn": RECURRENT}
    ),
    "adam": lambda: Network(2, Dense(2, "tanh"), Dense(1), loss="mse", training={"optimizer": "adam"}),
    "convolution": lambda: Network(
        6, {"type": "conv", "f": 2, "k": 3, "activation": "tanh"}, loss="mse", layer_types={"conv": CONVOLUTION}
    ),
    "pooling": lambda: Network(
        {"shape": [4, 3]}, {"type": "pool"}, Dense(2), loss="mse", layer_types={"pool": POOLING}
    ),
}


class Lowered(NamedTuple):
    """What an emitter is given."""

    derivation: Derivation
    program: Program
    training: Training


def lowered(network: Network) -> Lowered:
    derivation = simplify(backward(forward(network)))
    return Lowered(derivation, lower(derivation), lower_training(network, derivation.graph))


def text_of(parts: Lowered) -> str:
    return emit_module(
        parts.derivation,
        parts.program,
        training=parts.training,
        checks=["gradients against differences: 1e-9"],
        network_hash="c0ffee",
        version="1.0",
        operations=66,
    )


@pytest.fixture(scope="session")
def networks() -> Mapping[str, Lowered]:
    """Every network, lowered."""
    return {name: lowered(make()) for name, make in NETWORKS.items()}


@pytest.fixture(scope="session")
def texts(networks: Mapping[str, Lowered]) -> Mapping[str, str]:
    """The emitted module of every network."""
    return {name: text_of(parts) for name, parts in networks.items()}


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ModuleType]:
    """Load the text of a module from a file of its own."""
    folder: Path = tmp_path_factory.mktemp("emitted")
    numbers = count()

    def load_text(text: str) -> ModuleType:
        path = folder / f"emitted_{next(numbers)}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load_text


@pytest.fixture(scope="session")
def modules(texts: Mapping[str, str], loaded: Callable[[str], ModuleType]) -> Mapping[str, ModuleType]:
    """The emitted module of every network, loaded."""
    return {name: loaded(text) for name, text in texts.items()}


@pytest.fixture(scope="session")
def emitted_with() -> Callable[..., str]:
    """The emitted module of a network whose training is changed: `emitted_with(network, optimizer="adam", ...)`."""

    def make(network: Network, **changes: Any) -> str:
        parts = lowered(network)
        training = Training(**{**vars(parts.training), **changes})
        return text_of(parts._replace(training=training))

    return make
