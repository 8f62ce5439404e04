from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.errors import TooLargeError, UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.graph import Equation, Graph, Tensor
from symbackprop.verify.oracle import Unrolled, oracle_gradient
from symbackprop.verify.points import random_point


@pytest.mark.parametrize("kind", ["sigmoid", "relu", "softmax"])
def test_it_agrees_with_a_gradient_by_hand(nets: SimpleNamespace, kind: str) -> None:
    graph = nets.dense((2, 2, 2), kind, samples=2)
    point = random_point(graph, np.random.default_rng(2))
    params = {tensor.name: point.values[tensor.name] for tensor in graph.parameters}
    _, expected = nets.Code(2, kind).loss_and_grad(params, point.values["x"], point.values["t"])
    found = oracle_gradient(graph, point.values, point.sizes)
    assert set(found) == set(expected)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-11, atol=1e-15)


def test_a_loss_is_written_out_in_single_numbers() -> None:
    i = Index("i", 2)
    tensors = [Tensor("w", "parameter", (i,)), Tensor("x", "input", (i,)), Tensor("E", "loss")]
    graph = Graph("g", {t.name: t for t in tensors}, (Equation("E", (), Total(Read("w", i) * Read("x", i + 1), i)),))
    unrolled = Unrolled(graph, {"w": np.array([1.0, 2.0]), "x": np.array([3.0, 4.0])}, {})
    assert unrolled.element("E", ()) == unrolled.symbol("w", (0,)) * unrolled.symbol("x", (1,))
    assert float(unrolled.number(unrolled.element("E", ()))) == 4


w, j, k = Read("w", Index("j", 3)), Index("j", 3), Index("k", 3)
NODES = {
    "maximum": (Peak(w, j) ** 2, [0, 0, 6]),
    "place of the maximum": (Total(Delta(j, ArgPeak(Read("w", k), k)) * w, j), [0, 0, 1]),
    "range": (Total(Within(j + 1, 3) * Read("w", j + 1), j), [0, 1, 1]),
    "branch": (Total(Where(sp.And(w > 0, j > 1), w**2, 5 * w), j), [5, 5, 6]),
    "negated": (Total(Where(sp.Not(sp.Or(w > 2, w < -2)), w, sp.S.Zero), j), [1, 1, 0]),
    "equal": (Total(Where(sp.Eq(w, 1), 2 * w, w), j), [1, 2, 1]),
    "index and root": (Total(j * sp.sqrt(w + 3) / 2, j), [0, 1 / 8, 2 / (4 * np.sqrt(6))]),
}


@pytest.mark.parametrize("name", NODES)
def test_nodes(name: str) -> None:
    rhs, expected = NODES[name]
    tensors = {"w": Tensor("w", "parameter", (j,)), "E": Tensor("E", "loss")}
    graph = Graph("g", tensors, (Equation("E", (), rhs),))
    found = oracle_gradient(graph, {"w": np.array([-1.0, 1.0, 3.0])}, {})["w"]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_large_networks_are_refused(nets: SimpleNamespace) -> None:
    graph = nets.dense((5, 5))
    point = random_point(graph, np.random.default_rng(0))
    with pytest.raises(TooLargeError, match="fewer than 30"):
        oracle_gradient(graph, point.values, point.sizes)
    deep = nets.dense((2, 2, 2, 2, 2), samples=4)
    point = random_point(deep, np.random.default_rng(0))
    with pytest.raises(TooLargeError, match="nodes"):
        oracle_gradient(deep, point.values, point.sizes)


def test_an_unknown_condition_is_named() -> None:
    tensors = {"w": Tensor("w", "parameter", (j,)), "E": Tensor("E", "loss")}
    strange = Where(sp.Xor(w > 0, w > 1), w, sp.S.Zero)
    graph = replace(Graph("g", tensors, (Equation("E", (), Total(strange, j)),)))
    with pytest.raises(UnsupportedError, match="Xor"):
        oracle_gradient(graph, {"w": np.array([-1.0, 1.0, 3.0])}, {})


def test_it_is_given_up_as_soon_as_one_element_is_too_long() -> None:
    """Terms of terms that share parts: SymPy would sort them for minutes before the loss could be counted."""
    layers = [{"type": "dense", "units": 2, "activation": "hard_swish"}, {"type": "swiglu"}]
    layers += [{"type": "rms_normalization"}, {"type": "dense", "units": 4, "activation": "mish"}, {"type": "glu"}]
    layers += [{"type": "dense", "units": 3, "activation": "sigmoid"}]
    graph = sb.derive({"inputs": 4, "layers": layers, "loss": "binary_focal_crossentropy"}).stages.graph
    point = random_point(graph, np.random.default_rng(0))
    with pytest.raises(TooLargeError, match="nodes"):
        oracle_gradient(graph, point.values, point.sizes, ["W1"])
