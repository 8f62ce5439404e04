"""How an index expression reads an axis, and how a sum over such reads turns into adding up at the places read.

The adjoint of y[t] = Σ_p W[p] x[2 t + p] is x̄[k] = Σ_t W[k - 2 t] ȳ[t], as it is printed. Computed like that it would
visit every pair (k, t). `opened` undoes the contraction: it takes p = k - 2 t as an index again, so that each product
W[p] ȳ[t] is computed once and added at k = 2 t + p.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sympy as sp
from sympy import Expr

from symbackprop.expressions import ArgPeak, Delta, Index, Read, Total, Within, reads
from symbackprop.program import Affine


def affine(expr: Expr) -> Affine | None:
    """An index expression as start + Σ step · index with whole steps; `None` if it is not of that form.

    Example:
        >>> t, p = Index("t", 4), Index("p", 3)
        >>> affine(2 * t + p - 1)
        Affine(indices=(p, t), steps=(1, 2), start=-1)
    """
    indices = sorted((i for i in expr.free_symbols if isinstance(i, Index)), key=lambda i: i.name)
    steps, start = [], sp.expand(expr)
    for index in indices:
        step = start.coeff(index, 1)
        start = sp.expand(start - step * index)
        if not step.is_Integer or index in start.free_symbols:
            return None
        steps.append(int(step))
    if start.atoms(Read, ArgPeak):
        return None
    return Affine(tuple(indices), tuple(steps), start)


class Target(NamedTuple):
    """Values of a sum that belong to the place `at` of the free axis `axis`; `at` is affine or data."""

    axis: Index
    at: Expr


class Opened(NamedTuple):
    """A sum of products whose free axes are reached by adding up: Σ_bound Π factors at the given places."""

    bound: tuple[Index, ...]
    factors: tuple[Expr, ...]
    targets: tuple[Target, ...]


def opened(bound: Sequence[Index], factors: Sequence[Expr]) -> Opened:
    """Take every place that depends on summed indices as a target; nothing changes where there is none.

    Args:
        bound: The summed indices.
        factors: The factors under the sum, deltas and range conditions among them.
    """
    summed, rest, targets = list(bound), list(factors), []
    while (found := _ranged(summed, rest)) is not None:
        guard, axis, place = found
        new = Index(f"{axis.name}_{len(summed)}_at", guard.args[1])
        sign = place.coeff(axis, 1)
        value = sp.expand(sign * (new - place + sign * axis))
        rest = [_put(factor, place, new, axis, value) for factor in rest if factor is not guard]
        targets.append(Target(axis, value))
        summed.append(new)
    while (tied := _tied(summed, rest)) is not None:
        delta, target = tied
        # What else stands at the target's axis stands at that place, as long as the product has no such axis.
        rest = [factor.xreplace({target.axis: target.at}) for factor in rest if factor is not delta]
        summed, rest, target = _without_peaks(summed, rest, target)
        targets.append(target)
    return Opened(tuple(summed), tuple(rest), tuple(targets))


def _put(factor: Expr, place: Expr, new: Index, axis: Index, value: Expr) -> Expr:
    """Read at the new index where the place was read, and put the axis' value elsewhere."""
    return factor.xreplace({place: new}).xreplace({axis: value})


def _ranged(bound: Sequence[Index], factors: Sequence[Expr]) -> tuple[Within, Index, Expr] | None:
    """A condition [0 <= place < size] on a place ±k + (summed indices), with k a free index of the result."""
    for guard in factors:
        if not isinstance(guard, Within):
            continue
        place = guard.args[0]
        indices = [i for i in place.free_symbols if isinstance(i, Index)]
        free = [i for i in indices if i not in bound]
        read_there = any(place in read.indices for factor in factors for read in reads(factor))
        if len(free) == 1 and len(indices) > 1 and place.coeff(free[0], 1) in (1, -1) and read_there:
            return guard, free[0], place
    return None


def _tied(bound: Sequence[Index], factors: Sequence[Expr]) -> tuple[Delta, Target] | None:
    """A delta that ties a free index to a place with summed indices in it."""
    for delta in factors:
        for axis, place in (delta.args, delta.args[::-1]) if isinstance(delta, Delta) else ():
            if isinstance(axis, Index) and axis not in bound and place.free_symbols & set(bound):
                return delta, Target(axis, place)
    return None


