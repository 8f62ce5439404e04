"""Small networks of one sample are computed with floats inside the module of fast style."""

import numpy as np
import pytest

import symbackprop as sb

X, T = np.array([0.05, 0.10]), np.array([0.01, 0.99])


@pytest.fixture(scope="module")
def modules():
    stages = sb.derive("mazur").stages
    return stages.module_in("fast"), stages.module_in("readable")


def same(found, expected, tolerance=1e-13):
    assert found[0] == pytest.approx(expected[0], rel=tolerance, nan_ok=True)
    for name, value in expected[1].items():
        assert found[1][name].dtype == value.dtype and found[1][name].shape == value.shape
        assert found[1][name] == pytest.approx(value, rel=tolerance, abs=1e-16, nan_ok=True), name


def test_it_is_chosen_where_it_pays():
    assert "def loss_and_grad_floats(" in sb.derive("mazur").stages.module_text(style="fast")
    assert "def loss_and_grad_floats(" not in sb.derive("mazur").stages.module_text()
    assert "def loss_and_grad_floats(" not in sb.derive("xor").stages.module_text(style="fast")


def test_loss_and_gradient(modules):
    fast, readable = modules
    params = readable.parameters()
    same(fast.loss_and_grad(params, X, T), readable.loss_and_grad(params, X, T))
    assert fast.loss(params, X, T) == pytest.approx(readable.loss(params, X, T), rel=1e-14)


def test_precision_is_kept(modules):
    fast, readable = modules
    params = {name: value.astype(np.float32) for name, value in readable.parameters().items()}
    x, t = X.astype(np.float32), T.astype(np.float32)
    same(fast.loss_and_grad(params, x, t), readable.loss_and_grad(params, x, t), 1e-5)


def test_what_is_too_large_for_a_float_goes_to_arrays(modules):
    fast, readable = modules
    params = {**readable.parameters(), "W1": np.array([[20_000.0, 0.0], [0.0, -20_000.0]])}
    same(fast.loss_and_grad(params, np.ones(2), T), readable.loss_and_grad(params, np.ones(2), T))


def test_other_shapes_go_to_arrays_which_refuse_them(modules):
    fast, readable = modules
    params = readable.parameters()
    wrong = {**params, "W1": params["W1"].ravel()}
    with pytest.raises(Exception, match=r"shape|dimension|align|mismatch"):
        fast.loss_and_grad(wrong, X, T)
