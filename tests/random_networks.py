"""Random descriptions of networks, each drawn from its number: the same in every process.

Chains, graphs that branch and meet, recurrences, layers of random equations and programs in array notation, with sizes
from 1 to 5, down to one neuron and axes of length 1; with unused inputs, tied weights, the same tensor read twice.
"""

from __future__ import annotations

import random
import re
from typing import Any

SMOOTH = [
    "linear",
    "sigmoid",
    "tanh",
    "softplus",
    "softsign",
    "log_sigmoid",
    "gelu",
    "gelu_tanh",
    "silu",
    "mish",
    "elu",
]
KINKED = ["relu", "relu6", "leaky_relu", "celu", "selu", "hard_sigmoid", "hard_tanh", "hard_swish"]
ENDS = {
    "linear": ["mse", "half_squared_error", "mae", "huber", "log_cosh", "quantile", "hinge", "squared_hinge"],
    "sigmoid": ["binary_crossentropy", "mse", "binary_focal_crossentropy", "dice"],
    "softmax": ["categorical_crossentropy", "kl_divergence", "mse"],
    "softplus": ["poisson", "mse"],
    "tanh": ["mse", "cosine_similarity", "half_squared_error"],
}
EXTRA = {"maxout": {"pieces": 2}, "lora": {"rank": 2}}


def network(seed: int) -> dict[str, Any]:
    """A random description, as a file would hold it."""
    draw = random.Random(seed)
    kind = draw.choice([chain, chain, branched, branched, sequence, sequence, equations, equations, arrays])
    return {"name": f"random{seed}", **kind(draw)}


def dense(draw: random.Random, activation: str | None = None, **more: Any) -> dict[str, Any]:
    row = {
        "type": "dense",
        "units": draw.randint(1, 5),
        "activation": activation or draw.choice(SMOOTH + KINKED),
        **more,
    }
    if draw.random() < 0.25:
        row["bias"] = False
    return row


