"""A recurrence → what does not recur, computed for all positions at once before the loop, and the rest of it.

z[t, j] = Σ W[j, i] x[t, i] + b[j] + Σ U[j, k] h[t - 1, k] needs a step for each t because of h alone: the first sum is
one matmul of all positions.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index, Read, Total, tensors_read
from symbackprop.graph import Equation
from symbackprop.schedule import Group


def ahead(group: Group) -> tuple[tuple[Equation, ...], Group]:
    """Take the sums of a recurrence that read nothing of it out of its loop.

    Args:
        group: Equations that are computed position by position.

    Returns:
        Equations to compute before the loop, and the group that reads their tensors.
    """
    if group.loop is None:
        return (), group
    inside = {equation.tensor for equation in group.equations}
    before: list[Equation] = []
    rest = tuple(_without(equation, inside, group.loop, before) for equation in group.equations)
    return tuple(before), replace(group, equations=rest)


def _without(equation: Equation, inside: set[str], loop: Index, before: list[Equation]) -> Equation:
    found: list[Expr] = []
    _collect(equation.rhs, inside, loop, found)
    table: dict[Expr, Expr] = {}
    for number, expr in enumerate(dict.fromkeys(found), 1):
        name = f"{equation.tensor}_ahead" + (str(number) if len(found) > 1 else "")
        indices = tuple(index for index in equation.indices if index in expr.free_symbols)
        before.append(Equation(name, indices, expr))
        table[expr] = Read(name, *indices)
    return replace(equation, rhs=_put(equation.rhs, table)) if table else equation


def _collect(expr: Expr, inside: set[str], loop: Index, found: list[Expr]) -> None:
    """The largest sums, and sums of such, that read nothing of the recurrence and are different at each position."""
    if expr.is_Add:
        outer = [term for term in expr.args if not inside & set(tensors_read(term))]
        inner = [term for term in expr.args if term not in outer]
        if any(term.has(Total) and loop in term.free_symbols for term in outer):
            found.append(sp.Add(*outer))
        else:
            inner = list(expr.args)
        for term in inner:
            _collect(term, inside, loop, found)
    elif isinstance(expr, Total):
        if loop in expr.free_symbols and not inside & set(tensors_read(expr)):
            found.append(expr)
    elif not isinstance(expr, Read):
        for arg in expr.args:
            if isinstance(arg, Expr):
                _collect(arg, inside, loop, found)


def _put(expr: Expr, table: dict[Expr, Expr]) -> Expr:
    """Reads in place of what was taken out; a sum gives up the terms that were."""
    if expr in table:
        return table[expr]
    if expr.is_Add:
        for taken, read in table.items():
            terms = sp.Add.make_args(taken)
            if set(terms) <= set(expr.args):
                return read + sp.Add(*(_put(term, table) for term in expr.args if term not in terms))
    if not expr.args or isinstance(expr, Read | Total):
        return expr
    return expr.func(*(_put(arg, table) for arg in expr.args))
