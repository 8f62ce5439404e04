"""Turns computed values into the numbers that are printed, and says whether what is printed is exact.

A value is exact if it comes as an integer, `Fraction` or `Decimal`; floating-point and mpmath values are roundings of
something, so that their digits never stand after an equals sign.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import mpmath

from symbackprop.display.tree import Matrix, Number, Tree
from symbackprop.expressions import INFINITY

DECIMALS = 9
_TINY, _HUGE = Fraction(1, 10**4), Fraction(10**9)


# What is printed as an infinite number; `expressions` says which one stands for it.
INFINITE = f"1e+{len(str(INFINITY)) - 1}"


def typed(text: str) -> Number:
    """The number of an input, in the user's own digits.

    Example:
        >>> typed("0.10")
        Number(text='0.10', exact=True)
    """
    return Number(text.strip().removeprefix("+"))


def shown(value: Any, decimals: int = DECIMALS) -> Number:
    """The number to print for a value: in full if it is exact and short, else correctly rounded.

    Args:
        value: An int, Fraction or Decimal, taken as exact, or a float or mpmath number, taken as rounded.
        decimals: Digits after the point; values below 1e-4 or from 1e9 on are written with a power of ten, and have
            that many digits after the point of the mantissa.

    Example:
        >>> shown(Fraction(151, 400)).text, shown(0.1 + 0.2, 3).text, shown(mpmath.mpf("3.510187783123e-5")).text
        ('0.3775', '0.300', '3.510187783e-05')
    """
    exact = isinstance(value, int | Fraction | Decimal)
    quotient = rational(value)
    if exact and (whole := finite(quotient, decimals)) is not None:
        return Number(whole)
    return Number(rounded(quotient, decimals), exact=False)


def powered(text: str) -> tuple[str, str, str]:
    """The sign, the mantissa and the power of ten of a printed number; a mantissa of 1 is left out.

    Example:
        >>> powered("-2.5e-07"), powered("1e9"), powered("0.35")
        (('-', '2.5', '-7'), ('', '', '9'), ('', '0.35', ''))
    """
    digits, _, power = text.lower().removeprefix("-").partition("e")
    sign = "-" if text.startswith("-") else ""
    return sign, "" if power and digits == "1" else digits, str(int(power)) if power else ""


def rational(value: Any) -> Fraction:
    """The exact value of a number of any of the types that occur here."""
    if isinstance(value, mpmath.mpf):
        sign, mantissa, exponent, _ = value._mpf_
        if not mantissa and exponent:
            raise ValueError(f"{value} is not a finite number")
        scaled = Fraction(int(mantissa)) * Fraction(2) ** exponent
        return -scaled if sign else scaled
    return Fraction(value)


def finite(value: Fraction, decimals: int = DECIMALS) -> str | None:
    """The decimal text of a value that ends within so many digits, else None."""
    scaled = value * 10**decimals
    if scaled.denominator != 1:
        return None
    text = _fixed(scaled.numerator, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(value: Fraction, decimals: int = DECIMALS) -> str:
    """A value rounded half to even, with a power of ten where it is very small or very large."""
    if value == 0 or _TINY <= abs(value) < _HUGE:
        return _fixed(round(value * 10**decimals), decimals)
    power = _exponent(value)
    digits = round(value / Fraction(10) ** power * 10**decimals)
    if abs(digits) >= 10 ** (decimals + 1):
        power += 1
        digits = round(value / Fraction(10) ** power * 10**decimals)
    return f"{_fixed(digits, decimals)}e{power:+03d}"


def equality(*numbers: Tree) -> Literal["=", "≈"]:
    """The sign between a formula with these numbers and its value: `=` only if each of them is exact."""
    return "=" if all(number.exact for number in numbers if isinstance(number, Number)) else "≈"


def column(values: Sequence[Any], decimals: int = DECIMALS) -> Matrix:
    """A vector of values as a column of numbers."""
    return Matrix(tuple((shown(value, decimals),) for value in values))


def table(rows: Sequence[Sequence[Any]], decimals: int = DECIMALS) -> Matrix:
    """Rows of values as a matrix of numbers."""
    return Matrix(tuple(tuple(shown(value, decimals) for value in row) for row in rows))


def _exponent(value: Fraction) -> int:
    # From the bits: Python refuses to write a number of more than 4,300 digits out, and exp(-10000) has that many.
    power = math.floor((abs(value.numerator).bit_length() - value.denominator.bit_length()) * math.log10(2)) + 1
    while abs(value) < Fraction(10) ** power:
        power -= 1
    return power


def _fixed(scaled: int, decimals: int) -> str:
    digits = str(abs(scaled)).rjust(decimals + 1, "0")
    whole, part = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    return ("-" if scaled < 0 else "") + whole + (f".{part}" if part else "")
