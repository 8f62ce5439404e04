"""Indices under letters that depend on where they stand alone, so that what differs in letters is the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import sympy as sp
from sympy import Basic, Expr

from symbackprop.expressions import Index, Peak, Read, Total, indices_of
from symbackprop.graph import Equation

PLACE = Index("i", 1)


def alike(expr: Expr) -> Expr:
    """Sums that differ in the letter of their index alone written alike, so that they cancel.

    Example:
        >>> from symbackprop.expressions import Read
        >>> j, k = Index("j", 3), Index("k", 3)
        >>> alike(Total(Read("x", j), j) - Total(Read("x", k), k))
        0
    """
    return _with_height(expr)[0]


def _with_height(expr: Expr) -> tuple[Expr, int]:
    """The expression and how deep its sums are nested, by which their indices are told apart."""
    if not expr.has(Total, Peak):
        return expr, 0
    if isinstance(expr, (Total, Peak)):
        body, height = _with_height(expr.body)
        names = {index: Index(f"j_{height}_{place}", index.size) for place, index in enumerate(expr.bound)}
        return expr.func(body.xreplace(names), *names.values()), height + 1
    parts = [_with_height(arg) for arg in expr.args]
    return expr.func(*(part for part, _ in parts)), max(height for _, height in parts)


def anywhere(expr: Basic) -> Expr:
    """The expression with one index in the place of all places: what it reads, but not where.

    Example:
        >>> from symbackprop.expressions import Read
        >>> j, k = Index("j", 3), Index("k", 3)
        >>> anywhere(Read("x", j)) == anywhere(Read("x", k)) == anywhere(Read("x", 2))
        True
    """
    if isinstance(expr, Index):
        return PLACE
    if isinstance(expr, Read):
        return Read(expr.tensor, *(PLACE for _ in expr.indices))
    if not expr.args:
        return expr
    parts = map(anywhere, expr.args)
    # Conditions and branches would be decided, and a largest one over nothing would be none.
    kept = isinstance(expr, sp.Add | sp.Mul | sp.Pow | sp.Function)
    return expr.func(*parts) if kept else sp.Function(type(expr).__name__)(*parts)


def apart(equations: Sequence[Equation], taken: Collection[str]) -> tuple[Equation, ...]:
    """Equations whose indices have no letter that stands for something else in code, as the k of a size.

    Example:
        >>> from symbackprop.expressions import Read
        >>> k = Index("k", sp.Symbol("k", integer=True, positive=True))
        >>> print(*apart([Equation("y", (k,), Read("x", k))], {"k"}))
        y[k_] = x[k_]
    """
    used = {index for one in equations for side in (one.lhs, one.rhs) for index in indices_of(side)}
    table: dict[Basic, Basic] = {}
    for index in sorted(used, key=str):
        name = index.name
        while name in taken:
            name += "_"
        if name != index.name:
            table[index] = Index(name, index.size)
            taken = {*taken, name}
    if not table:
        return tuple(equations)
    return tuple(
        replace(one, indices=tuple(table.get(index, index) for index in one.indices), rhs=one.rhs.xreplace(table))
        for one in equations
    )
