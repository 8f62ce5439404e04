"""Statements whose logarithms overflow as they stand → statements that are finite wherever the value is.

log(a) of a softmax or a logistic a is taken from z, since a itself is rounded to 0 or 1 long before its logarithm is
large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbackprop.expressions import Index
from symbackprop.program import Along, Array, Assign, Const, Leaf, Map, Statement, children, rebuilt


def stable_logs(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """log(softmax(z)) → log_softmax(z), log(sigmoid(z)) → log_sigmoid(z), log(1 - sigmoid(z)) → log_sigmoid(-z)."""
    defined = {statement.name: statement for statement in statements if isinstance(statement, Assign)}
    return tuple(
        replace(statement, value=_rewritten(statement.value, defined)) if isinstance(statement, Assign) else statement
        for statement in statements
    )


def _rewritten(node: Array, defined: Mapping[str, Assign]) -> Array:
    match node:
        case Map(function="log", args=(arg,)):
            return _log(arg, defined) or Map("log", (_rewritten(arg, defined),))
    return rebuilt(node, [_rewritten(child, defined) for child in children(node)])


def _log(arg: Array, defined: Mapping[str, Assign]) -> Array | None:
    match _value(arg, defined):
        case Along(function="softmax", arg=inner, axis=axis):
            return Along("log_softmax", inner, axis)
        case Map(function="sigmoid", args=(z,)):
            return Map("log_sigmoid", (z,))
    match arg:
        case Map(function="add", args=(Const(value=one), Map(function="mul", args=(Const(value=sign), inside)))):
            found = _value(inside, defined)
            if one == 1 and sign == -1 and isinstance(found, Map) and found.function == "sigmoid":
                return Map("log_sigmoid", (Map("mul", (Const(sign), found.args[0])),))
    return None


def _value(node: Array, defined: Mapping[str, Assign]) -> Array | None:
    """What a node is: itself, or for a stored array what its statement says, at the axes of this reading."""
    if not isinstance(node, Leaf):
        return node
    if node.name not in defined:
        return None
    statement = defined[node.name]
    table = dict(zip(statement.axes, node.axes, strict=True))
    match statement.value:
        case Along(function="softmax", arg=Leaf() as z, axis=axis):
            return Along("softmax", _at(z, table), table[axis])
        case Map(function="sigmoid", args=(Leaf() as z,)):
            return Map("sigmoid", (_at(z, table),))
    return None


def _at(leaf: Leaf, table: Mapping[Index, Index]) -> Leaf:
    return replace(leaf, axes=tuple(table.get(axis, axis) for axis in leaf.axes))
