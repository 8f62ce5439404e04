"""Arrays of recurrences and convolutions → stored with the place in time first and the samples last.

A step of a loop then writes one block of memory, and windows are copied in runs as long as there are samples. Products
read inputs and parameters transposed, as they are; only where samples are multiplied one by one, as in attention, they
must stay in front.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from sympy import Expr

from symbackprop.optimize.views import is_view
from symbackprop.program import (
    Array,
    Assign,
    Axes,
    Contract,
    Leaf,
    Loop,
    Program,
    Reduce,
    Statement,
    Window,
    assignments,
    children,
    nodes,
    rebuilt,
)

SAMPLES = "N"


def samples_last(program: Program) -> Program:
    """Reorder the axes of all arrays that are computed, where there is a loop or a window."""
    every = assignments((*program.forward, *program.backward))
    trees = [node for assign in every for node in nodes(assign.value)]
    loops = [s for s in (*program.forward, *program.backward) if isinstance(s, Loop)]
    windows = [node for node in trees if isinstance(node, Window) and not is_view(node)]
    if not (loops or windows) or any(_one_by_one(node) for node in trees if isinstance(node, Contract)):
        return program
    times = {assign.name: loop.index for loop in loops for assign in loop.body}
    results = set(program.gradients.values())
    orders: dict[str, tuple[int, ...]] = {}
    filters: dict[str, tuple[int, ...]] = {}
    for assign in every:
        if assign.name in results:
            continue
        orders[assign.name] = _order(assign, times.get(assign.name))
        found = _filters_first(assign, filters, orders)
        if found is not None:
            orders[assign.name] = filters[assign.name] = found
    sequences = _sequences(program, {loop.index.size for loop in loops}, trees)
    steps = _by_steps(sequences)
    apart = {name: replace(copy, value=Leaf(steps[name].name, steps[name].axes)) for name, copy in sequences.items()}
    copies = _Copies(apart, _copied_for_windows(program, windows), steps)
    return replace(
        program,
        forward=(*copies.all, *reordered(program.forward, orders, copies)),
        backward=tuple(reordered(program.backward, orders, copies)),
    )


class _Copies(NamedTuple):
    """Copies of inputs in another order, by the input's name.

    Attributes:
        everywhere: Those that are read wherever the input was.
        in_windows: Those that are read in windows alone.
        in_sums: Those that are read in sums over samples and time.
    """

    everywhere: dict[str, Assign]
    in_windows: dict[str, Assign]
    in_sums: dict[str, Assign]

    @property
    def all(self) -> tuple[Assign, ...]:
        """The statements that copy."""
        return (*self.in_sums.values(), *(self.in_windows | self.everywhere).values())

    def of(self, name: str, window: bool, summed: int) -> Assign | None:
        """The copy that is read in the place of an input; in a sum over so many axes."""
        if summed > 1 and name in self.in_sums:
            return self.in_sums[name]
        return self.everywhere.get(name) or (self.in_windows.get(name) if window else None)


NO_COPIES = _Copies({}, {}, {})


def _sequences(program: Program, lengths: set[Expr], trees: Iterable[Array]) -> dict[str, Assign]:
    """Inputs along time that are multiplied with weights, copied with time first and the samples last.

    The product of each step is then one of matrices that are stored as they are read, and so is each step's gradient.
    """
    read = {
        side.name
        for node in trees
        if isinstance(node, Contract)
        for side in (node.left, node.right)
        if isinstance(side, Leaf) and side.name in program.data
    }
    found = {}
    for name in read:
        axes = program.data[name]
        times = [axis for axis in axes if axis.size in lengths]
        if len(axes) == 3 and len(times) == 1 and any(is_samples(axis.size) for axis in axes):
            order = sorted(axes, key=lambda axis: (axis not in times, is_samples(axis.size)))
            found[name] = Assign(f"{name}_samples_last", tuple(order), Leaf(name, axes))
    return dict(sorted(found.items()))


def _by_steps(sequences: Mapping[str, Assign]) -> dict[str, Assign]:
    """The same inputs with the samples of each step as rows: what a weight's gradient sums over lies together then.

    Rows are copied fast, and transposed fast from there, as long as a step fits in the cache.
    """
    found = {}
    for name, copy in sequences.items():
        axes = (copy.axes[0], *reversed(copy.axes[1:]))
        found[name] = replace(copy, name=f"{name}_by_steps", axes=axes)
    return found


def _copied_for_windows(program: Program, windows: Iterable[Array]) -> dict[str, Assign]:
    """Inputs that windows are read from, copied with their samples last: the windows are then copied in runs."""
    read = {node.name for window in windows for node in nodes(window) if isinstance(node, Leaf)}
    found = {}
    for name, axes in program.data.items():
        order = sorted(axes, key=lambda axis: is_samples(axis.size))
        if name in read and tuple(order) != axes:
            found[name] = Assign(f"{name}_samples_last", tuple(order), Leaf(name, axes))
    return found


def _one_by_one(node: Contract) -> bool:
    """Whether a product is made for each sample by itself, and is no mere sum of products."""
    shared = set(node.left.axes) & set(node.right.axes) - set(node.over)
    own = set(node.left.axes) ^ set(node.right.axes)
    return any(is_samples(axis.size) for axis in shared) and bool(own)


def is_samples(size: object) -> bool:
    """Whether a length is the number of samples."""
    return str(size) == SAMPLES


def _order(assign: Assign, time: object) -> tuple[int, ...]:
    """The places of an array's axes, in the order in which they are to be stored."""
    places = range(len(assign.axes))
    return tuple(sorted(places, key=lambda n: (assign.axes[n] != time, is_samples(assign.axes[n].size))))


