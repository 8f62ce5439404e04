"""Expressions → the exponentials, divisors and logarithms in them that may go wrong."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Total, tensors_read
from symbackprop.lower.bounded import may_overflow
from symbackprop.lower.exponentials import log1p
from symbackprop.lower.stability import stable

OVERFLOWING = (sp.exp, sp.sinh, sp.cosh)
# They are rounded to a limit at a moderate argument.
SATURATING = (*OVERFLOWING, sp.tanh)


class Hazards(NamedTuple):
    """Where an expression may go wrong.

    Attributes:
        overflowing: The exponentials in its stable form that are large somewhere.
        divisors: What stands below a fraction line in its stable form.
        logarithms: Those that are written.
        saturates: Whether it is rounded to a limit somewhere, as exp(-z) is to 0, and log Σ exp(z) nowhere.
    """

    overflowing: tuple[Expr, ...]
    divisors: tuple[Expr, ...]
    logarithms: tuple[Expr, ...]
    saturates: bool


@lru_cache(maxsize=4096)
def hazards(rhs: Expr) -> Hazards:
    """Find them all in one walk.

    Example:
        >>> from symbackprop.expressions import Read
        >>> z = Read("z")
        >>> hazards(sp.exp(z) / z).overflowing, hazards(1 / (1 + sp.exp(z))).overflowing
        ((exp(z),), ())
    """
    form = stable(rhs)
    nodes = set(sp.preorder_traversal(form))
    written = nodes if form == rhs else set(sp.preorder_traversal(rhs))
    return Hazards(
        tuple(filter(may_overflow, nodes)),
        tuple(node.base for node in nodes if isinstance(node, sp.Pow) and not node.exp.is_nonnegative),
        tuple(
            sp.log(1 + node.args[0]) if isinstance(node, log1p) else node
            for node in written | nodes
            if isinstance(node, (sp.log, log1p))
        ),
        _saturates(rhs),
    )


def _saturates(expr: Expr) -> bool:
    """Whether an expression is rounded to a limit; the logarithm of a sum is as large as its largest exponent."""
    if not isinstance(expr, Expr) or not expr.has(*SATURATING):
        return False
    if isinstance(expr, SATURATING):
        return bool(tensors_read(expr))
    terms = sp.Add.make_args(expr.args[0]) if isinstance(expr, sp.log) else ()
    return not (terms and all(map(_is_of_exponentials, terms))) and any(map(_saturates, expr.args))


def _is_of_exponentials(term: Expr) -> bool:
    """Whether all of a term is an exponential, weighted or summed."""
    return any(
        isinstance(factor, sp.exp) or (isinstance(factor, Total) and _is_of_exponentials(factor.body))
        for factor in sp.Mul.make_args(term)
    )
