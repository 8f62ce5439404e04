"""Expression → how much it costs to compute or to read: what a rewrite must not raise."""

from __future__ import annotations

from sympy import Expr

from symbackprop.expressions import Index, Name, Peak, Read, Total

SUM = 50


def cost(expr: Expr) -> int:
    """Count operations; whatever stands under a sum counts as often as a typical sum is long.

    Example:
        >>> from sympy import Symbol
        >>> z = Symbol("z")
        >>> cost(z * (1 - z)), cost(z - z**2)
        (2, 2)
    """
    if not expr.args or isinstance(expr, Read | Index | Name):
        return 0
    if isinstance(expr, Total | Peak):
        weight: int = SUM ** len(expr.bound)
        return weight * (cost(expr.body) + 1)
    if expr.is_Add or expr.is_Mul:
        return len(expr.args) - 1 + sum(map(cost, expr.args)) - _free_sign(expr)
    if expr.is_Pow and expr.exp.is_Integer:
        return min(abs(int(expr.exp)), 4) - int(int(expr.exp) > 0) + cost(expr.base)
    return 4 * expr.is_Function + 1 + sum(map(cost, expr.args))


def _free_sign(expr: Expr) -> int:
    """A factor -1 costs nothing inside a sum that can subtract."""
    return 1 if expr.is_Mul and expr.args[0] == -1 else 0
