"""Losses and gradients among numbers of many digits, whose exponents have no bound: what overflows nowhere else."""

from functools import lru_cache

import numpy as np

import symbackprop as sb
from symbackprop.catalog import LOSSES
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph
from symbackprop.verify.fields import mpmath_field


def exact(derivation, values, digits=60):
    """The loss, and the gradient by everything among the values that it is derived by; labels stay whole numbers."""
    field = mpmath_field(digits)
    arrays = {name: np.asarray(value) for name, value in values.items()}
    values = {name: field.array(a.astype(float)) if a.dtype.kind == "f" else a for name, a in arrays.items()}
    everything = evaluate_graph(derivation.graph, values, field)
    found = evaluate_adjoints(derivation, everything, field)
    loss = everything[derivation.graph.loss.name]
    by = [name for name in derivation.adjoint_of if name in values]
    return float(np.asarray(loss).item()), {
        name: np.asarray(found[derivation.adjoint_of[name]], dtype=float) for name in by
    }


# Without bounds their values overflow there, or they read more than one vector and its target.
ELSEWHERE = {"poisson", "gaussian_nll", "gaussian_kl", "triplet", "contrastive"}
SATURATED = [name for name in LOSSES if name not in ELSEWHERE]


def saturated(size):
    """Weights and inputs that make arguments of this size, of either sign."""
    params = {"W1": np.array([[size, 0.0], [0.0, -size]]), "b1": np.zeros(2)}
    return params, np.array([[1.0, 1.0], [-1.0, 0.5]])


@lru_cache
def saturated_loss(name, size):
    """A network with a loss on saturated units: its derivation, parameters, data, and the loss and its gradient."""
    output = {"probability": "sigmoid", "distribution": "softmax"}.get(LOSSES[name].output, "linear")
    d = sb.derive(sb.Network(2, sb.Dense(2, output), loss=name))
    params, x = saturated(size)
    data = {"x": x, "t": np.array([[0.75, 0.25], [0.25, 0.75]])}
    # 1 - a is exp(-1.5 size) for a saturated unit: the referee must not round it to 0.
    return d, params, data, exact(d.stages.derivation, params | data, digits=60 + 7 * size // 10)
