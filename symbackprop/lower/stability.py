"""Equations as a user writes them → equations that can be computed at every finite point without overflow.

Stable forms are recognised in what is written, in the catalogue's formulas and in a user's alike; nothing is known of
any activation or loss.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp
from sympy import Basic, Expr
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symbackprop.expressions import ArgPeak, Peak, Read, Total, Where, tensors_read
from symbackprop.lower.bounded import may_overflow
from symbackprop.lower.exponentials import Stable, expm1, masked, maximum, minimum
from symbackprop.lower.logarithms import difference_of, logarithm
from symbackprop.lower.quotients import quotient

# exp(-exp(80)) is 0, and exp(80) a number, in every precision.
ENOUGH = sp.Integer(80)
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
    if expr.is_Mul and expr.has(Where) and (branched := _in_branches(expr)) != expr:
        return stable(branched)
    if expr.is_Mul or expr.is_Pow:
        return difference_of(quotient(masked(expr) if any(map(may_overflow, expr.args)) else expr))
    if isinstance(expr, sp.exp):
        return sp.exp(sp.Add(*map(_capped, sp.Add.make_args(expr.args[0]))))
    if isinstance(expr, Where):
        return _guarded(expr)
    return difference_of(expr)


def _capped(term: Expr) -> Expr:
    """-exp(u) in an exponent, where u stops at what makes the outer exponential 0 in every precision."""
    number, part = term.as_coeff_Mul()
    if not number.is_negative or not isinstance(part, sp.exp) or not may_overflow(part):
        return term
    return number * sp.exp(minimum(part.args[0], ENOUGH))


def _inside(arg: Expr, of_product: bool) -> Expr:
    """An argument in a stable form; a power in a product is left to be seen together with the other factors."""
    if not isinstance(arg, Expr):
        return arg
    return stable(arg.base) ** stable(arg.exp) if of_product and arg.is_Pow else stable(arg)


def _in_branches(expr: Expr) -> Expr:
    """exp(z) times a branch that is 0 → the branch of a product, in which exp(z) stops where it is not taken."""
    branches = [factor for factor in expr.args if isinstance(factor, Where) and sp.S.Zero in factor.args[1:]]
    exponentials = [factor for factor in expr.args if isinstance(factor, (sp.exp, sp.sinh, sp.cosh))]
    if not branches or not exponentials:
        return expr
    branch, moved = branches[0], sp.Mul(*exponentials)
    rest = (factor for factor in expr.args if factor is not branch and factor not in exponentials)
    return sp.Mul(*rest, Where(branch.condition, branch.then * moved, branch.otherwise * moved))


def _guarded(expr: Where) -> Expr:
    """Keep a branch that is not taken from overflowing: what decides the branch stops at its boundary in it."""
    condition = expr.condition
    if not isinstance(condition, Relational) or condition.rel_op not in ("<", "<=", ">", ">="):
        return expr
    if (solved := _solved(condition)) != condition:
        return stable(Where(solved, expr.then, expr.otherwise))
    greater = condition.rel_op[0] == ">"
    then = _stopped(expr.then, condition.lhs, condition.rhs, above=greater)
    return Where(condition, then, _stopped(expr.otherwise, condition.lhs, condition.rhs, above=not greater))


def _solved(condition: Relational) -> Boolean:
    """exp(u) < 3 → u < log(3)."""
    difference = condition.lhs - condition.rhs
    if isinstance(difference, expm1):
        return condition.func(difference.args[0], 0)
    number, rest = difference.replace(expm1, lambda u: sp.exp(u) - 1).as_coeff_Add()
    factor, part = rest.as_coeff_Mul()
    if not isinstance(part, sp.exp):
        return condition
    order = condition.func if factor.is_positive else condition.reversed.func
    return order(part.args[0], sp.log(-number / factor)) if number * factor < 0 else order(sp.S.One, sp.S.Zero)


def _stopped(branch: Expr, value: Expr, bound: Expr, above: bool) -> Expr:
    """A branch that holds where a value is above, or below, a bound."""
    if not tensors_read(value) or not branch.has(value):
        return branch
    if _divides(branch, value):
        inside = sp.StrictGreaterThan(value, bound) if above else sp.StrictLessThan(value, bound)
        return _in_its_place(branch, value, Where(inside, value, bound + (1 if above else -1)))
    risks = [node for node in branch.atoms(sp.exp, sp.sinh, sp.cosh, Stable) if node.has(value)]
    stopped = (maximum if above else minimum)(value, bound)
    return branch.xreplace({node: _in_its_place(node, value, stopped) for node in risks if _may_overflow(node)})


def _in_its_place(expr: Basic, value: Expr, stopped: Expr) -> Expr:
    """An expression with something else in the place of a value, but for conditions and sums over letters of it."""
    if expr == value:
        return stopped
    captures = isinstance(expr, Total | Peak | ArgPeak) and not stopped.free_symbols.isdisjoint(expr.bound)
    if isinstance(expr, Boolean) or captures or not expr.has(value):
        return expr
    return expr.func(*(_in_its_place(arg, value, stopped) for arg in expr.args))


def _may_overflow(node: Expr) -> bool:
    return not isinstance(node, Stable) or type(node).__name__ == "expm1"


def _divides(branch: Expr, value: Expr) -> bool:
    """Whether a branch has a pole, or the end of a logarithm, somewhere along a value."""
    powers = [node.base for node in branch.atoms(sp.Pow) if not node.exp.is_positive]
    return any(part.has(value) for part in (*powers, *(node.args[0] for node in branch.atoms(sp.log))))
