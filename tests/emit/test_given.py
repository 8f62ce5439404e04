"""What an emitted module is given is looked at first: nothing is spread, nor refused in words of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import symbackprop as sb


def without(name):
    return lambda p, x, t: ({key: value for key, value in p.items() if key != name}, x, t)


def with_b1(value):
    return lambda p, x, t: ({**p, "b1": value}, x, t)


MISTAKES = {
    "a sample without its axis": (
        lambda p, x, t: (p, x[0], t[0]),
        r"x has the shape \(3,\), but should have \(N, 3\)$",
    ),
    "too few inputs": (lambda p, x, t: (p, x[:, :2], t), r"x has the shape \(5, 2\), but should have \(N, 3\)$"),
    "one target for all samples": (
        lambda p, x, t: (p, x, t[:1]),
        r"t has the shape \(1, 2\), but should have \(N, 2\) with N = 5",
    ),
    "one target for all outputs": (
        lambda p, x, t: (p, x, t[:, :1]),
        r"t has the shape \(5, 1\), but should have \(N, 2\) with N = 5",
    ),
    "targets in a row": (
        lambda p, x, t: (p, x, t[:, 0]),
        r"t has the shape \(5,\), but should have \(N, 2\) with N = 5",
    ),
    "one bias for all units": (with_b1(np.zeros(1)), r"b1 has the shape \(1,\), but should have \(4,\)"),
    "a parameter is missing": (without("b1"), "b1 is missing: the parameters are W1, b1, W2, b2"),
    "no samples": (lambda p, x, t: (p, x[:0], t[:0]), r"x is empty: its shape is \(0, 3\)"),
}
WORDS = (lambda p, x, t: (p, np.full((5, 3), "1"), t), "x is an array of <U1, not of numbers")


@pytest.fixture(scope="module")
def derived():
    return sb.derive("3 -> 4 tanh -> 2, loss=mse")


@pytest.fixture(scope="module", params=["readable", "fast"])
def module(request, derived):
    return derived.compile(request.param)


def point(module):
    rng = np.random.default_rng(0)
    return module.initialize(0), rng.standard_normal((5, 3)), rng.standard_normal((5, 2))


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("function", ["loss", "loss_and_grad", "train", "sequential_step"])
def test_a_mistake_is_named(module, function, name):
    change, message = MISTAKES[name]
    with pytest.raises(ValueError, match=message):
        getattr(module, function)(*change(*point(module)))


def test_words_are_no_numbers(module):
    change, message = WORDS
    with pytest.raises(ValueError, match=message):
        module.loss_and_grad(*change(*point(module)))


def test_lists_are_as_good_as_arrays(module):
    params, x, t = point(module)
    lists = {name: value.tolist() for name, value in params.items()}
    loss, grads = module.loss_and_grad(lists, x.tolist(), t.tolist())
    expected, same = module.loss_and_grad(params, x, t)
    assert loss == expected
    for name, value in same.items():
        np.testing.assert_array_equal(grads[name], value)
    assert module.forward(lists, x.tolist())[0].shape == (5, 2)


def test_forward_looks_at_what_it_is_given(module):
    params, x, _ = point(module)
    with pytest.raises(ValueError, match=r"x has the shape \(5, 2\)"):
        module.forward(params, x[:, :2])


def test_what_else_is_among_the_parameters_is_kept(module):
    params, x, t = point(module)
    _, moved = module.sequential_step({**params, "mine": 3}, x, t)
    assert moved["mine"] == 3


def test_a_vector_of_another_length(module):
    vector = module.pack(module.initialize(0))
    with pytest.raises(ValueError, match="the vector has 25 numbers, but the parameters have 26"):
        module.unpack(vector[:-1])
    with pytest.raises(ValueError, match="the vector has 27 numbers, but the parameters have 26"):
        module.unpack(np.append(vector, 0.0))
    with pytest.raises(ValueError, match="W2 is missing"):
        module.pack({name: value for name, value in module.initialize(0).items() if name != "W2"})


@pytest.mark.parametrize("size", [0, -2])
def test_a_batch_has_samples(module, size):
    with pytest.raises(ValueError, match=f"batch_size is a positive whole number or None, not {size}"):
        module.train(*point(module), batch_size=size)


def test_a_gradient_has_the_shape_of_what_it_moves(module):
    params, x, t = point(module)
    _, grads = module.loss_and_grad(params, x, t)
    with pytest.raises(ValueError, match=r"b1 has the shape \(4,\), but its gradient \(1,\)"):
        module.update(params, {**grads, "b1": np.zeros(1)})


def test_a_sum_over_no_samples_is_0():
    network = sb.Network(3, sb.Dense(2), loss={"type": "mse", "reduction": "sum"})
    module = sb.derive(network).compile()
    loss, grads = module.loss_and_grad(module.initialize(0), np.zeros((0, 3)), np.zeros((0, 2)))
    assert loss == 0
    assert not grads["W1"].any()


def test_sizes_of_a_parameter_are_held_against_the_data():
    program = {"name": "line", "shapes": {"w": ["d"], "x": ["n", "d"], "t": ["n"]}, "wrt": ["w"],
               "equations": "E = sum((x @ w - t)**2)"}  # fmt: skip
    module = sb.derive(program).compile()
    with pytest.raises(ValueError, match=r"x has the shape \(5, 3\), but should have \(n, d\) with d = 2"):
        module.loss_and_grad({"w": np.zeros(2)}, np.zeros((5, 3)), np.zeros(5))


@pytest.mark.parametrize("size", [0, -1, 2.5, "a"])
def test_a_workspace_is_for_some_samples(derived, size):
    with pytest.raises(ValueError, match="N is a positive whole number, not"):
        derived.compile("fast").Workspace(size)


def test_a_workspace_computes_with_floating_point_numbers(derived):
    with pytest.raises(ValueError, match="a workspace computes with floating-point numbers, not with int64"):
        derived.compile("fast").Workspace(5, np.int64)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("b1"), "b1 is missing"),
        (with_b1(np.zeros(1)), r"b1 has the shape \(1,\), but this workspace is for \(4,\)"),
        (with_b1([0.0] * 4), "b1 is of type list, but a workspace is given arrays"),
        (lambda p, x, t: (p, x.tolist(), t), "x is of type list, but a workspace is given arrays"),
    ],
)
def test_a_workspace_is_given_arrays_that_fit(derived, change, message):
    module = derived.compile("fast")
    with pytest.raises(ValueError, match=message):
        module.Workspace(5).loss_and_grad(*change(*point(module)))
