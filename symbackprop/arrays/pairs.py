"""Functions of two values that are made of others, entry by entry or along axes → values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays.broadcasting import together
from symbackprop.arrays.conditions import where
from symbackprop.arrays.elementwise import Operation, argument, divide, multiply, number_of, subtract
from symbackprop.arrays.products import matmul
from symbackprop.arrays.reductions import largest, mean, smallest, total
from symbackprop.arrays.selecting import select
from symbackprop.arrays.shaping import constant_array, expand_dims, ravel, reshape, stack
from symbackprop.arrays.values import Value, axis_number, shape_text, whole_number
from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import Where


def paired(formula: Callable[[Expr, Expr], Expr], unit: str, name: str) -> Operation:
    """A function of two numbers on two values."""

    def apply(a: Value, b: Value) -> Value:
        axes, (x, y) = together(argument(a, 0), argument(b, 0))
        return Value(a.book, formula(x.number, y.number), axes, unit=unit)

    apply.__doc__ = f"{name}(a, b)."
    return apply


def step(x: Expr, at_zero: Expr) -> Expr:
    """0 below 0, 1 above, and a number at 0."""
    return Where(sp.Gt(x, 0), sp.S.One, Where(sp.Lt(x, 0), sp.S.Zero, at_zero))


PAIRED = {
    "logaddexp": paired(lambda x, y: sp.log(sp.exp(x) + sp.exp(y)), "l", "logaddexp"),
    "hypot": paired(lambda x, y: sp.sqrt(x**2 + y**2), "r", "hypot"),
    "heaviside": paired(step, "", "heaviside"),
}


def select_first(condlist: Any, choicelist: Any, default: Any = 0) -> Value:
    """Entry by entry the choice of the first condition that holds."""
    if not condlist or len(condlist) != len(choicelist):
        raise LanguageError("np.select takes as many choices as conditions, at least one")
    book = next(one.book for one in (*condlist, *choicelist) if isinstance(one, Value))
    found = number_of(book, default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        found = where(condition, number_of(book, choice), found)
    return found


def multi_dot(arrays: Any) -> Value:
    """The product of several matrices."""
    found = arrays[0]
    for one in arrays[1:]:
        found = matmul(found, one)
    return found


def average(value: Value, axis: Any = None, weights: Any = None, keepdims: Any = False) -> Value:
    """The mean over axes, or the mean with weights, which may be those along one axis.

    Raises:
        ShapeError: The weights fit neither the array nor the axis.
    """
    if weights is None:
        return mean(value, axis, keepdims)
    weights = value.book.named(constant_array(value.book, weights))
    if weights.shape != value.shape:
        number = axis_number(0 if axis is None else axis, value.rank, "this array")
        if axis is None or weights.shape != (value.shape[number],):
            shapes = f"{shape_text(weights.shape)} and {shape_text(value.shape)}"
            raise ShapeError(f"weights and array have the shapes {shapes}", help="give the axis that weights belong to")
        weights = expand_dims(weights, tuple(n for n in range(value.rank) if n != number))
    return divide(total(multiply(value, weights), axis, keepdims), total(weights, axis, keepdims))


def span(value: Value, axis: Any = None, keepdims: Any = False) -> Value:
    """The largest minus the smallest entry over axes."""
    return subtract(largest(value, axis, keepdims), smallest(value, axis, keepdims))


def vdot(a: Value, b: Value) -> Value:
    """The sum of the products of all entries."""
    return total(multiply(ravel(a), ravel(b)))


def vecdot(a: Value, b: Value, axis: Any = -1) -> Value:
    """The sum of the products along an axis."""
    return total(multiply(a, b), axis)


def kron(a: Value, b: Value) -> Value:
    """The blocks a[i, j] b.

    Raises:
        ShapeError: The arrays do not have the same number of axes, one or two.
    """
    if a.rank != b.rank or a.rank not in (1, 2):
        raise ShapeError(f"kron takes two vectors or two matrices, got {shape_text(a.shape)} and {shape_text(b.shape)}")
    shape = tuple(m * n for m, n in zip(a.shape, b.shape, strict=True))
    blocks = multiply(expand_dims(a, tuple(range(1, 2 * a.rank, 2))), expand_dims(b, tuple(range(0, 2 * a.rank, 2))))
    return reshape(blocks, *shape)


def cross(a: Value, b: Value) -> Value:
    """The vector product of vectors with three entries, along the last axis.

    Raises:
        ShapeError: The last axes do not have the length 3.
    """
    if not a.rank or not b.rank or a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ShapeError(f"cross takes vectors with 3 entries, got {shape_text(a.shape)} and {shape_text(b.shape)}")
    a, b = a.book.named(a), b.book.named(b)
    (a0, a1, a2), (b0, b1, b2) = ([select(one, (..., n)) for n in range(3)] for one in (a, b))
    pairs = (((a1, b2), (a2, b1)), ((a2, b0), (a0, b2)), ((a0, b1), (a1, b0)))
    return stack([subtract(multiply(*one), multiply(*other)) for one, other in pairs], -1)


def matrix_power(value: Value, n: Any) -> Value:
    """A square matrix multiplied by itself.

    Raises:
        LanguageError: The power is not positive.
    """
    times = whole_number(n, "the power")
    if times < 1:
        raise LanguageError(f"the power of a matrix must be positive here, got {times}", help="inv for an inverse")
    value = value.book.named(value)
    found = value
    for _ in range(times - 1):
        found = matmul(found, value)
    return found
