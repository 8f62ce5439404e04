"""Prints trees in plain Unicode, on one line, for terminals, docstrings and messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from symbackprop.display.numbers import INFINITE, powered
from symbackprop.display.printer import ATOM, BASE, CONDITION, POWER, PRODUCT, SUM, Printer, is_bare_log
from symbackprop.display.tree import (
    Apply,
    BigSum,
    Boxed,
    Brace,
    Bracket,
    Cases,
    Compare,
    Extreme,
    Fraction,
    Logic,
    Matrix,
    Minus,
    Number,
    PartialDerivative,
    Power,
    Product,
    Range,
    Reference,
    Relation,
    Role,
    Sum,
    Symbol,
    Transpose,
    Tree,
    Words,
    bare,
)
from symbackprop.notation import function_sign, subscript, superscript

_JOINERS = {"": "·", "cdot": " · ", "times": " × ", "odot": " ⊙ "}
_OPERATORS = {"<": "<", "<=": "≤", "=": "=", "!=": "≠", ">": ">", ">=": "≥"}
_SMALL = {("1", "2"): "½", ("1", "4"): "¼", ("3", "4"): "¾", ("1", "3"): "⅓", ("2", "3"): "⅔", ("1", "8"): "⅛"}


class TextPrinter(Printer):
    """Turns trees into plain Unicode; colours and boxes vanish."""

    joiners: ClassVar[Mapping[str, str]] = _JOINERS

    def level(self, tree: Tree) -> int:
        """As in the base, but a fraction is a division on the line."""
        if isinstance(tree, Fraction):
            return POWER if self._small(tree) else PRODUCT
        return super().level(tree)

    def equality(self, operator: str) -> str:
        """The sign of an exact or a rounded equality."""
        return operator

    def wrap(self, text: str, tree: Tree) -> str:
        """Plain parentheses."""
        return f"({text})"

    def paint(self, role: Role, text: str) -> str:
        """Text as it is."""
        return text

    def brace(self, text: str, tree: Brace) -> str:
        """Text as it is."""
        return text

    def number(self, tree: Number, leading: bool) -> str:
        sign, mantissa, power = ("", "∞", "") if tree.text == INFINITE else powered(tree.text)
        return sign + "×".join(filter(None, (mantissa, power and f"10{superscript(power)}")))

    def symbol(self, tree: Symbol, leading: bool) -> str:
        return tree.sign.text([self.show(index).replace(" ", "") for index in tree.subscripts])

    def partialderivative(self, tree: PartialDerivative, leading: bool) -> str:
        return f"∂{self.show(tree.of, POWER) if tree.of else ''}/∂{self.show(tree.wrt, POWER)}"

    def minus(self, tree: Minus, leading: bool) -> str:
        return f"-{self.show(tree.body, PRODUCT, leading=False)}"

    def sum(self, tree: Sum, leading: bool) -> str:
        return " ".join(f"{operator} {text}".strip() for operator, text in self.terms(tree.terms, leading))

    def product(self, tree: Product, leading: bool) -> str:
        text = self.factor(tree.factors, 0, leading)[0]
        for position, right in enumerate(tree.factors[1:], start=1):
            numbers = isinstance(bare(right), Number) and isinstance(bare(tree.factors[position - 1]), Number)
            following = self.factor(tree.factors, position, leading)[0]
            if isinstance(bare(right), Fraction) and self.level(bare(right)) == PRODUCT:
                # a·b/c reads as it should, but a second division after it would not.
                following = f"({following})"
            text += (" × " if numbers else self.joiners[tree.by]) + following
        return text

    def fraction(self, tree: Fraction, leading: bool) -> str:
        small = self._small(tree)
        return small or f"{self.show(tree.above, PRODUCT)}/{self.show(tree.below, POWER)}"

    def _small(self, tree: Fraction) -> str:
        if isinstance(tree.above, Number) and isinstance(tree.below, Number):
            return _SMALL.get((tree.above.text, tree.below.text), "")
        return ""

    def power(self, tree: Power, leading: bool) -> str:
        return self.show(tree.base, BASE) + superscript(self.show(tree.exponent).replace(" ", ""))

    def apply(self, tree: Apply, leading: bool) -> str:
        first = tree.arguments[0]
        if tree.name == "sqrt":
            return f"√{self.show(first, ATOM)}"
        if tree.name == "abs":
            return f"|{self.show(first)}|"
        name = function_sign(tree.name, tex=False) + "′" * tree.primes
        if is_bare_log(tree):
            return f"{name} {self.show(first)}"
        return f"{name}({', '.join(self.show(argument, SUM) for argument in tree.arguments)})"

    def range(self, tree: Range, leading: bool) -> str:
        index = self.show(tree.index)
        if tree.shown and tree.last:
            return f"_{{{index}={self.show(tree.first)}..{self.show(tree.last)}}}"
        return subscript(index)

    def bigsum(self, tree: BigSum, leading: bool) -> str:
        head = "".join(f"Σ{self.show(one)} " for one in tree.ranges)
        return head + self.show(tree.body, PRODUCT, leading=False)

    def extreme(self, tree: Extreme, leading: bool) -> str:
        name = "argmax" if tree.place else "max"
        return f"{name}{self.show(tree.range)} {self.show(tree.body, PRODUCT, leading=False)}"

    def compare(self, tree: Compare, leading: bool) -> str:
        text = self.show(tree.operands[0], SUM)
        for operator, operand in zip(tree.operators, tree.operands[1:], strict=True):
            text += f" {_OPERATORS[operator]} {self.show(operand, SUM)}"
        return text

    def logic(self, tree: Logic, leading: bool) -> str:
        if tree.operator == "not":
            return f"{tree.word or 'not'} {self.show(tree.conditions[0], SUM)}"
        parts = [self.show(one, SUM if isinstance(one, Logic) else CONDITION) for one in tree.conditions]
        return f" {tree.word or tree.operator} ".join(parts)

    def bracket(self, tree: Bracket, leading: bool) -> str:
        return f"[{self.show(tree.condition)}]"

    def cases(self, tree: Cases, leading: bool) -> str:
        when, otherwise = tree.said
        rows = [
            f"{self.show(value)} {otherwise if condition is None else f'{when} {self.show(condition)}'}"
            for value, condition in tree.rows
        ]
        return "{" + "; ".join(rows) + "}"

    def matrix(self, tree: Matrix, leading: bool) -> str:
        return "[" + "; ".join(" ".join(self.show(entry, ATOM) for entry in row) for row in tree.rows) + "]"

    def transpose(self, tree: Transpose, leading: bool) -> str:
        return self.show(tree.body, ATOM) + "ᵀ"

    def reference(self, tree: Reference, leading: bool) -> str:
        return f"({tree.label})"

    def words(self, tree: Words | str, leading: bool = True) -> str:
        """Running text with its formulas."""
        parts = (tree,) if isinstance(tree, str) else tree.parts
        return "".join(part if isinstance(part, str) else self.show(part) for part in parts)

    def boxed(self, tree: Boxed, leading: bool) -> str:
        return self.show(tree.body)

    def relation(self, tree: Relation, leading: bool) -> str:
        return " ".join([self.show(tree.lhs), *(self.show(row) for row in tree.rows)])


TEXT = TextPrinter()


def text(tree: Tree) -> str:
    """A tree in plain Unicode, on one line.

    Example:
        >>> text(Power(Sum((Number("1"), Number("-0.5"))), Number("2")))
        '(1 + (-0.5))²'
    """
    return TEXT(tree)
