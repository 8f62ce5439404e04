"""Array nodes → whether their code gives whole numbers, which the array API standard never mixes with others."""

from __future__ import annotations

from collections.abc import Collection

from symbackprop.program import Array, At, Const, Gather, Leaf, Map, Position, Reduce, Window, nodes
from symbackprop.program.masks import is_truth

LARGE = 2**53


def is_whole(node: Array, whole: Collection[str]) -> bool:
    """Whether the code of a node gives whole numbers.

    Args:
        node: The node.
        whole: The arrays of whole numbers.
    """
    match node:
        case Leaf():
            return node.name in whole
        case Const():
            # A larger one is written with an exponent, as a floating-point number.
            return bool(node.value.is_integer) and not (node.value.is_number and abs(node.value) >= LARGE)
        case Position() | Reduce(kind="argmax"):
            return True
        case Map(function="add" | "mul" | "floor_divide" | "where"):
            parts = node.args[1:] if node.function == "where" else node.args
            return all(is_whole(part, whole) for part in parts) and not any(map(is_truth, parts))
        case Window() | At() | Gather():
            return is_whole(node.arg, whole)
    return False


def is_array(node: Array) -> bool:
    """Whether the code of a node is an array, maybe without axes; else it is a number of Python's, without a type."""
    return any(isinstance(part, Leaf | Position) for part in nodes(node))
