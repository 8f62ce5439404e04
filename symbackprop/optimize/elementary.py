"""One operation of a formula → the operations of an array library it is made of: the fastest form that is stable.

softmax(z) is exp(z - max z) over its sum, and log_softmax(z) begins with the same two steps: written out, what they
have in common is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy as sp

from symbackprop.optimize.renaming import with_axes
from symbackprop.program import Along, Array, Const, Map, Position, Reduce
from symbackprop.program.masks import extreme, is_truth, mask

ZERO = Const(sp.S.Zero)
POWERS = {
    sp.Integer(2): ("square",),
    sp.Integer(-1): ("reciprocal",),
    sp.Integer(-2): ("square", "reciprocal"),
    sp.Rational(1, 2): ("sqrt",),
    sp.Rational(-1, 2): ("sqrt", "reciprocal"),
}


def expanded(node: Array) -> Array:
    """Write one node, not what is inside it, with operations that can write into memory set aside.

    Example:
        >>> from symbackprop.expressions import Index
        >>> from symbackprop.program import Leaf
        >>> z = Leaf("z", (Index("j", 3),))
        >>> expanded(Map("where", (Map("gt", (z, ZERO)), z, ZERO))).function
        'maximum'
    """
    match node:
        case Along(function="cumsum" | "cumsum_back"):
            return replace(node, arg=as_number(node.arg))
        case Along():
            return ALONG[node.function](node) if node.function in ALONG else node
        case Reduce(kind="logsumexp"):
            top = Reduce("max", node.arg, node.over)
            return Map("add", (top, Map("log", (Reduce("sum", _exp(node.arg, top), node.over),))))
        case Map():
            return MAPS[node.function](node) if node.function in MAPS else _numbers(node)
    return node


def _exp(z: Array, top: Array) -> Array:
    return Map("exp", (Map("subtract", (z, top)),))


def _softmax(node: Along) -> Array:
    powers = _exp(node.arg, Reduce("max", node.arg, (node.axis,)))
    return Map("divide", (powers, Reduce("sum", powers, (node.axis,))))


def _log_softmax(node: Along) -> Array:
    top = Reduce("max", node.arg, (node.axis,))
    total = Reduce("sum", _exp(node.arg, top), (node.axis,))
    return Map("subtract", (Map("subtract", (node.arg, top)), Map("log", (total,))))


def _power(node: Map) -> Array:
    base, exponent = node.args
    value = exponent.value if isinstance(exponent, Const) else None
    if value is None or value not in POWERS:
        return _numbers(node)
    for function in POWERS[value]:
        base = Map(function, (as_number(base),))
    return base


def _where(node: Map) -> Array:
    """relu is a maximum, |z| a function, and a condition that chooses between 1 and 0 is its own truth value."""
    condition, then, otherwise = node.args
    chosen = mask(node)
    if chosen is not None:
        return as_number(chosen)
    if extreme(node) != node:
        return extreme(node)
    return Map("where", (condition, as_number(then), as_number(otherwise)))


def _log_sigmoid(node: Map) -> Array:
    return Map("negative", (Map("logaddexp", (ZERO, Map("negative", node.args))),))


def at_largest(node: Map) -> Array:
    """[j = argmax over k of x[k]] → a mask: whether an entry is the first of the largest along an axis."""
    for own, other in (node.args, node.args[::-1]):
        if isinstance(own, Position) and isinstance(other, Reduce) and other.kind == "argmax" and len(other.over) == 1:
            (axis,) = other.over
            if axis.size == own.axis.size and own.axis not in other.arg.axes:
                return Along("first_largest", with_axes(other.arg, {axis: own.axis}), own.axis)
    return node


def as_number(node: Array) -> Array:
    """A truth value as 1 or 0; anything else is itself."""
    return Map("number", (node,)) if node.axes and is_truth(node) else node


def _numbers(node: Map) -> Array:
    """A function of truth values, none of which stays one where it would be added or negated."""
    if is_truth(node) or node.function in ("mul", "number"):
        return node
    return Map(node.function, tuple(map(as_number, node.args)))


ALONG: Mapping[str, Callable[[Along], Array]] = {"softmax": _softmax, "log_softmax": _log_softmax}
MAPS: Mapping[str, Callable[[Map], Array]] = {
    "pow": _power,
    "where": _where,
    "softplus": lambda node: Map("logaddexp", (ZERO, *node.args)),
    "log_sigmoid": _log_sigmoid,
}
