"""Puts the terms of a sum and the factors of a product into the order in which a textbook would write them.

Sums: positive terms first (t - a), sums over an index before products, products before lone symbols (the bias last).
Products: numbers, constants, adjoints, sums, slopes such as a(1 - a), parameters, activations and inputs, functions,
conditions, logarithms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from symbackprop.display.text import text
from symbackprop.display.tree import (
    Apply,
    BigSum,
    Bracket,
    Cases,
    Extreme,
    Fraction,
    Minus,
    Number,
    PartialDerivative,
    Power,
    Product,
    Sum,
    Symbol,
    Tree,
    walk,
)
from symbackprop.ordering import in_order

NUMBERS, CONSTANTS, ADJOINTS, SUMS, SLOPES, PARAMETERS, VALUES, FUNCTIONS, CONDITIONS, LOGARITHMS = range(10)
_ROLES = {"": CONSTANTS, "constant": CONSTANTS, "adjoint": ADJOINTS, "parameter": PARAMETERS}


def arrange_terms(terms: Sequence[Tree]) -> list[Tree]:
    """The terms of a sum in reading order."""
    return in_order(terms, _term_key, lambda term: _natural(_positive(term)))


def arrange_factors(factors: Sequence[Tree]) -> list[Tree]:
    """The factors of a product in reading order; an activation stands in front of the 1 - a that goes with it."""
    if len(factors) < 2:
        return list(factors)
    ordered = in_order(factors, _rank, _natural)
    for slope in [factor for factor in ordered if isinstance(factor, Sum) and _rank(factor) == SLOPES]:
        inside = walk(slope)
        partners = [one for one in ordered if isinstance(one, Symbol) and _rank(one) == VALUES and one in inside]
        for partner in partners[:1]:
            ordered.remove(partner)
            ordered.insert(next(n for n, one in enumerate(ordered) if one is slope), partner)
    return ordered


def _term_key(term: Tree) -> tuple[Any, ...]:
    return isinstance(term, Minus), _term_rank(_positive(term))


def _term_rank(term: Tree) -> int:
    if isinstance(term, Number):
        # 1 + e^z, but a variance plus 0.001.
        return 0 if "." not in term.text else 5
    if isinstance(term, BigSum) or (isinstance(term, Product) and any(isinstance(one, BigSum) for one in term.factors)):
        return 1
    if isinstance(term, Symbol):
        # A bias, or an index before its shift.
        return 4 if term.role == "parameter" else 3
    if isinstance(term, Product) and _rank(term.factors[0]) == NUMBERS:
        # z + 0.044715 z^3: by rising powers.
        return 3
    return 2


def _rank(factor: Tree) -> int:
    if isinstance(factor, Number) or (isinstance(factor, Fraction) and factor.inline):
        return NUMBERS
    if isinstance(factor, PartialDerivative):
        return ADJOINTS
    if isinstance(factor, Symbol):
        return _ROLES.get(factor.role, VALUES)
    if isinstance(factor, BigSum | Extreme):
        return SUMS
    if isinstance(factor, Sum):
        return SLOPES if any(isinstance(_positive(term), Number) for term in factor.terms) else SUMS
    if isinstance(factor, Power):
        return _rank(factor.base)
    if isinstance(factor, Apply):
        return LOGARITHMS if factor.name == "log" else FUNCTIONS
    if isinstance(factor, Bracket | Cases):
        return CONDITIONS
    return SLOPES


def _positive(term: Tree) -> Tree:
    return term.body if isinstance(term, Minus) else term


def _natural(tree: Tree) -> tuple[Any, ...]:
    """A key that sorts w2 before w10 and the elements of an array in their order."""
    nodes, shown = walk(tree), text(tree)
    places = tuple(
        (node.key, tuple(place.value if isinstance(place, Number) else -1 for place in node.place))
        for node in nodes
        if isinstance(node, Symbol) and node.key
    )
    printed = tuple(int(part) if part.isdigit() else -1 for part in re.split(r"(\d+)", shown))
    return places, len(nodes), printed, shown
