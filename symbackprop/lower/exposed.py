"""Exponentials that are tensors of their own → put into the equations that read them, where that makes these stable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import sympy as sp
from sympy import Expr

from symbackprop.contraction import tidy
from symbackprop.expressions import Index, Peak, Total, Where, tensors_read
from symbackprop.graph import Equation
from symbackprop.lower.exponentials import logsumexp
from symbackprop.lower.stability import stable
from symbackprop.simplify.fusion import multiply_out, put_in


def without_exposed(equations: Sequence[Equation], given: Iterable[Equation] = ()) -> tuple[Equation, ...]:
    """Equations that read what a tensor such as e = exp(z) is made of, if they overflow less often then.

    Args:
        equations: One pass.
        given: The equations of tensors that it may read besides.

    Returns:
        The same tensors: 1/(1 + e) is a logistic function, which overflows nowhere, where e does.
    """
    exposed: dict[str, Equation] = {}
    for equation in given:
        _expose(equation, exposed)
    found = []
    for equation in equations:
        whole = _put_all_in(equation.rhs, equation.indices, exposed)
        if whole != equation.rhs:
            best = min((equation.rhs, *_forms(whole)), key=lambda rhs: _risks(rhs, exposed))
            found.append(replace(equation, rhs=best) if best != equation.rhs else equation)
        else:
            found.append(equation)
        _expose(equation, exposed)
    return tuple(found)


def unread(equations: Sequence[Equation], before: Sequence[Equation], readers: Iterable[Equation]) -> set[str]:
    """The exponentials that were read before and are not any more: their overflow would be for nothing."""
    was = {name for equation in before for name in tensors_read(equation.rhs)}
    read = {name for equation in readers for name in tensors_read(equation.rhs)}
    return {e.tensor for e in equations if e.tensor in was - read and _overflowing(e.rhs)}


def _expose(equation: Equation, exposed: dict[str, Equation]) -> None:
    """Note an equation with an exponential that no stable form takes up, or made of one; one in itself is put nowhere.

    1/cosh(z) vanishes where cosh(z) overflows, but sinh(z) times it is stable only as a whole.
    """
    whole = _put_all_in(equation.rhs, equation.indices, exposed)
    if equation.tensor in tensors_read(whole) or whole.has(Where):
        return
    if whole != equation.rhs or _overflowing(whole):
        exposed[equation.tensor] = replace(equation, rhs=whole)


def _put_all_in(rhs: Expr, indices: Sequence[Index], exposed: Mapping[str, Equation]) -> Expr:
    names = [name for name in tensors_read(rhs) if name in exposed]
    for name in names:
        # Tidied, so that the sum in 1/Σ exp(z[i]) is over another index than where it is read.
        rhs = tidy(put_in(rhs, exposed[name].lhs, exposed[name].rhs), indices)
    return rhs


def _risks(rhs: Expr, exposed: Mapping[str, Equation]) -> int:
    """How many exponentials an equation computes or reads that may overflow."""
    risky = [name for name in tensors_read(rhs) if name in exposed and _overflowing(exposed[name].rhs)]
    return len(_overflowing(rhs)) + len(risky)


def _overflowing(rhs: Expr) -> list[Expr]:
    """The exponentials in the stable form of an expression, without those that the largest exponent was taken off."""
    found = stable(rhs).atoms(sp.exp, sp.sinh, sp.cosh)
    return [node for node in found if not (isinstance(node, sp.exp) and _is_shifted(node.args[0]))]


def _is_shifted(exponent: Expr) -> bool:
    """Whether a largest exponent was taken off another one: exp(-log Σ exp(z)) alone may overflow."""
    largest = [_is_largest(-term) for term in sp.Add.make_args(sp.expand(exponent))]
    return any(largest) and not all(largest)


def _is_largest(term: Expr) -> bool:
    number, part = term.as_coeff_Mul()
    return bool(number.is_positive) and isinstance(part, (Peak, logsumexp))


def _forms(whole: Expr) -> Iterator[Expr]:
    yield whole
    yield _gathered(whole)
    yield multiply_out(whole)
    if whole.has(sp.sinh):
        yield _squares_off(whole)


def _squares_off(expr: Expr) -> Expr:
    """cosh(u)² - sinh(u)² → 1, as the derivative of sinh(u)/cosh(u) has it."""
    if not expr.args or not expr.has(sp.sinh):
        return expr
    inside = [_squares_off(arg) for arg in expr.args]
    if not expr.is_Add:
        return expr.func(*inside)
    terms = list(inside)
    for term in inside:
        for square in [node for node in term.atoms(sp.Pow) if node.exp == 2 and isinstance(node.base, sp.sinh)]:
            other = -term.xreplace({square: sp.cosh(square.base.args[0]) ** 2})
            if term in terms and other in terms:
                terms.remove(term)
                terms.remove(other)
                terms.append(-term / square)
    return sp.Add(*terms)


def _gathered(expr: Expr) -> Expr:
    """Put exponentials and divisors into the sum beside them: Σ exp(2 z[j]) / S² → Σ (exp(z[j]) / S)²."""
    if not expr.args or not expr.has(Total):
        return expr
    if expr.is_Add:
        return sp.Add(*map(_gathered, expr.args))
    if isinstance(expr, Total):
        return Total(_gathered(expr.body), *expr.bound)
    factors = sp.Mul.make_args(sp.expand_mul(expr, deep=False))
    if len(factors) == 1:
        return expr if not factors[0].is_Add else _gathered(factors[0])
    sums = [factor for factor in factors if isinstance(factor, Total) and factor.body.has(sp.exp)]
    if not sums:
        return expr
    beside = [factor for factor in factors if factor not in sums and factor.has(sp.exp)]
    rest = [factor for factor in factors if factor is not sums[0] and factor not in beside]
    return sp.Mul(*rest, Total(sp.Mul(sums[0].body, *beside), *sums[0].bound))
