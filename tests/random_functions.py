"""A number → a function of NumPy arrays that nobody thought of: its text, and what it is given.

Statements are drawn one after the other and kept where NumPy takes them at a sample; what is left is a function that
runs. Three sizes differ, so that no axis is taken for another by chance.
"""

from __future__ import annotations

import random
import warnings
from typing import Any, NamedTuple

import numpy as np

Array = Any
SIZES = {"n": 5, "m": 3, "k": 4}
UNARY = (
    "np.tanh(A)",
    "np.exp(-(A**2))",
    "np.log(1 + A**2)",
    "np.sqrt(1 + A**2)",
    "np.sin(A)",
    "np.abs(A)",
    "np.maximum(0, A)",
    "A**2",
    "-A",
    "1 / (1 + np.exp(-A))",
    "np.exp(A) / np.sum(np.exp(A), axis=-1, keepdims=True)",
    "A.T",
    "0.5 * A",
    "np.where(A > 0, A, 0.1 * A)",
    "np.minimum(A, 0.5)",
    "np.clip(A, -0.5, 0.5)",
    "np.arctan(A)",
    "np.cosh(0.3 * A)",
    "np.log1p(np.exp(A))",
    "np.cumsum(A, axis=-1)",
    "np.sign(A) * A",
    "np.flip(A, -1)",
    "np.roll(A, 1, -1)",
    "np.diff(A, axis=-1)",
    "A[..., 0]",
    "A[1:]",
    "A[:, None]",
    "A.ravel()",
    "A[::2]",
    "A[-1]",
    "A - A.mean(axis=-1, keepdims=True)",
    "A / np.sqrt(np.sum(A**2) + 1)",
    "np.expand_dims(A, 0)",
    "np.squeeze(A)",
    "A / len(A)",
    "np.swapaxes(A, 0, -1)",
    "np.pad(A, 1)",
    "np.repeat(A, 2, axis=0)",
    "A * np.arange(len(A))",
    "np.trace(A)",
    "A.reshape(-1)",
    "A * (A > 0.1)",
    "np.cumsum(A[::-1])[::-1]",
    "A @ A.T",
    "np.exp(A) * (1 - np.eye(len(A)))",
    "np.exp(A) / np.sum(np.exp(A) * (1 - np.eye(len(A))), axis=-1, keepdims=True)",
    "np.where(np.eye(len(A)) > 0, 0, np.exp(A)) / np.exp(A).sum()",
    "A[1:] / (1 + A[:-1] ** 2)",
    "np.diff(A, axis=0) / np.exp(A[1:])",
)
REDUCED = (
    "np.sum(A)",
    "A.sum(axis=0)",
    "A.mean(axis=-1)",
    "A.max(axis=-1)",
    "A.min()",
    "A.var(axis=0)",
    "np.std(A + 0.1)",
    "np.prod(A, axis=-1)",
    "np.sqrt(np.sum(A**2))",
    "np.log(np.sum(np.exp(A), axis=-1))",
    "A.max(axis=-1, keepdims=True)",
    "A.sum(axis=0, keepdims=True)",
    "np.mean(A)",
    "np.max(A)",
    "A[np.argmax(A)]",
    "np.log(np.sum(A**2) + 1)",
    "np.linalg.norm(A + 0.1)",
    "np.mean(A, axis=0) / np.std(A, axis=0)",
    "np.max(np.abs(A))",
    "A[np.argmax(np.abs(A), axis=0)]",
)
BINARY = (
    "A + B",
    "A - B",
    "A * B",
    "A / (1 + B**2)",
    "A @ B",
    "A @ B.T",
    "A.T @ B",
    "np.outer(A, B)",
    "np.maximum(A, B)",
    "np.where((A > B) & (A > 0) & (B < 1), A, B)",
    "np.einsum('ij,kj->ik', A, B)",
    "np.dot(A, B)",
    "np.concatenate([A, B], axis=-1)",
    "np.stack([A, B])",
    "np.tensordot(A, B, 1)",
    "np.logaddexp(A, B)",
    "np.hypot(A, B)",
    "A * len(B)",
    "A**2 * np.sum(B)",
    "np.concatenate([A, B])",
    "np.einsum('ij,ij->i', A, B)",
    "np.exp(-np.sum((A - B) ** 2, axis=-1))",
    "A * B.sum(axis=-1, keepdims=True)",
    "np.sum(A[:, None] * B, axis=-1)",
    "np.minimum(A, B) * A",
    "A[:, None] - B[None, :]",
    "np.where(A >= B, np.exp(A - B), 0)",
    "np.log(np.sum(np.where(B >= A, np.exp(B), 0), axis=-1) + 1)",
    "A[1:] / np.exp(B[:-1])",
    "A[..., :-1] * np.log(1 + B[..., 1:] ** 2)",
    "np.log(np.sum(np.where(A[None, :] >= A[:, None], np.exp(B), 0), axis=-1))",
)
LABELLED = (
    "A[t]",
    "A[np.arange(len(t)), t]",
    "np.eye(3)[t] @ A",
    "(t[:, None] == np.arange(4)) * A",
    "A * t[:, None]",
    "A * t",
    "np.take_along_axis(A, t[:, None], axis=1)",
    "A[t + 1]",
    "np.where(t == 1, 0, A[t])",
    "A[2 - t]",
    "A * (t != 0)",
    "np.eye(3)[t].T @ A",
    "A[t].sum(axis=0)",
    "np.mean(A[t] * (t > 0)[:, None])",
    "A * np.array([0.5, -1.5, 2.0])[t]",
)
KNOWN = (
    "A * np.array([0.5, -1.0, 2.0])",
    "A * np.array([1.0, 3.0, -2.0, 0.5])",
    "A @ np.ones((4, 2))",
    "np.tril(np.ones((3, 3))) @ A",
    "A + np.linspace(0, 1, 4)",
    "A[[2, 0, 0]]",
    "A[..., [1, 0]]",
    "A[np.array([True, False, True])]",
    "A - np.eye(3)",
)
ENDS = ("np.sum({})", "np.mean({}**2)", "np.sum(np.tanh({}))", "np.mean({})")


