"""Losses and gradients among numbers of many digits, whose exponents have no bound: what overflows nowhere else."""

import numpy as np

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