def _without_peaks(bound: list[Index], factors: list[Expr], target: Target) -> tuple[list[Index], list[Expr], Target]:
    """Sum over every position of a maximum, masked, in place of reading at the position where it is attained."""
    while peaks := sorted(target.at.atoms(ArgPeak), key=lambda node: (len(node.atoms(ArgPeak)), str(node))):
        peak = peaks[0]
        new = Index(f"{peak.bound[0].name}_{len(bound)}_at", peak.bound[0].size)
        factors = [factor.xreplace({peak: new}) for factor in factors]
        factors.append(Delta(new, peak))
        target = Target(target.axis, target.at.xreplace({peak: new}))
        bound = [*bound, new]
    return bound, factors, target


def together(form: Opened) -> tuple[list[list[Target]], list[Target]]:
    """Targets whose places depend on the same summed indices, which must be added up at together; and those left out.

    Returns:
        Groups of targets, and the targets that nothing can be added up at: their place depends on a free index, or on
        axes whose sizes are symbols, so that no whole number of entries lies between neighbours.
    """
    groups: list[list[Target]] = []
    dense = [target for target in form.targets if _free(target) - set(form.bound)]
    for target in form.targets:
        if target in dense:
            continue
        mine = [target]
        for group in [group for group in groups if any(_free(one) & _free(target) for one in group)]:
            mine = [*group, *mine]
            groups.remove(group)
        groups.append(mine)
    for group in groups:
        group.sort(key=lambda target: bool(target.axis.size.is_Integer))
        while len(group) > 1 and not all(target.axis.size.is_Integer for target in group[1:]):
            dense.append(group.pop(0))
    return groups, dense


def _free(target: Target) -> set[Index]:
    return {index for index in target.at.free_symbols if isinstance(index, Index)}


def is_data(place: Expr) -> bool:
    """Whether a place is given as data, or is where a maximum lies: these are in range."""
    return bool(place.atoms(Read, ArgPeak))


def within(place: Expr, size: Expr) -> bool:
    """Whether a place is known to lie in a range; quotients count.

    Example:
        >>> i = Index("i", 10)
        >>> within(sp.floor(i / 3), sp.Integer(4)), within(i - 3 * sp.floor(i / 3), sp.Integer(3))
        (True, True)
    """
    quotients = place.atoms(sp.floor)
    if not quotients:
        form = affine(place)
        return form is not None and form.inside(size)
    quotient = max(quotients, key=str)
    above, below = sp.fraction(sp.together(quotient.args[0]))
    if sp.expand(place - above + below * quotient) == 0:
        return bool(sp.expand(size - below).is_nonnegative)
    form = affine(above)
    return place == quotient and form is not None and form.inside(size * below)


def needed_guards(factors: Sequence[Expr], shapes: Mapping[str, tuple[Expr, ...]]) -> list[Expr]:
    """The factors of a product without range conditions that change nothing.

    Where another factor reads at the place, it reads 0 outside.
    """

    def needless(factor: Expr) -> bool:
        return isinstance(factor, Within) and _reads_there(factor, factors, shapes)

    return [factor for factor in factors if not needless(factor)]


def _reads_there(guard: Within, factors: Sequence[Expr], shapes: Mapping[str, tuple[Expr, ...]]) -> bool:
    place, size = guard.args
    for factor in factors:
        parts = sp.Mul.make_args(factor.body) if isinstance(factor, Total) else [factor]
        for read in parts:
            if isinstance(read, Read) and read.tensor in shapes:
                axes = zip(read.indices, shapes[read.tensor], strict=True)
                if any(index == place and length == size for index, length in axes):
                    return True
    return False


def length_at(expr: Expr, place: Expr, shapes: Mapping[str, tuple[Expr, ...]]) -> Expr:
    """How long the axis is that an expression is read along at a place."""
    if isinstance(place, Index):
        return place.size
    reads = (read for read in expr.atoms(Read) if read.tensor in shapes)
    pairs = (pair for read in reads for pair in zip(read.indices, shapes[read.tensor], strict=True))
    return next(size for at, size in pairs if at == place)
