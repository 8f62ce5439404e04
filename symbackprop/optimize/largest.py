"""relu before a maximum → relu of the maximum, which is the same with fewer numbers: relu keeps their order.

Where the maximum is not positive its slope is 0 in either form. Elsewhere the entries that are largest are the same
ones, so that the slope goes to the same place, and it is the slope of relu at the maximum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from symbackprop.optimize.common import has_loops, renamed, replaced
from symbackprop.optimize.elementary import at_largest
from symbackprop.program import (
    Array,
    Assign,
    Const,
    Leaf,
    Loop,
    Map,
    Program,
    Reduce,
    Statement,
    Window,
    assignments,
    children,
    combined,
    leaves,
    nodes,
    rebuilt,
)
from symbackprop.program.masks import is_number, mask

ZERO = Const(sp.S.Zero)


def relu_last(program: Program) -> Program:
    """Take the maximum first, of every relu that is read for its maximum alone."""
    every = assignments((*program.forward, *program.backward))
    for assign in every:
        source = _relu_of(assign)
        if source is None or has_loops(program):
            continue
        moved = [_moved(other, assign.name, source) for other in every if other.name != assign.name]
        if all(statement is not None for statement in moved):
            now = {statement.name: statement for statement in moved if statement is not None}
            forward, backward = (
                tuple(now[s.name] for s in part if isinstance(s, Assign) and s.name in now)
                for part in (program.forward, program.backward)
            )
            return relu_last(replace(program, forward=forward, backward=backward))
    return program


def _relu_of(assign: Assign) -> str | None:
    """z if a statement is a = where(z > 0, z, 0) with the axes as they are stored."""
    node = assign.value
    if not (isinstance(node, Map) and node.function == "where" and isinstance(node.args[1], Leaf)):
        return None
    z = node.args[1]
    fits = node.args == (Map("gt", (z, ZERO)), z, ZERO) and z.axes == assign.axes
    return z.name if fits else None


def _moved(assign: Assign, a: str, z: str) -> Assign | None:
    """A statement with maxima of z in place of those of a; `None` if it reads a in another way."""
    if a not in assign.reads:
        return assign
    if isinstance(assign.value, Reduce) and _is_largest(assign.value, a, "max"):
        value = renamed(assign.value, {a: z})
        return replace(assign, value=Map("where", (Map("gt", (value, ZERO)), value, ZERO)))
    if not (isinstance(assign.value, Map) and assign.value.function == "mul"):
        return None
    slopes = [arg for arg in assign.value.args if _is_slope(arg, z)]
    others = [arg for arg in assign.value.args if a in leaves(arg)]
    if len(slopes) != 1 or len(others) != 1:
        return None
    found = _at_largest(others[0], a, z)
    if found is None:
        return None
    rest = [found if arg is others[0] else arg for arg in assign.value.args if arg is not slopes[0]]
    return replace(assign, value=combined("mul", rest))


def _is_slope(node: Array, z: str) -> bool:
    """Whether a factor is [z > 0]."""
    condition = mask(node)
    return (
        isinstance(condition, Map)
        and condition.function == "gt"
        and isinstance(condition.args[0], Leaf)
        and condition.args[0].name == z
        and is_number(condition.args[1], 0)
    )


def _is_largest(node: Array, a: str, kind: str) -> bool:
    """Whether a node is a maximum, or a maximum of maxima, of windows of a."""
    if not (isinstance(node, Reduce) and node.kind == kind):
        return False
    inside = node.arg
    while isinstance(inside, Window):
        inside = inside.arg
    return (isinstance(inside, Leaf) and inside.name == a) or _is_largest(inside, a, "max")


def _at_largest(node: Array, a: str, z: str) -> Array | None:
    """Values put where a is largest → the same where the maximum is positive, put where z is largest."""
    outermost = list(_outermost(node, a))
    places = [place for place in outermost if isinstance(place, Reduce) and _is_largest(place, a, "argmax")]
    if not places or len(places) < len(outermost):
        return None
    arrived = [inner for inner in nodes(node) if isinstance(inner, Leaf) and inner.name != a]
    whole = [place for place in places if arrived and set(place.axes) == set(arrived[0].axes)]
    if len(arrived) != 1 or not whole:
        return None
    largest = renamed(Reduce("max", whole[0].arg, whole[0].over), {a: z})
    alive = Map("where", (Map("gt", (largest, ZERO)), Const(sp.S.One), ZERO))
    return replaced(renamed(node, {a: z}), arrived[0], Map("mul", (arrived[0], alive)))


def _outermost(node: Array, a: str) -> Iterator[Array]:
    """The reductions and reads nearest to the root that read a."""
    if isinstance(node, Reduce | Leaf):
        if a in leaves(node):
            yield node
        return
    for child in children(node):
        yield from _outermost(child, a)


def masks(program: Program) -> Program:
    """Write [j = argmax over k of x[k]] as a mask of x."""

    def statement(part: Statement) -> Statement:
        if isinstance(part, Loop):
            return replace(part, body=tuple(replace(a, value=_masked(a.value)) for a in part.body))
        return replace(part, value=_masked(part.value))

    forward, backward = (tuple(map(statement, part)) for part in (program.forward, program.backward))
    return replace(program, forward=forward, backward=backward)


def _masked(node: Array) -> Array:
    inside = children(node)
    node = rebuilt(node, [_masked(child) for child in inside]) if inside else node
    return at_largest(node) if isinstance(node, Map) and node.function == "eq" else node
