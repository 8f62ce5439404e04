"""Logarithms of what is rounded to 0 or infinity before its logarithm is large → functions of its exponent."""

from __future__ import annotations

from functools import reduce

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index, Total
from symbackprop.lower.bounded import may_overflow
from symbackprop.lower.exponentials import (
    expm1,
    kept,
    log1p,
    log_cosh,
    log_softmax,
    logaddexp,
    logsumexp,
    places,
    sigmoid,
    softmax,
    softplus,
    summed_exponential,
    two_exponentials,
    without,
)
from symbackprop.lower.quotients import largest


def logarithm(argument: Expr) -> Expr:
    """log(argument).

    Example:
        >>> z = sp.Symbol("z")
        >>> logarithm(1 + sp.exp(z)), logarithm(sigmoid(z) / 2)
        (softplus(z), -softplus(-z) - log(2))
    """
    factors = sp.Mul.make_args(argument)
    known = [(factor, _known(*factor.as_base_exp())) for factor in factors]
    rest = sp.Mul(*(factor for factor, log in known if log is None))
    found = sp.Add(*(log for _, log in known if log is not None))
    if all(log is None or factor.is_number for factor, log in known):
        return sp.log(argument)
    return found + (sp.log(rest) if rest != 1 else 0)


def _known(base: Expr, power: Expr) -> Expr | None:
    """power · log(base) of a base that is positive wherever it is defined; `None` if nothing is known of it."""
    log = _log_of(base)
    return None if log is None else power * log


def _log_of(base: Expr) -> Expr | None:
    if base is sp.E:
        return sp.S.One
    if base.is_number:
        return sp.log(base) if base.is_positive else None
    if isinstance(base, sp.exp):
        return base.args[0]
    if isinstance(base, sigmoid):
        return -softplus(-base.args[0])
    if isinstance(base, softmax):
        return log_softmax(*base.args)
    if isinstance(base, sp.cosh):
        return log_cosh(base.args[0])
    if isinstance(base, Total):
        return _log_of_sum(base)
    return _log_of_two(base)


def _log_of_sum(total: Total) -> Expr | None:
    found = summed_exponential(total)
    if found is None:
        return None
    weight, body = found
    if weight == 1:
        return log_of_sum(body, total.bound)
    most = largest(weight, body, total.bound)
    return most + sp.log(Total(weight * sp.exp(kept(weight, body) - most), *total.bound))


def log_of_sum(body: Expr, bound: tuple[Index, ...]) -> Expr:
    """log Σ exp(body); over an index that the body does not have there are as many equal terms as its size.

    Example:
        >>> u, i = sp.symbols("u"), Index("i", 3)
        >>> log_of_sum(u, (i,))
        u + log(3)
    """
    along = [index for index in bound if body.has(index)]
    equal = sp.log(sp.Mul(*(index.size for index in bound if index not in along)))
    return (logsumexp(body, *along) if along else body) + equal


def _log_of_two(base: Expr) -> Expr | None:
    pair = two_exponentials(base)
    if pair is not None:
        first, second = pair
        if second.exponent == 0:
            exponent = sp.expand(first.exponent + sp.log(first.factor / second.factor))
            return softplus(exponent) + sp.log(second.factor)
        return logaddexp(first.log, second.log)
    several = _log_of_several(base)
    if several is not None:
        return several
    if base.is_Add and base.args[0] == 1 and not base.has(expm1):
        small = base - 1
        if small.could_extract_minus_sign() or not any(map(may_overflow, small.atoms(sp.exp))):
            return log1p(small)
    return None


def _log_of_several(base: Expr) -> Expr | None:
    """log(1 + exp(u) + Σ exp(z)), two at a time."""
    if not base.is_Add or not any(map(may_overflow, base.atoms(sp.exp))):
        return None
    logs = []
    for term in base.args:
        number, part = term.as_coeff_Mul()
        log = _log_of(part) if isinstance(part, (sp.exp, Total)) else sp.S.Zero if part == 1 else None
        if log is None or not number.is_positive:
            return None
        logs.append(log + sp.log(number))
    return reduce(logaddexp, logs)


def difference(expr: Expr) -> Expr:
    """A sum whose terms cancel where they are large, or to almost nothing, written so that they do not.

    Example:
        >>> z = sp.Symbol("z")
        >>> difference(1 - sigmoid(z)), difference(2 * sp.exp(z) - 2)
        (sigmoid(-z), 2*expm1(z))
    """
    terms = list(expr.args)
    for term in terms:
        number, part = term.as_coeff_Mul()
        for other in terms:
            together = None if other is term else _together(number, part, other)
            if together is not None:
                return difference_of(together + expr - term - other)
        alone = _log_softmax(number, part, terms, term) if isinstance(part, logsumexp) else None
        if alone is not None:
            return difference_of(alone)
    return expr


def difference_of(expr: Expr) -> Expr:
    """The same for an expression that need not be a sum."""
    return difference(expr) if expr.is_Add else expr


def _together(number: Expr, part: Expr, other: Expr) -> Expr | None:
    """number · part + other as one term."""
    if isinstance(part, sp.exp) and other == -number:
        return number * expm1(part.args[0])
    if isinstance(part, sigmoid) and other == -number:
        return other * sigmoid(-part.args[0])
    if isinstance(part, sigmoid) and number.is_positive and other == -number * sigmoid(-part.args[0]):
        return number * sp.tanh(part.args[0] / 2)
    return None


def _log_softmax(number: Expr, part: Expr, terms: list[Expr], own: Expr) -> Expr | None:
    """b[j] - log Σ exp(b[k])."""
    body, *bound = part.args
    if len(bound) != 1:
        return None
    others = sp.expand(sp.Add(*(term for term in terms if term is not own)) / -number)
    for index, there, rest in places(others, body, bound[0]):
        if without(others, there) is not None:
            return -number * (log_softmax(there, index) + rest)
    return None
