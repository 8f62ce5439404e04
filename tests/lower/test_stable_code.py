"""Emitted code is finite and right where exponentials overflow: every activation, in both precisions."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.catalog import ACTIVATIONS
from tests.lower.exact import SATURATED, exact, saturated, saturated_loss

# exp(1000) is no number of double precision: there is nothing to be right about.
GROWS = {"exponential"}
USERS = {
    "logistic by hand": "exp(z) / (1 + exp(z))",
    "softplus by hand": "log(exp(z) + 1)",
    "log of a sum": "log(sum(exp(z[k]), k)) - z[j]",
    "log cosh": "log(cosh(z))",
    "gate": "z * exp(-z) / (1 + exp(-z))**2",
    "branch": "where(z < 0, exp(z) - 1, z)",
}
FORMULAS = {name: None for name in ACTIVATIONS if name not in GROWS} | USERS


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("size", [1000, 20_000])
@pytest.mark.parametrize("style", ["readable", "fast"])
def test_finite_and_right(name, size, style):
    own = {"activations": {"mine": FORMULAS[name]}} if FORMULAS[name] else {}
    d = sb.derive(sb.Network(2, sb.Dense(2, "mine" if own else name), loss="half_squared_error", **own))
    params, x = saturated(size)
    t = np.array([[0.5, -1.0], [2.0, 0.25]])
    loss, gradients = exact(d.stages.derivation, {**params, "x": x, "t": t})
    for kind, tolerance in ((np.float64, 1e-9), (np.float32, 1e-4)):
        given = {key: value.astype(kind) for key, value in params.items()}
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            found, grads = d.compile(style).loss_and_grad(given, x.astype(kind), t.astype(kind))
        assert found == pytest.approx(loss, rel=tolerance)
        for key in ("W1", "b1"):
            assert grads[key].dtype == kind
            scale = np.max(np.abs(gradients[key]))
            assert grads[key] == pytest.approx(gradients[key], rel=tolerance, abs=tolerance * scale + 1e-30), key


@pytest.mark.parametrize("name", SATURATED)
@pytest.mark.parametrize("size", [1000, 20_000])
@pytest.mark.parametrize("style", ["readable", "fast"])
def test_losses_are_finite_and_right(name, size, style):
    d, params, data, (loss, gradients) = saturated_loss(name, size)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found, grads = d.compile(style).loss_and_grad(params, **data)
    assert found == pytest.approx(loss, rel=1e-9)
    for key in ("W1", "b1"):
        scale = np.max(np.abs(gradients[key]))
        assert grads[key] == pytest.approx(gradients[key], rel=1e-9, abs=1e-9 * scale + 1e-12), key
