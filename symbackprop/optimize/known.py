"""Products of what a loop computed → read where they are known, and a (1 - b²) → a - (a b) b where a b is known.

The slopes of a recurrent cell are made of its gates once more: o (1 - o) tanh(c) is h (1 - o), and o (1 - tanh(c)²) is
o - h tanh(c), since h = o tanh(c) is there already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import sympy as sp

from symbackprop.optimize.renaming import of_all_steps
from symbackprop.program import (
    Array,
    Assign,
    Const,
    Leaf,
    Loop,
    Map,
    Program,
    Statement,
    children,
    combined,
    nodes,
    rebuilt,
)
from symbackprop.program.masks import is_number

MINUS_ONE = Const(sp.S.NegativeOne)
Pair = frozenset[str]


def known_products(program: Program) -> Program:
    """Compute no product again that a loop stores or that another statement begins with."""
    loops = [statement for statement in program.forward if isinstance(statement, Loop)]
    stored = dict(pair for loop in loops for assign in loop.body for pair in _stored(assign, loop))
    if not stored:
        return program
    backward = tuple(_rewritten(statement, stored, {}) for statement in program.backward)
    begun = dict(pair for statement in backward for pair in _begun(statement))
    return replace(program, backward=tuple(_rewritten(statement, stored, begun) for statement in backward))


def _stored(assign: Assign, loop: Loop) -> Iterator[tuple[Pair, str]]:
    """The two arrays whose product an array is at every step, and its name."""
    value = assign.value
    if isinstance(value, Map) and value.function == "mul" and len(value.args) == 2:
        whole = [of_all_steps(arg, loop.index) for arg in value.args]
        names = frozenset(leaf.name for leaf in whole if leaf is not None and leaf.axes == assign.axes)
        if len(names) == 2:
            yield names, assign.name


def _begun(statement: Statement) -> Iterator[tuple[Pair, tuple[str, str]]]:
    """The two arrays with which a product begins, in their order: as a part of another they are computed once."""
    if isinstance(statement, Assign):
        for node in nodes(statement.value):
            if isinstance(node, Map) and node.function == "mul" and len(node.args) > 2:
                first, second, *_ = node.args
                if isinstance(first, Leaf) and isinstance(second, Leaf) and first.axes == second.axes:
                    yield frozenset((first.name, second.name)), (first.name, second.name)


def _rewritten(statement: Statement, stored: Mapping[Pair, str], begun: Mapping[Pair, tuple[str, str]]) -> Statement:
    if isinstance(statement, Loop):
        return statement
    return replace(statement, value=_node(statement.value, stored, begun))


def _node(node: Array, stored: Mapping[Pair, str], begun: Mapping[Pair, tuple[str, str]]) -> Array:
    inside = children(node)
    node = rebuilt(node, [_node(child, stored, begun) for child in inside]) if inside else node
    if not isinstance(node, Map) or node.function != "mul":
        return node
    return _product(node.args, stored, begun) or node


def _product(args: Sequence[Array], stored: Mapping[Pair, str], begun: Mapping[Pair, tuple[str, str]]) -> Array | None:
    """A product with a known one in it, if there is one."""
    whole = [arg for arg in args if isinstance(arg, Leaf)]
    for left in whole:
        for right in whole:
            name = stored.get(frozenset((left.name, right.name))) if left.axes == right.axes else None
            if name is not None:
                return combined("mul", [Leaf(name, left.axes), *_without(args, left, right)])
        for arg in args:
            squared = _squared(arg)
            if squared is None or squared.axes != left.axes:
                continue
            both = frozenset((left.name, squared.name))
            product = _known(both, left, stored, begun)
            if product is not None:
                off = Map("mul", (MINUS_ONE, Map("mul", (*product, squared))))
                return combined("mul", [*_without(args, left, arg), Map("add", (left, off))])
    return None


def _known(
    both: Pair, like: Leaf, stored: Mapping[Pair, str], begun: Mapping[Pair, tuple[str, str]]
) -> tuple[Array, ...] | None:
    """The product of two arrays, stored or as another statement begins with it."""
    if both in stored:
        return (Leaf(stored[both], like.axes),)
    return tuple(Leaf(name, like.axes) for name in begun[both]) if both in begun else None


def _squared(node: Array) -> Leaf | None:
    """The array b of 1 - b²."""
    match node:
        case Map(function="add", args=(one, Map(function="mul", args=(minus, Map(function="pow", args=(base, two)))))):
            if is_number(one, 1) and is_number(minus, -1) and is_number(two, 2) and isinstance(base, Leaf):
                return base
    return None


def _without(args: Sequence[Array], *gone: Array) -> list[Array]:
    """The factors without some, each taken out once."""
    rest = list(args)
    for factor in gone:
        rest.remove(factor)
    return rest
