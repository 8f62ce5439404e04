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

    def loss(self, params: Any, x: Any, t: Any) -> float:
        self.arguments = x, t
        return 0.0

    def loss_and_grad(self, params: Any, x: Any, t: Any) -> Any:
        return self.loss(params, x, t), {"w": 0 * params["w"]}


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


def test_arguments_are_arrays_or_mappings_of_several() -> None:
    x, t = seen("x", "t")
    assert x.shape == t.shape == (2,)
    x, t = seen("x", "u")
    assert set(x) == {"x", "u"}
    assert t is None


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
