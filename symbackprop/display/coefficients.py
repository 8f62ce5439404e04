"""Turns the numbers and signs in front of SymPy's products into what a reader expects: ½, 0.01, z/√2, a - t."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction as Quotient

import sympy as sp
from sympy import Expr

from symbackprop.display.numbers import finite
from symbackprop.display.tree import Fraction, Minus, Number, Tree, integer

# Numbers with so many zeros at their end are written with a power of ten.
FEWEST_ZEROS = 9


def number_tree(value: Expr) -> Tree:
    """A rational number: halves, quarters and eighths as small fractions, other finite decimals as decimals.

    Example:
        >>> number_tree(sp.Rational("0.044715"))
        Number(text='0.044715', exact=True)
    """
    if value < 0:
        return Minus(number_tree(-value))
    if value.q == 1:
        digits = str(value.p).rstrip("0")
        power = len(str(value.p)) - len(digits)
        return integer(int(value)) if power < FEWEST_ZEROS else Number(f"{_pointed(digits)}e+{power + len(digits) - 1}")
    decimal = finite(Quotient(int(value.p), int(value.q)), 17) if value.q not in (2, 4, 8) or value.p > 9 else None
    return Number(decimal) if decimal else Fraction(integer(value.p), integer(value.q), inline=True)


def _pointed(digits: str) -> str:
    return digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"


def exact(value: Expr) -> Expr:
    """A float as the shortest decimal that names it; anything else as it is."""
    if not value.is_Float:
        return value
    decimal = Quotient(Decimal(repr(float(value))))
    return sp.Rational(decimal.numerator, decimal.denominator)


def is_root(expr: Expr) -> bool:
    """Whether an expression is the square root of a number."""
    return bool(expr.is_Pow and expr.exp == sp.Rational(1, 2) and expr.base.is_number)


def rooted(number: Expr, above: list[Expr], below: list[Expr]) -> tuple[Expr, list[Expr], list[Expr]]:
    """A coefficient, its numerators and denominators, with SymPy's z √2 / 2 as z / √2."""
    for root in [factor for factor in above if is_root(factor) and factor.base.is_Integer]:
        if number.q % root.base == 0:
            number, above, below = number * root.base, [one for one in above if one != root], [*below, root]
    return number, above, below


def flipped(factors: Sequence[Expr]) -> tuple[list[Expr], bool]:
    """The factors of a negative product with its sign moved into a difference, -(t - a) b as (a - t) b.

    Returns:
        The factors, and whether one of them could take the sign; 1 - a does not, since it is a form readers know.
    """
    for position, factor in enumerate(factors):
        if factor.is_Add and len(factor.args) == 2 and not any(term.is_number for term in factor.args):
            signs = [term.as_coeff_Mul()[0].is_negative for term in factor.args]
            if signs.count(True) == 1:
                return [*factors[:position], sp.Add(*(-term for term in factor.args)), *factors[position + 1 :]], True
    return list(factors), False


def is_divisor(expr: Expr) -> bool:
    """Whether a factor stands below the line of a fraction."""
    return bool(expr.is_Pow and not isinstance(expr, sp.exp) and expr.exp.could_extract_minus_sign())
