"""log det² → twice the logarithm of |det|, which does not overflow where the determinant does."""

from __future__ import annotations

import sympy as sp
from sympy import Expr

from symbackprop.lower.exponentials import Stable
from symbackprop.matrices import Determinant


class logabsdet(Stable):
    """The logarithm of the absolute value of a determinant."""


def with_logabsdet(expr: Expr) -> Expr:
    """Take logarithms of squared determinants from the determinant.

    Example:
        >>> from symbackprop.expressions import Index, Read
        >>> i, j = Index("i", 3), Index("j", 3)
        >>> with_logabsdet(sp.log(Determinant(Read("X", i, j), i, j) ** 2) / 2)
        logabsdet(det(X[i, j], i, j))
    """
    if not expr.has(Determinant):
        return expr
    squares = [node for node in expr.atoms(sp.log) if _is_square(node.args[0])]
    return expr.xreplace({node: 2 * logabsdet(node.args[0].base) for node in squares})


def _is_square(expr: Expr) -> bool:
    return isinstance(expr, sp.Pow) and expr.exp == 2 and isinstance(expr.base, Determinant)
