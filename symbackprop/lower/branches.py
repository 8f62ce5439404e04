"""Branches between a known number and something computed → the computed one where nothing can be compared.

No comparison with what is no number holds, so that where(z > -3, f(z), 0) would make 0 of it, and a training that has
failed would go on. A condition on data alone stays as it is: data may say by it what is not to be counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from symbackprop.program import Array, Assign, Const, Loop, Map, Statement, assignments, children, leaves, rebuilt
from symbackprop.program.masks import OPPOSITE, extreme, numbers_in

Statements = tuple[Statement, ...]


def turned(forward: Statements, backward: Statements, data: Collection[str]) -> tuple[Statements, Statements]:
    """Turn the branches of both passes round.

    Args:
        forward: The statements of the forward pass, in order.
        backward: Those of the backward pass.
        data: The inputs and targets.
    """
    given = set(data)
    for assign in assignments(forward):
        if assign.reads <= given:
            given.add(assign.name)
    return tuple(_statements(forward, given)), tuple(_statements(backward, given))


def _statements(statements: Iterable[Statement], given: Collection[str]) -> Iterator[Statement]:
    for statement in statements:
        if isinstance(statement, Loop):
            yield replace(statement, body=tuple(_assign(assign, given) for assign in statement.body))
        else:
            yield _assign(statement, given)


def _assign(assign: Assign, given: Collection[str]) -> Assign:
    value = branch(assign.value, given)
    return assign if value is assign.value else replace(assign, value=value)


def branch(node: Array, given: Collection[str]) -> Array:
    """A node with its branches turned round.

    Args:
        node: The node.
        given: The arrays that are data, or made of data alone.

    Example:
        >>> import sympy as sp
        >>> from symbackprop.program import Leaf
        >>> z, t, zero = Leaf("z", ()), Leaf("t", ()), Const(sp.S.Zero)
        >>> found = branch(Map("where", (Map("gt", (z, zero)), t, zero)), ["t"])
        >>> found == Map("where", (Map("le", (z, zero)), zero, t))
        True
    """
    before = children(node)
    inside = [branch(child, given) for child in before]
    if any(new is not old for new, old in zip(inside, before, strict=True)):
        node = rebuilt(node, inside)
    if not isinstance(node, Map) or node.function != "where" or extreme(node) != node:
        return node
    condition, then, otherwise = node.args
    # A slope made of known numbers is turned as well, so that it asks what the forward pass has asked.
    computed = isinstance(otherwise, Const) and not isinstance(then, Const)
    if computed and isinstance(condition, Map) and condition.function in OPPOSITE and _may_be_none(condition, given):
        return Map("where", (Map(OPPOSITE[condition.function], condition.args), otherwise, then))
    return node


def _may_be_none(condition: Map, given: Collection[str]) -> bool:
    """Whether something computed is compared, not positions and not data."""
    return bool(numbers_in(condition)) and not leaves(condition) <= set(given)
