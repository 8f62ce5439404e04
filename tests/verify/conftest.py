"""Networks whose equations, adjoints and code are written by hand, so that nothing of ours makes what is expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from numpy.typing import NDArray
from sympy import Expr, Symbol

from symbackprop.expressions import Index, Read, Total, Where
from symbackprop.graph import Derivation, Equation, Fact, Graph, Step, Tensor

N = Symbol("N", integer=True, positive=True)
S = Index("s", N)


def dense(sizes: Sequence[int], last: str = "sigmoid", samples: int = 3) -> Graph:
    """Dense layers with half squared error, or softmax with cross-entropy; the letters are s, i, j, k."""
    targets = (Fact("one_hot"),) if last == "softmax" else ()
    tensors = [
        Tensor("x", "input", (S, Index("i", sizes[0]))),
        Tensor("t", "target", (S, Index("j", sizes[-1])), facts=targets),
    ]
    equations, before = [], "x"
    for layer, (fan_in, units) in enumerate(pairwise(sizes), 1):
        i, j = Index("i", fan_in), Index("j", units)
        W, b, z, a = (f"{letter}{layer}" for letter in "Wbza")
        tensors += [Tensor(W, "parameter", (j, i), layer=layer), Tensor(b, "parameter", (j,), layer=layer)]
        tensors += [Tensor(z, "hidden", (S, j), layer=layer), Tensor(a, "hidden", (S, j), layer=layer)]
        net = Total(Read(W, j, i) * Read(before, S, i), i) + Read(b, j)
        kind = last if layer == len(sizes) - 1 or last == "relu" else "sigmoid"
        equations += [Equation(z, (S, j), net), Equation(a, (S, j), activation(kind, z, j))]
        before = a
    j = Index("j", sizes[-1])
    y, t = Read(before, S, j), Read("t", S, j)
    loss = -Total(t * sp.log(y), j, S) if last == "softmax" else Total((t - y) ** 2 / 2, j, S)
    tensors.append(Tensor("E", "loss"))
    equations.append(Equation("E", (), loss))
    return Graph("net", {tensor.name: tensor for tensor in tensors}, tuple(equations), {N: samples})


def activation(kind: str, z: str, j: Index) -> Expr:
    """The activation of a pre-activation z[s, j]."""
    k = Index("k", j.size)
    return {
        "sigmoid": 1 / (1 + sp.exp(-Read(z, S, j))),
        "relu": Where(Read(z, S, j) > 0, Read(z, S, j), sp.S.Zero),
        "softmax": sp.exp(Read(z, S, j)) / Total(sp.exp(Read(z, S, k)), k),
    }[kind]


def slope_of(kind: str, layer: int, j: Index) -> Expr:
    """The slope of an activation, by hand."""
    a, z = Read(f"a{layer}", S, j), Read(f"z{layer}", S, j)
    return Where(z > 0, sp.S.One, sp.S.Zero) if kind == "relu" else a * (1 - a)


def derived(graph: Graph, kind: str) -> Derivation:
    """The backward pass of a dense graph, by hand, with one true step for each equation."""
    layers = max(tensor.layer for tensor in graph.tensors.values())
    adjoints = []
    for layer in range(layers, 0, -1):
        j, i = graph.tensors[f"W{layer}"].indices
        delta = Read(f"delta{layer}", S, j)
        y, t = Read(f"a{layer}", S, j), Read("t", S, j)
        if layer == layers:
            rhs = y - t if kind == "softmax" else (y - t) * slope_of(kind, layer, j)
        else:
            k = Index("k", graph.tensors[f"W{layer + 1}"].indices[0].size)
            rhs = Total(Read(f"W{layer + 1}", k, j) * Read(f"delta{layer + 1}", S, k), k)
            rhs = rhs * slope_of("relu" if kind == "relu" else "sigmoid", layer, j)
        before = Read("x" if layer == 1 else f"a{layer - 1}", S, i)
        adjoints += [
            Equation(f"delta{layer}", (S, j), rhs),
            Equation(f"dW{layer}", (j, i), Total(delta * before, S)),
            Equation(f"db{layer}", (j,), Total(delta, S)),
        ]
    names = {
        f"{old}{n}": f"{new}{n}"
        for n in range(1, layers + 1)
        for old, new in (("z", "delta"), ("W", "dW"), ("b", "db"))
    }
    tensors = {new: replace(graph.tensors[old], name=new, role="adjoint", facts=()) for old, new in names.items()}
    steps = {e.tensor: (Step(e.lhs, e.rhs, "chain rule"), Step(e.rhs, sp.expand(e.rhs), "expand")) for e in adjoints}
    return Derivation(graph, tensors, names, tuple(adjoints), {}, steps)


Arrays = Mapping[str, NDArray[Any]]


@dataclass
class Code:
    """A dense network in NumPy, as a person would write it; `fault` may spoil its gradients."""

    layers: int
    kind: str
    fault: Callable[[dict[str, Any]], None] = field(default=lambda gradient: None)

    def forward(self, params: Arrays, x: NDArray[Any]) -> list[NDArray[Any]]:
        found = [x]
        for layer in range(1, self.layers + 1):
            z = found[-1] @ params[f"W{layer}"].T + params[f"b{layer}"]
            if layer == self.layers and self.kind == "softmax":
                powers = np.exp(z - z.max(axis=1, keepdims=True))
                found.append(powers / powers.sum(axis=1, keepdims=True))
            elif self.kind == "relu":
                found.append(np.maximum(z, 0))
            else:
                found.append(1 / (1 + np.exp(-z)))
        return found

    def loss(self, params: Arrays, x: NDArray[Any], t: NDArray[Any]) -> float:
        y = self.forward(params, x)[-1]
        return float(-np.sum(t * np.log(y)) if self.kind == "softmax" else np.sum((t - y) ** 2) / 2)

    def loss_and_grad(self, params: Arrays, x: NDArray[Any], t: NDArray[Any]) -> tuple[float, Arrays]:
        found = self.forward(params, x)
        gradient: dict[str, Any] = {}
        delta = found[-1] - t
        for layer in range(self.layers, 0, -1):
            a = found[layer]
            if not (layer == self.layers and self.kind == "softmax"):
                delta = delta * ((a > 0) if self.kind == "relu" else a * (1 - a))
            gradient |= {f"W{layer}": delta.T @ found[layer - 1], f"b{layer}": delta.sum(axis=0)}
            delta = delta @ params[f"W{layer}"]
        self.fault(gradient)
        return self.loss(params, x, t), gradient


@pytest.fixture
def nets() -> SimpleNamespace:
    """`dense(sizes, kind)`, its hand-made backward pass `derived(graph, kind)`, and `Code(layers, kind, fault)`."""
    return SimpleNamespace(dense=dense, derived=derived, Code=Code, N=N, S=S)
