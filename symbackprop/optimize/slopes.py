"""[z > 0] where relu of z is at hand → [relu(z) > 0], which is the same.

Nothing needs z then, and relu is written over it.
"""

from __future__ import annotations

from dataclasses import replace

from symbackprop.program import Array, Assign, Leaf, Loop, Map, Program, Statement, assignments, children, rebuilt
from symbackprop.program.masks import is_number


def slopes_at_values(program: Program) -> Program:
    """Ask the value of relu for its slope, where nothing else is asked of what relu is taken of."""
    for assign in (s for s in program.forward if isinstance(s, Assign)):
        z = _relu_of(assign)
        if z is None or set(z.axes) != set(assign.axes):
            continue

        def statement(part: Statement, assign: Assign = assign, z: Leaf = z) -> Statement:
            if isinstance(part, Loop):
                return replace(part, body=tuple(replace(a, value=_at(a.value, assign, z)) for a in part.body))
            return replace(part, value=_at(part.value, assign, z))

        place = program.forward.index(assign) + 1
        later = tuple(map(statement, program.forward[place:])), tuple(map(statement, program.backward))
        if not any(z.name in other.reads for other in assignments((*later[0], *later[1]))):
            program = replace(program, forward=(*program.forward[:place], *later[0]), backward=later[1])
    return program


def _relu_of(assign: Assign) -> Leaf | None:
    """The read of z if a statement is relu(z)."""
    node = assign.value
    if isinstance(node, Map) and node.function == "maximum" and is_number(node.args[1], 0):
        return node.args[0] if isinstance(node.args[0], Leaf) else None
    return None


def _at(node: Array, relu: Assign, z: Leaf) -> Array:
    """A node with the value of relu in place of z where it is compared with 0."""
    if isinstance(node, Map) and node.function == "gt" and is_number(node.args[1], 0):
        read = node.args[0]
        if isinstance(read, Leaf) and read.name == z.name:
            names = dict(zip(z.axes, read.axes, strict=True))
            return Map("gt", (Leaf(relu.name, tuple(names[axis] for axis in relu.axes)), node.args[1]))
    inside = children(node)
    return rebuilt(node, [_at(child, relu, z) for child in inside]) if inside else node
