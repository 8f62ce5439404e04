from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from symbackprop.expressions import Index, Read, Total
from symbackprop.graph import Equation, Graph, Tensor
from symbackprop.verify.emitted import Emitted
from symbackprop.verify.points import random_point

I = Index("i", 2)


class Seen:
    """Code that remembers its arguments."""

    def loss(self, params: Any, *data: Any) -> float:
        self.arguments = data
        return 0.0

    def loss_and_grad(self, params: Any, *data: Any) -> Any:
        return self.loss(params, *data), {"w": 0 * params["w"]}


def seen(*names: str) -> Any:
    roles = {"x": "input", "u": "input", "t": "target"}
    tensors = {name: Tensor(name, roles[name], (I,)) for name in names} | {  # type: ignore[arg-type]
        "w": Tensor("w", "parameter", (I,)),
        "E": Tensor("E", "loss"),
    }
    graph = Graph("g", tensors, (Equation("E", (), Total(Read("w", I), I)),))
    code = Seen()
    emitted = Emitted(graph, code, random_point(graph, np.random.default_rng(0)))
    emitted.loss(emitted.vector)
    return code.arguments


def test_arguments_are_inputs_then_targets() -> None:
    assert [array.shape for array in seen("t", "x")] == [(2,), (2,)]
    assert len(seen("x", "u", "t")) == 3
    assert len(seen("x")) == 1


def test_the_gradient_is_one_vector_in_the_order_of_the_parameters(nets: SimpleNamespace) -> None:
    graph = nets.dense((2, 3))
    point = random_point(graph, np.random.default_rng(0))
    emitted = Emitted(graph, nets.Code(1, "sigmoid"), point)
    np.testing.assert_array_equal(emitted.gradient[:6].reshape(3, 2), emitted.loss_and_gradient[1]["W1"])
    np.testing.assert_array_equal(emitted.vector[6:], point.values["b1"])


def test_the_referee_declines_what_takes_too_long(nets: SimpleNamespace) -> None:
    graph = nets.dense((2, 3))
    emitted = Emitted(graph, nets.Code(1, "sigmoid"), random_point(graph, np.random.default_rng(0)))
    np.testing.assert_allclose(emitted.referee(np.eye(9)), emitted.gradient, rtol=1e-12)
    wide = nets.dense((784, 128, 10), "softmax")
    point = random_point(wide, np.random.default_rng(0))
    assert replace(emitted, graph=wide, point=point).referee(np.eye(5)) is None


def test_a_gradient_that_is_0_by_cancellation_is_0():
    """The cosine of two numbers is 1 or -1 whatever they are; rounding leaves 1e-17 of its slope."""
    from symbackprop.facade import derive

    layers = [{"type": "dense", "units": 1, "activation": "tanh"}]
    d = derive({"name": "cosine", "inputs": 2, "layers": layers, "loss": "cosine_similarity"})
    assert d.verify(47).passed


def test_rounding_is_allowed_for_where_the_gradient_of_a_large_network_vanishes(nets: SimpleNamespace) -> None:
    """The softmax of one number is 1, whatever the 61 parameters are."""
    graph = nets.dense((6, 5, 4, 1), "softmax")
    emitted = Emitted(graph, nets.Code(3, "softmax"), random_point(graph, np.random.default_rng(0)))
    emitted.__dict__["loss_and_gradient"] = (0.0, {t.name: 0 * emitted.point.values[t.name] for t in graph.parameters})
    assert emitted.coordinates.count > 30
    assert emitted._vanishes
    assert emitted.floor == 1e-13
