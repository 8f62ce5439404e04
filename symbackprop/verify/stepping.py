"""True values and an update rule → the parameters and the loss after one step, found without the worked step.

The rule is an expression in the value and the gradient of one parameter. The gradients are the certified adjoints, the
loss is the forward pass again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from sympy import Expr, Symbol

from symbackprop.verify.activations import DIGITS
from symbackprop.verify.equations import evaluate_graph
from symbackprop.verify.fields import Array, mpmath_field
from symbackprop.verify.truth import Truth

VALUE, GRADIENT = Symbol("w"), Symbol("g")


def after_step(truth: Truth, rule: Expr) -> dict[str, Any]:
    """What a document may print of the step: new values under `"W1#new"`, the new loss under `"E_new"`.

    Args:
        truth: The values before the step.
        rule: The new value of a parameter in the symbols w and g, its value and its gradient.
    """
    field = mpmath_field(DIGITS)
    given = truth.given
    moved = dict(given)
    for tensor in truth.graph.parameters:
        adjoint = truth.derivation.adjoint_of.get(tensor.name)
        if tensor.trainable and adjoint in truth.values:
            moved[tensor.name] = _moved(rule, given[tensor.name], truth.values[adjoint])
    everything = evaluate_graph(truth.graph, moved, field, truth.point.sizes)
    found: dict[str, Any] = {f"{tensor.name}#new": moved[tensor.name] for tensor in truth.graph.parameters}
    return {**found, "E_new": everything[truth.graph.loss.name]}


def _moved(rule: Expr, values: Array, gradients: Array) -> Array:
    field = mpmath_field(DIGITS)
    found = np.empty(np.shape(values), dtype=object)
    for place in np.ndindex(found.shape):
        numbers = {VALUE: _number(values[place]), GRADIENT: _number(gradients[place])}
        found[place] = field.context.make_mpf(sp.N(rule.xreplace(numbers), DIGITS)._mpf_)
    return found


def _number(value: Any) -> Expr:
    return sp.Float(str(value), DIGITS)
