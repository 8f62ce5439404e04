"""exp(u - m) / Σ exp(u - m), where m is the maximum of u → exp(u) / Σ exp(u): the shift cancels.

People subtract the maximum so that no exponential overflows. Emitted code does that by itself; in a derivation the
shift would be one more path for the gradient, on which everything cancels.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy import Expr

from symbackprop.arrays.lifting import Lifting
from symbackprop.arrays.values import REDUCED, Value
from symbackprop.expressions import Index, Peak, Total


def unshifted_quotient(above: Value, below: Value) -> Value | None:
    """The softmax that a quotient is, without its shift; `None` if it is none.

    Args:
        above: exp(u - m), over the axes of the quotient.
        below: Σ exp(u - m), over the same axes.
    """
    book = above.book
    found = _exponential(book, above.number)
    total = book.definition(below.number)
    if found is None or not isinstance(total, Total) or len(total.bound) != 1:
        return None
    inside = _exponential(book, total.body)
    (index,) = total.bound
    if inside is None:
        return None
    shift, rest = _shift(book, inside, index)
    if shift == 0:
        return None
    own_rest = sp.expand(_opened(book, found) - shift)
    axes = [axis for axis in above.axes if rest.xreplace({index: axis}) == own_rest]
    if not axes:
        return None
    exponent = replace(above, expr=own_rest, depth=REDUCED, unit="")
    if own_rest.has(Total):
        # Written out above and below, the sums in the exponent would have different letters, and be no softmax to see.
        exponent = book.named(exponent, "z")
        rest = exponent.number.xreplace({exponent.axes[above.axes.index(axes[0])]: index})
    return replace(exponent, expr=sp.exp(exponent.number) / Total(sp.exp(rest), index), depth=REDUCED, unit="p")


def unshifted_logarithm(book: Lifting, inside: Expr) -> Expr | None:
    """log Σ exp(u - m) → log Σ exp(u) - m; `None` if there is no such shift."""
    total = book.definition(inside)
    if not isinstance(total, Total) or len(total.bound) != 1:
        return None
    found = _exponential(book, total.body)
    if found is None:
        return None
    (index,) = total.bound
    shift, rest = _shift(book, found, index)
    return None if shift == 0 else sp.log(Total(sp.exp(rest), index)) + shift


def _exponential(book: Lifting, expr: Expr) -> Expr | None:
    """What stands in an exponential, also in one that has a name."""
    expr = book.definition(expr)
    return expr.args[0] if isinstance(expr, sp.exp) else None


def _opened(book: Lifting, expr: Expr) -> Expr:
    """A difference behind a name, or the expression itself."""
    definition = book.definition(expr)
    return definition if definition.is_Add else expr


def _shift(book: Lifting, expr: Expr, index: Index) -> tuple[Expr, Expr]:
    """The maxima in a sum that do not change along an index, and the rest of it."""
    terms = sp.Add.make_args(_opened(book, expr))
    shifts = [term for term in terms if index not in term.free_symbols and book.definition(-term).has(Peak)]
    return sp.Add(*shifts), sp.Add(*(term for term in terms if term not in shifts))
