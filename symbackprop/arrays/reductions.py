"""Reductions of NumPy and SciPy over axes → sums, maxima and recurrences over indices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays.elementwise import argument, square, subtract
from symbackprop.arrays.values import CONTRACTED, PLAIN, REDUCED, Value, axis_number, put, whole_number
from symbackprop.errors import LanguageError
from symbackprop.expressions import INFINITY, ArgPeak, Index, Peak, Read, Total, Where
from symbackprop.language import FUNCTIONS

Axis = Any


def axes_of(value: Value, axis: Axis, what: str = "this array") -> tuple[int, ...]:
    """The axes that an argument `axis` means: all of them for None.

    Raises:
        ShapeError: The array has no such axis.
    """
    if axis is None:
        return tuple(range(value.rank))
    each = axis if isinstance(axis, tuple | list) else (axis,)
    return tuple(dict.fromkeys(axis_number(one, value.rank, what) for one in each))


def reduced(value: Value, axis: Axis, keepdims: Any, make: Callable[[Expr, tuple[Index, ...]], Expr]) -> Value:
    """A value with some axes bound by `make`, which are then left out, or of length 1."""
    over = axes_of(value, axis)
    value = value.apart()
    bound = tuple(value.axes[number] for number in over)
    expr = make(value.number, tuple(index for index in bound if index.size != 1))
    expr = put(expr, {index: sp.S.Zero for index in bound if index.size == 1})
    keep = _flag(keepdims)
    axes = tuple(
        value.book.index(1) if number in over else index
        for number, index in enumerate(value.axes)
        if keep or number not in over
    )
    return Value(value.book, expr, axes, max(value.depth, REDUCED) if bound else value.depth)


def _flag(value: Any) -> bool:
    return bool(whole_number(value, "keepdims")) if isinstance(value, Value) else bool(value)


def total(value: Value, axis: Axis = None, keepdims: Any = False) -> Value:
    """The sum over axes."""
    return reduced(value, axis, keepdims, _sum)


def _sum(body: Expr, over: tuple[Index, ...]) -> Expr:
    """Σ of a body; numbers stand before it, and what does not change along an index is counted."""
    number, rest = body.as_coeff_Mul()
    if rest == 1:
        return number * sp.Mul(*(index.size for index in over))
    return number * Total(rest, *over)


def mean(value: Value, axis: Axis = None, keepdims: Any = False) -> Value:
    """The mean over axes."""
    count = sp.Mul(*(value.shape[number] for number in axes_of(value, axis)))
    return replace(_scaled(total(value, axis, keepdims), 1 / count), unit="mu")


def _scaled(value: Value, factor: Expr) -> Value:
    return value.with_expr(value.number * factor)


def variance(value: Value, axis: Axis = None, keepdims: Any = False, ddof: Any = 0) -> Value:
    """The mean of the squared distances from the mean."""
    count = sp.Mul(*(value.shape[number] for number in axes_of(value, axis)))
    value = value.book.named(value)
    centre = value.book.named(mean(value, axis, keepdims=True), "mu")
    squares = total(square(subtract(value, centre)), axis, keepdims)
    return replace(_scaled(squares, 1 / (count - whole_number(ddof, "ddof"))), unit="v")


def deviation(value: Value, axis: Axis = None, keepdims: Any = False, ddof: Any = 0) -> Value:
    """The square root of the variance."""
    spread = variance(value, axis, keepdims, ddof)
    return spread.with_expr(sp.sqrt(spread.number), unit="sigma")


def largest(value: Value, axis: Axis = None, keepdims: Any = False) -> Value:
    """The largest entry over axes; a tie goes to the first."""
    return reduced(_compared(value), axis, keepdims, peak)


def smallest(value: Value, axis: Axis = None, keepdims: Any = False) -> Value:
    """The smallest entry over axes; a tie goes to the first."""
    return reduced(_compared(value), axis, keepdims, lambda body, over: -peak(-body, over))


def _compared(value: Value) -> Value:
    """What is compared with one another; branches have a name.

    SymPy writes a comparison of two branches as a branch for each of the four pairs, one of n as 2 to the power of n.
    """
    value = argument(value, PLAIN)
    return value.book.named(value) if value.number.has(Where) else value


def peak(body: Expr, over: tuple[Index, ...]) -> Expr:
    """The largest value of a body over indices."""
    for index in reversed(over):
        body = Peak(body, index)
    return body


def place_of_largest(value: Value, axis: Axis = None, keepdims: Any = False) -> Value:
    """The position of the largest entry along an axis, as whole numbers.

    Raises:
        LanguageError: There are several axes and none was chosen.
    """
    if axis is None and value.rank != 1:
        raise LanguageError("argmax needs the axis it runs along")
    found = reduced(
        _compared(value),
        0 if axis is None else axis,
        keepdims,
        lambda body, over: ArgPeak(body, over[0]) if over else sp.S.Zero,
    )
    return replace(found, whole=True)


def product(value: Value, axis: Axis = None, keepdims: Any = False) -> Value:
    """The product over an axis, as a recurrence: p[i] = p[i - 1] x[i]. It holds where an entry is 0, too."""
    over = axes_of(value, axis)
    for number in sorted(over, reverse=True):
        value = _product_along(value, number)
    if not _flag(keepdims):
        return value
    axes = iter(value.axes)
    rank = value.rank + len(over)
    kept = tuple(value.book.index(1) if number in over else next(axes) for number in range(rank))
    return replace(value, axes=kept)


def _product_along(value: Value, number: int) -> Value:
    size = value.shape[number]
    if size == 1:
        axes = tuple(axis for place, axis in enumerate(value.axes) if place != number)
        return value.at({value.axes[number]: sp.S.Zero}, axes)
    running = cumulative_product(value, number)
    axes = tuple(axis for place, axis in enumerate(running.axes) if place != number)
    return replace(running.at({running.axes[number]: size - 1}, axes), unit="", depth=REDUCED)


def cumulative_product(value: Value, axis: Axis = None) -> Value:
    """The products of the first entries along an axis."""
    return _running(value, axis, "p", lambda before, entry: before * entry, sp.S.One)


def cumulative_sum(value: Value, axis: Axis = None) -> Value:
    """The sums of the first entries along an axis."""
    return _running(value, axis, "c", lambda before, entry: before + entry, sp.S.Zero)


def _running(value: Value, axis: Axis, hint: str, step: Callable[[Expr, Expr], Expr], start: Expr) -> Value:
    if axis is None and value.rank != 1:
        raise LanguageError("a running sum or product needs the axis it runs along")
    number = 0 if axis is None else axis_number(axis, value.rank, "this array")
    value = argument(value, PLAIN)
    book = value.book
    name = book.new_name(hint)
    index = value.axes[number]
    before = Read(name, *(axis - 1 if axis == index else axis for axis in value.axes if axis.size != 1))
    book.add_axes(name, value.axes, step(Where(index > 0, before, start), value.number))
    return book.over_axes(name, value.axes)


def norm(value: Value, ord: Any = None, axis: Axis = None, keepdims: Any = False) -> Value:
    """The Euclidean norm of all entries, or over axes; of a vector also the norms 1, 2 and inf.

    Raises:
        LanguageError: Another norm is asked for.
    """
    value = argument(value, PLAIN) if value.depth == CONTRACTED or value.unit else value
    vector = len(axes_of(value, axis)) == 1
    kind = ord.expr if isinstance(ord, Value) else ord
    if kind is None or kind == "fro" or (vector and kind == 2):
        return _root(reduced(value, axis, keepdims, lambda body, over: Total(body**2, *over) if over else body**2))
    absolute = value.with_expr(FUNCTIONS["abs"](value.number))
    if vector and kind == 1:
        return total(absolute, axis, keepdims)
    if vector and (kind == float("inf") or (isinstance(kind, Expr) and kind >= INFINITY)):
        return largest(absolute, axis, keepdims)
    raise LanguageError(f"the norm of order {kind} is not known", help="leave ord out, or take 1, 2 or inf of a vector")


def _root(value: Value) -> Value:
    return value.with_expr(sp.sqrt(value.number), unit="n")


def logsumexp(value: Value, axis: Axis = None, keepdims: Any = False) -> Value:
    """log Σ exp over axes."""
    value = value.book.named(value, "u")
    found = reduced(value, axis, keepdims, lambda body, over: sp.log(Total(sp.exp(body), *over)) if over else body)
    return replace(found, unit="l")


def softmax(value: Value, axis: Axis = -1) -> Value:
    """exp / Σ exp along an axis."""
    value = value.book.named(value, "s")
    below = _exponentials(value, axis)
    return value.with_expr(sp.exp(value.number) / below, unit="p")


def log_softmax(value: Value, axis: Axis = -1) -> Value:
    """The logarithm of the softmax."""
    value = value.book.named(value, "s")
    return value.with_expr(value.number - sp.log(_exponentials(value, axis)), depth=REDUCED)


def _exponentials(value: Value, axis: Axis) -> Expr:
    """Σ exp along axes, at the value's own indices elsewhere."""
    numbers = axes_of(value, axis)
    bound = {value.axes[number]: value.book.like(value.axes[number]) for number in numbers}
    return Total(sp.exp(put(value.number, dict(bound))), *bound.values())


def any_of(value: Value, axis: Axis = None, keepdims: Any = False) -> Value:
    """Whether a condition holds, or a number is not 0, somewhere along axes."""
    return _counting(value, axis, keepdims, lambda count, size: sp.Gt(count, 0))


def all_of(value: Value, axis: Axis = None, keepdims: Any = False) -> Value:
    """Whether a condition holds, or a number is not 0, everywhere along axes."""
    return _counting(value, axis, keepdims, sp.Eq)


def _counting(value: Value, axis: Axis, keepdims: Any, decided: Callable[[Expr, Expr], Any]) -> Value:
    """A condition on how often one holds along axes, and how often it can."""
    condition = value.expr if value.truth else sp.Ne(value.number, 0)
    held = total(value.with_expr(Where(condition, sp.S.One, sp.S.Zero), depth=PLAIN), axis, keepdims)
    size = sp.Mul(*(value.shape[number] for number in axes_of(value, axis)))
    return held.with_expr(decided(held.number, size), depth=PLAIN)
