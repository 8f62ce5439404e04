"""What a node costs: an array as it is stored or a part of it, a number, something that never changes, or work."""

from __future__ import annotations

import sympy as sp

from symbackprop.program import Accumulate, Array, At, Axes, Leaf, Window, leaves, nodes
from symbackprop.program.nodes import Const


def is_view(node: Array) -> bool:
    """Whether a node is a stored array, or a slice or a reshape of one: reading it computes nothing.

    Example:
        >>> from symbackprop.expressions import Index
        >>> i, j = Index("i", 4), Index("j", 3)
        >>> is_view(Leaf("a", (i, j))), is_view(At(Leaf("a", (i, j)), i, sp.Integer(2), inside=True))
        (True, True)
    """
    match node:
        case Leaf():
            return True
        case At():
            return node.inside and is_view(node.arg)
        case Window():
            at, size = node.at, node.axis.size
            plain = at.digits() is not None or (len(at.indices) == 1 and at.steps[0] > 0)
            return plain and at.inside(size) and is_view(node.arg)
        case Accumulate():
            digits = node.at.digits()
            whole = node.at.start == 0 and sp.expand(node.at.last + 1 - node.axis.size) == 0
            return whole and digits is not None and set(digits) <= set(node.arg.axes) and is_view(node.arg)
    return False


def is_constant(node: Array) -> bool:
    """Whether a node reads no array, and no place of a loop, so that it is the same at every call."""
    return not leaves(node) and bool(node.axes) and not any(isinstance(inner, At) for inner in nodes(node))


def is_scalar(node: Array) -> bool:
    """Whether a node is one number made of numbers: Python computes it."""
    return not node.axes and all(isinstance(inner, Const | Leaf) or not inner.axes for inner in nodes(node))


def same_length(first: Axes, second: Axes) -> bool:
    """Whether two arrays have the same shape."""
    return tuple(axis.size for axis in first) == tuple(axis.size for axis in second)
