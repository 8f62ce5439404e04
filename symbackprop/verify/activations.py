"""Equation of an activation → the function it is, of numbers or of arrays, and whether that has a kink.

Values are those of twice 50 digits, so that differences of them are right to 50.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sympy import Symbol

from symbackprop.display.intervals import mp
from symbackprop.expressions import Read, tensors_read
from symbackprop.graph import Equation
from symbackprop.verify.evaluate import Evaluator
from symbackprop.verify.fields import Array, mpmath_field

DIGITS = 50
FINE = 2 * DIGITS + 10


def pointwise(equation: Equation, read: Read, sizes: Mapping[Symbol, int]) -> Callable[[Any], Any]:
    """An activation that reads one element of one tensor, as a function of a number."""
    shape = tuple(len(Evaluator({}, sizes).range(index)) for index in equation.indices)

    def at(value: Any) -> Any:
        field = mpmath_field(FINE)
        filled = np.full(shape, field.context.convert(value), dtype=object)
        found = Evaluator({read.tensor: filled}, sizes, field).array(equation.rhs, equation.indices)
        return mp.convert(found.flat[0])

    return at


def of_arrays(equation: Equation, sizes: Mapping[Symbol, int]) -> Callable[[Array], Array]:
    """An activation that reads a whole tensor, such as softmax, as a function of an array."""
    (name,) = tensors_read(equation.rhs)

    def at(array: Array) -> Array:
        shape = tuple(len(Evaluator({}, sizes).range(index)) for index in equation.indices)
        field = mpmath_field(FINE)
        return Evaluator({name: field.array(array.reshape(shape))}, sizes, field).array(equation.rhs, equation.indices)

    return at


def has_kink(function: Callable[[Any], Any], at: Any) -> bool:
    """Whether a function has another slope before a number than behind it, as differences tell."""
    here, step = mp.convert(at), mp.mpf(10) ** (-DIGITS // 2)
    before, behind = function(here) - function(here - step), function(here + step) - function(here)
    return bool(abs(before - behind) > step * mp.mpf(10) ** (-DIGITS // 4))
