"""Parts of an adjoint that an equation of the graph has a name for → that name.

Two kinds are found. A sum that a tensor is a multiple of: with μ = Σ x / N, the sum of deviations Σ (x - μ) is 0. And a
sum or difference that an equation can be solved for: with x̂ = (x - μ) / σ, the deviation x - μ is x̂ σ. Together they
turn the adjoint of a normalisation into its compact form; nothing in them knows of normalisation.
"""

from __future__ import annotations

from itertools import permutations

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index, Read, Total, reads, tensors_read
from symbackprop.simplify.cost import cost
from symbackprop.simplify.outputs import divisors, isolate

MOST_ARGUMENTS = 4
Match = dict[Index, Index]


def match(pattern: Expr, expr: Expr, found: Match | None = None) -> Match | None:
    """The indices to put into a pattern that make it an expression; `None` if there are none.

    Example:
        >>> i, j = Index("i", 3), Index("j", 3)
        >>> match(Read("x", i) - Read("m"), Read("x", j) - Read("m"))
        {i: j}
    """
    found = found or {}
    if isinstance(pattern, Index):
        if not isinstance(expr, Index) or found.get(pattern, expr) != expr or pattern.size != expr.size:
            return None
        return {**found, pattern: expr} if pattern in found or expr not in found.values() else None
    if pattern == expr and not pattern.atoms(Index):
        return found
    if not pattern.args or pattern.func != expr.func or len(pattern.args) != len(expr.args):
        return None
    if not isinstance(pattern, sp.Add | sp.Mul):
        return _match_all(pattern.args, expr.args, found)
    if len(pattern.args) > MOST_ARGUMENTS:
        return None
    orders = (_match_all(pattern.args, order, found) for order in permutations(expr.args))
    return next((result for result in orders if result is not None), None)


def _match_all(patterns: tuple[Expr, ...], exprs: tuple[Expr, ...], found: Match) -> Match | None:
    result: Match | None = found
    for pattern, expr in zip(patterns, exprs, strict=True):
        result = match(pattern, expr, result) if result is not None else None
    return result


def summands(expr: Expr) -> frozenset[tuple[str, ...]]:
    """For each term of a sum over an index the tensors that it reads."""
    terms = (term for total in expr.atoms(Total) for term in sp.Add.make_args(total.body))
    return frozenset(tuple(sorted(tensors_read(term))) for term in terms)


def differences(expr: Expr) -> frozenset[tuple[str, ...]]:
    """For each sum or difference the tensors that it reads, if there are several reads."""
    nodes = (node for node in expr.atoms(sp.Add) if len(reads(node)) > 1)
    return frozenset(tuple(sorted(tensors_read(node))) for node in nodes)


def known_sums(exprs: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Write sums with the tensor that is a multiple of them, where that is cheaper.

    Args:
        exprs: The expression; then the two sides of the equation that defines the tensor.

    Example:
        >>> i, j = Index("i", 3), Index("j", 3)
        >>> known_sums((Total(Read("x", j) - Read("m"), j), Read("m"), Total(Read("x", i), i) / 3))
        (0,)
    """
    expr, lhs, rhs = exprs
    totals = [factor for factor in sp.Mul.make_args(rhs) if isinstance(factor, Total)]
    if len(totals) != 1 or reads(rhs / totals[0]):
        return (expr,)
    scale = rhs / totals[0]
    table = {}
    for total in expr.atoms(Total):
        written = sp.Add(*(_summed(part, total, totals[0], lhs, scale) for part in sp.Add.make_args(total.body)))
        if cost(written) < cost(total):
            table[total] = written
    return (expr.xreplace(table),)


def _summed(part: Expr, total: Total, known: Total, lhs: Read, scale: Expr) -> Expr:
    """One term of a sum, summed: by the known sum if it is that, by counting if it is constant, else as it is."""
    bound = set(total.bound)
    inside = [factor for factor in sp.Mul.make_args(part) if factor.free_symbols & bound]
    outside = part / sp.Mul(*inside)
    if not inside:
        return outside * sp.Mul(*(index.size for index in total.bound))
    found = match(known.body, sp.Mul(*inside))
    if found is None or {found.get(index) for index in known.bound} != bound or not set(lhs.indices) <= found.keys():
        return outside * Total(sp.Mul(*inside), *total.bound)
    return outside * lhs.xreplace(found) / scale


def known_parts(exprs: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Write differences and sums of what is read with an output that knows them, where that is cheaper.

    Args:
        exprs: The expression; then the two sides of the equation that defines the output.

    Example:
        >>> x, m, y, s = map(Read, "xmys")
        >>> known_parts(((x - m) / s**2, y, (x - m) / s))
        (y/s,)
    """
    expr, lhs, rhs = exprs
    best = expr
    for part in (node for node in rhs.atoms(sp.Add) if len(reads(node)) > 1):
        solution = isolate(rhs, part, lhs)
        if solution is None:
            continue
        written = {node: _known(node, part, solution) for node in expr.atoms(sp.Add)}
        candidate = expr.xreplace({node: value for node, value in written.items() if value is not None})
        if divisors(candidate) <= divisors(expr):
            best = min(best, candidate, key=cost)
    return (best,)


def _known(node: Expr, part: Expr, solution: Expr) -> Expr | None:
    """A difference by what is known of it, or of its negative."""
    # A product of many sums has too many terms to be multiplied out for nothing.
    if set(tensors_read(node)) != set(tensors_read(part)):
        return None
    for sign in (1, -1):
        found = match(part, sp.expand(sign * node))
        if found is not None and {i for i in solution.free_symbols if isinstance(i, Index)} <= found.keys():
            return sign * solution.xreplace(found)
    return None


def common_factors(exprs: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Take out what every term of a sum has, where that is cheaper.

    Example:
        >>> p, d, s = map(Read, "pds")
        >>> common_factors((p * d - p * s,))
        ((d - s)*p,)
    """
    (expr,) = exprs
    if not expr.is_Add:
        return exprs
    factors = [sp.Mul.make_args(term) for term in expr.args]
    common = [f for f in factors[0] if not f.is_number and all(f in others for others in factors[1:])]
    out = sp.Mul(*common)
    taken = out * sp.Add(*(term / out for term in expr.args))
    return (min(expr, taken, key=cost),)
