"""What statements and the nodes in them define, read, and call: the questions that every emitter asks of a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from symbackprop.emit.numpy import numpy_use
from symbackprop.expressions import Index
from symbackprop.program import Array, Assign, Const, Loop, Program, Statement, assignments, nodes

S = TypeVar("S", Assign, Statement)


def all_nodes(statements: Iterable[Statement]) -> Iterator[Array]:
    """Every node of some statements, those in loops included."""
    for statement in assignments(statements):
        yield from nodes(statement.value)


def defined(statement: Statement) -> set[str]:
    """The arrays that a statement computes."""
    return {statement.name} if isinstance(statement, Assign) else {assign.name for assign in statement.body}


def read(statement: Statement) -> set[str]:
    """The arrays that a statement reads."""
    return set().union(*(assign.reads for assign in assignments([statement])))


def all_read(statements: Iterable[Statement]) -> set[str]:
    """The arrays that some statements read."""
    return {leaf for statement in statements for leaf in read(statement)}


def needed(statements: Sequence[S], wanted: Iterable[str]) -> tuple[S, ...]:
    """The statements, in order, without which the wanted arrays cannot be computed."""
    names = set(wanted)
    kept: list[Any] = []
    for statement in reversed(statements):
        if names & defined(statement):
            kept.append(statement)
            names |= read(statement)
    return tuple(reversed(kept))


def sizes_used(statements: Iterable[Statement]) -> set[str]:
    """The symbolic sizes that the code of some statements names."""
    statements = tuple(statements)
    found = {size for assign in assignments(statements) for size in numpy_use(assign.value, assign.axes).sizes}
    for statement in statements:
        if isinstance(statement, Assign) and not set(statement.axes) <= set(statement.value.axes):
            # What is the same along an axis is filled in, and all of its shape is named then.
            found |= {str(symbol) for axis in statement.axes for symbol in axis.size.free_symbols}
        if isinstance(statement, Loop):
            axes = (statement.index, *(axis for one in statement.body for axis in one.axes))
            found |= {str(symbol) for axis in axes for symbol in axis.size.free_symbols}
    return found


def sizes_counted(statements: Iterable[Statement]) -> list[str]:
    """The symbolic sizes that are numbers to compute with, as in a mean: of them there must be at least one."""
    constants = {node.value for node in all_nodes(statements) if isinstance(node, Const)}
    symbols = {symbol for value in constants for symbol in value.free_symbols}
    # The index of a loop is a number there, too, and may be 0.
    return sorted(str(symbol) for symbol in symbols if not isinstance(symbol, Index))


def helpers_used(statements: Iterable[Statement]) -> list[str]:
    """The functions that the code of some statements calls beside NumPy's, in the order of their names."""
    used = (numpy_use(assign.value, assign.axes).helpers for assign in assignments(statements))
    return sorted(frozenset().union(*used))


def in_layers(
    program: Program, layers: Mapping[str, int], moving: Iterable[str]
) -> list[tuple[list[Statement], list[str]]]:
    """Order the backward pass so that a layer's parameters can move before the layers below it are reached.

    Args:
        program: Its backward pass is ordered.
        layers: The number of the layer of each parameter.
        moving: The parameters that move.

    Returns:
        From the last layer to the first: the statements that its gradients still need, and its moving parameters.
    """
    done: set[str] = set()
    groups: list[tuple[list[Statement], list[str]]] = []
    rest = program.backward
    parameters = [name for name in moving if name in program.gradients]
    for layer in sorted({layers[name] for name in parameters}, reverse=True):
        own = [name for name in parameters if layers[name] == layer]
        # What was carried out before needs nothing that was not.
        steps = needed(rest, {program.gradients[name] for name in own})
        groups.append((list(steps), own))
        done |= {name for step in steps for name in defined(step)}
        rest = tuple(step for step in rest if not defined(step) <= done)
    return groups
