"""Statements of a program → lines of NumPy, in the order and with the names that a function needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sympy import S, Symbol

from symbackprop.emit.numpy import numpy_code
from symbackprop.program import Along, Array, Assign, Const, Contract, Leaf, Map, Position, Program, Reduce, leaves

WIDTH = 112
ORDERED = {"gt", "ge", "lt", "le"}


@dataclass(frozen=True)
class Writer:
    """Writes statements as lines of code.

    Attributes:
        names: What to write for a name that the code uses for something else.
        comment: The formula of a statement, for the line above it.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    comment: Callable[[str], Sequence[str]] = lambda name: ()

    def name(self, name: str) -> str:
        """The variable that holds an array."""
        return self.names.get(name, name)

    def size(self, name: str) -> str:
        """The variable that holds a size."""
        return self.names.get(f"#{name}", name)

    def lines(self, statement: Assign, commented: bool = False) -> list[str]:
        """One statement; what is too long for a line is computed in parts first."""
        rows = [f"# {row}" for row in self.comment(statement.name)] if commented else []
        for part in _in_parts(statement, self._line):
            rows.append(self._line(part))
        return rows

    def _line(self, statement: Assign) -> str:
        return f"{self.name(statement.name)} = {numpy_code(statement.value, statement.axes, self.names)}"


def _in_parts(statement: Assign, line: Callable[[Assign], str]) -> Iterator[Assign]:
    while len(line(statement)) > WIDTH:
        parts = [part for part in _children(statement.value) if not isinstance(part, Leaf | Const | Position)]
        if not parts:
            break
        longest = max(parts, key=lambda part: len(numpy_code(part, part.axes)))
        number = 1 + sum(leaf.startswith(f"{statement.name}_part") for leaf in leaves(statement.value))
        part = Assign(f"{statement.name}_part{number}", longest.axes, longest)
        yield from _in_parts(part, line)
        statement = replace(statement, value=_replaced(statement.value, longest, Leaf(part.name, part.axes)))
    yield statement


def _children(node: Array) -> tuple[Array, ...]:
    match node:
        case Map():
            return node.args
        case Contract():
            return node.left, node.right
        case Reduce() | Along():
            return (node.arg,)
    return ()


def _replaced(node: Array, old: Array, new: Array) -> Array:
    match node:
        case Map():
            return replace(node, args=tuple(new if arg is old else arg for arg in node.args))
        case Contract():
            return replace(
                node, left=new if node.left is old else node.left, right=new if node.right is old else node.right
            )
        case Reduce() | Along():
            return replace(node, arg=new)
    return node


def nodes(node: Array) -> Iterator[Array]:
    """A node and everything inside it."""
    yield node
    for child in _children(node):
        yield from nodes(child)


def sizes_used(statements: Iterable[Assign]) -> set[str]:
    """The symbolic sizes that the code of some statements names."""
    found: set[str] = set()
    for statement in statements:
        for node in nodes(statement.value):
            value = node.value if isinstance(node, Const) else node.axis.size if isinstance(node, Position) else None
            if value is not None:
                found |= {str(symbol) for symbol in value.free_symbols if isinstance(symbol, Symbol)}
    return found


def needed(statements: Sequence[Assign], wanted: Iterable[str]) -> tuple[Assign, ...]:
    """The statements, in order, without which the wanted arrays cannot be computed."""
    names = set(wanted)
    kept: list[Assign] = []
    for statement in reversed(statements):
        if statement.name in names:
            kept.append(statement)
            names |= leaves(statement.value)
    return tuple(reversed(kept))


def in_layers(
    program: Program, layers: Mapping[str, int], moving: Iterable[str]
) -> list[tuple[list[Assign], list[str]]]:
    """Order the backward pass so that a layer's parameters can move before the layers below it are reached.

    Args:
        program: Its backward pass is ordered.
        layers: The number of the layer of each parameter.
        moving: The parameters that move.

    Returns:
        From the last layer to the first: the statements that its gradients still need, and its moving parameters.
    """
    done: set[str] = set()
    groups: list[tuple[list[Assign], list[str]]] = []
    parameters = [name for name in moving if name in program.gradients]
    for layer in sorted({layers[name] for name in parameters}, reverse=True):
        own = [name for name in parameters if layers[name] == layer]
        steps = needed(program.backward, {program.gradients[name] for name in own})
        groups.append(([step for step in steps if step.name not in done], own))
        done |= {step.name for step in steps}
    return groups


def kinks(statements: Iterable[Assign]) -> list[tuple[str, Array]]:
    """What decides a branch, for every branch that depends on values.

    Returns:
        `("sign", a)` where the sign of an array decides, `("gap", a)` where the larger entries of it along its last
        axis do.
    """
    found: list[tuple[str, Array]] = []
    for statement in statements:
        for node in nodes(statement.value):
            if isinstance(node, Map) and node.function in ORDERED and leaves(node):
                left, right = node.args
                zero = isinstance(right, Const) and right.value == 0
                minus = Map("mul", (Const(S.NegativeOne), right))
                found.append(("sign", left if zero else Map("add", (left, minus))))
            elif isinstance(node, Reduce) and node.kind in ("max", "argmax"):
                found.append(("gap", node))
    return list(dict.fromkeys(found))
