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


def _softmax(z):
    return np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


ONE_HOT = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 1, 0]])
LABELS = np.array([0, 1, -100, 1])
W, X = np.ones((2, 3)), np.ones((4, 2))
LOSSES = {
    "cross-entropy": (lambda w, x, t: -np.sum(t * np.log(_softmax(x @ w))), ONE_HOT),
    "labels": (lambda w, x, t: -np.sum((t[:, None] == np.arange(3)) * np.log(_softmax(x @ w))), LABELS),
    "ignored labels": (
        lambda w, x, t: np.sum(
            (t != -100) * (np.log(np.sum(np.exp(x @ w), axis=1)) - (x @ w)[np.arange(4), np.where(t == -100, 0, t)])
        ),
        LABELS,
    ),
    "logistic": (lambda w, x, t: -np.sum(t * np.log(_sigmoid(x @ w)) + (1 - t) * np.log(1 - _sigmoid(x @ w))), ONE_HOT),
    "softplus": (lambda w, x, t: np.sum(t * np.log(1 + np.exp(x @ w))), ONE_HOT),
}


@pytest.mark.parametrize("name", LOSSES)
def test_second_derivatives_are_finite_and_right_at_large_weights_and_where_targets_are_zero(name):
    loss, t = LOSSES[name]
    integers = "t" if t.dtype.kind == "i" else ()
    d = sb.derive(loss, wrt="w", w=(2, 3), x=(4, 2), t=t.shape, integers=integers)
    product, full, module = d.hvp(), d.hessian("w", "w"), d.compile()
    rng = np.random.default_rng(0)
    for scale in (1, 1000, 20000):
        x, w, v = rng.normal(size=(4, 2)), rng.normal(size=(2, 3)) * scale, rng.normal(size=(2, 3))
        ends = (module.loss_and_grad({"w": w + step * v}, x, t)[1]["w"] for step in (1e-5, -1e-5))
        differences = np.subtract(*ends) / 2e-5
        assert product({"w": w}, {"w": v}, x, t)["w"] == pytest.approx(differences, abs=1e-7)
        assert np.einsum("ij,ijkl->kl", v, full({"w": w}, x, t)["w"]) == pytest.approx(differences, abs=1e-7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({"w": W.tolist()}, {}, X, LABELS), "the vector has no part for w"),
        (({"w": W}, {"w": np.ones(3)}, X, LABELS), "the vector's part for w has the shape"),
        (({"w": W}, {"w": W}, X, LABELS / 3), "t holds 0.33"),
        (({"w": W}, {"w": W}, X, LABELS + 2), "is 3, but should be a place from 0 to 2"),
        (({"w": W}, {"w": W}, X[:3], LABELS), "x has the shape"),
        (({}, {"w": W}, X, LABELS), "w is missing"),
    ],
)
def test_what_is_given_is_looked_at(arguments, message):
    loss, t = LOSSES["ignored labels"]
    product = sb.derive(loss, wrt="w", w=(2, 3), x=(4, 2), t=t.shape, integers="t").hvp()
    with pytest.raises(ValueError, match=message):
        product(*arguments)
