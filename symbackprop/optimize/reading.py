"""Statements that only reshape or cut an array → gone: their array is read where it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from symbackprop.optimize.renaming import with_axes
from symbackprop.optimize.views import is_view
from symbackprop.program import Accumulate, Array, Assign, Leaf, Loop, Program, Statement, Window, children, rebuilt


def read_in_place(program: Program) -> Program:
    """Read through reshapes; those that would copy at every read stay, and so do results."""
    kept = {program.loss, *program.gradients.values(), *program.whole}
    # What has zeros at its ends is memory of its own.
    kept |= {*program.padded, *(base for base, _ in program.shifted.values())}
    views: dict[str, Assign] = {}
    forward = tuple(_through(program.forward, views, kept))
    return replace(program, forward=forward, backward=tuple(_through(program.backward, views, kept)))


def _through(statements: Iterable[Statement], views: dict[str, Assign], kept: set[str]) -> Iterator[Statement]:
    for statement in statements:
        if isinstance(statement, Loop):
            yield replace(statement, body=tuple(replace(a, value=_node(a.value, views)) for a in statement.body))
            continue
        statement = replace(statement, value=_node(statement.value, views))
        if statement.name not in kept and copies_nothing(statement):
            views[statement.name] = statement
        else:
            yield statement


def copies_nothing(assign: Assign) -> bool:
    """Whether a statement gives a stored array, whole and in its order, another shape: NumPy copies nothing then."""
    node, axes = assign.value, assign.axes
    if not is_view(node) or isinstance(node, Leaf):
        return False
    if isinstance(node, Accumulate) and isinstance(node.arg, Leaf):
        digits = node.at.digits()
        place = axes.index(node.axis)
        return digits is not None and (*axes[:place], *digits, *axes[place + 1 :]) == node.arg.axes
    if isinstance(node, Window) and isinstance(node.arg, Leaf):
        digits = node.at.digits()
        place = node.arg.axes.index(node.axis)
        stored = node.arg.axes
        return digits is not None and (*stored[:place], *digits, *stored[place + 1 :]) == axes
    return False


def _node(node: Array, views: dict[str, Assign]) -> Array:
    if isinstance(node, Leaf) and node.name in views:
        view = views[node.name]
        return with_axes(view.value, dict(zip(view.axes, node.axes, strict=True)))
    inside = children(node)
    return rebuilt(node, [_node(child, views) for child in inside]) if inside else node
