"""Tensors → put into the equations that read them, where those overflow, divide by 0 or take a rounded logarithm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import sympy as sp
from sympy import Expr

from symbackprop.contraction import collect, tidy
from symbackprop.expressions import Delta, Index, Total, Where, Within, reads, tensors_read
from symbackprop.graph import Equation
from symbackprop.lower.diagonals import without_diagonal
from symbackprop.lower.exponentials import NEVER, exponential
from symbackprop.lower.hazards import hazards
from symbackprop.lower.letters import alike
from symbackprop.lower.risks import Risks, Unit
from symbackprop.lower.scaled import shifted
from symbackprop.lower.stability import stable
from symbackprop.simplify.fusion import multiply_out, number_of_terms, put_in

# A chain of names longer than this, or a formula with more nodes, is nobody's softmax in several lines; a focal loss of
# one has 200 terms when it is multiplied out, and seconds are lost where there are a thousand.
MOST_LEVELS = 6
MOST_NODES = 400
# Largest exponents are taken out again and again: eight exponentials are this long.
MOST_SHIFTED = 3000
MOST_TERMS = 256
# Of a network no more expressions than this are multiplied out; of all that is tested there are 27 at the most.
MOST_THOROUGH = 60
MOST_EXPONENTIALS = 4


class Computable(NamedTuple):
    """Equations in their stable forms.

    Attributes:
        equations: The same tensors, in the same order.
        risks: Tensor → how many places are left where its equation may go wrong.
        changed: The tensors whose equations are others now.
    """

    equations: tuple[Equation, ...]
    risks: dict[str, int]
    changed: frozenset[str]


def computable(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """Equations whose stable forms do not depend on a tensor that overflows, or is rounded to 0 or 1 before.

    Args:
        equations: In the order in which they are computed.

    Returns:
        The same tensors. Where e = exp(-z) and a = 1/(1 + e) have names, a is the logistic function of z, which
        overflows nowhere; log(a) is taken from z; and -t/a is put into what reads it, where the divisor cancels.
    """
    return examined(equations).equations


def examined(
    equations: Sequence[Equation], units: Mapping[str, Unit] | None = None, *, thorough: bool = True
) -> Computable:
    """The same, and what is left of the risks.

    Args:
        equations: In the order in which they are computed.
        units: Exponentials that are 1 at their largest.
        thorough: Whether products are multiplied out, and largest exponents taken out of what has no form with a name.
    """
    known = Risks(units)
    left = iter(range(MOST_THOROUGH if thorough else 0))
    found: list[Equation] = []
    risks: dict[str, int] = {}
    for equation in equations:
        opened, risks[equation.tensor] = _opened(equation, known, left)
        found.append(opened)
        known.add(opened, equation)
    changed = {new.tensor for new, old in zip(found, equations, strict=True) if new is not old}
    return Computable(tuple(found), risks, frozenset(changed))


def unread(equations: Sequence[Equation], before: Sequence[Equation], readers: Iterable[Equation]) -> set[str]:
    """The exponentials that were read before and are not any more: their overflow would be for nothing."""
    was = {name for equation in before for name in tensors_read(equation.rhs)}
    found: set[str] = set()
    readers = list(readers)
    while True:
        read = {name for equation in readers if equation.tensor not in found for name in tensors_read(equation.rhs)}
        more = {e.tensor for e in equations if e.tensor in was - read - found and hazards(e.rhs).overflowing}
        if not more:
            return found
        found |= more


def _opened(equation: Equation, known: Risks, thorough: Iterator[int]) -> tuple[Equation, int]:
    """The equation in the form with the fewest risks, and how many these are."""
    rhs = _with_opened_logs(equation.rhs, known)
    best, least = _term_by_term(rhs, equation.indices, known)
    if least:
        best, least = _least_risky(rhs, equation.indices, known, thorough)
    return (replace(equation, rhs=best) if best != equation.rhs else equation), least


def _term_by_term(rhs: Expr, indices: Sequence[Index], known: Risks) -> tuple[Expr, int]:
    """A sum of which the terms with risks alone are in another form, and the risks that are left."""
    risks = known.number(rhs)
    if not (risks and rhs.is_Add):
        return rhs, risks
    found = [_least_risky(term, indices, known, iter(())) for term in rhs.args]
    return sp.Add(*(form for form, _ in found)), sum(risks for _, risks in found)


def _least_risky(rhs: Expr, indices: Sequence[Index], known: Risks, thorough: Iterator[int]) -> tuple[Expr, int]:
    """The form of an expression with the fewest risks, and how many these are.

    Args:
        rhs: The expression.
        indices: Those that are free in it.
        known: What may go wrong in what it reads.
        thorough: Has as many items as expressions may still be multiplied out.
    """
    least = known.number(rhs)
    best = whole = rhs
    for _ in range(MOST_LEVELS):
        if not least:
            break
        for form in chain(_forms(whole), _thorough_forms(whole, indices, thorough)):
            risks = known.number(form)
            if risks < least:
                least, best = risks, form
            if not least:
                break
        names = known.to_open(whole)
        if not names:
            break
        for name in names:
            # Tidied, so that the sum in 1/Σ exp(z[i]) is over another index than where it is read.
            whole = tidy(_within_axes(put_in(whole, known.equations[name].lhs, known.equations[name].rhs)), indices)
        if _size(whole) > MOST_NODES:
            break
    return best, least


def _within_axes(expr: Expr) -> Expr:
    """An expression without what is read before the first place, where everything is 0."""
    before = [read for read in reads(expr) if any(index.is_Integer and index < 0 for index in read.indices)]
    return expr.xreplace(dict.fromkeys(before, sp.S.Zero)) if before else expr


def _size(expr: Expr) -> int:
    return sum(1 for _ in sp.preorder_traversal(expr))


def _with_opened_logs(rhs: Expr, known: Risks) -> Expr:
    """log(a) with a = 1/(1 + exp(-z)) from z: a itself is rounded to 0 or 1 long before its logarithm is large."""
    table: dict[Expr, Expr] = {}
    for node in known.logarithms(rhs):
        inside = node
        for _ in range(MOST_LEVELS):
            names = known.made_of_exponentials(inside)
            for name in names:
                inside = put_in(inside, known.equations[name].lhs, known.equations[name].rhs)
            # So that a sum in it is over another index than one at which it is an entry.
            inside = alike(inside)
            for form in (stable(inside), shifted(inside)):
                if node not in table and not known.logarithms(form) and _size(form) <= MOST_SHIFTED:
                    table[node] = form
            if node in table or not names:
                break
    return rhs.xreplace(table) if table else rhs


def _forms(whole: Expr) -> Iterator[Expr]:
    """The same value, with exponentials and sums put together."""
    whole = _placed(whole)
    yield whole
    gathered = _gathered(whole)
    yield gathered
    # Exponents are compared wherever they are read: those that a delta picks must be read where it picks them.
    merged = _placed(_merged(gathered))
    yield merged
    if merged.has(Within):
        yield sp.Add(*map(_inside_range, sp.Add.make_args(merged)))
    if whole.has(sp.sinh):
        yield _squares_off(whole)


def _thorough_forms(whole: Expr, indices: Sequence[Index], left: Iterator[int]) -> Iterator[Expr]:
    """The same value, multiplied out and cancelled in different ways, the cheapest way first, if one is left."""
    if next(left, None) is None or number_of_terms(whole) > MOST_TERMS:
        return
    placed = _placed(collect(whole, indices))
    number = len(whole.atoms(sp.exp))
    few = number <= MOST_EXPONENTIALS
    for way in (multiply_out, _spread, sp.expand, *([sp.cancel] if few else [])):
        form = way(placed)
        if form.has(Total):
            form = tidy(way(alike(form)), indices)
        yield form
        yield _gathered(form)
    simple = number <= 2 * MOST_EXPONENTIALS and placed.has(Total)
    spread = tidy(multiply_out(alike(placed)), indices) if simple else placed
    others = tidy(without_diagonal(spread, indices), indices) if spread.is_Add else spread
    yield from (form for form in map(shifted, dict.fromkeys((others, placed, spread))) if _size(form) <= MOST_SHIFTED)


def _merged(expr: Expr) -> Expr:
    """One exponential in each product: exp(u) exp(-v) → exp(u - v), which is a number where both factors are not."""
    if not expr.args or not expr.has(sp.exp):
        return expr
    factor, exponent = exponential(expr)
    sums = [part for part in sp.Mul.make_args(factor) if part.is_Add and part.has(sp.exp)]
    if exponent != 0 and sums:
        rest = factor / sums[0]
        return sp.Add(*(_merged(term * rest * sp.exp(exponent)) for term in sums[0].args))
    parts = [_merged(arg) if isinstance(arg, Expr) else arg for arg in factor.args]
    return (factor.func(*parts) if parts else factor) * sp.exp(exponent)


def _inside_range(term: Expr) -> Expr:
    """[t + 1 < T] exp(u) with an exponential of 0 beyond the last step, where what is taken off in u is missing."""
    ranges = [factor for factor in sp.Mul.make_args(term) if isinstance(factor, Within)]
    condition = sp.And(*(relation for part in ranges for relation in (part.args[0] >= 0, part.args[0] < part.args[1])))
    moved = {place for part in ranges for place in part.args[:1]}
    beyond = [node for node in term.atoms(sp.exp) if any(moved & set(read.indices) for read in reads(node))]
    return term.xreplace({node: sp.exp(Where(condition, node.args[0], NEVER)) for node in beyond})


def _placed(expr: Expr) -> Expr:
    """Beside a delta [label = j] a place `label` is j, and beside [1 = j] a place j is 1."""
    found = []
    for term in sp.Add.make_args(expr):
        for delta in (factor for factor in sp.Mul.make_args(term) if isinstance(factor, Delta)):
            for place, index in (delta.args, delta.args[::-1]):
                if isinstance(index, Index) and not isinstance(place, Index):
                    table = {place: index} if tensors_read(place) else {index: place}
                    term = delta * (term / delta).xreplace(table)
        found.append(term)
    return sp.Add(*found)


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
