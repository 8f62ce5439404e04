"""Second derivatives as a user calls them."""

import numpy as np
import pytest

import symbackprop as sb


@pytest.fixture(scope="module")
def setting():
    d = sb.derive(sb.Network(3, sb.Dense(4, "tanh"), sb.Dense(2, "softmax"), loss="categorical_crossentropy"))
    rng = np.random.default_rng(0)
    params = d.compile().initialize(seed=1)
    vectors = {name: rng.normal(size=value.shape) for name, value in params.items()}
    return d, params, vectors, rng.normal(size=(5, 3)), np.eye(2)[rng.integers(0, 2, 5)]


def test_emitted_product_agrees_with_differences_of_the_emitted_gradient(setting):
    d, params, vectors, x, t = setting
    step = 1e-5
    ahead, behind = (
        d.compile().loss_and_grad({n: p + sign * step * vectors[n] for n, p in params.items()}, x, t)[1]
        for sign in (1, -1)
    )
    found = d.hvp()(params, vectors, x, t)
    for name in params:
        assert found[name] == pytest.approx((ahead[name] - behind[name]) / (2 * step), abs=1e-8)


def test_emitted_hessian_contracts_to_the_product(setting):
    d, params, vectors, x, t = setting
    full = d.hessian("W1", "W2")(params, x, t)["W2"]
    only = {name: np.zeros_like(value) for name, value in vectors.items()} | {"W1": vectors["W1"]}
    assert full.shape == (4, 3, 2, 4)
    assert np.einsum("ab,abcd->cd", vectors["W1"], full) == pytest.approx(d.hvp()(params, only, x, t)["W2"], abs=1e-12)


def test_gauss_newton_is_positive_semidefinite(setting):
    d, params, vectors, x, t = setting
    found = d.gauss_newton()(params, vectors, x, t)
    assert sum(np.sum(found[name] * vectors[name]) for name in params) > 0


def test_a_product_by_some_parameters_only(setting):
    d, params, vectors, x, t = setting
    found = d.hvp(["W2"])(params, {"W2": vectors["W2"]}, x, t)
    assert set(found) == {"W2"}


def test_equations_are_in_plain_sympy(setting):
    d = setting[0]
    equation = d.hvp()["W1"]
    assert str(equation) == "Eq(Hv_W1[j, i], Sum(Hv_z1[s, j]*x[s, i], (s, 0, N - 1)))"


def test_where_the_gradient_does_not_change_the_second_derivatives_are_zeros_of_their_shape():
    def loss(w, v, x):
        return np.sum(np.maximum(0, w * x)) + np.sum(v**3)

    d = sb.derive(loss, w=(3, 2), v=2, x=(3, 2), wrt=["w", "v"])
    params, x = {"w": np.ones((3, 2)), "v": np.ones(2)}, np.ones((3, 2))
    assert np.array_equal(d.hessian("w", "w")(params, x)["w"], np.zeros((3, 2, 3, 2)))
    assert np.array_equal(d.hessian("w", "v")(params, x)["v"], np.zeros((3, 2, 2)))
    assert np.array_equal(d.hessian("v", "v")(params, x)["v"], 6 * np.eye(2))
    product = d.hvp()(params, params, x)
    assert np.array_equal(product["w"], np.zeros((3, 2))) and np.array_equal(product["v"], [6.0, 6.0])
