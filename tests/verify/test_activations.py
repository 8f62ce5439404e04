import numpy as np
import pytest

from symbackprop.facade import derive
from symbackprop.verify.activations import has_kink
from symbackprop.verify.points import random_point
from symbackprop.verify.truth import Truth


def truth(activation: str) -> Truth:
    layers = [{"type": "dense", "units": 2, "activation": activation}]
    derivation = derive({"name": "one", "inputs": 2, "layers": layers, "loss": "mse"}).stages.derivation
    return Truth(derivation, random_point(derivation.graph, np.random.default_rng(0), {}), {}, {})


@pytest.mark.parametrize(
    ("activation", "at", "slope"),
    [("relu", 0, 0), ("leaky_relu", 0, 0.2), ("relu6", 6, 0), ("relu6", 3, None), ("elu", 0, None), ("tanh", 0, None)],
)
def test_a_slope_is_stated_at_a_kink_alone(activation: str, at: int, slope: float | None) -> None:
    found = truth(activation)
    assert has_kink(found.functions[activation], at) is (slope is not None)
    stated = found.slope_at_kink(activation, at)
    assert stated is None if slope is None else float(stated) == slope


def test_a_function_of_a_whole_array() -> None:
    (found,) = (f for name, f in truth("softmax").row_functions.items() if name == "softmax")
    assert float(sum(found(np.array([[1.0, 2.0]])).flat)) == pytest.approx(1.0)
