"""Labels that are computed with have a copy in the precision of what they meet."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.categories import limits
from symbackprop.program import assignments
from symbackprop.program.wholes import with_numbers


def mixed(w, t):
    return np.sum(w[t] * t) + np.sum((t == 2) * w[t]) + np.sum(w.sum() - t)


def test_a_copy_is_read_where_labels_are_numbers_and_nowhere_else():
    stages = sb.derive(mixed, w=3, t="n", integers="t").stages
    program = with_numbers(stages.program, limits(stages.graph))
    made, *_, loss = assignments(program.forward)
    assert made.name == "t_number" and "t_number" in str(loss.value) and "'t'" in str(loss.value)
    assert stages.module_text().count('t_number = t.astype(params["w"].dtype)') == 4, "in each of the passes once"


@pytest.mark.parametrize("style", ["readable", "fast"])
def test_gradients_have_the_precision_of_the_parameters(style):
    module = sb.derive(mixed, w=3, t="n", integers="t").compile(style)
    w, t = np.array([0.5, -1, 2]), np.array([0, 2, 1, 2])
    for dtype in (np.float32, np.float64):
        value, grads = module.loss_and_grad({"w": w.astype(dtype)}, t)
        assert grads["w"].dtype == dtype
        assert value == pytest.approx(mixed(w, t), rel=1e-6)
        assert grads["w"] == pytest.approx([4.0, 5.0, 10.0])


def test_places_that_are_computed_stay_whole_numbers():
    derived = sb.derive(lambda w, t: np.sum(w[np.where(t == 9, 0, t)] * t), w=3, t="n", integers="t")
    module = derived.compile()
    assert module.loss({"w": np.array([1.0, 2, 3], np.float32)}, [0, 1, 2, 9]) == 17


@pytest.mark.parametrize("size", [2, "n"])
def test_places_that_are_found_have_a_copy_behind_them(size):
    def function(w):
        k = np.argmax(np.outer(w, w), axis=1)
        return np.sum(k * w**2) + np.sum(w[k])

    derived = sb.derive(function, w=size)
    text = derived.stages.module_text().split("def loss_and_grad")[1]
    assert text.index("k = np.argmax") < text.index('k_number = k.astype(params["w"].dtype)') < text.index("dw = ")
    w = np.array([0.5, 1.5])
    found = derived.hessian("w", "w")({"w": w.astype(np.float32)})["w"]
    assert found.dtype == np.float32
    assert found == pytest.approx(np.diag([2.0, 2.0]))


def test_numbers_of_places_have_the_precision_of_the_parameters():
    scales = np.array([1.0, 0.01])
    derived = sb.derive(lambda w, x: np.sum(np.sin(np.arange(len(x))[:, None] * scales) * w + x[:, None]), w=2, x="n")
    single = derived.compile().loss_and_grad({"w": np.ones(2, np.float32), "x": np.ones(3, np.float32)})[1]
    assert {array.dtype for array in single.values()} == {np.dtype(np.float32)}
