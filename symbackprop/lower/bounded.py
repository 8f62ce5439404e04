"""Exponents → whether they are never large, as one is that the largest of several was taken off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import count
from typing import NamedTuple, TypeAlias

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Peak, Where
from symbackprop.lower.exponentials import NEVER, Stable, logaddexp, logsumexp, maximum, minimum
from symbackprop.lower.letters import anywhere

Key: TypeAlias = tuple[Expr, bool]
Terms: TypeAlias = "Mapping[Key, Term]"
# Nested largest ones are tried in every combination: an exponent of which this many say nothing may be large.
MOST_TRIED = 500
LARGEST = (Peak, logsumexp, logaddexp, maximum)


def may_overflow(node: Expr) -> bool:
    """Whether a function is infinite somewhere: an exponential, but for one of what is never large."""
    return isinstance(node, (sp.sinh, sp.cosh)) or (isinstance(node, sp.exp) and not never_large(node.args[0]))


@lru_cache(maxsize=4096)
def never_large(exponent: Expr, chosen: bool = False) -> bool:
    """Whether an exponent is minus a square, say, or has for each largest one taken off one of those beside it.

    Args:
        exponent: The exponent.
        chosen: Whether it counts only where a condition holds: what is the largest there was taken off, then.

    Example:
        >>> u, v = sp.symbols("u v")
        >>> never_large(u - maximum(u, v)), never_large(2 * u - maximum(u, v)), never_large(u)
        (True, False, False)
    """
    if isinstance(exponent, Where):
        branches = exponent.args[1:]
        return all(never_large(branch, chosen or NEVER in branches) for branch in branches if branch != NEVER)
    return all(map(_is_bounded, sp.Add.make_args(exponent))) or _is_covered(_terms(exponent), chosen, count())


class Term(NamedTuple):
    """A number times a part."""

    number: Expr
    part: Expr


@lru_cache(maxsize=4096)
def _terms(exponent: Expr, times: Expr = sp.S.One) -> Terms:
    """The terms, under their sign and what they are wherever in arrays they are read."""
    found: dict[Key, Term] = {}
    for term in sp.Add.make_args(sp.expand(exponent * times)):
        number, part = term.as_coeff_Mul()
        if number != 0:
            key = anywhere(part), bool(number > 0)
            found[key] = Term(number + found[key].number if key in found else number, part)
    return found


def _is_covered(terms: Terms, chosen: bool, tried: Iterator[int]) -> bool:
    """Whether nothing large is left when each largest one is put together with one that it is the largest of."""
    if next(tried) > MOST_TRIED:
        return False
    for key, (number, part) in terms.items():
        if number < 0 and isinstance(part, sp.exp) and _is_covered(_above(terms, key, part), chosen, tried):
            return True
        largest = next((factor for factor in sp.Mul.make_args(part) if isinstance(factor, LARGEST)), None)
        if number < 0 and largest is not None:
            taken = max(number, sp.S.NegativeOne)
            rests = (_without(terms, key, taken, one * part / largest) for one in _among(largest, chosen))
            if any(rest is not None and _is_covered(rest, chosen, tried) for rest in rests):
                return True
    for key, (number, part) in terms.items():
        if number > 0 and isinstance(part, LARGEST):
            return all(_is_covered(_with(terms, key, one), chosen, tried) for one in _among(part, False))
        if number > 0 and isinstance(part, Where) and part.otherwise == NEVER:
            return _is_covered(_with(terms, key, part.then), chosen, tried)
    return all(_is_bounded(number * part) for number, part in terms.values())


def _above(terms: Terms, key: Key, part: Expr) -> Terms:
    """The terms without minus an exponential, and without any multiple of its own exponent: it is larger than these."""
    (inside,) = part.args
    if isinstance(inside, minimum):
        inside = next((arg for arg in inside.args if not arg.is_number), inside)
    rest = {other: term for other, term in terms.items() if other != key}
    own = _terms(inside)
    times = {rest[other].number / term.number if other in rest else sp.S.Zero for other, term in own.items()}
    return {other: term for other, term in rest.items() if other not in own} if len(times) == 1 else rest


def _with(terms: Terms, key: Key, one: Expr) -> Terms:
    """The terms with something that is not smaller in the place of one of them."""
    rest = {other: term for other, term in terms.items() if other != key}
    for other, (number, part) in _terms(one, terms[key].number).items():
        rest[other] = Term(number + rest[other].number if other in rest else number, part)
    return rest


def _without(terms: Terms, key: Key, number: Expr, one: Expr) -> Terms | None:
    """The terms without a largest one and one of those that it is the largest of; `None` if there is none of these."""
    gone = {key: number} | {other: term.number for other, term in _terms(one, -number).items()}
    if any(other not in terms or abs(terms[other].number) < abs(taken) for other, taken in gone.items()):
        return None
    left = {other: Term(terms[other].number - taken, terms[other].part) for other, taken in gone.items()}
    return {other: term for other, term in {**terms, **left}.items() if term.number != 0}


def _among(part: Expr, chosen: bool) -> Iterator[Expr]:
    """What something is the largest of."""
    if isinstance(part, LARGEST):
        for arg in part.args if isinstance(part, maximum | logaddexp) else part.args[:1]:
            yield from _among(arg, chosen)
        return
    yield part
    if isinstance(part, Where) and chosen:
        yield from (branch for branch in part.args[1:] if branch != NEVER)


def _is_bounded(term: Expr) -> bool:
    """Whether it is minus a square, or the smaller of something and a number."""
    number, part = term.as_coeff_Mul()
    if part.is_Pow and part.exp.is_even:
        return bool(number.is_negative)
    stops = minimum if number.is_positive else maximum
    return term.is_number or _has_number(part, stops)


def _has_number(part: Expr, stops: type[Stable]) -> bool:
    """Whether a number is among what the smallest, or the largest, is taken of."""
    return isinstance(part, stops) and any(arg.is_number or _has_number(arg, stops) for arg in part.args)
