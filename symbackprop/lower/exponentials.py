"""Functions that compilers of formulas lack, and sums of exponentials taken apart: what stable forms are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import sympy as sp
from sympy import Expr
from sympy.logic.boolalg import Boolean

from symbackprop.expressions import Delta, Index, Node, Peak, Total, Where, tensors_read
from symbackprop.substitution import substitute

# The exponential of this is 0 in every precision, and it is a number in every precision.
NEVER = sp.Integer(-(10**30))


class Stable(sp.Function):
    """A function that is computed without overflow for every finite argument."""

    @classmethod
    def eval(cls, *args: Any) -> None:
        """Nothing is evaluated: the arguments are expressions to compute with."""


class sigmoid(Stable):
    """1 / (1 + exp(-u))."""


class softplus(Stable):
    """log(1 + exp(u))."""


class expm1(Stable):
    """exp(u) - 1."""


class log1p(Stable):
    """log(1 + u)."""


class logaddexp(Stable):
    """log(exp(u) + exp(v))."""


class log_cosh(Stable):
    """log(cosh(u))."""


class minimum(Stable):
    """The smaller of two."""


class maximum(Stable):
    """The larger of two."""


class softmax(Stable):
    """exp(u) / Σ exp(u) along an index, the second argument."""


class log_softmax(Stable):
    """u - log Σ exp(u) along an index, the second argument."""


class logsumexp(Stable):
    """log Σ exp(u) over the indices after the first argument."""


Kinds = set[tuple[type, bool]]


def kinds(*exprs: Expr) -> Kinds:
    """The functions in expressions, each with whether it is one of a sum over an index."""
    inside = [node for expr in exprs for node in sp.preorder_traversal(expr) if isinstance(node, sp.Function | Node)]
    return {(type(node), isinstance(node, sp.Function) and node.has(Total)) for node in inside}


def is_formula(expr: Expr, known: Kinds) -> bool:
    """Whether an expression is made of what is known, exponentials and logarithms, and is not for code alone.

    Example:
        >>> z = sp.Symbol("z")
        >>> is_formula(1 / (1 + sp.exp(-z)), kinds(z)), is_formula(sigmoid(z), kinds(z))
        (True, False)
    """
    exponentials = {(function, of_sum) for function in (sp.exp, sp.log) for of_sum in (False, True)}
    return kinds(expr) <= known | exponentials and not expr.has(NEVER, -NEVER)


class Exponential(NamedTuple):
    """exp(exponent) times a factor without exponentials."""

    factor: Expr
    exponent: Expr

    @property
    def log(self) -> Expr:
        """Its logarithm."""
        return self.exponent if self.factor == 1 else self.exponent + sp.log(self.factor)


def exponential(expr: Expr) -> Exponential:
    """A product as a factor times an exponential.

    Example:
        >>> z = sp.Symbol("z")
        >>> exponential(3 * sp.exp(-z))
        Exponential(factor=3, exponent=-z)
    """
    factors = sp.Mul.make_args(expr)
    top = sp.Add(*(factor.args[0] for factor in factors if isinstance(factor, sp.exp)))
    return Exponential(sp.Mul(*(factor for factor in factors if not isinstance(factor, sp.exp))), top)


def two_exponentials(expr: Expr) -> tuple[Exponential, Exponential] | None:
    """The terms of 1 + exp(u), exp(u) + exp(-u) and the like, which cannot cancel; one without exp comes second."""
    if not expr.is_Add or len(expr.args) != 2:
        return None
    first, second = map(exponential, expr.args)
    ratio = first.factor / second.factor
    if not (ratio.is_number and ratio.is_positive) or first.exponent == second.exponent:
        return None
    if _lacks_largest(first.exponent) or _lacks_largest(second.exponent):
        return None
    return (second, first) if first.exponent == 0 else (first, second)


def summed_exponential(expr: Expr) -> tuple[Expr, Expr] | None:
    """(w, b) of Σ w exp(b); a branch of an exponential or 0 is the exponential of a branch.

    Example:
        >>> k = Index("k", 3)
        >>> summed_exponential(Total(sp.exp(k) * k, k))
        (k, k)
    """
    if not isinstance(expr, Total):
        return None
    factor, exponent = branched(expr.body)
    # An exponent that a maximum was taken off does not overflow any more.
    return None if exponent == 0 or _lacks_largest(exponent) else (factor, exponent)


def branched(product: Expr) -> Exponential:
    """A product as a factor times an exponential, what is 0 in a branch or at a place in the exponent."""
    return exponential(sp.Mul(*map(branch, sp.Mul.make_args(masked(product)))))


def branch(expr: Expr) -> Expr:
    """An exponential where a condition holds, and 0 elsewhere, as the exponential of a branch."""
    if isinstance(expr, Where):
        if isinstance(expr.then, sp.exp) and expr.otherwise == 0:
            return sp.exp(Where(expr.condition, expr.then.args[0], NEVER))
        if isinstance(expr.otherwise, sp.exp) and expr.then == 0:
            return sp.exp(Where(expr.condition, NEVER, expr.otherwise.args[0]))
    return expr


def masked(product: Expr) -> Expr:
    """An exponential times 1 - [i = j] as the exponential of a branch.

    Example:
        >>> i, j = Index("i", 3), Index("j", 3)
        >>> masked((1 - Delta(i, j)) * sp.exp(i) * j)
        j*exp(where(Ne(i, j), i, -1000000000000000000000000000000))
    """
    factor, exponent = exponential(product)
    apart = _apart(factor)
    if exponent == 0 or not apart:
        return product
    rest = (part for part in sp.Mul.make_args(factor) if not _apart(part))
    return sp.Mul(*rest, sp.exp(Where(sp.And(*apart), exponent, NEVER)))


def _apart(factor: Expr) -> list[Boolean]:
    """The conditions of the factors that are 1 where two places are not the same, and 0 where they are."""
    bases = (part.as_base_exp()[0] for part in sp.Mul.make_args(factor))
    return [sp.Ne(*(1 - base).args) for base in bases if isinstance(1 - base, Delta)]


def without(exponent: Expr, part: Expr) -> Expr | None:
    """exponent - part, if less is left of the exponent then: `part` is among its terms.

    Example:
        >>> u, v = sp.symbols("u v")
        >>> without(2 * u + v, u), without(v, u)
        (u + v, None)
    """
    rest = sp.expand(exponent - part)
    return rest if weight(rest) < weight(sp.expand(exponent)) else None


def weight(exponent: Expr) -> Expr:
    """How much there is in an exponent: the sizes of its coefficients; a number such as log(3/7) is never large."""
    return sp.Add(*(abs(term.as_coeff_Mul()[0]) for term in sp.Add.make_args(exponent) if not term.is_number))


def places(exponent: Expr, body: Expr, bound: Index) -> Iterator[tuple[Index, Expr, Expr]]:
    """Each free index at which the body of a sum stands in an exponent: the index, the body there, and the rest."""
    for index in sorted(exponent.free_symbols - body.free_symbols, key=str):
        if isinstance(index, Index) and index.size == bound.size:
            there = substitute(body, {bound: index})
            rest = without(exponent, there)
            if rest is not None:
                yield index, there, rest


def kept(factor: Expr, exponent: Expr) -> Expr:
    """An exponent where its exponential is multiplied by a factor that is not 0, and one that vanishes elsewhere."""
    return Where(_not_zero(factor), exponent, NEVER)


def _not_zero(factor: Expr) -> Boolean:
    """Where a factor may be anything but 0, as far as data and positions tell."""
    given = sp.Mul(*(part.as_base_exp()[0] for part in sp.Mul.make_args(factor) if tensors_read(part)))
    return sp.And(sp.Ne(given, 0), *_apart(factor))


def _lacks_largest(exponent: Expr) -> bool:
    return any(isinstance(-term, (Peak, maximum)) for term in sp.Add.make_args(exponent))
