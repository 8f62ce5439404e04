"""Sums and products → their terms and factors in the order in which a person would write them."""

from __future__ import annotations

from sympy import Expr

from symbackprop.expressions import Read, Total
from symbackprop.ordering import in_order


def addends(expr: Expr) -> list[Expr]:
    """The terms of a sum in a readable order: positive before negative, sums and products before lone reads."""

    def rank(term: Expr) -> tuple[bool, int]:
        weight = 0 if term.has(Total) else 1 if term.is_Mul or term.is_Pow else 2
        return term.could_extract_minus_sign(), 0 if term.is_Number else weight

    return in_order(expr.args, rank, str)


def factors_in_order(expr: Expr) -> list[Expr]:
    """The factors of a product in a readable order: numbers, sums, reads of adjoints and of others, the rest."""

    def rank(factor: Expr) -> int:
        if factor.is_Number or factor.is_Symbol:
            return 0
        if factor.is_Pow and factor.exp.is_negative:
            return 5
        if isinstance(factor, Total):
            return 1
        if isinstance(factor, Read):
            return 2 if factor.tensor.startswith(("d", "delta")) else 3
        return 4

    return in_order(expr.args, rank, str)
