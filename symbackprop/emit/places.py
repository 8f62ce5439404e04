"""Array nodes that read or write at computed places → NumPy: slices and reshapes where they are, helpers elsewhere.

The helpers below are emitted into a module that uses them. `window` and `accumulate` are transposes of each other, so
are `table[index]` and `scatter`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import sympy as sp
from sympy import Expr

from symbackprop.emit.layout import tuple_code
from symbackprop.emit.numbers import ATOM, Code, bracket
from symbackprop.expressions import Index
from symbackprop.program import Accumulate, Affine, Array, At, Axes, FirstStep, Gather, Scatter, Window, leaves
from symbackprop.program.bounds import least

HELPER_CODE = {
    "window": '''def window(x: Array, axis: int, sizes: tuple[int, ...], steps: tuple[int, ...], start: int) -> Array:
    """Return x with one axis read at start + sum(step * index) for several indices, 0 outside its range."""
    ends = [step * (size - 1) for size, step in zip(sizes, steps, strict=True)]
    before = max(0, -start - sum(end for end in ends if end < 0))
    after = max(0, start + sum(end for end in ends if end > 0) - x.shape[axis] + 1)
    if before or after:
        x = np.pad(x, [(before, after) if place == axis else (0, 0) for place in range(x.ndim)])
    shape = x.shape[:axis] + sizes + x.shape[axis + 1 :]
    strides = x.strides[:axis] + tuple(step * x.strides[axis] for step in steps) + x.strides[axis + 1 :]
    first = x[(slice(None),) * axis + (slice(start + before, None),)]
    return np.lib.stride_tricks.as_strided(first, shape, strides, writeable=False)''',
    "accumulate": '''def accumulate(
    values: Array, sizes: tuple[int, ...], steps: tuple[int, ...], start: int, length: int
) -> Array:
    """Return the sums of the last axes of values at the places start + sum(step * index) of one new axis."""
    kept = values.shape[: values.ndim - len(sizes)]
    values = np.broadcast_to(values, kept + sizes)
    ends = [step * (size - 1) for size, step in zip(sizes, steps, strict=True)]
    before = max(0, -start - sum(end for end in ends if end < 0))
    after = max(0, start + sum(end for end in ends if end > 0) - length + 1)
    total = np.zeros((*kept, before + length + after), dtype=values.dtype)
    long = max(range(len(sizes)), key=lambda place: sizes[place])
    for index in np.ndindex(*(1 if place == long else size for place, size in enumerate(sizes))):
        first = before + start + sum(step * number for step, number in zip(steps, index, strict=True))
        part = values[(..., *(slice(None) if place == long else number for place, number in enumerate(index)))]
        if steps[long] < 0:
            first, part = first + ends[long], part[..., ::-1]
        total[..., first : first + abs(ends[long]) + 1 : abs(steps[long])] += part
    return total[..., before : before + length]''',
    "scatter": '''def scatter(index: Array, values: Array, length: int) -> Array:
    """Return the sums of values at the places of a new first axis that index, along their first axes, says."""
    values = np.broadcast_to(values, index.shape + values.shape[index.ndim :])
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

    def transposed(self, code: Code, stored: Axes, order: Axes) -> Code:
        """Code of an array whose axes are `stored`, for another order."""

    def number(self, value: Expr) -> Code:
        """A number or a size."""

    def called(self, name: str) -> str:
        """The name of a helper, which is then emitted."""

    def precision(self, node: Array) -> str:
        """The type of the numbers in a node."""

    def place(self, node: Array, order: Axes) -> str:
        """A node as whole numbers."""


def window(node: Window, order: Axes, printer: Printer) -> Code:
    """The array itself, a slice, a reshape, or `window(x, axis, sizes, steps, start)`."""
    at = node.at
    digits = at.digits() if at.inside(node.axis.size) else None
    made_of = digits or at.indices
    rest = tuple(axis for axis in order if axis not in at.indices)
    first = next((n for n, axis in enumerate(order) if axis in at.indices), len(order))
    stored = (*(a for a in order[:first] if a in rest), node.axis, *(a for a in order[first:] if a in rest))
    made = tuple(part for axis in stored for part in (made_of if axis == node.axis else (axis,)))
    code = printer.code(node.arg, stored)
    place = stored.index(node.axis)
    if digits is not None:
        code = _cut(code, at, node.axis, place, printer)
        if len(digits) > 1:
            code = f"{bracket(code, ATOM)}.reshape({_sizes(made, printer)})", ATOM
    elif len(at.indices) == 1 and at.inside(node.axis.size) and at.steps[0] != 0:
        code = _cut(code, at, node.axis, place, printer)
    else:
        code = f"{printer.called('window')}({code[0]}, {place}, {_affine(at, printer)})", ATOM
    return printer.transposed(code, made, order)


def _cut(code: Code, at: Affine, axis: Index, place: int, printer: Printer) -> Code:
    """A slice from the first place to the last, or back, unless they are the ends of the axis."""
    step = at.steps[0] if len(at.indices) == 1 else 1
    if step < 0:
        first = "" if sp.expand(at.last + 1 - axis.size) == 0 else printer.number(at.last)[0]
        last = "" if at.first == 0 else printer.number(sp.expand(at.first - 1))[0]
        return f"{bracket(code, ATOM)}[{', '.join([*[':'] * place, f'{first}:{last}:{step}'])}]", ATOM
    first = "" if at.first == 0 else printer.number(at.first)[0]
    beyond = sp.expand(at.last + step - axis.size)
    last = "" if least(beyond).is_nonnegative else printer.number(sp.expand(at.last + 1))[0]
    if not first and not last and step == 1:
        return code
    inside = f"{first}:{last}" + (f":{step}" if step != 1 else "")
    return f"{bracket(code, ATOM)}[{', '.join([*[':'] * place, inside])}]", ATOM


def _affine(at: Affine, printer: Printer) -> str:
    sizes = tuple_code([printer.number(index.size)[0] for index in at.indices])
    return f"{sizes}, {tuple_code(list(map(str, at.steps)))}, {printer.number(at.start)[0]}"


def _sizes(axes: Iterable[Index], printer: Printer) -> str:
    return ", ".join(printer.number(axis.size)[0] for axis in axes)


def accumulate(node: Accumulate, order: Axes, printer: Printer) -> Code:
    """A reshape, zeros around the values, or `accumulate(values, sizes, steps, start, length)`."""
    kept = tuple(axis for axis in order if axis != node.axis)
    digits = node.at.digits()
    whole = node.at.start == 0 and sp.expand(node.at.last + 1 - node.axis.size) == 0
    if digits is not None and whole and set(digits) <= set(node.arg.axes):
        first = order.index(node.axis)
        code = printer.code(node.arg, (*order[:first], *digits, *order[first + 1 :]))
        if len(digits) == 1:
            return code
        return f"{bracket(code, ATOM)}.reshape({_sizes(order, printer)})", ATOM
    if node.at.steps == (1,) and node.at.inside(node.axis.size):
        return _padded(node, order, printer), ATOM
    values = _filled(node.arg, (*kept, *node.at.indices), printer)
    length = printer.number(node.axis.size)[0]
    text = f"{printer.called('accumulate')}({values}, {_affine(node.at, printer)}, {length})"
    return printer.transposed((text, ATOM), (*kept, node.axis), order)


def _padded(node: Accumulate, order: Axes, printer: Printer) -> str:
    """`np.pad(values, …)` where each value has a place of its own."""
    (index,) = node.at.indices
    values = _filled(node.arg, tuple(index if axis == node.axis else axis for axis in order), printer)
    after = sp.expand(node.axis.size - node.at.start - index.size)
    around = f"({printer.number(node.at.start)[0]}, {printer.number(after)[0]})"
    if len(order) > 1:
        around = tuple_code([around if axis == node.axis else "(0, 0)" for axis in order])
    return f"np.pad({values}, {around})"


def _filled(node: Array, order: Axes, printer: Printer) -> str:
    """The code of an array that has every axis of an order, of length 1 where the node lacks it."""
    if not node.axes:
        shape, number = tuple_code([printer.number(axis.size)[0] for axis in order]), printer.code(node, ())[0]
        return f"np.full({shape}, {number}{'' if leaves(node) else f', {printer.precision(node)}'})"
    code = printer.code(node, order)
    marks = [":" if axis in node.axes else "None" for axis in order]
    return f"{bracket(code, ATOM)}[{', '.join(marks)}]" if "None" in marks else code[0]


def gather(node: Gather, order: Axes, printer: Printer) -> Code:
    """`table[index]`, with the positions of shared axes beside it."""
    shared = tuple(axis for axis in node.arg.axes if axis in node.index.axes)
    others = tuple(axis for axis in order if axis in node.arg.axes and axis not in shared)
    table = printer.code(node.arg, (*shared, node.axis, *others))
    index = node.index.axes
    inside = ", ".join([*(_grid(axis, index, printer) for axis in shared), printer.place(node.index, index)])
    return printer.transposed((f"{bracket(table, ATOM)}[{inside}]", ATOM), (*index, *others), order)


def _grid(axis: Index, index: Axes, printer: Printer) -> str:
    """The positions along one of the axes of an array of positions, with its other axes after it."""
    marks = [":" if own == axis else "None" for own in index]
    marks = marks[marks.index(":") :]
    shape = f"[{', '.join(marks)}]" if len(marks) > 1 else ""
    return f"np.arange({printer.number(axis.size)[0]}){shape}"


def scatter(node: Scatter, order: Axes, printer: Printer) -> Code:
    """`scatter(index, values, length)`."""
    rest = tuple(axis for axis in order if axis != node.axis)
    index = node.index.axes
    values = _filled(node.arg, (*index, *rest), printer)
    places, length = printer.place(node.index, index), printer.number(node.axis.size)[0]
    text = f"{printer.called('scatter')}({places}, {values}, {length})"
    return printer.transposed((text, ATOM), (node.axis, *rest), order)


def at(node: At, order: Axes, printer: Printer) -> Code:
    """`h[:, t]` where the place is known to be inside, `at(h, axis, place)` where it may not be."""
    stored = node.arg.axes
    left = tuple(axis for axis in stored if axis != node.axis)
    array = printer.code(node.arg, stored)
    number = stored.index(node.axis)
    place = printer.number(node.position)[0]
    if node.inside:
        text = f"{bracket(array, ATOM)}[{', '.join([':'] * number + [place])}]"
    else:
        text = f"{printer.called('at')}({array[0]}, {number}, {place})"
    return printer.transposed((text, ATOM), left, order)


def first_step(node: FirstStep, order: Axes, printer: Printer) -> Code:
    """A choice by the number of the step, in brackets; a number at the first step is one for all places."""
    later, first = (printer.code(part, order)[0] for part in (node.later, node.first))
    return f"({later} if step else {first})", ATOM


HANDLERS: Mapping[type, Callable[..., Code]] = {
    Window: window,
    Accumulate: accumulate,
    Gather: gather,
    Scatter: scatter,
    At: at,
    FirstStep: first_step,
}
