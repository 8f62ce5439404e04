"""A number → a function of NumPy arrays with loops in Python that nobody thought of: its text, and what it is given.

States are carried from step to step, begin in one way or another, read the steps before, and leave lists and sums
behind, so that what is made of the loops is seen to be what they say.
"""

from __future__ import annotations

import random
import warnings
from typing import Any, TypeAlias

import numpy as np

STEPS = 11
BEGINNINGS = ("np.zeros(3)", "np.ones(3)", "v", "x[0]", "0.5 * v", "np.tanh(v)", "0.3 * np.ones(3)", "w[0]")
FIRST = (
    "w @ h + x[t]",
    "np.tanh(w @ h) + v",
    "h * x[t]",
    "x[t] - h",
    "np.sin(h) * 0.9**t",
    "h + x[t - 1]",
    "x[t] * g",
    "np.maximum(h, x[t])",
    "np.where(h > x[t], h, 0.5 * x[t])",
    "h / (1 + g**2)",
    "np.exp(-(h**2)) * v",
    "x[t, 0] * h",
    "h[::-1] + x[t]",
    "0.3 * np.cumsum(h)",
    "w[0] * h + x[STEPS - 1 - t]",
    "np.outer(h, v) @ x[t]",
    "0.1 * (t + 1) * h",
    "np.roll(h, 1) + x[t]",
    "0.5 * (g + x[t])",
    "np.array([h[0], g[1], x[t, 2]])",
    "h + 0.2 * p",
    "w.T @ (x[t] * h)",
    "h * (t % 2) + x[t]",
)
NEXT = ("np.tanh(a)", "0.9 * h + 0.1 * a", "a - 0.5 * h", "np.sin(a)", "h + 0.1 * a", "np.tanh(a) * v", "0.5 * (a + g)")
OTHER = ("np.tanh(g + a)", "0.8 * g + 0.2 * a**2", "h", "0.5 * (h + a)", "g * 0.9**t + 0.1 * h")
ADDED = (
    "(h**2).sum()",
    "np.sum((h - x[t]) ** 2)",
    "(a * v).sum()",
    "np.log(np.exp(h).sum())",
    "0.9**t * (h**2).sum()",
    "h[0] * a[1]",
    "np.tanh(s) * (h * g).sum()",
)
KEPT = ("h", "a", "h * v", "(h * g).sum()", "h[0]", "np.tanh(a + x[t])", "g")
RESULTS = (
    "s",
    "s + (h**2).sum()",
    "(h * v).sum() + s",
    "(np.stack(kept) ** 2).mean()",
    "(sum(kept) ** 2).sum()",
    "(kept[-1] ** 2).sum() + np.sum(kept[0])",
    "np.tanh(np.array(kept)).sum() + s",
    "np.sum(np.stack(kept)[1:] * np.stack(kept)[:-1]) + (g**2).sum()",
    "np.log(np.exp(np.stack(kept)).sum()) + (h * g).sum()",
)
RANGES = ("range(1, STEPS)", "range(1, STEPS)", "reversed(range(1, STEPS))", "range(1, STEPS - 1)")


Drawn: TypeAlias = "tuple[str, dict[str, tuple[int, ...]], tuple[str, ...], dict[str, Any]]"


def loop(seed: int) -> Drawn:
    """The text, the shapes, what it is differentiated by and a point; functions that have no value are passed over."""
    draw = random.Random(seed)
    while True:
        text, shapes, wrt, point = _drawn(draw, seed)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            space: dict[str, Any] = {"np": np}
            exec(text, space)
            try:
                value = space["loss"](**point)
            except (RuntimeWarning, ValueError, IndexError, UnboundLocalError):
                continue
        if np.ndim(value) == 0 and abs(value) < 1e4:
            return text, shapes, wrt, point


def _drawn(draw: random.Random, seed: int) -> Drawn:
    rows = [f"h = {draw.choice(BEGINNINGS)}", f"g = {draw.choice(BEGINNINGS)}", "p = h", "s = 0.0", "kept = []"]
    rows += _body(draw, draw.choice(RANGES))
    if draw.random() < 0.3:
        rows += _body(draw, draw.choice(RANGES))
    text = "\n".join(["def loss(w, v, x):", *(f"    {row}" for row in rows), f"    return {draw.choice(RESULTS)}", ""])
    rng = np.random.default_rng(seed)
    point = {"w": rng.normal(size=(3, 3)) * 0.5, "v": rng.normal(size=3), "x": rng.normal(size=(STEPS, 3))}
    wrt = draw.choice((("w",), ("v", "w"), ("x",), ("w", "v", "x")))
    return text.replace("STEPS", str(STEPS)), {"w": (3, 3), "v": (3,), "x": (STEPS, 3)}, wrt, point


def _body(draw: random.Random, steps: str) -> list[str]:
    body = [f"a = {draw.choice(FIRST)}"]
    if draw.random() < 0.4:
        body.append(f"a = {draw.choice(FIRST)} + 0.5 * a")
    if draw.random() < 0.3:
        body.append("p = h")
    body.append(f"h = {draw.choice(NEXT)}")
    if draw.random() < 0.5:
        body.append(f"g = {draw.choice(OTHER)}")
    body.append(f"s = s + {draw.choice(ADDED)}")
    body.append(f"kept.append({draw.choice(KEPT)})")
    draw.shuffle(body) if draw.random() < 0.2 else None
    return [f"for t in {steps}:", *(f"    {row}" for row in body)]
