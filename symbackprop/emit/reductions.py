"""Sums, maxima and positions of maxima over axes → `np.sum(x, axis=1)`, logarithms of sums, and running sums."""

from __future__ import annotations

from typing import Protocol

from symbackprop.emit.numbers import ATOM, Code, bracket
from symbackprop.program import Along, Array, Axes, Reduce
from symbackprop.program.masks import counted

HELPERS = frozenset({"logsumexp"})
RUNNING = ("cumsum", "cumsum_back")
# The same in the array API standard.
STANDARD_RUNNING = {
    "cumsum": "xp.cumulative_sum({0}, {1})",
    "cumsum_back": "xp.flip(xp.cumulative_sum(xp.flip({0}, {1}), {1}), {1})",
}


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


def along(node: Along, order: Axes, printer: Printer) -> Code:
    """The code of a function along one axis."""
    if node.function in RUNNING:
        return running_sum(node, order, printer), ATOM
    axis = "" if order[-1] == node.axis else f", axis={order.index(node.axis) - len(order)}"
    return f"{printer.called(node.function)}({printer.code(node.arg, order)[0]}{axis})", ATOM


def running_sum(node: Along, order: Axes, printer: Printer, out: str = "") -> str:
    """The code of a running sum, which is written into `out` if that is given."""
    place = order.index(node.axis)
    code = printer.code(counted(node.arg), order)
    axis = f", axis={place}" if len(order) > 1 else ""
    if node.function == "cumsum":
        return f"np.cumsum({code[0]}{axis}{f', out={out}' if out else ''})"
    back = f"[{':, ' * place}::-1]"
    text = f"np.cumsum({bracket(code, ATOM)}{back}{axis}"
    return f"{text}, out={out}{back})" if out else f"{text}){back}"
