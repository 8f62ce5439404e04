"""Derivation → Program: index form → arrays with named axes, a contraction for every sum of products."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Symbol

from symbackprop.graph import Derivation, Equation, Tensor
from symbackprop.lower.arrays import Shapes, lower_expression
from symbackprop.program import Assign, Loop, Program, Statement, assignments, leaves
from symbackprop.schedule import Group, schedule


def lower(derivation: Derivation) -> Program:
    """Turn the forward equations and the adjoint equations that gradients need into statements on arrays.

    Returns:
        The program; what no gradient needs, such as a ∂E/∂a that was put into a δ, is left out.
    """
    graph = derivation.graph
    gradients = {p.name: derivation.adjoint_of[p.name] for p in graph.parameters if p.name in derivation.adjoint_of}
    shapes = {name: tensor.shape for name, tensor in {**graph.tensors, **derivation.tensors}.items()}
    backward = _needed(statements(derivation.adjoints, shapes), set(gradients.values()))
    data = {tensor.name: tensor.indices for tensor in graph.with_role("input", "target", "constant")}
    return Program(
        forward=statements(graph.equations, shapes),
        backward=backward,
        loss=graph.loss.name,
        gradients=gradients,
        parameters={tensor.name: tensor.indices for tensor in graph.parameters},
        data=data,
        sizes=given_sizes((*graph.with_role("input", "target", "constant"), *graph.parameters)),
    )


def statements(equations: Sequence[Equation], shapes: Shapes) -> tuple[Statement, ...]:
    """The statements that compute some equations, in an order in which they can be computed."""
    return tuple(_statement(group, shapes) for group in schedule(equations))


def _statement(group: Group, shapes: Shapes) -> Statement:
    body = tuple(_assign(equation, shapes, group) for equation in group.equations)
    return body[0] if group.loop is None else Loop(group.loop, group.reverse, body)


def _assign(equation: Equation, shapes: Shapes, group: Group) -> Assign:
    value = lower_expression(equation.rhs, shapes, group.loop)
    return Assign(equation.tensor, equation.indices, value, str(equation))


def _needed(statements: tuple[Statement, ...], wanted: set[str]) -> tuple[Statement, ...]:
    kept: list[Statement] = []
    for statement in reversed(statements):
        inside = assignments([statement])
        if wanted & {assign.name for assign in inside}:
            kept.append(statement)
            wanted |= set().union(*(leaves(assign.value) for assign in inside))
    return tuple(reversed(kept))


def given_sizes(given: tuple[Tensor, ...]) -> dict[str, tuple[str, int]]:
    """Where the code can read each symbolic size: the first given array that has it as an axis."""
    found: dict[str, tuple[str, int]] = {}
    for tensor in given:
        for axis, length in enumerate(tensor.shape):
            if isinstance(length, Symbol):
                found.setdefault(str(length), (tensor.name, axis))
    return found


__all__ = ["given_sizes", "lower", "lower_expression", "statements"]
