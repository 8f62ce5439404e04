"""A sum of products of two arrays → one `np.dot` or `np.matmul` that writes into memory that is set aside."""

from __future__ import annotations

import sympy as sp

from symbackprop.emit.contractions import Parts, parted
from symbackprop.emit.numbers import ATOM, bracket
from symbackprop.emit.numpy import Printer
from symbackprop.program import Accumulate, Array, Axes, Contract, Leaf


def product_line(node: Contract, axes: Axes, out: str | None, name: str, printer: Printer) -> str | None:
    """The line; `None` where no product writes straight into the result."""
    parts = parted(node, axes)
    if not axes:
        return _number(parts, out, name, printer)
    if out is None:
        return None
    if parts.made != axes:
        return _for_each(parts, axes, out, printer)
    if parts.batch:
        return _batched(parts, out, printer)
    over = tuple(axis for axis in parts.left.axes if axis in parts.over)
    left = _matrix(parts.left, parts.rows, over, printer)
    right = _matrix(parts.right, over, parts.columns, printer)
    if not parts.rows:
        # A matrix times a vector is written with the matrix first, as it is stored.
        left, right = _matrix(parts.right, parts.columns, over, printer), _matrix(parts.left, (), over, printer)
    shaped = out
    if not is_whole(out) and (len(parts.rows) > 1 or len(parts.columns) > 1):
        return None
    if len(parts.rows) > 1 or len(parts.columns) > 1:
        rows = [group for group in (parts.rows, parts.columns) if group]
        shaped = f"{out}.reshape({', '.join(_length(group, printer) for group in rows)})"
    if _is_small(parts) and is_whole(out):
        first, second = (code[:-2] if code.endswith(".T") else f"{code}.T" for code in (right, left))
        return f"{shaped}[...] = np.dot({first}, {second}).T"
    # Into a part of an array whose entries do not lie one after the other `np.dot` does not write.
    function = "np.dot" if is_whole(out) else "np.matmul"
    return f"{function}({left}, {right}, out={shaped})"


def _is_small(parts: Parts) -> bool:
    """Whether a product is a small matrix of long sums, wider than high: BLAS makes those faster transposed."""
    rows, columns = (sp.Mul(*(axis.size for axis in axes)) for axes in (parts.rows, parts.columns))
    known = rows.is_Integer and columns.is_Integer and len(parts.over) > 1
    return bool(known and 1 < rows < columns and rows * columns <= 4096)


def _for_each(parts: Parts, axes: Axes, out: str, printer: Printer) -> str | None:
    """A product of one matrix with each of several, the axis between theirs being its own."""
    if parts.batch or len(parts.over) != 1 or len(axes) != 3:
        return None
    for one, each in ((parts.left, parts.right), (parts.right, parts.left)):
        if set(one.axes) == {axes[1], *parts.over} and set(each.axes) == {axes[0], axes[2], *parts.over}:
            left = printer.code(one, (axes[1], *parts.over))[0]
            right = printer.code(each, (axes[0], *parts.over, axes[2]))[0]
            return f"np.matmul({left}, {right}, out={out})"
    return None


def is_whole(out: str) -> bool:
    """Whether memory is known to be contiguous: an array, or a place along its first axis."""
    return "[:" not in out


def _number(parts: Parts, out: str | None, name: str, printer: Printer) -> str:
    order = parts.left.axes
    left, right = printer.code(parts.left, order)[0], printer.code(parts.right, order)[0]
    return f"{name} = np.vdot({left}, {right})" if out is None else f"{out}[...] = np.vdot({left}, {right})"


def _batched(parts: Parts, out: str, printer: Printer) -> str | None:
    batch, over = parts.batch, parts.over
    if not parts.rows and not parts.columns:
        if len(over) != 1:
            return None
        stored = parts.left.axes
        order = stored if tuple(axis for axis in stored if axis in batch) == batch else (*batch, *over)
        axis = order.index(over[0]) - len(order)
        last = "" if axis == -1 else f", axis={axis}"
        left, right = (printer.code(side, order)[0] for side in (parts.left, parts.right))
        return f"np.vecdot({left}, {right}{last}, out={out})"
    if len(over) != 1 or len(parts.rows) != 1 or len(parts.columns) != 1:
        return None
    left = printer.code(parts.left, (*batch, *parts.rows, *over))[0]
    right = printer.code(parts.right, (*batch, *over, *parts.columns))[0]
    return f"np.matmul({left}, {right}, out={out})"


def _matrix(side: Array, first: Axes, second: Axes, printer: Printer) -> str:
    """An array as a matrix, several axes being one; of the two orders the one in which it is stored."""
    if len(first) == len(second) == 1 and natural(side) == (*second, *first):
        return f"{bracket(printer.code(side, (*second, *first)), ATOM)}.T"
    if len(first) <= 1 and len(second) <= 1:
        return printer.code(side, (*first, *second))[0]
    groups = [group for group in (first, second) if group]
    if len(groups) == 2 and side.axes == (*second, *first):
        code = bracket(printer.code(side, side.axes), ATOM)
        return f"{code}.reshape({_length(second, printer)}, {_length(first, printer)}).T"
    code = bracket(printer.code(side, (*first, *second)), ATOM)
    return f"{code}.reshape({', '.join(_length(group, printer) for group in groups)})"


def natural(side: Array) -> Axes:
    """The axes of an array, or of a reshape of one, in the order in which they lie in memory."""
    if isinstance(side, Accumulate) and isinstance(side.arg, Leaf):
        digits = side.at.digits() or ()
        return tuple(
            side.axis if axis == digits[0] else axis for axis in side.arg.axes if axis not in digits[1:] or not digits
        )
    return ()


def _length(axes: Axes, printer: Printer) -> str:
    return printer.number(sp.Mul(*(axis.size for axis in axes)))[0]
