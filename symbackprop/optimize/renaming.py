"""A node → the same node under other names of axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbackprop.expressions import Index
from symbackprop.program import (
    Accumulate,
    Affine,
    Along,
    Array,
    At,
    Const,
    Contract,
    Gather,
    Leaf,
    Position,
    Reduce,
    Scatter,
    Window,
    children,
    rebuilt,
)


def with_axes(node: Array, names: Mapping[Index, Index]) -> Array:
    """Write other axes for some.

    Example:
        >>> i, j, k = Index("i", 3), Index("j", 3), Index("k", 3)
        >>> with_axes(Leaf("z", (i, j)), {i: k})
        Leaf(name='z', axes=(k, j))
    """
    match node:
        case Leaf():
            return replace(node, axes=tuple(names.get(axis, axis) for axis in node.axes))
        case Position():
            return replace(node, axis=names.get(node.axis, node.axis))
        case Const():
            return replace(node, value=node.value.xreplace(dict(names)))
        case Contract() | Reduce():
            node = replace(node, over=tuple(names.get(axis, axis) for axis in node.over))
        case Along() | Gather() | Scatter():
            node = replace(node, axis=names.get(node.axis, node.axis))
        case Window() | Accumulate():
            node = replace(node, axis=names.get(node.axis, node.axis), at=_affine(node.at, names))
        case At():
            axis = names.get(node.axis, node.axis)
            node = replace(node, axis=axis, position=node.position.xreplace(dict(names)))
    inside = children(node)
    return rebuilt(node, [with_axes(child, names) for child in inside]) if inside else node


def of_all_steps(node: Array, loop: Index) -> Leaf | None:
    """The array that is read at the place of a loop, for all places; `None` if that is not what a node is."""
    if isinstance(node, At) and isinstance(node.arg, Leaf) and node.inside and node.position == loop:
        return Leaf(node.arg.name, tuple(loop if axis == node.axis else axis for axis in node.arg.axes))
    return None


def _affine(at: Affine, names: Mapping[Index, Index]) -> Affine:
    return replace(at, indices=tuple(names.get(index, index) for index in at.indices))
