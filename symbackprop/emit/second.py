"""Statements of second derivatives → a module with one function that computes them, in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from symbackprop.emit.brought import constant_rows, typed
from symbackprop.emit.environment import render
from symbackprop.emit.looked import checked, looked_at
from symbackprop.emit.nodes import all_read, helpers_used, sizes_counted, sizes_used
from symbackprop.emit.numpy import PRECISION, UNTYPED
from symbackprop.emit.places import HELPER_CODE
from symbackprop.emit.statements import Writer, untyped
from symbackprop.graph import Graph, Tensor
from symbackprop.program import Placed, Statement, assignments
from symbackprop.program.masks import beside_truth


@dataclass(frozen=True)
class Second:
    """What the function is made of.

    Attributes:
        title: What it computes, one sentence without a full stop.
        statements: In order.
        graph: Gives the parameters.
        data: Names of inputs and targets, in the order of the arguments.
        vectors: Parameter → the array that holds its part of the vector v; empty where there is none.
        results: Parameter → the array that holds its result.
        placed: The places that are computed from data.
        sizes: Symbolic size → the given array and the axis that tell it.
        constants: What of the data is known: it need not be given.
        comment: The formula of an array, as lines.
    """

    title: str
    statements: Sequence[Statement]
    graph: Graph
    data: Sequence[str]
    vectors: Mapping[str, str]
    results: Mapping[str, str]
    placed: Placed
    sizes: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    constants: Sequence[Tensor] = ()
    comment: Callable[[str], Sequence[str]] = lambda name: ()


def emit_second(second: Second) -> str:
    """Write a module with `second(params, [vectors,] x, t)`, which returns a dict of arrays by parameter.

    Raises:
        UnsupportedError: An equation has no NumPy form yet.
    """
    parameters = [tensor.name for tensor in second.graph.parameters]
    numbers = [*parameters, *(assign.name for assign in assignments(second.statements))]
    names = {PRECISION: f'params["{parameters[0]}"].dtype'} if parameters else {}
    names[UNTYPED] = untyped(second.graph, second.statements)
    writer = Writer(names, second.comment, numbers, beside_truth(assignments(second.statements)))
    taken = all_read(second.statements)
    used = sizes_used(second.statements)
    opening = [f'{name} = params["{name}"]' for name in parameters if name in taken]
    opening += [f'{array} = vectors["{name}"]' for name, array in second.vectors.items() if array in taken]
    for size, (array, axis) in second.sizes.items():
        if size in used:
            own = array if array in second.data else f'params["{array}"]'
            opening.append(f"{size} = {own}.shape[{axis}]")
    constants = {tensor.name: tensor for tensor in second.constants}
    helpers = helpers_used(second.statements)
    arguments = ["params: Params", *(["vectors: Params"] if second.vectors else [])]
    return render(
        "python/second.py.j2",
        title=second.title,
        helpers=helpers,
        placed=[HELPER_CODE[name] for name in helpers if name in HELPER_CODE],
        arguments=", ".join([*arguments, *typed(second.data, constants)]),
        constants=constant_rows(constants),
        counted=sizes_counted(second.statements),
        checked=checked(second.data),
        vectors=list(second.vectors),
        **looked_at(second.graph, second.placed, second.data, writer),
        code=[*opening, *(row for statement in second.statements for row in writer.lines(statement, True))],
        results=list(second.results.items()),
    )
