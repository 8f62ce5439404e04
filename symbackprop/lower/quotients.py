"""Quotients of exponentials → logistic functions and softmaxes: exp(-u)/(1 + exp(-u))² → s(u) s(-u)."""

from __future__ import annotations

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index, Peak, Total
from symbackprop.lower.exponentials import (
    branch,
    expm1,
    exponential,
    kept,
    masked,
    places,
    sigmoid,
    softmax,
    summed_exponential,
    two_exponentials,
    weight,
    without,
)
from symbackprop.substitution import substitute


def quotient(expr: Expr) -> Expr:
    """Write a product without exponentials below a fraction line, as far as they are logistic functions or softmaxes.

    Example:
        >>> z = sp.Symbol("z")
        >>> quotient(sp.exp(-z) / (1 + sp.exp(-z)) ** 2)
        sigmoid(-z)*sigmoid(z)
    """
    for below in sp.Mul.make_args(expr):
        if not below.is_Pow or not below.exp.is_negative or not below.exp.is_number:
            continue
        rest = sp.Mul(*(factor for factor in sp.Mul.make_args(expr) if factor is not below))
        for rule in (_logistic, _softmax, _hyperbolic):
            found = rule(rest, below.base, -below.exp)
            if found is not None:
                return quotient(found)
    return expr


def _logistic(rest: Expr, base: Expr, power: Expr) -> Expr | None:
    """rest / (c + d exp(v))^n, a term of `rest` at a time."""
    pair = two_exponentials(base)
    if pair is None:
        return None
    first, second = pair
    exponent = sp.expand(first.exponent - second.exponent + sp.log(first.factor / second.factor))
    parts = []
    for term in _terms(rest):
        others, top = exponential(term)
        times, left = _times(sp.expand(top - power * second.exponent), exponent, power)
        others *= second.factor**-power * sigmoid(exponent) ** times * sigmoid(-exponent) ** (power - times)
        parts.append(others * sp.exp(left))
    return sp.Add(*parts)


def _times(top: Expr, exponent: Expr, power: Expr) -> tuple[Expr, Expr]:
    """How often an exponent stands in another, at most `power` times, and what is left."""
    choices = [sp.Integer(number) for number in range(1, int(power) + 1)] if power.is_Integer else [power]
    found = [(times, left) for times in choices if (left := without(top, times * exponent)) is not None]
    return min(found, key=lambda pair: weight(pair[1]), default=(sp.S.Zero, top))


def _terms(expr: Expr) -> list[Expr]:
    """The terms of a product one of whose factors is a sum with exponentials in it."""
    factors = [factor.replace(expm1, lambda u: sp.exp(u) - 1) for factor in sp.Mul.make_args(expr)]
    for factor in factors:
        if factor.is_Add and any(exponential(term).exponent != 0 for term in factor.args):
            others = sp.Mul(*(other for other in factors if other is not factor))
            return [part for term in factor.args for part in _terms(term * others)]
    return [sp.Mul(*factors)]


def _softmax(rest: Expr, base: Expr, power: Expr) -> Expr | None:
    """rest / (Σ w exp(b))^n: softmaxes, and for what is left the logarithm of the sum in the exponent."""
    found = summed_exponential(base)
    if found is None or not isinstance(base, Total) or not power.is_Integer:
        return None
    factor, body = found
    parts = []
    for term in _terms(sp.Mul(*map(branch, sp.Mul.make_args(rest)))):
        others, top = exponential(masked(term))
        left = int(power)
        top = _kept_above(others, top, factor, body, base.bound)
        if factor == 1 and len(base.bound) == 1:
            for _ in range(left):
                place = next(places(top, body, base.bound[0]), None)
                if place is None:
                    break
                index, there, top = place
                others *= softmax(there, index)
                left -= 1
        parts.append(others * _scaled(top, factor, body, base.bound, left))
    return sp.Add(*parts)


def _kept_above(others: Expr, top: Expr, factor: Expr, body: Expr, bound: tuple[Index, ...]) -> Expr:
    """The exponent above the fraction line; it vanishes with the factor that the sum below has too."""
    for index, there, rest in places(top, body, bound[0]) if len(bound) == 1 else ():
        weight_there = substitute(factor, {bound[0]: index})
        if weight_there in sp.Mul.make_args(others):
            return kept(weight_there, there) + rest
    return top


def _scaled(top: Expr, factor: Expr, body: Expr, bound: tuple[Index, ...], power: int) -> Expr:
    """exp(top) / (Σ w exp(b))^n with the largest exponent taken out of the sum."""
    if power == 0:
        return sp.exp(top)
    most = largest(factor, body, bound)
    return sp.exp(top - power * most) / Total(factor * sp.exp(kept(factor, body) - most), *bound) ** power


def largest(factor: Expr, body: Expr, bound: tuple[Index, ...]) -> Expr:
    """The largest exponent of a sum Σ w exp(b), where w is not 0."""
    found = kept(factor, body)
    for index in reversed(bound):
        found = Peak(found, index)
    return found


def _hyperbolic(rest: Expr, base: Expr, power: Expr) -> Expr | None:
    """sinh(u)^m / cosh(u)^n → tanh(u)^m / cosh(u)^(n - m), and 1/cosh(u)² → 4 s(2u) s(-2u)."""
    if not isinstance(base, sp.cosh):
        return None
    argument = base.args[0]
    above = rest.as_powers_dict().get(sp.sinh(argument), sp.S.Zero)
    times = sp.Min(above, power) if above.is_number and above.is_positive else sp.S.Zero
    squared = 4 * sigmoid(2 * argument) * sigmoid(-2 * argument)
    return rest * sp.sinh(argument) ** -times * sp.tanh(argument) ** times * squared ** ((power - times) / 2)
