"""Sums of products of two arrays → matmul: with axes flattened where there are several, batched where axes are shared.

`np.einsum` takes eight times as long as the matmul that it stands for, and every contraction of two arrays is one.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import sympy as sp
from sympy import Expr

from symbackprop.emit.numbers import ATOM, MATMUL, PRODUCT, Code, bracket
from symbackprop.program import Array, Axes, Contract, Inverted, Leaf, Map


class Printer(Protocol):
    """What printing a contraction needs of the printer of all nodes."""

    def code(self, node: Array, order: Axes) -> Code:
        """The node with its axes in this order."""

    def transposed(self, code: Code, stored: Axes, order: Axes) -> Code:
        """Code of an array whose axes are `stored`, for another order."""

    def number(self, value: Expr) -> Code:
        """A number or a size."""


class Parts(NamedTuple):
    """A contraction, its axes sorted by who has them: both and kept, the left one, the right one, both and summed."""

    left: Array
    right: Array
    batch: Axes
    rows: Axes
    columns: Axes
    over: Axes

    @property
    def made(self) -> Axes:
        """The axes in the order in which a matmul leaves them."""
        return (*self.batch, *self.rows, *self.columns)


def contraction(node: Contract, order: Axes, printer: Printer) -> Code:
    """The code of a contraction with its axes in this order."""
    parts = parted(node, order)
    if not parts.batch and len(parts.over) == 1 and (len(parts.columns) <= 1 or not parts.rows):
        code = _matmul(parts, printer)
    elif parts.batch:
        code = _batched(parts, printer)
    else:
        code = _tensordot(parts, printer)
    return printer.transposed(code, parts.made, order)


def parted(node: Contract, order: Axes) -> Parts:
    """Left is the array whose own axes come first in the wanted order."""
    left, right = node.left, node.right
    batch = tuple(axis for axis in order if axis in left.axes and axis in right.axes)
    own = [axis for axis in order if axis not in batch]
    if own and own[0] in right.axes and any(axis in left.axes for axis in own):
        left, right = right, left
    rows, columns = (tuple(axis for axis in own if axis in side.axes) for side in (left, right))
    return Parts(left, right, batch, rows, columns, node.over)


def _matmul(parts: Parts, printer: Printer) -> Code:
    """`a @ b`; a vector stands on the side on which the matrix needs no transpose."""
    left, right, _, rows, columns, over = parts
    if not rows and _is_matrix(right) and right.axes == (*columns, *over) and columns:
        return _product(printer.code(right, (*columns, *over)), printer.code(left, over))
    if not columns and _is_matrix(left) and left.axes == (*over, *rows) and len(rows) == 1:
        return _product(printer.code(right, over), printer.code(left, (*over, *rows)))
    first, second = printer.code(left, (*rows, *over)), printer.code(right, (*columns[:-1], *over, *columns[-1:]))
    return _product(first, second)


def _is_matrix(node: Array) -> bool:
    """Whether a node has a natural order of its axes: what is stored, an inverse, a sum of such."""
    return isinstance(node, Leaf | Inverted) or (isinstance(node, Map) and node.function == "add")


def _product(left: Code, right: Code) -> Code:
    return f"{bracket(left, PRODUCT)} @ {bracket(right, ATOM)}", MATMUL


def _tensordot(parts: Parts, printer: Printer) -> Code:
    """A sum over several axes at once, or several axes on both sides: one matmul with those axes flattened."""
    codes, numbers = [], []
    for side, own in ((parts.left, parts.rows), (parts.right, parts.columns)):
        stored = (
            side.axes if tuple(axis for axis in side.axes if axis not in parts.over) == own else (*own, *parts.over)
        )
        codes.append(printer.code(side, stored)[0])
        numbers.append(tuple(stored.index(axis) for axis in parts.over))
    return f"np.tensordot({codes[0]}, {codes[1]}, ({numbers[0]}, {numbers[1]}))", ATOM


def _batched(parts: Parts, printer: Printer) -> Code:
    """A matmul for each position of the shared axes; a side with no axis of its own has one of length 1 meanwhile."""
    left, right, batch, rows, columns, over = parts
    first = _matrix(left, batch, rows, over, printer)
    second = _matrix(right, batch, over, columns, printer)
    text = _product(first, second)
    if len(rows) == 1 and len(columns) == 1:
        return text
    if len(rows) <= 1 and len(columns) <= 1:
        gone = [":"] * len(batch) + [":" if rows else "0"] + (["0"] if not columns else [])
        return f"({text[0]})[{', '.join(gone)}]", ATOM
    return f"({text[0]}).reshape({', '.join(_size((axis,), printer) for axis in parts.made)})", ATOM


def _matrix(side: Array, batch: Axes, first: Axes, second: Axes, printer: Printer) -> Code:
    """An array as a stack of matrices: several axes become one, and where there is none one of length 1 is made."""
    code = printer.code(side, (*batch, *first, *second))
    if len(first) <= 1 and len(second) <= 1:
        if first and second:
            return code
        marks = [":"] * len(batch) + [":" if first else "None"] + ([":" if second else "None"] if first else [])
        return f"{bracket(code, ATOM)}[{', '.join(marks)}]", ATOM
    shape = ", ".join(_size(axes, printer) for axes in (*((axis,) for axis in batch), first, second))
    return f"{bracket(code, ATOM)}.reshape({shape})", ATOM


def _size(axes: Axes, printer: Printer) -> str:
    """The number of entries along some axes."""
    return printer.number(sp.Mul(*(axis.size for axis in axes)))[0]
