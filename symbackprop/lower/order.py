"""A product of several arrays, summed over some axes → a tree of pairwise contractions, in the cheapest order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import opt_einsum
import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index
from symbackprop.program import Array, Axes, Contract, Map, Reduce, Window, combined, union

TYPICAL = 64


def contract_in_order(arrays: Sequence[Array], over: Axes) -> Array:
    """Combine the factors of Σ_over Π arrays into pairwise contractions.

    Args:
        arrays: The factors.
        over: The summed axes.

    Returns:
        A `Contract` where two factors share a summed axis and each has one of its own; a `Reduce` of an elementwise
        product where they do not.
    """
    remaining = _merge_alike(list(arrays))
    while len(remaining) > 2:
        first, second = _next_pair(remaining, over)
        left, right = remaining[first], remaining[second]
        others = [array for n, array in enumerate(remaining) if n not in (first, second)]
        needed = set(union(*(array.axes for array in others)))
        inner = tuple(axis for axis in over if axis in union(left.axes, right.axes) and axis not in needed)
        remaining = _merge_alike([*others, _pair(left, right, inner)])
    left_over = tuple(axis for axis in over if axis in union(*(array.axes for array in remaining)))
    if len(remaining) == 2:
        return _pair(remaining[0], remaining[1], left_over)
    return Reduce("sum", remaining[0], left_over) if left_over else remaining[0]


def _pair(left: Array, right: Array, over: Axes) -> Array:
    """One product of two, summed over the axes that nobody else needs."""
    for own, other in ((left, right), (right, left)):
        alone = tuple(axis for axis in over if axis in own.axes and axis not in other.axes)
        if alone:
            reduced = Reduce("sum", own, alone)
            rest = tuple(axis for axis in over if axis not in alone)
            return _pair(reduced, right, rest) if own is left else _pair(left, reduced, rest)
    if not over:
        return Map("mul", (left, right))
    for own, other in ((left, right), (right, left)):
        if isinstance(own, Window) and _is_reshape(own) and not set(own.at.indices) & {*over, *other.axes}:
            # The product of what is reshaped needs no copy of it.
            return replace(own, arg=_pair(own.arg, right, over) if own is left else _pair(left, own.arg, over))
    if set(left.axes) == set(over) == set(right.axes) and len(over) == 1:
        return Contract(left, right, over)
    if set(left.axes) <= set(right.axes) or set(right.axes) <= set(left.axes):
        kept = set(union(left.axes, right.axes)) - set(over)
        if set(left.axes) == set(right.axes) or not _is_matmul(left, right, over, kept):
            return Reduce("sum", Map("mul", (left, right)), over)
    return Contract(left, right, over)


def _is_reshape(window: Window) -> bool:
    return (
        window.at.digits() is not None and window.at.inside(window.axis.size) and window.axis not in window.at.indices
    )


def _is_matmul(left: Array, right: Array, over: Axes, kept: set[Index]) -> bool:
    """Whether one operand is a plain vector over the summed axes, so that the pair is a matrix times a vector."""
    return set(left.axes) == set(over) or set(right.axes) == set(over)


def _merge_alike(arrays: list[Array]) -> list[Array]:
    """Multiply arrays of the same axes at once, position by position."""
    groups: dict[frozenset[Index], list[Array]] = {}
    for array in arrays:
        groups.setdefault(frozenset(array.axes), []).append(array)
    return [combined("mul", group) for group in groups.values()]


def _next_pair(arrays: Sequence[Array], over: Axes) -> tuple[int, int]:
    """The two factors to combine first, by opt_einsum's cost; unknown sizes count as a typical width."""
    letters = {axis: chr(ord("a") + n) for n, axis in enumerate(union(*(array.axes for array in arrays)))}
    terms = ["".join(letters[axis] for axis in array.axes) for array in arrays]
    output = "".join(letter for axis, letter in letters.items() if axis not in over)
    shapes = [tuple(_length(axis.size) for axis in array.axes) for array in arrays]
    path, _ = opt_einsum.contract_path(f"{','.join(terms)}->{output}", *shapes, shapes=True, optimize="optimal")
    first = path[0]
    return (first[0], first[1]) if len(first) > 1 else (0, 1)


def _length(size: Expr) -> int:
    return int(size) if isinstance(size, sp.Integer) else TYPICAL
