"""A product that counts in a range alone → the product in that range, and where in the whole axis it belongs.

The adjoint of y[t] = x[t + 1]/s[t] is x̄[k] = [0 <= k - 1 < T] ȳ[k - 1]/s[k - 1], as it is printed. Outside the range
there is no s to divide by, and 0 times what is infinite is no number: it is computed for the T positions t, and added
at k = t + 1.
"""

from __future__ import annotations

from typing import NamedTuple

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index, Read, Within
from symbackprop.lower.places import affine
from symbackprop.program import Affine


class Guarded(NamedTuple):
    """A product with a range condition.

    Attributes:
        product: Without the condition; if there is `at`, at the positions of the range.
        guard: The condition.
        axis: The axis that the condition is on.
        at: Where in the axis the positions are; `None` where the product has a value at every position of it.
    """

    product: Expr
    guard: Within
    axis: Index
    at: Affine | None


def guarded(product: Expr, loop: Index | None = None) -> Guarded | None:
    """Take a range condition off a product that may be infinite outside the range; `None` if there is no such one.

    Args:
        product: The factors, range conditions among them.
        loop: An index that is a single position.

    Example:
        >>> k = Index("k", 4)
        >>> found = guarded(Read("y", k - 1) / Read("s", k - 1) * Within(k - 1, 3))
        >>> found.product, found.at.start
        (y[k_in]/s[k_in], 1)
    """
    for guard in (factor for factor in sp.Mul.make_args(product) if isinstance(factor, Within)):
        place, size = guard.args
        found = [index for index in place.free_symbols if isinstance(index, Index)]
        rest = sp.Mul(*(factor for factor in sp.Mul.make_args(product) if factor is not guard))
        if len(found) != 1 or found[0] not in rest.free_symbols:
            continue
        (axis,) = found
        sign = place.coeff(axis, 1)
        if axis == loop or sign not in (1, -1):
            if _may_be_infinite(rest, axis):
                return Guarded(rest, guard, axis, None)
            continue
        new = Index(f"{axis.name}_in", size)
        value = sp.expand(sign * (new - place + sign * axis))
        at = affine(value)
        if at is not None:
            return Guarded(rest.xreplace({place: new}).xreplace({axis: value}), guard, axis, at)
    return None


def _may_be_infinite(expr: Expr, axis: Index) -> bool:
    """Whether something that changes along an axis is divided by, or is the argument of a function."""
    if isinstance(expr, Read) or axis not in expr.free_symbols:
        return False
    if (expr.is_Pow and not expr.exp.is_nonnegative) or isinstance(expr, sp.Function):
        return True
    return any(_may_be_infinite(arg, axis) for arg in expr.args if isinstance(arg, Expr))
