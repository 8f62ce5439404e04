"""Inverses and determinants → NumPy's functions of the last two axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from symbackprop.emit.numbers import ATOM, Code
from symbackprop.emit.places import Printer
from symbackprop.program import Axes, Det, Inverted


def inverse(node: Inverted, order: Axes, printer: Printer) -> Code:
    """`np.linalg.inv(x)`, its axes in the wanted order."""
    first = tuple(axis for axis in node.axes if axis not in node.to)
    code = printer.code(node.arg, (*first, node.rows, node.columns))[0]
    return printer.transposed((f"np.linalg.inv({code})", ATOM), (*first, *node.to), order)


def determinant(node: Det, order: Axes, printer: Printer) -> Code:
    """`np.linalg.det(x)`, or the logarithm of its absolute value, which neither overflows nor vanishes."""
    code = printer.code(node.arg, (*order, node.rows, node.columns))[0]
    return (f"np.linalg.slogdet({code})[1]" if node.logarithm else f"np.linalg.det({code})"), ATOM


HANDLERS: Mapping[type, Callable[..., Code]] = {Inverted: inverse, Det: determinant}
