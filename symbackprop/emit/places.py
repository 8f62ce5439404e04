"""Array nodes that read or write at computed places → NumPy: windows, gathers, their transposes, one step of a loop.

The helpers below are emitted into a module that uses them. `window` and `accumulate` are transposes of each other, so
are `table[index]` and `scatter`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sympy import Expr

from symbackprop.program import Accumulate, Array, At, Axes, Gather, Scatter, Window

Code = tuple[str, int]
ATOM = 7
HELPER_CODE = {
    "window": '''def window(x: Array, axis: int, sizes: tuple[int, ...], steps: tuple[int, ...], start: int) -> Array:
    """Return x with one axis read at start + sum(step * index) for several indices, 0 outside its range."""
    grid = np.ix_(*(np.arange(size) for size in sizes))
    place = np.asarray(start + sum(step * index for step, index in zip(steps, grid, strict=True)))
    inside = (place >= 0) & (place < x.shape[axis])
    taken: Array = np.take(x, np.where(inside, place, 0), axis=axis)
    if not inside.all():
        taken = taken * inside.reshape(inside.shape + (1,) * (x.ndim - axis - 1))
    return taken''',
    "accumulate": '''def accumulate(
    values: Array, sizes: tuple[int, ...], steps: tuple[int, ...], start: int, length: int
) -> Array:
    """Return the sums of the last axes of values at the places start + sum(step * index) of one new axis."""
    kept = values.shape[: values.ndim - len(sizes)]
    grid = np.ix_(*(np.arange(size) for size in sizes))
    place = np.asarray(start + sum(step * index for step, index in zip(steps, grid, strict=True)))
    inside = (place >= 0) & (place < length)
    total = np.zeros((length, int(np.prod(kept))), dtype=values.dtype)
    flat = np.moveaxis(np.broadcast_to(values, kept + sizes).reshape(total.shape[1], *sizes), 0, -1)
    np.add.at(total, place[inside], flat[inside])
    return total.T.reshape(*kept, length)''',
    "scatter": '''def scatter(index: Array, values: Array, length: int) -> Array:
    """Return the sums of values at the places of a new first axis that index, along their first axes, says."""
    total = np.zeros((length, *values.shape[index.ndim :]), dtype=values.dtype)
    np.add.at(total, index, values)
    return total''',
    "at": '''def at(x: Array, axis: int, place: int) -> Array:
    """Return x at one place of an axis, 0 outside its range."""
    inside = 0 <= place < x.shape[axis]
    shape = x.shape[:axis] + x.shape[axis + 1 :]
    taken: Array = np.take(x, place, axis=axis) if inside else np.zeros(shape, dtype=x.dtype)
    return taken''',
}


class Printer(Protocol):
    """What printing a node needs of the printer of all nodes."""

    def code(self, node: Array, order: Axes) -> Code:
        """The node with its axes in this order."""
        ...

    def spread(self, node: Array, order: Axes) -> Code:
        """The node with a new axis for each that it lacks behind the first it has."""
        ...

    def transposed(self, code: Code, stored: Axes, order: Axes) -> Code:
        """Code of an array whose axes are `stored`, for another order."""
        ...

    def number(self, value: Expr) -> Code:
        """A number or a size."""
        ...


def window(node: Window, order: Axes, printer: Printer) -> Code:
    """`window(x, axis, sizes, steps, start)`."""
    rest = tuple(axis for axis in order if axis not in node.at.indices)
    first = next((n for n, axis in enumerate(order) if axis in node.at.indices), len(order))
    stored = (*order[:first], node.axis, *order[first:])
    stored = tuple(axis for axis in stored if axis == node.axis or axis in rest)
    made = tuple(part for axis in stored for part in (node.at.indices if axis == node.axis else (axis,)))
    sizes = _tuple(printer.number(index.size)[0] for index in node.at.indices)
    start = printer.number(node.at.start)[0]
    text = f"window({printer.code(node.arg, stored)[0]}, {stored.index(node.axis)}, {sizes}, {_tuple(map(str, node.at.steps))}, {start})"
    return printer.transposed((text, ATOM), made, order)


def accumulate(node: Accumulate, order: Axes, printer: Printer) -> Code:
    """`accumulate(values, sizes, steps, start, length)`."""
    kept = tuple(axis for axis in order if axis != node.axis)
    values = printer.spread(node.arg, (*kept, *node.at.indices))[0]
    sizes = _tuple(printer.number(index.size)[0] for index in node.at.indices)
    start, length = printer.number(node.at.start)[0], printer.number(node.axis.size)[0]
    text = f"accumulate({values}, {sizes}, {_tuple(map(str, node.at.steps))}, {start}, {length})"
    return printer.transposed((text, ATOM), (*kept, node.axis), order)


def gather(node: Gather, order: Axes, printer: Printer) -> Code:
    """`table[index]`, with the positions of shared axes beside it."""
    shared = tuple(axis for axis in node.arg.axes if axis in node.index.axes)
    others = tuple(axis for axis in order if axis in node.arg.axes and axis not in shared)
    table = printer.code(node.arg, (*shared, node.axis, *others))
    index = node.index.axes
    grids = [_grid(printer, axis, index) for axis in shared]
    inside = ", ".join([*grids, printer.code(node.index, index)[0]])
    text = table[0] if table[1] >= ATOM else f"({table[0]})"
    return printer.transposed((f"{text}[{inside}]", ATOM), (*index, *others), order)


def _grid(printer: Printer, axis: Expr, index: Axes) -> str:
    marks = [":" if own == axis else "None" for own in index]
    marks = marks[marks.index(":") :]
    shape = f"[{', '.join(marks)}]" if len(marks) > 1 else ""
    return f"np.arange({printer.number(axis.size)[0]}){shape}"


def scatter(node: Scatter, order: Axes, printer: Printer) -> Code:
    """`scatter(index, values, length)`."""
    rest = tuple(axis for axis in order if axis != node.axis)
    index = node.index.axes
    values = printer.spread(node.arg, (*index, *rest))[0]
    text = f"scatter({printer.code(node.index, index)[0]}, {values}, {printer.number(node.axis.size)[0]})"
    return printer.transposed((text, ATOM), (node.axis, *rest), order)


def at(node: At, order: Axes, printer: Printer) -> Code:
    """`h[:, t]` where the place is known to be inside, `at(h, axis, place)` where it may not be."""
    stored = node.arg.axes
    left = tuple(axis for axis in stored if axis != node.axis)
    array = printer.code(node.arg, stored)[0]
    number = stored.index(node.axis)
    place = printer.number(node.position)[0]
    if node.inside:
        text = f"{array}[{', '.join([':'] * number + [place])}]"
    else:
        text = f"at({array}, {number}, {place})"
    return printer.transposed((text, ATOM), left, order)


def _tuple(parts: object) -> str:
    texts = list(parts)  # type: ignore[call-overload]
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


HANDLERS: dict[type, Callable[..., Code]] = {
    Window: window,
    Accumulate: accumulate,
    Gather: gather,
    Scatter: scatter,
    At: at,
}
