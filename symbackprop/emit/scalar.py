"""Scalar code → expressions of a language with the usual operators: Python, C, JavaScript, by a table of its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy as sp
from sympy import Expr

from symbackprop.emit.numbers import ATOM, COMPARE, POWER, PRODUCT, SUM, UNARY, Code, bracket, number_code
from symbackprop.errors import UnsupportedError
from symbackprop.program.scalar import Element, Name, Number, Op, Scalar

OPERATORS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
LOGIC = 0  # binds less tightly than a comparison
CHOICE = -1


@dataclass(frozen=True)
class Language:
    """How a language writes scalar code.

    Attributes:
        functions: What each elementary function is called.
        choice: A value that depends on a condition, of `{condition}`, `{then}` and `{otherwise}`.
        logical: `"and"`, `"or"` and `"not"`.
        element: Writes an element of an array, of its name and the code of its indices.
        number: Writes a number that is computed with; one that depends on sizes is an expression in them.
        place: Writes a position, a whole number.
        operators: What comparisons are called, where it is not the usual sign.
        real: Makes a number of a whole one where a language divides whole numbers without a remainder.
    """

    functions: Mapping[str, str]
    choice: str
    logical: Mapping[str, str]
    element: Callable[[str, list[str]], str] = lambda name, at: f"{name}[{', '.join(at)}]"
    number: Callable[[Expr], Code] = number_code
    place: Callable[[Expr], Code] = number_code
    operators: Mapping[str, str] = field(default_factory=lambda: OPERATORS)
    real: str = ""


def scalar_code(value: Scalar, language: Language, names: Mapping[str, str] | None = None) -> str:
    """Write a value as an expression.

    Args:
        value: The value.
        language: The language.
        names: What to write for the names of variables and arrays, where it is not the name itself; for a size or
            the index of a loop n under "#n".

    Raises:
        UnsupportedError: The language has no such function.

    Example:
        >>> from symbackprop.program.algebra import add, mul, neg
        >>> from symbackprop.program.scalar import ONE
        >>> python = Language({}, "{then} if {condition} else {otherwise}", {})
        >>> a = Name("a")
        >>> scalar_code(mul(a, add(ONE, neg(a))), python)
        'a * (1 - a)'
    """
    return _Printer(language, names or {}).code(value)[0]


def place_code(value: Scalar, language: Language, names: Mapping[str, str] | None = None) -> str:
    """Write a position, a whole number, as an expression."""
    return _Printer(language, names or {}).place(value)[0]


def is_whole(value: Expr) -> bool:
    """Whether an expression in sizes and indices is made of whole numbers, sums and products alone."""
    return all(
        part.is_Integer or isinstance(part, sp.Symbol) or part.is_Add or part.is_Mul
        for part in sp.preorder_traversal(value)
    )


def _stays_whole(value: Scalar) -> bool:
    """Whether a value is written with whole numbers alone, such as the slope 1 or -1 of a branch."""
    if isinstance(value, Number):
        return bool(value.value.is_Integer)
    if isinstance(value, Op) and value.function in ("neg", "add", "mul", "where"):
        return all(map(_stays_whole, value.args[1:] if value.function == "where" else value.args))
    return False


class _Printer:
    def __init__(self, language: Language, names: Mapping[str, str]) -> None:
        self.language = language
        self.names = names

    def code(self, value: Scalar) -> Code:
        match value:
            case Name():
                return self.names.get(value.name, value.name), ATOM
            case Number():
                return self._number(value.value)
            case Element():
                at = [self.place(place)[0] for place in value.at]
                return self.language.element(self.names.get(value.array, value.array), at), ATOM
            case Op():
                return self._operation(value)
        raise UnsupportedError(f"{type(value).__name__} has no form in this language")

    def place(self, value: Scalar) -> Code:
        """A value that is a whole number."""
        return self.language.place(self._renamed(value.value)) if isinstance(value, Number) else self.code(value)

    def _number(self, value: Expr) -> Code:
        return self.language.number(self._renamed(value))

    def _renamed(self, value: Expr) -> Expr:
        table = {
            symbol: sp.Symbol(self.names[f"#{symbol.name}"], integer=True)
            for symbol in value.free_symbols
            if f"#{symbol.name}" in self.names
        }
        return value.xreplace(table) if table else value

    def _operation(self, value: Op) -> Code:
        function, args = value.function, value.args
        if function == "add":
            return self._sum(args), SUM
        if function == "mul":
            # Products are taken from the left, and a quotient among them would be taken apart.
            first, *rest = map(self.code, args)
            return " * ".join([bracket(first, PRODUCT), *(bracket(code, PRODUCT + 1) for code in rest)]), PRODUCT
        if function == "neg":
            return f"-{bracket(self.code(args[0]), POWER)}", UNARY
        if function == "div":
            return self._quotient(*args), PRODUCT
        if function in self.language.operators:
            left, right = (bracket(code, SUM) for code in self._sides(args))
            return f"{left} {self.language.operators[function]} {right}", COMPARE
        if function in self.language.logical:
            return self._logical(function, args)
        if function == "where":
            condition, then, otherwise = (bracket(self.code(arg), LOGIC) for arg in args)
            return self.language.choice.format(condition=condition, then=then, otherwise=otherwise), CHOICE
        if function == "place":
            index, size = args
            return f"{self.language.functions[function]}({self.code(index)[0]}, {self.place(size)[0]})", ATOM
        if function not in self.language.functions:
            raise UnsupportedError(f"the function {function} has no form in this language")
        return f"{self.language.functions[function]}({', '.join(self.code(arg)[0] for arg in args)})", ATOM

    def _quotient(self, above: Scalar, below: Scalar) -> str:
        divisor = self.code(below)
        if self.language.real and _stays_whole(above) and _stays_whole(below):
            divisor = f"{self.language.real}{bracket(divisor, ATOM)}", UNARY
        return f"{bracket(self.code(above), PRODUCT)} / {bracket(divisor, PRODUCT + 1)}"

    def _sides(self, args: tuple[Scalar, ...]) -> list[Code]:
        """The two sides of a comparison, which is one of positions where both are."""
        places = all(isinstance(arg, Number) and is_whole(arg.value) for arg in args)
        return [self.place(arg) if places else self.code(arg) for arg in args]

    def _sum(self, args: tuple[Scalar, ...]) -> str:
        text = bracket(self.code(args[0]), SUM)
        for arg in args[1:]:
            code, strength = self.code(arg)
            if isinstance(arg, Op) and arg.function == "neg":
                text += f" - {bracket(self.code(arg.args[0]), PRODUCT)}"
            elif code.startswith("-") and strength > SUM:
                text += f" - {bracket((code[1:], strength), PRODUCT)}"
            else:
                text += f" + {bracket((code, strength), PRODUCT)}"
        return text

    def _logical(self, function: str, args: tuple[Scalar, ...]) -> Code:
        sign = self.language.logical[function]
        if function == "not":
            return f"{sign}({self.code(args[0])[0]})", ATOM
        return f" {sign} ".join(bracket(self.code(arg), COMPARE) for arg in args), LOGIC
