"""Rounding is told from mistakes: of any size in the gradient, where terms cancel, and where rounding grows."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.verify.rounding import difference


@pytest.fixture(scope="module")
def case():
    module = sb.derive("3 -> 4 tanh -> 2, loss=mse").compile()
    rng = np.random.default_rng(0)
    return module, module.initialize(1), [rng.standard_normal((5, 3)), rng.standard_normal((5, 2))]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_right_to_rounding_is_right(case, dtype):
    module, params, data = case
    rounded = {name: value.astype(dtype) for name, value in params.items()}
    found = module.loss_and_grad(rounded, *(array.astype(dtype) for array in data))
    assert difference(module, rounded, data, found, dtype) == ""


@pytest.mark.parametrize(("dtype", "off"), [("float64", 1e-4), ("float32", 0.2)])
def test_a_gradient_that_is_off_is_named(case, dtype, off):
    module, params, data = case
    loss, grads = module.loss_and_grad(params, *data)
    largest = max(np.abs(grad).max() for grad in grads.values())
    wrong = loss, {**grads, "b2": grads["b2"] + off * max(largest, loss)}
    assert difference(module, params, data, wrong, dtype).startswith("the gradient by b2 is off by")
    assert difference(module, params, data, (loss * 2, grads), dtype).startswith("the loss is off by")
    assert difference(module, params, data, (np.nan, grads), dtype).startswith("the loss is off by")


class Growing:
    """Rounding grows to a tenth of the result, as in a long recurrence."""

    def loss_and_grad(self, params, x):
        return 0.0, {"w": np.array([1.1 if x.dtype == np.float32 else 1.0])}


def test_rounding_that_grows_is_no_mistake():
    params, data = {"w": np.ones(1)}, [np.ones(1)]
    assert difference(Growing(), params, data, (0.0, {"w": np.array([0.7])}), "float32") == ""
    assert difference(Growing(), params, data, (0.0, {"w": np.array([-0.7])}), "float32")
    assert difference(Growing(), params, data, (0.0, {"w": np.array([0.7])}), "float64")


def test_rounding_of_what_cancels_is_no_mistake():
    d = sb.derive("3 -> 1, loss=cosine_similarity")
    module = d.compile()
    params, data = module.initialize(0), [np.ones((2, 3)), np.ones((2, 1))]
    loss, grads = module.loss_and_grad(params, *data)
    off = {name: grad + 1e-14 for name, grad in grads.items()}
    assert difference(module, params, data, (loss, off), "float64") == ""


def test_where_the_module_has_no_number_nothing_is_said():
    module = sb.derive(lambda z: np.sum(np.log(z)), z=2).compile()
    params = {"z": np.array([-1.0, 2.0])}
    assert difference(module, params, [], (0.0, {"z": np.zeros(2)}), "float64") == ""
