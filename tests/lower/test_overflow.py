"""Softmaxes over the others, and what is made of them: finite, right, and of no more axes than are written."""

import tracemalloc
from functools import lru_cache
from itertools import product

import numpy as np
import pytest

import symbackprop as sb
from tests.lower.exact import exact

SAMPLES = 4


def contrastive(Z, t):
    n = Z.shape[0]
    e = np.exp(Z @ Z.T) * (1 - np.eye(n))
    p = e / e.sum(axis=1, keepdims=True)
    return (t * p**2).sum()


def neighbours(Z, t):
    n = Z.shape[0]
    D = ((Z[:, None, :] - Z[None, :, :]) ** 2).sum(axis=2)
    q = np.exp(-D) * (1 - np.eye(n))
    q = q / q.sum()
    return -(t * np.log(q + 1e-12)).sum()


def chosen(Z, t):
    n = Z.shape[0]
    e = np.where(np.eye(n) > 0, 0, np.exp(Z @ Z.T))
    p = e / e.sum(axis=1, keepdims=True)
    return (t * p * (1 - p)).sum()


def causal(Z, t):
    e = np.exp(Z @ Z.T) * np.tril(np.ones((SAMPLES, SAMPLES)))
    p = e / e.sum(axis=1, keepdims=True)
    return (t * p**2).sum()


def masked(Z, t):
    e = np.exp(Z @ Z.T) * t
    p = e / e.sum(axis=1, keepdims=True)
    return (p**2).sum()


def among_negatives(Z, t):
    S = Z @ Z.T
    e = np.exp(S) * (1 - np.eye(Z.shape[0]))
    return -(t * (S - np.log(e.sum(axis=1))[:, None])).sum()


def transport(Z, t):
    """Sinkhorn's iteration in the logarithmic domain, with sizes inside the sums."""
    C = Z @ Z.T
    n, m = C.shape
    f = np.zeros(n)
    for _ in range(2):
        g = -np.log(np.sum(np.exp(f[:, None] - C) / n, axis=0))
        f = -np.log(np.sum(np.exp(g - C) / m, axis=1))
    return (t * (f[:, None] + g)).sum()


FUNCTIONS = [contrastive, neighbours, chosen, causal, masked, among_negatives, transport]


@lru_cache
def derived(function, samples="n"):
    samples = SAMPLES if function is causal else samples
    return sb.derive(function, Z=(samples, 3), t=(samples, samples), wrt=["Z"])


def drawn(size):
    """Points far apart, and weights of which some are 0; every sample has another one."""
    rng = np.random.default_rng(size)
    t = (rng.random((SAMPLES, SAMPLES)) < 0.6) * 1.0
    t[np.arange(SAMPLES), np.arange(1, SAMPLES + 1) % SAMPLES] = 1
    return {"Z": np.sqrt(size) * rng.normal(size=(SAMPLES, 3))}, {"t": t}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_finite_and_right_in_both_precisions(function):
    d = derived(function)
    for size, kind in product((1, 30, 1000), (np.float64, np.float32)):
        tolerance = 1e-9 if kind is np.float64 else 2e-2 if size > 1 else 1e-4
        params, data = drawn(size)
        given = {name: value.astype(kind) for name, value in params.items()}
        _, expected = exact(d.stages.derivation, given | data, digits=100)
        for style in ("readable", "fast"):
            with np.errstate(over="raise", invalid="raise", divide="raise"):
                _, found = d.compile(style).loss_and_grad(given, data["t"].astype(kind))
            largest = max(1.0, np.max(np.abs(expected["Z"])))
            near = pytest.approx(expected["Z"], rel=tolerance, abs=tolerance * largest)
            assert found["Z"] == near, (style, kind, size)


@pytest.mark.parametrize("function", [one for one in FUNCTIONS if one is not causal])
def test_nothing_has_more_axes_than_is_written(function):
    module, samples = derived(function).compile("readable"), 80
    rng = np.random.default_rng(0)
    given = {"Z": rng.normal(size=(samples, 3))}, np.ones((samples, samples))
    module.loss_and_grad(*given)
    tracemalloc.start()
    module.loss_and_grad(*given)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * 8 * samples**2 < 8 * samples**3


def test_the_code_is_what_a_person_would_write():
    text = derived(contrastive).stages.module_text(style="readable")
    body = text[text.index("def loss_and_grad") :]
    lines = [line.strip() for line in body.splitlines()]
    assert "r_scaled = 1 / np.sum(e1_scaled, axis=1)" in lines
    assert "p = e1_scaled * r_scaled[:, None]" in lines
    assert not any("_part" in line for line in lines)
    assert "# largest exponent of eᵢⱼ⁽¹⁾ = exp(zᵢⱼ)" in lines


def test_second_derivatives_are_finite_too():
    d = derived(contrastive, SAMPLES)
    second, step, gradient = d.hvp("Z").compiled, 1e-5, d.compile().loss_and_grad
    vector = {"Z": np.random.default_rng(0).normal(size=(SAMPLES, 3))}
    params, data = drawn(1)
    there, back = (gradient({"Z": params["Z"] + sign * step * vector["Z"]}, **data)[1] for sign in (1, -1))
    difference = (there["Z"] - back["Z"]) / (2 * step)
    assert second(params, vector, **data)["Z"] == pytest.approx(difference, rel=1e-6, abs=1e-8)
    with np.errstate(over="raise", invalid="raise"):
        assert np.isfinite(second(drawn(1000)[0], vector, **data)["Z"]).all()


def test_what_is_scaled_is_not_among_the_values_of_the_forward_pass():
    d = derived(contrastive)
    params, data = drawn(1)
    _, values = d.compile().forward(params, data["t"])
    assert {"z", "p"} <= set(values) <= set(d.stages.graph.tensors)
    assert values["p"].sum(axis=1) == pytest.approx(np.ones(SAMPLES))
