"""Inverses and determinants → functions of the last two axes: NumPy's, and those of the array API standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from symbackprop.emit.numbers import ATOM, Code
from symbackprop.emit.places import Printer
from symbackprop.program import Array, Axes, Det, Inverted


def inverse(node: Inverted, order: Axes, printer: Printer) -> Code:
    """`np.linalg.inv(x)`, its axes in the wanted order."""
    first = tuple(axis for axis in node.axes if axis not in node.to)
    code = printer.code(node.arg, (*first, node.rows, node.columns))[0]
    return printer.transposed((f"np.linalg.inv({code})", ATOM), (*first, *node.to), order)


def determinant(node: Det, order: Axes, printer: Printer) -> Code:
    """`np.linalg.det(x)`, or the logarithm of its absolute value, which neither overflows nor vanishes."""
    code = printer.code(node.arg, (*order, node.rows, node.columns))[0]
    return (f"np.linalg.slogdet({code})[1]" if node.logarithm else f"np.linalg.det({code})"), ATOM


class StandardPrinter(Protocol):
    """What printing a matrix needs of the printer of the array API standard."""

    def numeric(self, node: Array, order: Axes) -> Code:
        """The node as numbers, its axes in this order."""

    def permuted(self, code: Code, stored: Axes, order: Axes) -> Code:
        """Code of an array whose axes are `stored`, for another order."""

    def helper(self, name: str) -> str:
        """A name that the module must have, or a library."""


def standard_inverse(printer: StandardPrinter, node: Inverted, order: Axes) -> Code:
    """`xp.linalg.inv(x)`, its axes in the wanted order."""
    first = tuple(axis for axis in node.axes if axis not in node.to)
    code = printer.numeric(node.arg, (*first, node.rows, node.columns))[0]
    return printer.permuted((f"xp.{printer.helper('linalg.inv')}({code})", ATOM), (*first, *node.to), order)


def standard_determinant(printer: StandardPrinter, node: Det, order: Axes) -> Code:
    """`xp.linalg.det(x)`, or the logarithm of its absolute value."""
    code = printer.numeric(node.arg, (*order, node.rows, node.columns))[0]
    name = printer.helper("linalg.slogdet" if node.logarithm else "linalg.det")
    return f"xp.{name}({code}){'[1]' if node.logarithm else ''}", ATOM


STANDARD: Mapping[type, Callable[..., Code]] = {Inverted: standard_inverse, Det: standard_determinant}
HANDLERS: Mapping[type, Callable[..., Code]] = {Inverted: inverse, Det: determinant}
