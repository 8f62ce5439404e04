"""Equation text → indexed equations over SymPy, one node at a time, by a whitelist over Python's `ast`.

Nothing is evaluated and no string reaches SymPy as anything but the name of a symbol that has matched a pattern.
A formula is parsed without knowing any tensor: names in brackets become indices whose sizes are still symbols
(`size_symbol`), other names become reads; `binding` binds both to a network.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from sympy import Expr

from symbackprop.errors import LanguageError
from symbackprop.expressions import Index
from symbackprop.language.converter import Converter, size_symbol, unsized
from symbackprop.language.dialects import array_notation, index_notation
from symbackprop.language.functions import FUNCTIONS, REDUCTIONS, Function
from symbackprop.language.syntax import check_length, place_in, syntax_tree


@dataclass(frozen=True)
class Statement:
    """One parsed equation: the tensor it defines, at which indices, and as what; sizes are not known yet."""

    tensor: str
    indices: tuple[Index, ...]
    rhs: Expr
    text: str


def parse_formula(text: str, functions: Mapping[str, Function] | None = None) -> Expr:
    """Parse one expression, such as an activation's `z * sigmoid(z)`.

    Args:
        text: The formula.
        functions: More functions by name, such as the catalogue's activations.

    Raises:
        LanguageError: The text is not in the language; the message has the column.

    Example:
        >>> parse_formula("1 / (1 + exp(-z))")
        1/(1 + exp(-z))
    """
    check_length(text)
    tree = syntax_tree(text, "eval")
    return Converter(text, functions or {}, tree).expression(tree.body)


def parse_equations(text: str, functions: Mapping[str, Function] | None = None) -> tuple[Statement, ...]:
    """Parse equations, one statement per line.

    Args:
        text: Lines such as `z[j] = sum(W[j, i] * x[i], i) + b[j]`.
        functions: More functions by name, such as the catalogue's activations.

    Raises:
        LanguageError: A line is not in the language; the message quotes it and has the column.

    Example:
        >>> (row,) = parse_equations("z[j] = sum(W[j, i] * x[i], i) + b[j]")
        >>> row.tensor, row.indices, row.rhs
        ('z', (j,), b[j] + sum(x[i]*W[j, i], i))
    """
    rows = [line.strip() for line in text.strip().splitlines()]
    statements = tuple(_statement(row, functions or {}) for row in rows if row and not row.startswith("#"))
    if not statements:
        raise LanguageError("there is no equation", help="write one statement per line, such as y[j] = exp(x[j])")
    return statements


@lru_cache(maxsize=512)
def parse_cached(text: str) -> tuple[Statement, ...]:
    """`parse_equations` without more functions, remembered: a catalogue row is parsed once."""
    return parse_equations(text)


def _statement(row: str, functions: Mapping[str, Function]) -> Statement:
    check_length(row)
    tree = syntax_tree(row, "exec")
    body = tree.body
    converter = Converter(row, functions, tree)
    if len(body) != 1 or not isinstance(body[0], ast.Assign) or len(body[0].targets) != 1:
        raise LanguageError("expected one equation, name[indices] = formula", text=row, column=1, length=len(row))
    target = body[0].targets[0]
    rhs = converter.expression(body[0].value)
    if isinstance(target, ast.Name):
        return Statement(converter.name(target), (), rhs, row)
    if not isinstance(target, ast.Subscript):
        raise converter.error(target, "the left-hand side must be a name with indices, such as z[j]")
    indices = converter.indices(target)
    if any(not isinstance(index, Index) for index in indices) or len(set(indices)) != len(indices):
        raise converter.error(target, "the indices on the left must be different single letters or names")
    return Statement(converter.name(target.value), indices, rhs, row)


__all__ = [
    "FUNCTIONS",
    "REDUCTIONS",
    "Function",
    "Statement",
    "array_notation",
    "index_notation",
    "parse_cached",
    "parse_equations",
    "parse_formula",
    "place_in",
    "size_symbol",
    "unsized",
]
