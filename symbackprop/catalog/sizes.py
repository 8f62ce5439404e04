"""Text of a size such as `(n - k) // strides + 1` → its value, in whatever numbers the caller computes with.

A description is checked with whole numbers alone, an equation is bound with symbols: both read sizes by these rules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from symbackprop.errors import LanguageError, did_you_mean

LONGEST = 300
DEEPEST = 30
T = TypeVar("T")


class Arithmetic(Protocol[T]):
    """What sizes are computed with."""

    def number(self, value: int) -> T:
        """A whole number."""

    def add(self, left: T, right: T) -> T:
        """left + right."""

    def multiply(self, left: T, right: T) -> T:
        """left * right."""

    def divide(self, left: T, right: T) -> T:
        """left // right."""

    def largest(self, left: T, right: T) -> T:
        """The larger of two."""


def size_value(text: str, known: Mapping[str, T], arithmetic: Arithmetic[T]) -> T:
    """Evaluate a size.

    Args:
        text: Names, whole numbers, `+ - * //`, `max(a, b)` and brackets.
        known: The names that may occur.
        arithmetic: How to compute.

    Raises:
        LanguageError: Something else stands in the text, or it divides by zero.
    """
    refused = LanguageError(f"{text!r} is not a size: use names, whole numbers, + - * //, max and brackets")

    def value(node: ast.AST) -> T:
        match node:
            case ast.Constant(value=int()) if not isinstance(node.value, bool):
                return arithmetic.number(node.value)
            case ast.Name() if node.id in known:
                return known[node.id]
            case ast.Name():
                raise LanguageError(f"unknown size {node.id!r} in {text!r}", help=did_you_mean(node.id, list(known)))
            case ast.UnaryOp(op=ast.USub()):
                return arithmetic.multiply(arithmetic.number(-1), value(node.operand))
            case ast.BinOp():
                return _combined(node.op, value(node.left), value(node.right), arithmetic, refused)
            case ast.Call(func=ast.Name(id="max"), args=[left, right], keywords=[]):
                return arithmetic.largest(value(left), value(right))
        raise refused

    if len(text) > LONGEST or text.count("(") > DEEPEST:
        raise LanguageError(f"a size may have {LONGEST} characters and {DEEPEST} brackets at most")
    try:
        return value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise refused from None
    except ZeroDivisionError:
        raise LanguageError(f"{text!r} divides by zero") from None


def _combined(operator: ast.operator, left: T, right: T, arithmetic: Arithmetic[T], refused: LanguageError) -> T:
    match operator:
        case ast.Add():
            return arithmetic.add(left, right)
        case ast.Sub():
            return arithmetic.add(left, arithmetic.multiply(arithmetic.number(-1), right))
        case ast.Mult():
            return arithmetic.multiply(left, right)
        case ast.FloorDiv():
            return arithmetic.divide(left, right)
    raise refused


class Whole:
    """Whole numbers; what is not known yet, such as a symbol, is `None`, and so is all that is made of it.

    Example:
        >>> size_value("(n - 3) // 2 + 1", {"n": 9}, Whole()), size_value("n + 1", {"n": None}, Whole())
        (4, None)
    """

    def number(self, value: int) -> int | None:
        """A whole number."""
        return value

    def add(self, left: int | None, right: int | None) -> int | None:
        """left + right."""
        return None if left is None or right is None else left + right

    def multiply(self, left: int | None, right: int | None) -> int | None:
        """left * right; 0 times anything is 0."""
        if left == 0 or right == 0:
            return 0
        return None if left is None or right is None else left * right

    def divide(self, left: int | None, right: int | None) -> int | None:
        """left // right."""
        return None if left is None or right is None else left // right

    def largest(self, left: int | None, right: int | None) -> int | None:
        """The larger of two."""
        return None if left is None or right is None else max(left, right)
