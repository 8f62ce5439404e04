"""Sums of exponentials carried on as logarithms: finite, right and short where the exponentials overflow."""

import numpy as np
import pytest

import symbackprop as sb
from tests.lower.exact import exact

STEPS, STATES = 4, 3
LABELS = np.array([2, 0, 1, 1])


def log_sum_exp(x, axis):
    m = np.max(x, axis=axis, keepdims=True)
    return np.squeeze(m, axis) + np.log(np.sum(np.exp(x - m), axis=axis))


def random_field(h, T, y):
    """The negative log-likelihood of a linear-chain conditional random field."""
    a, score = h[0], h[0, y[0]]
    for t in range(1, STEPS):
        a = np.log(np.exp(a[:, None] + T).sum(0)) + h[t]
        score = score + T[y[t - 1], y[t]] + h[t, y[t]]
    return np.log(np.exp(a).sum()) - score


def batched(h, T, y):
    """The same recursion for two sequences, every step with its largest term taken off."""
    a = h[:, None] + h[y[0]]
    for _ in range(STEPS):
        a = log_sum_exp(a[:, :, None] + T, 1) + h[2]
    return np.mean(log_sum_exp(a, 1))


def hidden_markov(h, T, y):
    """The negative log-likelihood of a hidden Markov model with normalised rows."""
    step = T - np.log(np.exp(T).sum(1, keepdims=True))
    sees = h - np.log(np.exp(h).sum(0, keepdims=True))
    a = sees[y[0]]
    for t in range(1, STEPS):
        a = np.log(np.exp(a[:, None] + step).sum(0)) + sees[y[t]]
    return -np.log(np.exp(a).sum())


def chain(h, T, y):
    """One sum, a term at a time."""
    s = h[0, 0]
    for t in range(1, STEPS):
        s = np.logaddexp(s + T[0, 1], h[t, y[t]])
    return s


RECURRENCE = """
    a[t, j] = log(sum(exp(a[t - 1, i] + T[i, j]), i)) + h[t, j]
    E = log(sum(exp(a[3, j]), j))
"""
PROGRAM = {
    "name": "recurrence",
    "shapes": {"h": [STEPS, STATES], "T": [STATES, STATES]},
    "wrt": ["h", "T"],
    "equations": "\n".join(line.strip() for line in RECURRENCE.strip().splitlines()),
}


def derived(function):
    if function is None:
        return sb.derive(PROGRAM)
    return sb.derive(function, h=(STEPS, STATES), T=(STATES, STATES), y=(STEPS,), wrt=["h", "T"])


@pytest.mark.parametrize("function", [random_field, batched, hidden_markov, chain, None])
def test_finite_and_right_in_both_precisions(function):
    d = derived(function)
    derivation = d.stages.derivation
    data = {} if function is None else {"y": LABELS}
    for size in (1, 20_000):
        rng = np.random.default_rng(size)
        params = {"h": size * rng.normal(size=(STEPS, STATES)), "T": size * rng.normal(size=(STATES, STATES))}
        # exp(-100000) is not rounded to 0 among numbers of 50 digits, and what is taken off cancels at 100 of them.
        for kind, tolerance in ((np.float64, 1e-9), (np.float32, 2e-2 if size > 1 else 1e-5)):
            given = {name: value.astype(kind) for name, value in params.items()}
            _, expected = exact(derivation, given | data, digits=100)
            for style in ("readable", "fast"):
                with np.errstate(over="raise", invalid="raise", divide="raise"):
                    _, found = d.compile(style).loss_and_grad(given, **data)
                for name, gradient in expected.items():
                    assert found[name].dtype == kind
                    assert found[name] == pytest.approx(gradient, rel=tolerance, abs=tolerance), (size, style, name)


def test_a_step_is_computed_from_the_step_before_alone():
    text = derived(random_field).stages.module_text(style="readable")
    steps = [line.strip() for line in text.splitlines() if line.strip().startswith(("a3 = ", "a4 = ", "da3 = "))]
    assert steps[-3:] == [
        "a3 = h[2] + logsumexp(T + a2[:, None], axis=0)",
        "a4 = h[3] + logsumexp(T + a3[:, None], axis=0)",
        "da3 = da4 @ np.exp(T.T + a3 + h[3][:, None] + (-a4)[:, None])",
    ]
