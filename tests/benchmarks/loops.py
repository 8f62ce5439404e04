"""Loops in Python, derived, against gradients by hand in NumPy: `python -m tests.benchmarks.loops`.

The same functions are traced and run, so that what is measured is what a user gets. Those by hand do in one array
operation what is the same for all steps, and nothing twice.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

from collections.abc import Callable, Sequence
from statistics import median
from time import thread_time
from typing import Any

import numpy as np

import symbackprop as sb
from tests.benchmarks.timing import alternating, ratio

Array = Any
STEPS, BATCH, WIDTH, STATE = 128, 64, 32, 16


def advantages(v: Array, r: Array) -> Array:
    """Generalised advantages of several episodes, squared (Schulman et al. 2016)."""
    adv, loss = np.zeros(BATCH), 0.0
    for t in reversed(range(STEPS)):
        delta = r[t] + 0.99 * v[t + 1] - v[t]
        adv = delta + 0.99 * 0.95 * adv
        loss = loss + (adv**2).sum()
    return loss


def advantages_by_hand(v: Array, r: Array) -> tuple[float, list[Array]]:
    """The same and its gradient by v."""
    delta, adv, slope = r + 0.99 * v[1:] - v[:-1], np.empty_like(r), np.empty_like(r)
    carried = np.zeros(BATCH)
    for t in range(STEPS - 1, -1, -1):
        carried = adv[t] = delta[t] + 0.9405 * carried
    carried = np.zeros(BATCH)
    for t in range(STEPS):
        carried = slope[t] = 2 * adv[t] + 0.9405 * carried
    dv = np.zeros_like(v)
    dv[1:] = 0.99 * slope
    dv[:-1] -= slope
    return float(np.vdot(adv, adv)), [dv]


def scan(A: Array, B: Array, C: Array, x: Array, dt: Array, y: Array) -> Array:
    """A selective scan (Gu & Dao 2023)."""
    h, ys = np.zeros((WIDTH, STATE)), []
    for t in range(STEPS):
        h = np.exp(dt[t][:, None] * A) * h + dt[t][:, None] * B[t][None, :] * x[t][:, None]
        ys.append((h * C[t]).sum(1))
    return ((np.stack(ys) - y) ** 2).mean()


def scan_by_hand(A: Array, B: Array, C: Array, x: Array, dt: Array, y: Array) -> tuple[float, list[Array]]:
    """The same and its gradients by A, B and C."""
    decay, given = np.exp(dt[:, :, None] * A), (dt * x)[:, :, None] * B[:, None, :]
    h, dh = np.zeros((STEPS + 1, WIDTH, STATE)), np.empty((STEPS, WIDTH, STATE))
    for t in range(STEPS):
        np.multiply(decay[t], h[t], out=h[t + 1])
        h[t + 1] += given[t]
    left = (h[1:] @ C[:, :, None])[:, :, 0] - y
    dy = left * (2 / left.size)
    dC = (dy[:, None, :] @ h[1:])[:, 0]
    carried = np.zeros((WIDTH, STATE))
    for t in range(STEPS - 1, -1, -1):
        np.multiply(dy[t][:, None], C[t], out=dh[t])
        dh[t] += carried
        np.multiply(decay[t], dh[t], out=carried)
    dA = np.einsum("tij,tij,tij,ti->ij", dh, h[:-1], decay, dt, optimize=True)
    return float(np.vdot(left, left)) / left.size, [dA, ((dt * x)[:, None, :] @ dh)[:, 0], dC]


def recurrent(W: Array, U: Array, b: Array, x: Array, y: Array) -> Array:
    """A plain recurrent layer."""
    h = np.zeros((BATCH, WIDTH))
    for t in range(STEPS):
        h = np.tanh(x[t] @ W.T + h @ U.T + b)
    return ((h - y) ** 2).mean()


def recurrent_by_hand(W: Array, U: Array, b: Array, x: Array, y: Array) -> tuple[float, list[Array]]:
    """The same and its gradients by W, U and b."""
    given, h = x @ W.T + b, np.zeros((STEPS + 1, BATCH, WIDTH))
    for t in range(STEPS):
        np.dot(h[t], U.T, out=h[t + 1])
        h[t + 1] += given[t]
        np.tanh(h[t + 1], out=h[t + 1])
    left, dz = h[-1] - y, 1 - h[1:] ** 2
    carried = left * (2 / left.size)
    for t in range(STEPS - 1, -1, -1):
        dz[t] *= carried
        np.dot(dz[t], U, out=carried)
    rows = dz.reshape(-1, WIDTH)
    grads = [rows.T @ x.reshape(-1, STATE), rows.T @ h[:-1].reshape(-1, WIDTH), rows.sum(0)]
    return float(np.vdot(left, left)) / left.size, grads


def row(name: str, function: Callable[..., Any], hand: Callable[..., Any], wrt: Sequence[str], **shapes: Any) -> None:
    """Print how long tracing and deriving takes, and the times of one call of each."""
    start = thread_time()
    derived = sb.derive(function, wrt=wrt, **shapes)
    work = derived.compile("fast").Workspace()
    taken = thread_time() - start
    rng = np.random.default_rng(0)
    point = {key: rng.normal(size=shape) * 0.3 for key, shape in shapes.items()}
    params, data = {key: point[key] for key in wrt}, [point[key] for key in shapes if key not in wrt]
    loss, grads = work.loss_and_grad(params, *data)
    expected, slopes = hand(**point)
    assert np.isclose(loss, expected)
    assert all(np.allclose(grads[key], slope) for key, slope in zip(wrt, slopes, strict=True))
    calls = {"ours": lambda: work.loss_and_grad(params, *data), "hand": lambda: hand(**point)}
    times = alternating(calls, 3.0, clock=thread_time)
    ours, by_hand = (median(times[which]) * 1e6 for which in ("ours", "hand"))
    print(f"{name:<34} {taken:>6.2f} s {ours:>8.0f} us {by_hand:>8.0f} us   ratio {ratio(times, 'ours', 'hand'):.2f}")


def main() -> None:
    """Print the table."""
    print(f"{f'{STEPS} steps':<34} {'derived':>8} {'ours':>11} {'by hand':>11}")
    episodes = {"v": (STEPS + 1, BATCH), "r": (STEPS, BATCH)}
    row("advantages of 64 episodes", advantages, advantages_by_hand, ["v"], **episodes)
    steps = {"x": (STEPS, WIDTH), "dt": (STEPS, WIDTH), "y": (STEPS, WIDTH)}
    weights = {"A": (WIDTH, STATE), "B": (STEPS, STATE), "C": (STEPS, STATE)}
    row("selective scan, state 32 x 16", scan, scan_by_hand, ["A", "B", "C"], **weights, **steps)
    layer = {"W": (WIDTH, STATE), "U": (WIDTH, WIDTH), "b": (WIDTH,)}
    given = {"x": (STEPS, BATCH, STATE), "y": (BATCH, WIDTH)}
    row("recurrent layer of 32, 64 samples", recurrent, recurrent_by_hand, ["W", "U", "b"], **layer, **given)


if __name__ == "__main__":
    main()