def _filters_first(
    assign: Assign, filters: dict[str, tuple[int, ...]], orders: dict[str, tuple[int, ...]]
) -> tuple[int, ...] | None:
    """The order of what filters make of windows, one filter after the other, and of what is computed from it."""
    for node in nodes(assign.value):
        if isinstance(node, Leaf) and node.name in filters and set(node.axes) == set(assign.axes):
            return tuple(assign.axes.index(axis) for axis in _permuted(node.axes, filters[node.name]))
        if isinstance(node, Reduce) and set(node.axes) == set(assign.axes):
            largest = node.arg
            while isinstance(largest, Reduce):
                largest = largest.arg
            if isinstance(largest, Leaf) and largest.name in filters:
                left = [axis for axis in _permuted(largest.axes, filters[largest.name]) if axis in node.axes]
                return tuple(assign.axes.index(axis) for axis in left)
        if isinstance(node, Contract):
            for side, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(side, Window) and not is_view(side) and set(node.axes) == set(assign.axes):
                    own = [axis for axis in assign.axes if axis not in side.axes and axis in other.axes]
                    phases = [axis for axis in assign.axes if axis.name.endswith("_phase")]
                    rest = [assign.axes[place] for place in orders[assign.name]]
                    wanted = dict.fromkeys((*own, *phases, *rest))
                    return tuple(assign.axes.index(axis) for axis in wanted)
    return None


def reordered(
    statements: Iterable[Statement], orders: dict[str, tuple[int, ...]], copies: _Copies = NO_COPIES
) -> Iterable[Statement]:
    """The statements with the axes of some arrays in another order, and reads of inputs as reads of their copies."""

    def assigned(assign: Assign) -> Assign:
        axes = _permuted(assign.axes, orders.get(assign.name))
        return replace(assign, axes=axes, value=_node(assign.value, orders, copies))

    for statement in statements:
        if isinstance(statement, Loop):
            yield replace(statement, body=tuple(assigned(assign) for assign in statement.body))
        else:
            yield assigned(statement)


def _node(
    node: Array, orders: dict[str, tuple[int, ...]], copies: _Copies, window: bool = False, summed: int = 0
) -> Array:
    if isinstance(node, Leaf):
        copy = copies.of(node.name, window, summed)
        if copy is not None:
            stored = (copies.in_sums.get(node.name) or copies.in_windows[node.name]).value.axes
            return Leaf(copy.name, tuple(node.axes[stored.index(axis)] for axis in copy.axes))
        return replace(node, axes=_permuted(node.axes, orders.get(node.name)))
    window = isinstance(node, Window) and (window or not is_view(node))
    summed = len(node.over) if isinstance(node, Contract) else 0
    inside = children(node)
    return rebuilt(node, [_node(child, orders, copies, window, summed) for child in inside]) if inside else node


def _permuted(axes: Axes, order: tuple[int, ...] | None) -> Axes:
    return axes if order is None else tuple(axes[place] for place in order)
