"""Sums, maxima and positions of maxima over axes → `np.sum(x, axis=1)`, and logarithms of sums of exponentials."""

from __future__ import annotations

from typing import Protocol

from symbackprop.emit.numbers import ATOM, Code
from symbackprop.program import Array, Axes, Reduce

HELPERS = frozenset({"logsumexp"})


class Printer(Protocol):
    """What printing a reduction needs of the printer of all nodes."""

    def code(self, node: Array, order: Axes) -> Code:
        """The node with its axes in this order."""

    def called(self, name: str) -> str:
        """The name of a helper, which is then emitted."""


def reduction(node: Reduce, order: Axes, printer: Printer) -> Code:
    """The code of a reduction with the axes that are left in this order."""
    inner = tuple(axis for axis in node.arg.axes if axis not in node.over)
    kept = tuple(axis for axis in order if axis in inner)
    arrangement = _arrangement(node, kept)
    text = printer.code(node.arg, arrangement)[0]
    axes = [arrangement.index(axis) for axis in node.over]
    name = printer.called(node.kind) if node.kind in HELPERS else f"np.{node.kind}"
    if not kept:
        return f"{name}({text})", ATOM
    where = str(axes[0]) if len(axes) == 1 else f"({', '.join(map(str, axes))})"
    return f"{name}({text}, axis={where})", ATOM


def _arrangement(node: Reduce, kept: Axes) -> Axes:
    """The order for the argument of a reduction: as it is stored, if the kept axes come out right."""
    stored = node.arg.axes
    if tuple(axis for axis in stored if axis in kept) == kept:
        return stored
    return (*node.over, *kept)
