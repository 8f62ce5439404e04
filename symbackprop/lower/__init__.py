"""Derivation → Program: index form → arrays with named axes, a contraction for every sum of products."""

from __future__ import annotations

from sympy import Symbol

from symbackprop.graph import Derivation, Equation, Tensor
from symbackprop.lower.arrays import lower_expression
from symbackprop.program import Assign, Program, leaves


def lower(derivation: Derivation) -> Program:
    """Turn the forward equations and the adjoint equations that gradients need into statements on arrays.

    Returns:
        The program; what no gradient needs, such as a ∂E/∂a that was put into a δ, is left out.
    """
    graph = derivation.graph
    gradients = {p.name: derivation.adjoint_of[p.name] for p in graph.parameters if p.name in derivation.adjoint_of}
    backward = _needed(tuple(map(_assign, derivation.adjoints)), set(gradients.values()))
    data = {tensor.name: tensor.indices for tensor in graph.with_role("input", "target", "constant")}
    return Program(
        forward=tuple(map(_assign, graph.equations)),
        backward=backward,
        loss=graph.loss.name,
        gradients=gradients,
        parameters={tensor.name: tensor.indices for tensor in graph.parameters},
        data=data,
        sizes=_sizes((*graph.with_role("input", "target", "constant"), *graph.parameters)),
    )


def _assign(equation: Equation) -> Assign:
    return Assign(equation.tensor, equation.indices, lower_expression(equation.rhs), str(equation))


def _needed(statements: tuple[Assign, ...], wanted: set[str]) -> tuple[Assign, ...]:
    kept: list[Assign] = []
    for statement in reversed(statements):
        if statement.name in wanted:
            kept.append(statement)
            wanted |= leaves(statement.value)
    return tuple(reversed(kept))


def _sizes(given: tuple[Tensor, ...]) -> dict[str, tuple[str, int]]:
    """Where the code can read each symbolic size: the first given array that has it as an axis."""
    found: dict[str, tuple[str, int]] = {}
    for tensor in given:
        for axis, length in enumerate(tensor.shape):
            if isinstance(length, Symbol):
                found.setdefault(str(length), (tensor.name, axis))
    return found


__all__ = ["lower", "lower_expression"]