class Drawn(NamedTuple):
    """A function, and what it is given.

    Attributes:
        text: Of the function `loss`.
        shapes: Of its arguments, "n" for a size that is a symbol.
        wrt: The arguments that it is derived by.
        point: Numbers for all of them.
    """

    text: str
    shapes: dict[str, tuple[int | str, ...]]
    wrt: tuple[str, ...]
    point: dict[str, Array]

    def loss(self) -> Any:
        """The function."""
        space: dict[str, Any] = {"np": np}
        exec(compile(self.text, "<drawn>", "exec"), space)
        return space["loss"]


def function(seed: int) -> Drawn:
    """The function of a number."""
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    n = draw.choice(["n", "n", 5])
    shapes = {
        "w": ("m", "k"),
        "v": draw.choice([("k",), ("m",), ()]),
        "x": draw.choice([("n", "k"), ("n", "m"), ("n",)]),
    }
    known = {name: tuple(SIZES[size] for size in shape) for name, shape in shapes.items()}
    point: dict[str, Array] = {name: rng.normal(size=shape) for name, shape in known.items()}
    point["t"] = rng.integers(0, 3, SIZES["n"])
    pool, rows = dict(point), []
    for number in range(draw.randint(2, 7)):
        row = _statement(draw, pool)
        if row is None:
            break
        name = f"a{number}"
        pool[name] = _computed(row, pool)
        rows.append(f"    {name} = {row}")
    last = [name for name in pool if name not in point][-2:] or ["w"]
    ends = [draw.choice(ENDS).format(name) for name in last]
    result = draw.choice((" + ", " * ", " + ")).join([*ends, "np.sum(w**2)"] if draw.random() < 0.7 else ends)
    given = {"w": (3, 4), "v": known["v"], "x": (n, *known["x"][1:]), "t": (n,)}
    text = "\n".join(["def loss(w, v, x, t):", *rows, f"    return {result}", ""])
    used = {name: shape for name, shape in given.items() if name in _names(text)}
    text = text.replace("(w, v, x, t)", f"({', '.join(used)})")
    wrt = tuple(name for name in used if name in ("w", "v")) or ("x",)
    return Drawn(text, used, wrt, {name: point[name] for name in used})


def _names(text: str) -> set[str]:
    code = compile(text.replace("loss(w, v, x, t)", "loss()"), "<drawn>", "exec")
    body = next(one for one in code.co_consts if hasattr(one, "co_names"))
    return set(body.co_names)


def _statement(draw: random.Random, pool: dict[str, Array]) -> str | None:
    """A statement that NumPy takes, if one is found."""
    floating = [name for name in pool if name != "t"]
    for _ in range(60):
        kind = draw.choices((UNARY, REDUCED, BINARY, LABELLED, KNOWN), (5, 2, 5, 2, 1))[0]
        row = draw.choice(kind)
        # What was computed last is used more often, so that functions are deep.
        a, b = (draw.choice(floating[-3:] if draw.random() < 0.6 else floating) for _ in range(2))
        row = row.replace("A", "{a}").replace("B", "{b}").format(a=a, b=b)
        value = _computed(row, pool)
        if value is not None:
            return row
    return None


def _computed(row: str, pool: dict[str, Array]) -> Array | None:
    """The value of an expression, if it is one of moderate size and moderate numbers."""
    try:
        with warnings.catch_warnings(), np.errstate(all="raise"):
            warnings.simplefilter("error")
            value = eval(row, {"np": np}, dict(pool))
    except (ValueError, IndexError, TypeError, ArithmeticError, np.exceptions.AxisError, AttributeError):
        return None
    value = np.asarray(value)
    fits = value.dtype.kind == "f" and 0 < value.size <= 150 and value.ndim < 4
    return value if fits and np.abs(value).max() < 20 else None
