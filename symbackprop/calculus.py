"""Expression → derivative: the only module that differentiates, and all it knows is what SymPy's `diff` does not.

Every distinct read of the tensor, and every sum, branch or maximum that holds one, is replaced by a dummy; SymPy
differentiates by the dummies. Ours are six facts: a sum is linear; a branch is linear and its condition is constant;
what compares places is constant; a maximum has the slope of the term that attains it; a determinant is linear in each
entry, with its cofactor; and ∂v[I]/∂v[K] is a product of Kronecker deltas. Of an inverse the equation that defines it
is differentiated.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy import Dummy, Expr, Symbol

from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within, tensors_read
from symbackprop.matrices import Determinant, Inverse

# The solution of an equation, while the equation is differentiated.
UNKNOWN = "@solution"

# What moves by steps, and is constant almost everywhere: where a maximum is, whether places are equal or in a range.
PLACES = (ArgPeak, Delta, Within)


def slope(expr: Expr, symbol: Symbol) -> Expr:
    """∂expr/∂symbol for an expression in ordinary SymPy symbols.

    Example:
        >>> z = Symbol("z")
        >>> slope(z**2, z)
        2*z
    """
    return sp.diff(expr, symbol)


def differentiate(expr: Expr, tensor: str, at: Sequence[Index]) -> Expr:
    """∂expr/∂tensor[at], leaving ∂tensor[I]/∂tensor[at] as a product of `Delta`.

    Args:
        expr: The right-hand side of an equation.
        tensor: The name of the tensor.
        at: One index per axis of the tensor, which must not occur in `expr`.

    Example:
        >>> i, j, k = (Index(letter, 3) for letter in "ijk")
        >>> differentiate(Total(Read("W", j, i) * Read("x", i), i), "x", (k,))
        sum([i = k]*W[j, i], i)
    """
    opaque = {node: Dummy() for node in _opaque(expr, tensor)}
    dummies = {**opaque, **{node: Dummy() for node in _steps(expr, tensor)}}
    flat = expr.xreplace(dummies)
    back = {dummy: node for node, dummy in dummies.items()}
    result: list[Expr] = []
    for node, dummy in opaque.items():
        outer = slope(flat, dummy)
        if outer != 0:
            result.append(outer.xreplace(back) * _inner(node, tensor, at))
    return sp.Add(*result)


def _opaque(expr: Expr, tensor: str) -> list[Expr]:
    """The outermost reads, sums, branches and maxima through which `expr` depends on the tensor."""
    if isinstance(expr, Read):
        return [expr] if expr.tensor == tensor else []
    if isinstance(expr, Total | Where | Peak | Inverse | Determinant):
        return [expr] if tensor in tensors_read(expr) else []
    if isinstance(expr, PLACES):
        return []
    found = [node for arg in expr.args for node in _opaque(arg, tensor)]
    return list(dict.fromkeys(found))


def _steps(expr: Expr, tensor: str) -> list[Expr]:
    """What depends on the tensor by steps alone: places, and entries at places; the same read may stand beside it."""
    nodes = (node for node in expr.atoms(Read, *PLACES) if tensor in tensors_read(node))
    return [node for node in nodes if not isinstance(node, Read) or node.tensor != tensor]


def _inner(node: Expr, tensor: str, at: Sequence[Index]) -> Expr:
    if isinstance(node, Read):
        return sp.Mul(*(Delta(index, here) for index, here in zip(node.indices, at, strict=True)))
    if isinstance(node, Total):
        return Total(differentiate(node.body, tensor, at), *node.bound)
    if isinstance(node, Where):
        then, otherwise = (differentiate(part, tensor, at) for part in (node.then, node.otherwise))
        return Where(node.condition, then, otherwise)
    if isinstance(node, Inverse):
        return _implicit(node, tensor, at)
    if isinstance(node, Determinant):
        row, column = node.bound
        cofactor = node * Inverse(node.body.xreplace({row: column, column: row}))
        return Total(cofactor * differentiate(node.body, tensor, at), row, column)
    (index,) = node.bound
    return Total(Delta(index, ArgPeak(node.body, index)) * differentiate(node.body, tensor, at), index)


def _implicit(node: Inverse, tensor: str, at: Sequence[Index]) -> Expr:
    """∂Y of the Y that X Y = 1 defines: X ∂Y = -∂(X Y) with Y held, a system of equations which Y itself solves."""
    row, column = node.place
    inner, middle = (Index(f"{tensor}_inner{n}", at[-1].size) for n in range(2))
    product_ = Total(node.matrix(middle, inner) * Read(UNKNOWN, inner), inner)
    held = differentiate(product_, tensor, at).xreplace({Read(UNKNOWN, inner): Inverse(node.matrix(inner, column))})
    return -Total(Inverse(node.matrix(row, middle)) * held, middle)
