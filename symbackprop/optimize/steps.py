"""Arrays of a loop that only their own step reads → arrays of one step; functions that are read later on are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbackprop.expressions import Index
from symbackprop.optimize.common import canonical, replaced
from symbackprop.optimize.renaming import of_all_steps
from symbackprop.program import Array, Assign, At, Leaf, Loop, Map, Program, Statement, assignments, children, rebuilt

KEPT = frozenset({"tanh", "exp", "sigmoid", "log", "erf"})


def of_one_step(program: Program) -> Program:
    """Store no more of a loop than is read after a step."""
    kept = {program.loss, *program.gradients.values()}
    forward, backward = program.forward, program.backward
    for loop in [statement for statement in (*forward, *backward) if isinstance(statement, Loop)]:
        elsewhere = {
            name
            for statement in (*forward, *backward)
            for assign in assignments([statement])
            for name, place in _reads(assign.value)
            if not (statement is loop and place == loop.index)
        }
        own = {assign.name for assign in loop.body} - kept - elsewhere
        body = tuple(_shortened(assign, own, loop.index) for assign in loop.body)
        new = replace(loop, body=body)
        forward, backward = (tuple(new if s is loop else s for s in part) for part in (forward, backward))
    return replace(program, forward=forward, backward=backward)


def _reads(node: Array) -> Iterable[tuple[str, object]]:
    """The arrays that a node reads, each with the place in time at which it does if that is one."""
    if isinstance(node, At) and isinstance(node.arg, Leaf):
        yield node.arg.name, node.position
    elif isinstance(node, Leaf):
        yield node.name, None
    else:
        for child in children(node):
            yield from _reads(child)


def _shortened(assign: Assign, own: set[str], loop: Index) -> Assign:
    axes = tuple(axis for axis in assign.axes if axis != loop) if assign.name in own else assign.axes
    return replace(assign, axes=axes, value=_node(assign.value, own))


def _node(node: Array, own: set[str]) -> Array:
    if isinstance(node, At) and isinstance(node.arg, Leaf) and node.arg.name in own:
        return replace(node.arg, axes=node.axes)
    inside = children(node)
    return rebuilt(node, [_node(child, own) for child in inside]) if inside else node


def kept_for_later(program: Program) -> Program:
    """Store a function that a loop computes at each step, if it is wanted of all steps afterwards."""
    later = {
        canonical(node): node
        for statement in (*program.forward, *program.backward)
        if isinstance(statement, Assign)
        for node in _functions(statement.value)
        if isinstance(node.args[0], Leaf)
    }
    names: dict[object, str] = {}

    def steps(statement: Statement) -> Statement:
        if not isinstance(statement, Loop):
            return replace(statement, value=_instead(statement.value, names))
        body: list[Assign] = []
        for assign in statement.body:
            value = assign.value
            for node in _functions(value):
                whole = _whole(node, statement.index)
                if whole is None or canonical(whole) not in later:
                    continue
                leaf = whole.args[0]
                assert isinstance(leaf, Leaf)
                name = f"{leaf.name}_{node.function}"
                if name not in names.values():
                    names[canonical(whole)] = name
                    body.append(Assign(name, leaf.axes, node))
                stored = leaf.axes
                time = Index(f"{name}_axis", statement.index.size)
                read = Leaf(name, tuple(time if axis == statement.index else axis for axis in stored))
                value = replaced(value, node, At(read, time, statement.index, inside=True))
            body.append(replace(assign, value=value))
        return replace(statement, body=tuple(body))

    forward = tuple(map(steps, program.forward))
    return replace(program, forward=forward, backward=tuple(map(steps, program.backward)))


def _functions(node: Array) -> Iterable[Map]:
    for child in children(node):
        yield from _functions(child)
    if isinstance(node, Map) and node.function in KEPT:
        yield node


def _whole(node: Map, loop: Index) -> Map | None:
    """A function of an array at the place of a loop, for all places."""
    whole = of_all_steps(node.args[0], loop)
    return None if whole is None else replace(node, args=(whole,))


def _instead(node: Array, names: dict[object, str]) -> Array:
    if isinstance(node, Map) and node.function in KEPT and isinstance(node.args[0], Leaf):
        name = names.get(canonical(node))
        if name is not None:
            return Leaf(name, node.args[0].axes)
    inside = children(node)
    return rebuilt(node, [_instead(child, names) for child in inside]) if inside else node