def last(draw: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    activation = draw.choice(list(ENDS))
    loss = {"type": draw.choice(ENDS[activation])}
    if draw.random() < 0.3:
        loss["reduction"] = draw.choice(["sum", "mean"])
    return dense(draw, activation), loss


def chain(draw: random.Random) -> dict[str, Any]:
    kinds = [
        "dense",
        "dense",
        "dense",
        "prelu",
        "layer_normalization",
        "rms_normalization",
        "glu",
        "swiglu",
        "maxout",
        "lora",
    ]
    layers = []
    for _ in range(draw.randint(0, 3)):
        kind = draw.choice(kinds)
        if kind == "dense":
            layers.append(dense(draw))
        elif kind in ("prelu", "layer_normalization", "rms_normalization"):
            layers.append({"type": kind})
        elif kind in ("glu", "swiglu"):
            layers += [{**dense(draw), "units": 2 * draw.randint(1, 2)}, {"type": kind}]
        else:
            layers.append({"type": kind, "units": draw.randint(1, 4), **EXTRA.get(kind, {})})
    end, loss = last(draw)
    return {"inputs": draw.randint(1, 5), "layers": [*layers, end], "loss": loss}


def branched(draw: random.Random) -> dict[str, Any]:
    """Two branches of one size that meet; one may be the other, or an input; an input may be unused in one of them."""
    units = draw.randint(1, 4)
    inputs = {"x": draw.randint(1, 4), "u": draw.randint(1, 4)}
    first = {**dense(draw, name="left", inputs="x"), "units": units}
    second = {**dense(draw, name="right", inputs=draw.choice(["u", "x", "left"])), "units": units}
    if draw.random() < 0.25 and second["inputs"] == "x":
        second["tie"] = {"weights": "left"}
    met = draw.choice(["add", "subtract", "multiply", "concatenate"])
    pair = draw.choice([["left", "right"], ["right", "left"], ["left", "left"]])
    end, loss = last(draw)
    unused = {"x", "u"} - {first["inputs"], second["inputs"]}
    if "right" not in pair or unused:
        inputs = {"x": inputs["x"]} if second["inputs"] != "u" or "right" not in pair else inputs
    layers = [first, *([second] if "right" in pair else []), {"type": met, "name": "met", "inputs": pair}, end]
    return {"inputs": inputs, "layers": layers, "loss": loss}


def sequence(draw: random.Random) -> dict[str, Any]:
    steps, width = draw.randint(1, 4), draw.randint(1, 3)
    kind = draw.choice(["simple_rnn", "lstm", "gru", "gru_reset_before", "conv1d", "multi_head_attention", "max"])
    if kind == "conv1d":
        layers = [{"type": kind, "filters": draw.randint(1, 3), "kernel_size": draw.randint(1, steps),
                   "activation": draw.choice(SMOOTH)}]  # fmt: skip
    elif kind == "max":
        layers = [{"type": "max_pooling1d", "pool_size": draw.randint(1, steps)}]
    elif "attention" in kind:
        heads = {"num_heads": draw.randint(1, 2), "key_dim": draw.randint(1, 2), "causal": draw.random() < 0.5}
        layers = [{"type": kind, **heads}]
    else:
        layers = [{"type": kind, "units": draw.randint(1, 3)}]
    after = {
        "type": draw.choice(["flatten2d", "flatten2d", "last", "global_average_pooling1d", "global_max_pooling1d"])
    }
    end, loss = last(draw)
    return {"inputs": {"shape": [steps, width]}, "layers": [*layers, after, end], "loss": loss}


def formula(draw: random.Random, inside: str, depth: int = 2) -> str:
    """A random function of something, finite everywhere."""
    if depth == 0:
        return inside
    inner = formula(draw, inside, depth - 1)
    return draw.choice([
        f"tanh({inner})", f"sigmoid({inner})", f"exp(-({inner})**2)", f"where({inner} > 0, {inner}, 0.1 * ({inner}))",
        f"max({inner}, 0.3)", f"abs({inner})", f"({inner}) * sigmoid({inner})", f"sin({inner})",
        f"sqrt(1 + ({inner})**2)",
        f"log(1 + ({inner})**2)", f"({inner}) / (1 + ({inner})**2)", f"({inner}) - ({inner})**3 / 3",
        f"cos({inner}) * ({inner})",
        f"min({inner}, 2 - ({inner}))", f"log(1 + exp({inner}))", f"erf({inner})",
    ])  # fmt: skip


def equations(draw: random.Random) -> dict[str, Any]:
    """A layer of random equations, with an inner tensor, and now and then a parameter or input that E does not need."""
    lines = [f"h[j] = {formula(draw, 'sum(W[j, i] * x[i], i) + b[j]')}"]
    parameters = {"W": ["units", "n"], "b": ["units"]}
    second = draw.choice(["V", "norm", "softmax", "twice", "unused", "outer"])
    if second == "V":
        parameters["V"] = ["units", "units"]
        lines.append(f"y[j] = {formula(draw, 'sum(V[j, k] * h[k], k)', 1)} + h[j]")
    elif second == "norm":
        lines.append("y[j] = h[j] / sqrt(1 + sum(h[k]**2, k))")
    elif second == "softmax":
        lines.append("y[j] = exp(h[j]) / sum(exp(h[k]), k) * h[j]")
    elif second == "twice":
        lines.append("y[j] = h[j] * h[j] + h[j] * sum(W[j, i] * x[i], i)")
    elif second == "unused":
        parameters["U"] = ["units"]
        lines.append("y[j] = h[j] + 0 * U[j]")
    else:
        parameters["g"] = []
        lines.append("y[j] = g * h[j] * sum(h[k] * x[i], k, i)")
    own = {"parameters": parameters, "equations": "\n".join(lines), "activation": False}
    end, loss = last(draw)
    return {
        "inputs": draw.randint(1, 4),
        "layers": [{"type": "own", "units": draw.randint(1, 4)}, end],
        "loss": loss,
        "layer_types": {"own": own},
    }


def arrays(draw: random.Random) -> dict[str, Any]:
    """A program in array notation."""
    n, m, k = (draw.randint(1, 4) for _ in range(3))
    elementwise = formula(draw, "z", 1).replace("max(", "maximum(").replace("min(", "minimum(")
    lines = [f"z = {draw.choice(['W @ x + b', 'W @ x - b', 'b * (W @ x)'])}", f"h = {elementwise}"]
    closings = ["sum((V @ h - t)**2) / 2", "mean((V @ h - t)**2)", "sum(log(1 + exp(V @ h * t)))"]
    closings += ["sum(softmax(V @ h) * t)", "sum(h)**2 + sum(V**2)", "sum(maximum(V @ h, 0.2) * t)"]
    closing = draw.choice(closings)
    lines.append(f"E = {closing}")
    shapes = {"W": [m, n], "x": [n], "b": [m], "V": [k, m], "t": [k]}
    words = set(re.findall(r"\w+", " ".join(lines)))
    used = {name: shape for name, shape in shapes.items() if name in words}
    return {"shapes": used, "equations": "\n".join(lines), "wrt": [name for name in ("W", "b", "V") if name in used]}
