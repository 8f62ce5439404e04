"""Two adjoint equations → one: ∂E/∂a put into ∂E/∂z, where the result is no dearer than both together.

Cross-entropy after softmax gives p_k Σt - t_k this way, and binary cross-entropy after the logistic function a - t:
neither is written down anywhere, both follow from putting in, multiplying out, and cancelling.
"""

from __future__ import annotations

from math import prod

import sympy as sp
from sympy import Expr

from symbackprop.contraction import tidy
from symbackprop.expressions import Read, Total, reads
from symbackprop.simplify.cost import cost
from symbackprop.simplify.fractions import tidy_fraction
from symbackprop.substitution import substitute

# More terms than this cancel for nobody to read, and may take for ever.
MOST_TERMS = 2_000


def put_in(expr: Expr, lhs: Read, rhs: Expr) -> Expr:
    """Replace every read of a tensor by the right-hand side of its equation at the same indices.

    Args:
        expr: Where the tensor is read.
        lhs: The tensor at the indices of its equation.
        rhs: What it is equal to.
    """
    at = {read: dict(zip(lhs.indices, read.indices, strict=True)) for read in reads(expr) if read.tensor == lhs.tensor}
    return expr.xreplace({read: substitute(rhs, moved) for read, moved in at.items()})


def fuse(exprs: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Put one adjoint into the next.

    Args:
        exprs: The reader's left and right side, then the read adjoint's left and right side.

    Returns:
        The reader's new right-hand side as it is after putting in, and after cancelling; or the old one twice, where
        putting in would cost more than keeping the two apart.
    """
    reader, rhs, lhs, value = exprs
    plain = tidy(put_in(rhs, lhs, value), reader.indices)
    cancelled = multiply_out(plain)
    if min(cost(plain), cost(cancelled)) > cost(rhs) + cost(value):
        return rhs, rhs
    return plain, cancelled if _effort(cancelled) < _effort(plain) else plain


def _effort(expr: Expr) -> tuple[int, int]:
    """What an expression costs, and how long it is: of two that cost the same, the shorter one is read."""
    return cost(expr), sum(1 for _ in sp.preorder_traversal(expr))


def multiply_out(expr: Expr) -> Expr:
    """Multiply each sum by the factors beside it, so that what cancels does; nothing is expanded that does not.

    Example:
        >>> a, t = Read("a"), Read("t")
        >>> multiply_out((t / a - (1 - t) / (1 - a)) * a * (1 - a))
        -a + t
    """
    if number_of_terms(expr) > MOST_TERMS:
        return expr
    pulled = _pull(_distribute(expr))
    forms = [pulled, tidy_fraction(pulled), _pull(sp.expand_mul(pulled, deep=False)), sp.expand(pulled)]
    return min((*forms, tidy_fraction(forms[-1])), key=cost)


def number_of_terms(expr: Expr) -> int:
    """How many terms an expression would have above and below the fraction line if it were multiplied out, at most."""
    if isinstance(expr, Total):
        return number_of_terms(expr.body)
    if expr.is_Add:
        return sum(map(number_of_terms, expr.args))
    if expr.is_Mul:
        return prod(map(number_of_terms, expr.args))
    if expr.is_Pow and expr.exp.is_Integer:
        return min(number_of_terms(expr.base) ** min(abs(int(expr.exp)), 64), MOST_TERMS + 1)
    return 1


def _distribute(expr: Expr) -> Expr:
    if isinstance(expr, Total):
        return sp.Add(*(Total(part, *expr.bound) for part in sp.Add.make_args(_distribute(expr.body))))
    if expr.is_Add:
        return sp.Add(*map(_distribute, expr.args))
    if not expr.is_Mul:
        return expr
    factors = [_distribute(factor) if isinstance(factor, Total) else factor for factor in expr.args]
    sums = [f for f in factors if f.is_Add and any(_denominator(part) for part in f.args)]
    if not sums:
        return sp.Mul(*factors)
    rest = sp.Mul(*(f for f in factors if f is not sums[0]))
    return sp.Add(*(_distribute(part * rest) for part in sums[0].args))


def _denominator(expr: Expr) -> bool:
    return bool(sp.fraction(expr)[1].atoms(Read)) or isinstance(expr, Total)


def _pull(expr: Expr) -> Expr:
    """Take what does not depend on the index of a sum out of it."""
    if expr.is_Add:
        return sp.Add(*map(_pull, expr.args))
    if expr.is_Mul:
        return sp.Mul(*map(_pull, expr.args))
    if not isinstance(expr, Total):
        return expr
    body = _pull(expr.body)
    inside = [f for f in sp.Mul.make_args(body) if f.free_symbols & set(expr.bound)]
    outside = [f for f in sp.Mul.make_args(body) if not f.free_symbols & set(expr.bound)]
    if not inside:
        return sp.Mul(*outside, *(index.size for index in expr.bound))
    return sp.Mul(*outside, Total(sp.Mul(*inside), *expr.bound))
