"""A slope in the input → the slope in the output: from a = 1/(1 + exp(-z)), exp(-z)/(1 + exp(-z))² becomes a(1 - a).

Nothing is known of any activation. An equation a = f(z) is solved for one transcendental part u of f, such as exp(-z);
where that succeeds, the solution is put for u in the derivative, at every place where u may stand: also at another
index of the same axis, which is how softmax gets its p_j ([j = k] - p_k). The result is kept if it is cheaper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product as combinations

import sympy as sp
from sympy import Dummy, Expr

from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, reads
from symbackprop.matrices import Determinant, Inverse
from symbackprop.simplify.cost import cost
from symbackprop.simplify.fractions import opaque_parts, tidy_fraction


def through_output(derivative: Expr, output: Read, rhs: Expr, at: Sequence[Index]) -> Expr:
    """Write a local derivative of `output = rhs` with the output, where that makes it cheaper.

    Args:
        derivative: ∂output/∂v[at], with deltas.
        output: The left-hand side of the equation, at its own indices.
        rhs: Its right-hand side.
        at: The indices at which v stands in the derivative.

    Returns:
        The cheapest form found; `derivative` itself if no other is cheaper.

    Example:
        >>> z, a = Read("z"), Read("a")
        >>> f = 1 / (1 + sp.exp(-z))
        >>> through_output(sp.exp(-z) / (1 + sp.exp(-z)) ** 2, a, f, ())
        (1 - a)*a
    """
    if isinstance(rhs, Where):
        return _branches(derivative, output, rhs, at)
    best = with_tangents(derivative)
    for part in _candidates(rhs):
        solution = isolate(rhs, part, output)
        if solution is None:
            continue
        table = {
            part.xreplace(move): solution.xreplace(move) for move in _moves(output, at) if part.xreplace(move) != output
        }
        candidate = _settle(derivative, table)
        if divisors(candidate) <= divisors(derivative) | _roots(table, derivative):
            best = min(best, candidate, key=cost)
    return best


def divisors(expr: Expr) -> set[Expr]:
    """What stands below a fraction line and may be 0, as a read or a branch may: a form with more holds less widely.

    Example:
        >>> i = Index("i", 3)
        >>> z, t = Read("z", i), Read("t", i)
        >>> divisors(1 / Total(sp.exp(z), i)), divisors(1 / Total(t, i))
        (set(), {sum(t[i], i)})
    """
    powers = (node for node in sp.preorder_traversal(expr) if node.is_Pow and not node.exp.is_nonnegative)
    return {power.base for power in powers if any(map(_may_be_zero, opaque_parts(power.base)))}


def _may_be_zero(part: Expr) -> bool:
    """Whether a part that algebra does not look into is 0 for some numbers: labels and targets sum to it, too."""
    if isinstance(part, Total):
        return any(map(_may_be_zero, sp.Mul.make_args(part.body)))
    return isinstance(part, Read | Where | Delta | sp.Function) and not isinstance(part, sp.exp | sp.cosh)


def _roots(table: dict[Expr, Expr], derivative: Expr) -> set[Expr]:
    """Outputs that are roots of what the derivative divides by already: they are 0 where that is."""
    powers = (node for node in sp.preorder_traversal(derivative) if node.is_Pow and not node.exp.is_nonnegative)
    below = {power.base for power in powers}
    return {output for part, output in table.items() if part.is_Pow and part.base in below}


def _branches(derivative: Expr, output: Read, rhs: Where, at: Sequence[Index]) -> Expr:
    """Each branch of a = where(c, f, g) is solved by itself, for the branch of the derivative under the same c."""

    def rewrite(node: Expr) -> Expr:
        if isinstance(node, Where) and node.condition == rhs.condition:
            then = through_output(node.then, output, rhs.then, at)
            return Where(node.condition, then, through_output(node.otherwise, output, rhs.otherwise, at))
        return node

    return derivative.replace(lambda node: isinstance(node, Where), rewrite)


def _candidates(rhs: Expr) -> list[Expr]:
    """Parts of a formula that an equation may be solved for: functions and sums of what is read, inner ones first."""
    return list(dict.fromkeys(node for node in sp.postorder_traversal(rhs) if _is_part(node) and reads(node)))


def _is_part(node: Expr) -> bool:
    """A function, a sum over an index, a root, or a difference of several things that are read."""
    root = isinstance(node, sp.Pow) and node.exp.is_Rational and not node.exp.is_Integer
    return (
        isinstance(node, sp.Function | Total | Inverse | Determinant)
        or root
        or (isinstance(node, sp.Add) and len(reads(node)) > 1)
    )


def _moves(output: Read, at: Sequence[Index]) -> Iterator[dict[Expr, Expr]]:
    """The ways in which the equation may be moved along its axes to where v stands: identity first."""
    choices = [[i, *(k for k in at if k.size == i.size)] for i in output.indices]
    for chosen in combinations(*choices):
        yield {old: new for old, new in zip(output.indices, chosen, strict=True) if old != new}


def isolate(value: Expr, part: Expr, result: Expr) -> Expr | None:
    """Solve `value = result` for `part`, which must enter value once or as a ratio of linear forms.

    Example:
        >>> z, a = Read("z"), Read("a")
        >>> isolate(sp.log(1 + sp.exp(z)), sp.exp(z), a)
        exp(a) - 1
    """
    # The solution would hold on one branch only, and the assumption that makes roots simple would decide its condition.
    if any(part in sp.preorder_traversal(branch) for branch in value.atoms(Where)):
        return None
    # The largest of several is one of them, and no equation for each.
    if any(index in part.free_symbols for node in value.atoms(Peak, ArgPeak) for index in node.bound):
        return None
    unknown = Dummy("u", positive=True)
    left = value.xreplace({part: unknown})
    if not left.has(unknown) or _depends_elsewhere(left, part):
        return None
    right: Expr = result
    while left != unknown:
        peeled = _peel(left, right, unknown)
        if peeled is None:
            return _linear(left - right, unknown) if left.is_Add or left.is_Mul else None
        left, right = peeled
    return right


def _peel(left: Expr, right: Expr, unknown: Dummy) -> tuple[Expr, Expr] | None:
    """One step towards the unknown on both sides of left = right; `None` if it stands in several terms or factors."""
    if left.is_Add:
        constant, rest = left.as_independent(unknown, as_Add=True)
        return (rest, right - constant) if constant != 0 else None
    if left.is_Mul:
        constant, rest = left.as_independent(unknown, as_Add=False)
        return (rest, right / constant) if constant != 1 else None
    if left.is_Pow and left.exp == -1:
        return left.base, 1 / right
    if isinstance(left, sp.log):
        return left.args[0], sp.exp(right)
    if isinstance(left, sp.exp):
        return left.args[0], sp.log(right)
    return None


def _depends_elsewhere(left: Expr, part: Expr) -> bool:
    """Whether what `part` depends on also stands outside of it at the same place, so that nothing would be gained."""
    inside = {read for read in reads(part)} if not isinstance(part, Total) else set()
    return any(read in inside for read in reads(left))


def _linear(equation: Expr, unknown: Dummy) -> Expr | None:
    numerator, _ = sp.fraction(sp.together(equation))
    polynomial = sp.expand(numerator)
    slope, rest = polynomial.coeff(unknown, 1), polynomial.coeff(unknown, 0)
    if slope.has(unknown) or rest.has(unknown):
        return None  # u stands inside a function too, as in u cos(u)
    if slope == 0 or sp.expand(polynomial - slope * unknown - rest) != 0:
        return None
    return -rest / slope


def _settle(derivative: Expr, table: dict[Expr, Expr]) -> Expr:
    """Put solutions in, then cancel each part of the derivative that stands before its own deltas."""
    replaced = derivative.xreplace(_with_reciprocals(table))
    addends = []
    for addend in sp.Add.make_args(replaced):
        kept = [f for f in sp.Mul.make_args(addend) if isinstance(f, Delta)]
        rest = [f for f in sp.Mul.make_args(addend) if not isinstance(f, Delta)]
        addends.append(sp.Mul(*kept, tidy_fraction(sp.Mul(*rest))))
    return sp.Add(*addends)


def _with_reciprocals(table: dict[Expr, Expr]) -> dict[Expr, Expr]:
    """What is known of exp(z) is known of exp(-z), and what is known of a root is known of its odd powers."""
    result = dict(table)
    for part, solution in table.items():
        if isinstance(part, sp.exp):
            result.setdefault(sp.exp(-part.args[0]), 1 / solution)
            result.setdefault(sp.exp(2 * part.args[0]), solution**2)
            result.setdefault(sp.exp(-2 * part.args[0]), solution**-2)
        elif part.is_Pow:
            result.update({part.base ** (n * part.exp): solution**n for n in (-3, -1, 3)})
    return result


def tangents(factors: Sequence[Expr]) -> list[Expr]:
    """sinh(u)/cosh(u) → tanh(u).

    Example:
        >>> z = sp.Symbol("z")
        >>> tangents((sp.sinh(z), 2, 1 / sp.cosh(z)))
        [tanh(z), 2]
    """
    below = {1 / sp.cosh(factor.args[0]): factor for factor in factors if isinstance(factor, sp.sinh)}
    found = {one: sine for one, sine in below.items() if one in factors}
    kept = [sp.tanh(factor.args[0]) if factor in found.values() else factor for factor in factors]
    return [factor for factor in kept if factor not in found]


def with_tangents(expr: Expr) -> Expr:
    """An expression with every sinh(u)/cosh(u) in it as tanh(u)."""
    if not expr.has(sp.sinh):
        return expr
    return expr.replace(lambda node: node.is_Mul, lambda node: sp.Mul(*tangents(node.args)))
