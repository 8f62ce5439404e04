"""Our expressions → SymPy's own: `Indexed`, `Sum`, `Piecewise`, `KroneckerDelta` over ordinary symbols.

The results pickle, print and compare like anybody's, so the assumptions of their symbols are few and fixed: an index is
an integer, a size a positive integer, a tensor is an `IndexedBase` without a shape, and a scalar a bare `Symbol`.
"""

from __future__ import annotations

import sympy as sp
from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean

from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.matrices import Determinant, Inverse

# A maximum of more entries than these is named, not written out.
MOST_ENTRIES = 16


def public_index(index: Index) -> Symbol:
    """The symbol that stands for an index."""
    return Symbol(index.name, integer=True)


def public(expr: Expr) -> Expr:
    """Turn an expression into SymPy's own objects.

    Args:
        expr: Made of our nodes and SymPy's.

    Returns:
        The same, without any class of ours. The largest of many or of symbolically many entries is written with the
        undefined function `max_over(body, index, first, last)`, its place with `argmax_over`.

    Example:
        >>> j, k = Index("j", 2), Index("k", 3)
        >>> public(Total(Read("W", k, j) * Read("delta", k), k) * Where(Read("z", j) > 0, sp.S.One, sp.S.Zero))
        Piecewise((1, z[j] > 0), (0, True))*Sum(W[k, j]*delta[k], (k, 0, 2))
    """
    match expr:
        case Index():
            return public_index(expr)
        case Read():
            return _read(expr)
        case Total():
            return sp.Sum(public(expr.body), *(_limits(index) for index in reversed(expr.bound)))
        case Where():
            branches = (public(expr.then), public_condition(expr.condition)), (public(expr.otherwise), True)
            return sp.Piecewise(*branches)
        case Delta():
            return sp.KroneckerDelta(*map(public, expr.args))
        case Within():
            place, size = map(public, expr.args)
            return sp.Piecewise((1, sp.And(place >= 0, place <= size - 1)), (0, True))
        case Inverse() | Determinant():
            return sp.Function("inverse" if isinstance(expr, Inverse) else "determinant")(public(expr.args[0]))
        case Peak() | ArgPeak():
            return _extreme(expr)
    if not expr.args:
        return expr
    return expr.func(*map(public, expr.args))


def public_condition(condition: Boolean) -> Boolean:
    """A comparison, or several with and, or and not, over SymPy's own objects."""
    if isinstance(condition, sp.And | sp.Or | sp.Not):
        return condition.func(*map(public_condition, condition.args))
    return condition.func(*map(public, condition.args))


def public_equation(lhs: Expr, rhs: Expr) -> sp.Eq:
    """An equation of two expressions, not decided even where it could be.

    Example:
        >>> j = Index("j", 2)
        >>> public_equation(Read("db", j), Read("delta", j))
        Eq(db[j], delta[j])
    """
    return sp.Eq(public(lhs), public(rhs), evaluate=False)


def _read(read: Read) -> Expr:
    if not read.indices:
        return Symbol(read.tensor)
    return sp.IndexedBase(read.tensor)[tuple(map(public, read.indices))]


def _limits(index: Index) -> tuple[Symbol, Expr, Expr]:
    return public_index(index), sp.S.Zero, public(index.size) - 1


def _extreme(expr: Peak | ArgPeak) -> Expr:
    (index,) = expr.bound
    body = public(expr.body)
    if isinstance(expr, Peak) and index.size.is_Integer and index.size <= MOST_ENTRIES:
        return sp.Max(*(body.xreplace({public_index(index): sp.Integer(n)}) for n in range(int(index.size))))
    name = "max_over" if isinstance(expr, Peak) else "argmax_over"
    return sp.Function(name)(body, *_limits(index))
