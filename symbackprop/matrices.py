"""The nodes for a matrix as a whole, its inverse and its determinant, and what each is in the matrix's entries.

The inverse is defined by an equation, X Y = 1, and is differentiated by differentiating that equation. The determinant
is known by one fact: it is linear in each entry, and the factor is the entry's cofactor, det X times an entry of the
inverse (Cramer's rule).

Source:
    Magnus & Neudecker, Matrix Differential Calculus (1988), chapter 8.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from math import factorial
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.errors import TooLargeError
from symbackprop.expressions import Bound, Index, Node, Read

MOST_TERMS = 24


class Inverse(Node):
    """An entry of the inverse of a matrix: `Inverse(X[i, j])` is that at [i, j] of the inverse of X."""

    def __new__(cls, entry: Expr) -> Inverse:
        return Expr.__new__(cls, entry)

    @property
    def entry(self) -> Read:
        """The tensor at the place of the entry."""
        return self.args[0]

    @property
    def place(self) -> tuple[Expr, Expr]:
        """The row and the column of the entry."""
        return self.entry.indices[-2], self.entry.indices[-1]

    def matrix(self, row: Expr, column: Expr) -> Read:
        """The matrix itself at another place."""
        return Read(self.entry.tensor, *self.entry.indices[:-2], row, column)

    def _sympystr(self, printer: Any) -> str:
        return f"inv({self.entry.tensor})[{', '.join(map(printer.doprint, self.entry.indices))}]"


class Determinant(Bound):
    """The determinant of a body over two indices, of which the second is the column."""

    def __new__(cls, body: Expr, row: Index, column: Index) -> Determinant:
        return Expr.__new__(cls, body, row, column)

    def _sympystr(self, printer: Any) -> str:
        return f"det({printer.doprint(self.body)}, {', '.join(map(str, self.bound))})"


def determinant(entry: Callable[[int, int], Expr], size: int) -> Expr:
    """The determinant in the entries, by Leibniz' formula.

    Raises:
        TooLargeError: There are more than 24 terms.

    Example:
        >>> determinant(lambda i, j: sp.Symbol("abcd"[2 * i + j]), 2)
        a*d - b*c
    """
    return _minor(entry, range(size), range(size))


def inverse_entry(entry: Callable[[int, int], Expr], size: int, row: int, column: int) -> Expr:
    """An entry of the inverse in the entries, by Cramer's rule.

    Raises:
        TooLargeError: A determinant has more than 24 terms.

    Example:
        >>> inverse_entry(lambda i, j: sp.Symbol("abcd"[2 * i + j]), 2, 0, 1)
        -b/(a*d - b*c)
    """
    rows = [n for n in range(size) if n != column]
    columns = [n for n in range(size) if n != row]
    sign = -1 if (row + column) % 2 else 1
    return sign * _minor(entry, rows, columns) / determinant(entry, size)


def _minor(entry: Callable[[int, int], Expr], rows: Any, columns: Any) -> Expr:
    rows, columns = list(rows), list(columns)
    if factorial(len(rows)) > MOST_TERMS:
        raise TooLargeError(f"a determinant of size {len(rows)} has {factorial(len(rows)):,} terms")
    terms = []
    for order in permutations(range(len(rows))):
        swaps = sum(1 for n, a in enumerate(order) for b in order[n + 1 :] if a > b)
        terms.append((-1) ** swaps * sp.Mul(*(entry(rows[n], columns[a]) for n, a in enumerate(order))))
    return sp.Add(*terms)
