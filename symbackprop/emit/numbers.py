"""Numbers and sizes → Python code, and how tightly code binds, so that brackets stand where they are needed."""

from __future__ import annotations

import re
from fractions import Fraction

import sympy as sp
from sympy import Expr

ATOM, POWER, UNARY, PRODUCT, MATMUL, SUM, COMPARE = 7, 6, 5, 4, 3, 2, 1
Code = tuple[str, int]
MOST_READABLE = 10**6  # a fraction with a larger denominator reads better, and binds tighter, as a decimal


def bracket(code: Code, least: int) -> str:
    """The code, in brackets if it binds less tightly than asked."""
    return code[0] if code[1] >= least else f"({code[0]})"


def number_code(value: Expr) -> Code:
    """A number or an expression in sizes as Python code.

    Example:
        >>> import sympy as sp
        >>> number_code(sp.Rational(1, 2)), number_code(sp.Rational(1, 3)), number_code(sp.Symbol("N"))
        (('0.5', 7), ('1 / 3', 4), ('N', 7))
    """
    if value.is_Rational:
        return _fraction(value)
    if value.is_Symbol:
        return str(value), ATOM
    if value.is_number and value.has(sp.Function, sp.NumberSymbol):
        return repr(float(value)), ATOM if value.is_positive else UNARY
    if isinstance(value, sp.floor):
        above, below = sp.fraction(sp.together(value.args[0]))
        return f"{bracket(number_code(above), PRODUCT)} // {bracket(number_code(below), ATOM)}", PRODUCT
    if value.is_Add:
        return _sum(value), SUM
    if (value.is_Mul or value.is_Pow) and not (below := sp.fraction(value)[1]).is_number:
        return f"{bracket(number_code(value * below), PRODUCT)} / {bracket(number_code(below), ATOM)}", PRODUCT
    if value.is_Mul:
        first, *rest = map(number_code, value.args)
        # A quotient, a floored one above all, is not the same with another factor before it.
        return " * ".join([bracket(first, PRODUCT), *(bracket(code, PRODUCT + 1) for code in rest)]), PRODUCT
    if value.is_Pow and value.exp.is_Rational:
        base, power = (bracket(number_code(part), ATOM) for part in value.args)
        return f"{base}{power_sign(base, power)}{power}", POWER
    return repr(float(value)), ATOM


def _fraction(value: Expr) -> Code:
    decimal = float(value)
    if value.is_Integer:
        return str(value) if abs(value) < 2**53 else repr(decimal), ATOM if value >= 0 else UNARY
    if value.q.bit_count() == 1 or str(decimal) == _exact_decimal(value) or value.q > MOST_READABLE:
        return str(decimal), ATOM if decimal >= 0 else UNARY
    return f"{value.p} / {value.q}", PRODUCT


def _sum(value: Expr) -> str:
    """Numbers last, and what is taken off after what it is taken from."""
    parts = sorted(value.args, key=lambda arg: (arg.could_extract_minus_sign(), arg.is_number, str(arg)))
    text = bracket(number_code(parts[0]), SUM)
    for part in parts[1:]:
        minus = part.could_extract_minus_sign()
        text += f" {'-' if minus else '+'} {bracket(number_code(-part if minus else part), PRODUCT)}"
    return text


def power_sign(base: str, power: str) -> str:
    """The operator, set without spaces between names and numbers, as formatters do."""
    return "**" if all(re.fullmatch(r"[\w.]+", part) for part in (base, power)) else " ** "


def power_code(base: Code, exponent: Code, value: Expr | None, of_sizes: bool = False) -> Code:
    """A power; the root of a number of sizes stays a number of Python's, which has no precision of its own.

    Args:
        base: The code of the base.
        exponent: That of the exponent.
        value: The exponent, if it is known.
        of_sizes: Whether the base reads no array.

    Example:
        >>> power_code(("x", ATOM), ("-0.5", UNARY), sp.Rational(-1, 2))
        ('1 / np.sqrt(x)', 4)
    """
    if value == -1:
        return f"1 / {bracket(base, ATOM)}", PRODUCT
    if value is not None and abs(value) == sp.Rational(1, 2):
        root = f"{bracket(base, ATOM)}**0.5" if of_sizes else f"np.sqrt({base[0]})"
        return (root, POWER if of_sizes else ATOM) if value > 0 else (f"1 / {root}", PRODUCT)
    left, right = bracket(base, ATOM), bracket(exponent, ATOM)
    return f"{left}{power_sign(left, right)}{right}", POWER


def _exact_decimal(value: Expr) -> str:
    """The shortest decimal of a fraction, or nothing where it has none."""
    exact = Fraction(int(value.p), int(value.q))
    text = str(float(exact))
    return text if "e" not in text and Fraction(text) == exact else ""
