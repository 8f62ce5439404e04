"""Derivation → Program: index form → arrays with named axes, a contraction for every sum of products."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Symbol

from symbackprop.categories import computed_places
from symbackprop.expressions import Index
from symbackprop.graph import Derivation, Equation, Graph, Tensor
from symbackprop.lower.ahead import ahead
from symbackprop.lower.arrays import Shapes, lower_expression
from symbackprop.lower.branches import turned
from symbackprop.lower.letters import apart
from symbackprop.lower.overflow import without_overflow
from symbackprop.lower.totals import running_total
from symbackprop.program import Along, Assign, Loop, Placed, Program, Statement, assignments
from symbackprop.schedule import Group, schedule


def lower(derivation: Derivation, *, readable: bool = False, every: bool = False) -> Program:
    """Turn the forward equations and the adjoint equations that gradients need into statements on arrays.

    Args:
        derivation: The equations of both passes.
        readable: Whether statements stay as close to the equations as they can, to be read and not to be computed:
            without stable forms, and with all of a recurrence inside its loop.
        every: Whether to keep what no gradient needs, such as a ∂E/∂a that was put into a δ, or an exponential that a
            stable form computes in another way.

    Returns:
        The program.
    """
    graph = derivation.graph
    given = (*graph.parameters, *graph.with_role("input", "target", "constant"))
    gradients = {t.name: derivation.adjoint_of[t.name] for t in given if t.name in derivation.adjoint_of}
    shapes = {**derivation.shapes}
    taken = {symbol.name for shape in shapes.values() for size in shape for symbol in size.free_symbols}
    both = apart((*graph.equations, *derivation.adjoints), taken)
    passes = both[: len(graph.equations)], both[len(graph.equations) :]
    if not readable:
        predicted = {tensor.name for tensor in graph.with_role("prediction")}
        passes = without_overflow(*passes, {graph.loss.name, *gradients.values(), *predicted}, every)
        shapes |= {equation.tensor: equation.shape for equations in passes for equation in equations}
    forward, backward = (statements(equations, shapes, readable=readable) for equations in passes)
    data = {tensor.name: tensor.indices for tensor in graph.with_role("input", "target", "constant")}
    if not readable:
        forward, backward = turned(forward, backward, data)
    return Program(
        forward=forward,
        backward=backward if every else _needed(backward, set(gradients.values())),
        loss=graph.loss.name,
        gradients=gradients,
        parameters={tensor.name: tensor.indices for tensor in graph.parameters},
        data=data,
        sizes=given_sizes((*graph.with_role("input", "target", "constant"), *graph.parameters)),
        placed=placed(graph),
    )


def placed(graph: Graph) -> Placed:
    """What computes from data alone where in axes other arrays are read."""
    equations, ends = computed_places(graph)
    shapes = {name: tensor.shape for name, tensor in graph.tensors.items()}
    return Placed(statements(equations, {**shapes, **{one.tensor: one.shape for one in equations}}), ends)


def statements(equations: Sequence[Equation], shapes: Shapes, *, readable: bool = False) -> tuple[Statement, ...]:
    """The statements that compute some equations, in an order in which they can be computed."""
    found: list[Statement] = []
    for group in schedule(equations):
        before, rest = ((), group) if readable else ahead(group)
        known = {**shapes, **{equation.tensor: equation.shape for equation in before}}
        found += [_assign(equation, known, None, readable) for equation in before]
        body = tuple(_assign(equation, known, rest.loop, readable) for equation in rest.equations)
        found.append(body[0] if rest.loop is None else Loop(rest.loop, rest.reverse, body, _at_once(group, shapes)))
    return tuple(found)


def _at_once(group: Group, shapes: Shapes) -> Assign | None:
    """A loop that adds up as a running sum."""
    added = running_total(group)
    if added is None or group.loop is None:
        return None
    (equation,) = group.equations
    value = Along("cumsum_back" if group.reverse else "cumsum", lower_expression(added, shapes, None), group.loop)
    return Assign(equation.tensor, equation.indices, value, equation)


def _assign(equation: Equation, shapes: Shapes, loop: Index | None, readable: bool) -> Assign:
    value = lower_expression(equation.rhs, shapes, loop, readable=readable)
    return Assign(equation.tensor, equation.indices, value, equation)


def _needed(statements: tuple[Statement, ...], wanted: set[str]) -> tuple[Statement, ...]:
    kept: list[Statement] = []
    for statement in reversed(statements):
        inside = assignments([statement])
        if wanted & {assign.name for assign in inside}:
            kept.append(statement)
            wanted |= set().union(*(assign.reads for assign in inside))
    return tuple(reversed(kept))


def given_sizes(given: tuple[Tensor, ...]) -> dict[str, tuple[str, int]]:
    """Where the code can read each symbolic size: the first given array that has it as an axis."""
    found: dict[str, tuple[str, int]] = {}
    for tensor in given:
        for axis, length in enumerate(tensor.shape):
            if isinstance(length, Symbol):
                found.setdefault(str(length), (tensor.name, axis))
    return found


__all__ = ["given_sizes", "lower", "lower_expression", "placed", "statements", "without_overflow"]
