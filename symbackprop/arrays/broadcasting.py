"""Several values → the same values over common axes, by NumPy's rule: axes from the last on, length 1 stretches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp
from sympy import Expr

from symbackprop.arrays.values import Value, shape_text
from symbackprop.errors import ShapeError
from symbackprop.expressions import Index


def together(*values: Value) -> tuple[tuple[Index, ...], list[Value]]:
    """Give values the axes of their broadcast shape.

    Returns:
        The common axes, and the values over them.

    Raises:
        ShapeError: The shapes do not broadcast.
    """
    if len(values) == 2 and values[0] is values[1]:
        return values[0].axes, list(values)
    book = values[0].book
    shape = common_shape([value.shape for value in values])
    letters = _letters(values, len(shape))
    axes = tuple(book.index(size, name) for size, name in zip(shape, letters, strict=True))
    return axes, [over(value, axes) for value in values]


def _letters(values: Sequence[Value], rank: int) -> list[str]:
    """The letter of each common axis: that of the first value which has it at full length."""
    from symbackprop.contraction import letter

    found = ["i"] * rank
    for value in reversed(values):
        for place, axis in enumerate(value.axes, rank - value.rank):
            if axis.size != 1:
                found[place] = letter(axis)
    return found


def over(value: Value, axes: tuple[Index, ...]) -> Value:
    """A value over axes that its shape broadcasts to."""
    own = axes[len(axes) - value.rank :]
    table: dict[Index, Expr] = {
        axis: sp.S.Zero if axis.size == 1 and new.size != 1 else new for axis, new in zip(value.axes, own, strict=True)
    }
    return value.at(table, axes)


def common_shape(shapes: Sequence[tuple[Expr, ...]]) -> tuple[Expr, ...]:
    """The shape that some shapes broadcast to.

    Raises:
        ShapeError: They do not; the message has both shapes, and the transpose that would fit.
    """
    rank = max(map(len, shapes), default=0)
    result: list[Expr] = [sp.S.One] * rank
    for shape in shapes:
        for place, size in enumerate(shape, rank - len(shape)):
            if result[place] == 1:
                result[place] = size
            elif size not in (1, result[place]):
                raise _mismatch([one for one in shapes if one])
    return tuple(result)


def _mismatch(shapes: Sequence[tuple[Expr, ...]]) -> ShapeError:
    names = " and ".join(map(shape_text, dict.fromkeys(shapes)))
    help = ""
    if len(set(shapes)) == 2:
        first, second = dict.fromkeys(shapes)
        if len(second) == 1 and len(first) > 1 and first[0] == second[0]:
            help = f"write [:, None] behind the array of shape {shape_text(second)} to let its axis be the first"
        elif len(second) == 2 and _fits(first, second[::-1]):
            help = f"the transpose of the array of shape {shape_text(second)} would fit: .T"
        elif len(first) == 2 and _fits(first[::-1], second):
            help = f"the transpose of the array of shape {shape_text(first)} would fit: .T"
    return ShapeError(f"shapes {names} do not broadcast", help=help)


def _fits(first: tuple[Expr, ...], second: tuple[Expr, ...]) -> bool:
    pairs = zip(reversed(first), reversed(second), strict=False)
    return all(a == b or a == 1 or b == 1 for a, b in pairs)


def settled(value: Value, axes: tuple[Index, ...]) -> Value:
    """Name what would be computed again for every position of an axis that it does not have."""
    due = value.depth or value.unit
    stretched = any(axis.size == 1 for axis in value.axes) or value.rank < len(axes)
    long = any(axis.size != 1 for axis in axes)
    return value.book.named(value) if due and stretched and long and not value.constant else value


def without_depth(value: Value) -> Value:
    """The same value, as one that needs no name."""
    return replace(value, depth=0, unit="")
