"""Recurrences that only add up → running sums of whole arrays, which array libraries have a function for."""

from __future__ import annotations

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index, Read, Where, Within, reads
from symbackprop.schedule import Group


def running_total(group: Group) -> Expr | None:
    """The x[t] of c[t] = c[t - 1] + x[t], or in reverse of c[t] = c[t + 1] + x[t]; `None` for any other equations.

    Example:
        >>> t = Index("t", 4)
        >>> c, before, x = (Read(*read) for read in (("c", t), ("c", t - 1), ("x", t)))
        >>> from symbackprop.graph import Equation
        >>> running_total(Group((Equation("c", (t,), before + x**2),), loop=t))
        x[t]**2
        >>> running_total(Group((Equation("c", (t,), 2 * before + x),), loop=t)) is None
        True
    """
    if len(group.equations) != 1 or group.loop is None:
        return None
    (equation,) = group.equations
    step = group.loop + (1 if group.reverse else -1)
    before = Read(equation.tensor, *(step if index == group.loop else index for index in equation.indices))
    added = [term for term in sp.Add.make_args(equation.rhs) if not term.has(before)]
    rest = [term for term in sp.Add.make_args(equation.rhs) if term.has(before)]
    total = sp.Add(*added)
    reads_itself = any(read.tensor == equation.tensor for read in reads(total))
    if len(rest) != 1 or reads_itself or not total.has(group.loop) or not _is_there(rest[0], before, group.loop, step):
        return None
    return total


def _is_there(term: Expr, before: Read, loop: Index, step: Expr) -> bool:
    """Whether a term is what was added up before; beyond the ends it is 0 anyway."""
    if isinstance(term, Where):
        return bool(term.args[0] == (loop > 0)) and term.args[1:] == (before, sp.S.Zero) and step == loop - 1
    return term in (before, before * Within(step, loop.size))
