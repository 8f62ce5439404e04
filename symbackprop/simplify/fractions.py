"""Quotients → the cheapest of their written, cancelled and factored forms."""

from __future__ import annotations

import sympy as sp
from sympy import Basic, Expr, Symbol
from sympy.core.random import rng

from symbackprop.expressions import Within
from symbackprop.simplify.cost import cost

# Algebra of fractions takes time that grows without bound with these; beyond them a formula is left as it is.
MOST_SYMBOLS, MOST_OPERATIONS, MOST_TERMS = 8, 40, 8


def tidy_fraction(expr: Expr) -> Expr:
    """The cheapest of an expression, its cancelled and its factored form; sums inside are opaque.

    Example:
        >>> from symbackprop.expressions import Read
        >>> a = Read("a")
        >>> tidy_fraction((1 / a - 1) * a**2)
        (1 - a)*a
    """
    if (ranges := _by_range(expr)) is not None:
        return sp.Add(*map(tidy_fraction, ranges)) if expr.is_Add else expr
    expr = _split_exponents(expr)
    opaque = {node: Symbol(f"_{n}") for n, node in enumerate(opaque_parts(expr))}
    flat = expr.xreplace(opaque)
    if not flat.free_symbols or len(flat.free_symbols) > MOST_SYMBOLS or sp.count_ops(flat) > MOST_OPERATIONS:
        return expr
    try:
        cancelled = sp.cancel(flat)
        forms = [_factored(cancelled), cancelled, flat]
    except sp.PolynomialError:
        return expr
    back = {dummy: node for node, dummy in opaque.items()}
    restored = [positive_first(form).xreplace(back) for form in forms]
    return min(restored, key=cost)


def _by_range(expr: Expr) -> list[Expr] | None:
    """The parts of a sum that count in different ranges; `None` if all count in one, or no sum is in a product.

    Over one denominator each would be divided by what is there in the range of another alone.
    """
    if not expr.has(Within) or not any(node.is_Pow and node.exp.is_negative for node in sp.preorder_traversal(expr)):
        return None
    for node in (expr,) if expr.is_Add else expr.atoms(sp.Add):
        groups: dict[frozenset[Basic], Expr] = {}
        for term in node.args:
            ranges = frozenset(factor for factor in sp.Mul.make_args(term) if isinstance(factor, Within))
            groups[ranges] = groups.get(ranges, sp.S.Zero) + term
        if len(groups) > 1 and any(groups):
            return list(groups.values())
    return None


def _factored(expr: Expr) -> Expr:
    """The factors of a fraction of few terms, always the same: SymPy draws the points at which it tries polynomials."""
    if any(len(node.args) > MOST_TERMS for node in expr.atoms(sp.Add)):
        return expr
    state = rng.getstate()
    rng.seed(0)
    try:
        return sp.factor(expr)
    finally:
        rng.setstate(state)


def _split_exponents(expr: Expr) -> Expr:
    """exp(a - z) exp(z) → exp(a): where exponents are sums, each term is a factor of its own, so that they cancel."""
    sums = [node for node in expr.atoms(sp.exp) if node.args[0].is_Add]
    if not sums:
        return expr
    split = {}
    for node in sums:
        parts = node.args[0].args
        split[node] = sp.Mul(*(1 / sp.exp(-p) if p.could_extract_minus_sign() else sp.exp(p) for p in parts))
    return expr.xreplace(split)


def positive_first(expr: Expr) -> Expr:
    """-a (a - 1) → a (1 - a): a minus sign before a product goes into a difference."""
    if not expr.is_Mul or not expr.args[0].is_Number or expr.args[0].is_positive:
        return expr
    for factor in expr.args[1:]:
        if factor.is_Add and len(factor.args) == 2 and factor.could_extract_minus_sign() is not None:
            negative = [term for term in factor.args if term.could_extract_minus_sign() or term == -1]
            if len(negative) == 1:
                return sp.Mul(-expr.args[0], *(-factor if part is factor else part for part in expr.args[1:]))
    return expr


def opaque_parts(expr: Expr) -> list[Expr]:
    """The largest parts that algebra of fractions must not look into."""
    if isinstance(expr, sp.Add | sp.Mul) or (expr.is_Pow and expr.exp.is_Integer):
        return list(dict.fromkeys(node for arg in expr.args for node in opaque_parts(arg)))
    return [] if expr.is_Number else [expr]
