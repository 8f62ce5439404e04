"""Statements → what decides their branches, so that a check can stay away from the kinks of the loss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sympy as sp

from symbackprop.expressions import Index
from symbackprop.program import (
    Affine,
    Array,
    At,
    Const,
    Leaf,
    Loop,
    Map,
    Reduce,
    Statement,
    Window,
    children,
    leaves,
    nodes,
    rebuilt,
)

ORDERED = frozenset({"gt", "ge", "lt", "le"})


def kinks(statements: Iterable[Statement]) -> list[tuple[str, Array]]:
    """What decides a branch, for every branch that depends on values.

    Returns:
        `("sign", a)` where the sign of an array decides, `("gap", a)` where it matters which entries of the argument of
        a maximum are the largest.
    """
    found: list[tuple[str, Array]] = []
    for statement in statements:
        body, loop = (statement.body, statement.index) if isinstance(statement, Loop) else ((statement,), None)
        for assign in body:
            value = assign.value if loop is None else _outside(assign.value, loop)
            found += [kink for node in nodes(value) for kink in _kink(node)]
    return list(dict.fromkeys(found))


def _kink(node: Array) -> list[tuple[str, Array]]:
    if isinstance(node, Map) and node.function in ORDERED and leaves(node):
        left, right = node.args
        if isinstance(right, Const) and right.value == 0:
            return [("sign", left)]
        return [("sign", Map("add", (left, Map("mul", (Const(sp.S.NegativeOne), right)))))]
    if isinstance(node, Reduce) and node.kind in ("max", "argmax"):
        return [("gap", node)]
    return []


def _outside(node: Array, loop: Index) -> Array:
    """What a node inside a loop is for all positions of the loop at once."""
    inner = rebuilt(node, [_outside(child, loop) for child in children(node)])
    if not isinstance(inner, At) or loop not in inner.position.free_symbols:
        return inner
    if inner.position == loop and isinstance(inner.arg, Leaf):
        return replace(inner.arg, axes=tuple(loop if axis == inner.axis else axis for axis in inner.arg.axes))
    return Window(inner.arg, inner.axis, Affine((loop,), (1,), sp.expand(inner.position - loop)))
