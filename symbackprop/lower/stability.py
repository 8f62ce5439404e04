"""Equations as a user writes them → equations that can be computed at every finite point without overflow.

Stable forms are recognised in what is written, in the catalogue's formulas and in a user's alike; nothing is known of
any activation or loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import sympy as sp
from sympy import Expr
from sympy.core.relational import Relational

from symbackprop.contraction import collect
from symbackprop.expressions import Delta, Index, Read, Total, Where, reads, tensors_read
from symbackprop.graph import Equation
from symbackprop.lower.exponentials import Stable, maximum, minimum
from symbackprop.lower.logarithms import difference_of, logarithm
from symbackprop.lower.quotients import quotient
from symbackprop.simplify.fusion import multiply_out, put_in

RISKS = (sp.exp, sp.log, sp.sinh, sp.cosh, Where)


@lru_cache(maxsize=4096)
def stable(expr: Expr) -> Expr:
    """An expression with every formula that overflows replaced by a function that does not.

    Example:
        >>> z = Read("z")
        >>> stable(z / (1 + sp.exp(-2 * z))), stable(-sp.log(1 / (1 + sp.exp(-z))))
        (sigmoid(2*z)*z, softplus(-z))
        >>> stable(Where(z > 0, z, sp.exp(z) - 1))
        where(z > 0, z, expm1(minimum(z, 0)))
    """
    if isinstance(expr, Read) or not expr.args or not expr.has(*RISKS):
        return expr
    expr = expr.func(*(_inside(arg, expr.is_Mul) for arg in expr.args))
    if isinstance(expr, sp.log):
        return difference_of(logarithm(expr.args[0]))
    if expr.is_Mul or expr.is_Pow:
        return difference_of(quotient(expr))
    if isinstance(expr, Where):
        return _guarded(expr)
    return difference_of(expr)


def _inside(arg: Expr, of_product: bool) -> Expr:
    """An argument in a stable form; a power in a product is left to be seen together with the other factors."""
    if not isinstance(arg, Expr):
        return arg
    return stable(arg.base) ** stable(arg.exp) if of_product and arg.is_Pow else stable(arg)


def _guarded(expr: Where) -> Expr:
    """Keep a branch that is not taken from overflowing: what decides the branch stops at its boundary in it."""
    condition = expr.condition
    if not isinstance(condition, Relational) or condition.rel_op not in ("<", "<=", ">", ">="):
        return expr
    greater = condition.rel_op[0] == ">"
    then = _stopped(expr.then, condition.lhs, condition.rhs, above=greater)
    return Where(condition, then, _stopped(expr.otherwise, condition.lhs, condition.rhs, above=not greater))


def _stopped(branch: Expr, value: Expr, bound: Expr, above: bool) -> Expr:
    """A branch that holds where a value is above, or below, a bound."""
    if not tensors_read(value) or not branch.has(value):
        return branch
    if _divides(branch, value):
        inside = sp.StrictGreaterThan(value, bound) if above else sp.StrictLessThan(value, bound)
        return branch.xreplace({value: Where(inside, value, bound + (1 if above else -1))})
    risks = [node for node in branch.atoms(sp.exp, sp.sinh, sp.cosh, Stable) if node.has(value)]
    stop = maximum if above else minimum
    return branch.xreplace({node: node.xreplace({value: stop(value, bound)}) for node in risks if _may_overflow(node)})


def _may_overflow(node: Expr) -> bool:
    return not isinstance(node, Stable) or type(node).__name__ == "expm1"


def _divides(branch: Expr, value: Expr) -> bool:
    """Whether a branch has a pole, or the end of a logarithm, somewhere along a value."""
    powers = [node.base for node in branch.atoms(sp.Pow) if not node.exp.is_positive]
    return any(part.has(value) for part in (*powers, *(node.args[0] for node in branch.atoms(sp.log))))


def computable(equations: Sequence[Equation], given: Iterable[Equation] = ()) -> tuple[Equation, ...]:
    """Equations whose stable forms do not depend on a tensor that is rounded to 0 or 1 before.

    Args:
        equations: One pass.
        given: The equations of tensors that it may read besides.

    Returns:
        The same tensors. A logarithm of a tensor such as 1/(1 + exp(-z)) is taken from z, and an adjoint that divides
        by such a tensor is put into the one that reads it, where the divisor cancels.
    """
    defined = {equation.tensor: equation for equation in (*given, *equations) if _saturates(equation.rhs)}
    finite = _without_poles(list(equations), defined)
    return tuple(_with_opened_logs(equation, defined) for equation in finite)


def _saturates(rhs: Expr) -> bool:
    return rhs.has(sp.exp, sp.tanh) and not rhs.has(Where)


def _with_opened_logs(equation: Equation, defined: Mapping[str, Equation]) -> Equation:
    """log(a) with a = 1/(1 + exp(-z)) from z: a itself is rounded to 0 or 1 long before its logarithm is large."""
    table: dict[Expr, Expr] = {}
    for node in equation.rhs.atoms(sp.log):
        opened = stable(sp.log(_put_all_in(node.args[0], defined)))
        if opened != node and not any(tensors_read(log.args[0]) for log in opened.atoms(sp.log)):
            table[node] = opened
    return replace(equation, rhs=equation.rhs.xreplace(table)) if table else equation


def _put_all_in(expr: Expr, defined: Mapping[str, Equation]) -> Expr:
    for name in tensors_read(expr):
        if name in defined:
            expr = put_in(expr, defined[name].lhs, defined[name].rhs)
    return expr


def _without_poles(equations: list[Equation], defined: Mapping[str, Equation]) -> list[Equation]:
    """Put each equation that divides by what may be 0 into those that read it, where the divisor cancels."""
    for number, equation in enumerate(equations):
        if not _poles(equation.rhs, defined):
            continue
        rhs = _cancelled(equation.rhs, equation.indices, defined)
        equations[number] = equation = replace(equation, rhs=rhs or equation.rhs)
        readers = [n for n, other in enumerate(equations) if equation.tensor in tensors_read(other.rhs) and n != number]
        for place in readers if rhs is None else []:
            reader = equations[place]
            rhs = _cancelled(put_in(reader.rhs, equation.lhs, equation.rhs), reader.indices, defined)
            equations[place] = replace(reader, rhs=rhs or reader.rhs)
    return equations


def _cancelled(expr: Expr, indices: Sequence[Index], defined: Mapping[str, Equation]) -> Expr | None:
    """Multiply out until no pole is left, if that does it; beside a delta [label = j] a place `label` is j."""
    terms = []
    for term in sp.Add.make_args(collect(expr, indices)):
        for delta in (factor for factor in sp.Mul.make_args(term) if isinstance(factor, Delta)):
            for place, index in (delta.args, delta.args[::-1]):
                if isinstance(index, Index) and tensors_read(place):
                    term = delta * (term / delta).xreplace({place: index})
        terms.append(term)
    flat = sp.Add(*terms)
    forms = (form(flat) for form in (multiply_out, _spread, sp.expand))
    return next((form for form in forms if not _poles(form, defined)), None)


def _spread(expr: Expr) -> Expr:
    """Multiply sums that hold a quotient by the factors beside them, and no others."""
    if isinstance(expr, Total):
        return sp.Add(*(Total(term, *expr.bound) for term in sp.Add.make_args(_spread(expr.body))))
    if expr.is_Add:
        return sp.Add(*map(_spread, expr.args))
    if not expr.is_Mul:
        return expr
    factors = [_spread(factor) if isinstance(factor, Total) else factor for factor in expr.args]
    for factor in factors:
        if factor.is_Add and any(not node.exp.is_nonnegative for node in factor.atoms(sp.Pow)):
            rest = sp.Mul(*(other for other in factors if other is not factor))
            return sp.Add(*(_spread(term * rest) for term in factor.args))
    return sp.Mul(*factors)


def _poles(rhs: Expr, defined: Mapping[str, Equation]) -> bool:
    """Whether an expression divides by a tensor that may be rounded to 0, or by its distance from 1."""
    powers = (node for node in rhs.atoms(sp.Pow) if not node.exp.is_nonnegative)
    return any(read.tensor in defined for power in powers for read in reads(power.base))
