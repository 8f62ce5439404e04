"""Array nodes → what their NumPy code holds: truth values, which need care, or numbers, which do not.

NumPy multiplies truth values with numbers in the precision of the numbers, but adds and negates them otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import sympy as sp
from sympy import Expr

from symbackprop.program.nodes import Along, Array, Const, Contract, Gather, Leaf, Map, Position, Reduce, Scatter
from symbackprop.program.statements import Assign
from symbackprop.program.traversal import children, factors, leaves, nodes

OPPOSITE = {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt"}
OPERATORS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
LOGICAL = frozenset({"and", "or", "not"})


def is_number(node: Array, value: int) -> bool:
    """Whether a node is this number."""
    return isinstance(node, Const) and bool(node.value == value)


def is_reciprocal(node: Array) -> bool:
    """Whether a node is 1 over another."""
    return isinstance(node, Map) and node.function == "pow" and is_number(node.args[1], -1)


def mask(node: Array) -> Array | None:
    """The condition where a node is 1, if it is 0 elsewhere; else `None`."""
    if not isinstance(node, Map) or node.function != "where":
        return None
    condition, then, otherwise = node.args
    if is_number(then, 1) and is_number(otherwise, 0):
        return condition
    return Map("not", (condition,)) if is_number(then, 0) and is_number(otherwise, 1) else None


def extreme(node: Map) -> Map:
    """A branch that is the larger or the smaller of two, or an absolute value, as that: it keeps what is no number.

    Example:
        >>> z, zero = Leaf("z", ()), Const(0)
        >>> extreme(Map("where", (Map("gt", (z, zero)), z, zero))).function
        'maximum'
    """
    condition, *branches = node.args
    if node.function != "where" or not isinstance(condition, Map) or condition.function not in OPPOSITE:
        return node
    one, other = condition.args
    greater = condition.function in ("gt", "ge")
    if (one, other) in (tuple(branches), tuple(branches[::-1])):
        return Map("maximum" if greater == (branches[0] == one) else "minimum", (one, other))
    if greater and is_number(other, 0) and branches[0] == one and _is_minus(_below_zero(branches[1], one), one):
        return Map("abs", (one,))
    return node


def _below_zero(node: Array, of: Array) -> Array:
    """What a node is where another is negative; of a branch at 0 that is 0 it is the first."""
    if isinstance(node, Map) and node.function == "where" and is_number(node.args[2], 0):
        condition, then, _ = node.args
        if isinstance(condition, Map) and condition.function == "lt" and condition.args[0] == of:
            return then if is_number(condition.args[1], 0) else node
    return node


def _is_minus(node: Array, of: Array) -> bool:
    """Whether a node is another with its sign changed, or each of its terms with theirs."""
    one, other = (set(map(_signed, _terms(side))) for side in (node, of))
    return one == {(-number, rest) for number, rest in other}


def _terms(node: Array) -> tuple[Array, ...]:
    return node.args if isinstance(node, Map) and node.function == "add" else (node,)


def _signed(term: Array) -> tuple[Expr, tuple[Array, ...]]:
    """The number in a product, and the rest."""
    parts = list(factors(term))
    number = sp.Mul(*(part.value for part in parts if isinstance(part, Const)))
    return number, tuple(part for part in parts if not isinstance(part, Const))


def is_truth(node: Array) -> bool:
    """Whether the code of a node gives truth values, which NumPy multiplies but neither adds nor negates."""
    if isinstance(node, Along):
        return node.function == "first_largest"
    return isinstance(node, Map) and (node.function in OPERATORS or node.function in LOGICAL)


def numbers_in(node: Array) -> list[str]:
    """The arrays in a node that hold numbers, not positions."""
    return sorted(set(_numbers(node)))


def _numbers(node: Array) -> Iterator[str]:
    inside = children(node)
    if isinstance(node, Leaf):
        yield node.name
    elif isinstance(node, Gather | Scatter):
        yield from _numbers(node.arg)
    elif not (is_truth(node) and any(isinstance(part, Position) for part in inside)):
        function = node.function if isinstance(node, Map) else ""
        for number, part in enumerate(inside):
            # A condition that has a name of its own holds truth values.
            decides = function in LOGICAL or (function == "where" and number == 0)
            if not (decides and isinstance(part, Leaf)):
                yield from _numbers(part)


def positive(node: Array) -> Array:
    """A of -a, else the node itself."""
    if isinstance(node, Map) and node.function == "mul" and len(node.args) == 2 and is_number(node.args[0], -1):
        return node.args[1]
    return node


def summed(node: Reduce) -> Reduce:
    """A sum whose truth values are numbers."""
    return replace(node, arg=counted(node.arg)) if node.kind == "sum" else node


def counted(node: Array) -> Array:
    """What is added up, its truth values as numbers: NumPy counts those in integers of 64 bits."""
    inside = mask(node) or node
    return _number(inside) if is_truth(inside) or not leaves(inside) else node


def multiplied(node: Contract) -> Contract:
    """A sum of products in which positions are numbers, and truth values where there are no others.

    Example:
        >>> from symbackprop.expressions import Index
        >>> i = Index("i", 3)
        >>> multiplied(Contract(Position(i), Leaf("x", (i,)), (i,))).left.function
        'number'
    """
    both = is_truth(node.left) and is_truth(node.right)
    left, right = (_number(side) if both or not leaves(side) else side for side in (node.left, node.right))
    return replace(node, left=left, right=right)


def _number(node: Array) -> Array:
    return Map("number", (node,))


def beside_truth(every: Iterable[Assign]) -> set[str]:
    """The names of numbers, such as ∂E/∂s = -1, that are multiplied with truth values or positions and nothing else.

    Both together are whole numbers for NumPy, which computes with those in double precision.

    Example:
        >>> from symbackprop.expressions import Index
        >>> i = Index("i", 3)
        >>> known = Map("eq", (Leaf("y", ()), Position(i)))
        >>> ones = Assign("ds", (), Const(1)), Assign("dh", (i,), Map("mul", (Leaf("ds", ()), known)))
        >>> beside_truth(ones)
        {'ds'}
    """
    stands_for: dict[str, str] = {}
    found: set[str] = set()
    for assign in every:
        if isinstance(assign.value, Const) and not assign.axes:
            stands_for[assign.name] = assign.name
        elif isinstance(assign.value, Leaf) and assign.value.name in stands_for:
            stands_for[assign.name] = stands_for[assign.value.name]
        for node in nodes(assign.value):
            parts = list(factors(node))
            names = [part.name for part in parts if isinstance(part, Leaf) and part.name in stands_for]
            others = [part for part in parts if not isinstance(part, Const | Leaf)]
            if others and len(names) == sum(isinstance(part, Leaf) for part in parts):
                whole = all(is_truth(mask(part) or part) or not leaves(part) for part in others)
                found |= {stands_for[name] for name in names if whole}
    return found


def with_masks(node: Map) -> Map:
    """where(c, 1, 0) * a → c * a: a truth value takes the precision of the numbers that it multiplies."""
    if not any(numbers_in(arg) and mask(arg) is None for arg in node.args):
        return node
    return Map("mul", tuple(mask(arg) or arg for arg in node.args))
