"""Sums and quotients of exponentials → a factor of moderate size times the exponential of the largest exponent.

What no function with a name stands for, such as log(1 + Σ exp(z)), is computed as log Σ exp(z) is: the largest exponent
is taken out of the sum, and what is taken out of the sums above and below a fraction line cancels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sympy as sp
from sympy import Basic, Expr
from sympy.logic.boolalg import Boolean

from symbackprop.expressions import Peak, Read, Total, Where
from symbackprop.lower.bounded import never_large
from symbackprop.lower.exponentials import NEVER, kept, maximum
from symbackprop.substitution import substitute


class Scaled(NamedTuple):
    """weight · factor · exp(exponent).

    Attributes:
        weight: What may be 0 or negative.
        factor: A positive number that neither overflows nor vanishes.
        exponent: What was taken out.
    """

    weight: Expr
    factor: Expr
    exponent: Expr

    @property
    def value(self) -> Expr:
        """The product."""
        return self.rest * sp.exp(self.kept if self.exponent.has(NEVER) else sp.expand(self.exponent))

    @property
    def rest(self) -> Expr:
        """The product without the exponential."""
        return self.weight * self.factor

    @property
    def kept(self) -> Expr:
        """The exponent, if the weight is not 0."""
        exponent = self.exponent if self.weight.has(sp.exp) else kept(self.weight, self.exponent)
        return sp.expand(exponent)


def shifted(expr: Expr) -> Expr:
    """An expression in which the largest exponents are taken out of sums of exponentials.

    Example:
        >>> u, v, w = sp.symbols("u v w")
        >>> shifted(sp.exp(u) / (sp.exp(u) + sp.exp(v) + sp.exp(w))).has(maximum)
        True
    """
    if not expr.args or isinstance(expr, Read) or not expr.has(sp.exp):
        return expr
    if isinstance(expr, Total):
        return Total(shifted(expr.body), *expr.bound)
    if isinstance(expr, sp.log):
        found = scaled(_with_one_denominator(expr.args[0]))
        return found.exponent + sp.log(found.rest)
    whole = expr.is_Mul or expr.is_Pow or (isinstance(expr, Where) and sp.S.Zero in expr.args[1:])
    return scaled(expr).value if whole else _inside(expr)


def _inside(expr: Expr) -> Expr:
    return expr.func(*(shifted(arg) if isinstance(arg, Expr) else arg for arg in expr.args))


def scaled(expr: Expr) -> Scaled:
    """The expression as a product with an exponential."""
    if isinstance(expr, Read) or not expr.has(sp.exp):
        return Scaled(sp.S.One, expr, sp.S.Zero) if expr.is_positive else Scaled(expr, sp.S.One, sp.S.Zero)
    if isinstance(expr, sp.exp):
        return Scaled(sp.S.One, sp.S.One, expr.args[0])
    if expr.is_Mul:
        parts = [scaled(_with_one_denominator(factor)) for factor in expr.args]
        weight, factor = (sp.Mul(*(part[place] for part in parts)) for place in (0, 1))
        return Scaled(weight, factor, sp.expand(sp.Add(*(part.exponent for part in parts))))
    if expr.is_Pow and not expr.exp.has(sp.exp):
        base = scaled(_with_one_denominator(expr.base))
        return Scaled(base.weight**expr.exp, base.factor**expr.exp, sp.expand(base.exponent * expr.exp))
    if expr.is_Add:
        return _sum(_without_differences(expr))
    if isinstance(expr, Total):
        return _total(expr)
    if isinstance(expr, Where):
        return _branches(expr)
    return Scaled(shifted(expr) if isinstance(expr, sp.log) else _inside(expr), sp.S.One, sp.S.Zero)


def _sum(expr: Expr) -> Scaled:
    if not expr.is_Add:
        return scaled(expr)
    parts = [scaled(term) for term in expr.args]
    exponents = dict.fromkeys(part.kept for part in parts)
    positive = all(part.weight == 1 for part in parts)
    if all(exponent == 0 or never_large(exponent) for exponent in exponents):
        return _signed(sp.Add(*(part.value for part in parts)), sp.S.Zero, positive and sp.S.Zero in exponents)
    largest, *others = exponents
    for exponent in others:
        largest = maximum(largest, exponent)
    return _signed(sp.Add(*(part.rest * sp.exp(part.kept - largest) for part in parts)), largest, positive)


def _signed(value: Expr, exponent: Expr, positive: bool) -> Scaled:
    return Scaled(sp.S.One, value, exponent) if positive else Scaled(value, sp.S.One, exponent)


def _total(expr: Total) -> Scaled:
    """What does not depend on the index, beside and in the exponent, stands before the sum."""
    bound = set(expr.bound)
    factors = sp.Mul.make_args(expr.body)
    beside = [factor for factor in factors if not factor.free_symbols & bound]
    if beside:
        # Not a quotient of the body and these: exp(u - v) / exp(u - v) would be left as exp(u - v) exp(v - u).
        return scaled(sp.Mul(*beside, Total(sp.Mul(*(one for one in factors if one not in beside)), *expr.bound)))
    body = scaled(expr.body)
    before = sp.Add(*(term for term in sp.Add.make_args(body.exponent) if not term.free_symbols & bound))
    body = body._replace(exponent=sp.expand(body.exponent - before))
    largest = body.kept
    if largest == 0 or never_large(largest):
        return _signed(Total(body.value, *expr.bound), before, body.weight == 1 and largest == 0)
    for index in reversed(expr.bound):
        if index in largest.free_symbols:
            largest = Peak(largest, index)
    return Scaled(sp.S.One, Total(body.rest * sp.exp(body.kept - largest), *expr.bound), before + largest)


def _branches(expr: Where) -> Scaled:
    parts = [scaled(branch) for branch in expr.args[1:]]
    exponent = Where(expr.condition, *(NEVER if part.weight == 0 else part.exponent for part in parts))
    beside: list[Expr] = []
    for place in ("weight", "factor"):
        values = [sp.S.One if part.weight == 0 else getattr(part, place) for part in parts]
        left = [value for value, part in zip(values, parts, strict=True) if part.weight != 0]
        if len(left) == 1 and _is_finite(left[0]):
            values = left
        beside.append(values[0] if len(set(values)) == 1 else Where(expr.condition, *values))
    weight, factor = beside
    return Scaled(weight, factor, exponent)


def _is_finite(expr: Basic) -> bool:
    """Whether it is a number at every place, also where a condition excludes it: what may be 0 stands below no line."""
    if isinstance(expr, Read | Boolean | sp.exp):
        return True
    if isinstance(expr, sp.log) or (expr.is_Pow and not expr.exp.is_nonnegative):
        return not _reads_beside_exponents(expr.args[0])
    return all(map(_is_finite, expr.args))


def _reads_beside_exponents(expr: Basic) -> bool:
    if isinstance(expr, Boolean | sp.exp):
        return False
    return isinstance(expr, Read) or any(map(_reads_beside_exponents, expr.args))


def _with_one_denominator(expr: Expr) -> Expr:
    """1 - exp(z[j]) / Σ exp(z) over the sum, where the numerator is a sum without one of its terms then."""
    if not expr.is_Add or not any(node.is_Pow and node.exp.is_negative for node in sp.preorder_traversal(expr)):
        return expr
    above, below = sp.fraction(sp.together(expr))
    fewer = _without_differences(sp.expand_mul(above))
    return fewer / below if fewer != sp.expand_mul(above) else expr


def _without_differences(expr: Expr) -> Expr:
    """Σ exp(z[k]) - exp(z[j]) → the sum over the others."""
    if not expr.is_Add:
        return expr
    for total, term, place in _differences(expr.args):
        number, sum_ = total.as_coeff_Mul()
        (index,) = sum_.bound
        rest = sp.Add(*(other for other in expr.args if other is not total and other is not term))
        others = Total(Where(sp.Ne(index, place), sum_.body, sp.S.Zero), index)
        return _without_differences(rest + number * others)
    return expr


def _differences(terms: Sequence[Expr]) -> Iterator[tuple[Expr, Expr, Expr]]:
    """Each sum of exponentials with a term that takes one of its own away, and that one's place."""
    for total in terms:
        number, sum_ = total.as_coeff_Mul()
        if not isinstance(sum_, Total) or len(sum_.bound) != 1 or not sum_.has(sp.exp):
            continue
        for term in terms:
            if isinstance(term.as_coeff_Mul()[1], Total):
                continue
            places = {place for read in term.atoms(Read) for place in read.indices}
            for place in sorted(places, key=str):
                if substitute(sum_.body, {sum_.bound[0]: place}) * number == -term:
                    yield total, term, place
