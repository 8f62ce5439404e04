"""Text of a size such as `(n - k) // strides + 1` → its value, in whatever numbers the caller computes with.

A description is checked with whole numbers alone, an equation is bound with symbols: both read sizes by these rules.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

from symbackprop.errors import LanguageError, did_you_mean

LONGEST = 300
DEEPEST = 30
T = TypeVar("T")


class Arithmetic(Protocol[T]):
    """What sizes are computed with."""

    def number(self, value: int) -> T:
        """A whole number."""

    def add(self, left: T, right: T) -> T:
        """The sum."""

    def multiply(self, left: T, right: T) -> T:
        """The product."""

    def divide(self, left: T, right: T) -> T:
        """The whole part of the quotient."""

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
    if len(text) > LONGEST or text.count("(") > DEEPEST:
        message = f"a size may have {LONGEST} characters and {DEEPEST} brackets at most"
        raise LanguageError(message, code=LanguageError.LIMIT, text=text, column=1, length=len(text))
    reader = _Reader(text, known, arithmetic)
    try:
        return reader.value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise reader.refused from None
    except ZeroDivisionError:
        message = "this size divides by zero"
        raise LanguageError(message, code=LanguageError.NO_NUMBER, text=text, column=1, length=len(text)) from None


class _Reader(Generic[T]):
    def __init__(self, text: str, known: Mapping[str, T], arithmetic: Arithmetic[T]) -> None:
        self.text, self.known, self.arithmetic = text, known, arithmetic

    @property
    def refused(self) -> LanguageError:
        help = "a size is made of names, whole numbers, + - * //, max(a, b) and brackets"
        return LanguageError(f"{self.text!r} is not a size", help=help, text=self.text, column=1, length=len(self.text))

    def value(self, node: ast.AST) -> T:
        match node:
            case ast.Constant(value=value) if type(value) is int:
                return self.arithmetic.number(value)
            case ast.Name():
                return self._named(node.id)
            case ast.UnaryOp(op=ast.USub()):
                return self._negative(self.value(node.operand))
            case ast.BinOp():
                return self._combined(node.op, self.value(node.left), self.value(node.right))
            case ast.Call(func=ast.Name(id="max"), args=[left, right], keywords=[]):
                return self.arithmetic.largest(self.value(left), self.value(right))
        raise self.refused

    def _named(self, name: str) -> T:
        if name not in self.known:
            help, column = did_you_mean(name, list(self.known)), self.text.find(name) + 1
            message = f"unknown size {name!r}"
            raise LanguageError(message, code="SB020", help=help, text=self.text, column=column, length=len(name))
        return self.known[name]

    def _negative(self, value: T) -> T:
        return self.arithmetic.multiply(self.arithmetic.number(-1), value)

    def _combined(self, operator: ast.operator, left: T, right: T) -> T:
        match operator:
            case ast.Add():
                return self.arithmetic.add(left, right)
            case ast.Sub():
                return self.arithmetic.add(left, self._negative(right))
            case ast.Mult():
                return self.arithmetic.multiply(left, right)
            case ast.FloorDiv():
                return self.arithmetic.divide(left, right)
        raise self.refused


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
        """The sum."""
        return None if left is None or right is None else left + right

    def multiply(self, left: int | None, right: int | None) -> int | None:
        """The product; 0 times anything is 0."""
        if left == 0 or right == 0:
            return 0
        return None if left is None or right is None else left * right

    def divide(self, left: int | None, right: int | None) -> int | None:
        """The whole part of the quotient."""
        return None if left is None or right is None else left // right

    def largest(self, left: int | None, right: int | None) -> int | None:
        """The larger of two."""
        return None if left is None or right is None else max(left, right)
