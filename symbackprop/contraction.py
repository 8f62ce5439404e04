"""Sums of products with Kronecker deltas → the same without every delta that fixes a summed index.

Two rules: Σ_i [i = v] f(i) = f(v) where v lies in the range of i, and the condition [0 <= v < size] is kept where it
may not; and a sum of a product is the product of sums over parts that share no index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple

import sympy as sp
from sympy import Expr
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symbackprop.expressions import (
    ArgPeak,
    Delta,
    Index,
    Peak,
    Read,
    Total,
    Where,
    Within,
    indices_of,
)
from symbackprop.matrices import Determinant
from symbackprop.substitution import substitute

# What marks an index as fresh; a user's own i_in keeps its name.
MARKS = re.compile(r"(_(at)?[0-9]+)+\Z")


class Term(NamedTuple):
    """One addend: a product of factors summed over indices that occur in no other term."""

    bound: tuple[Index, ...]
    factors: tuple[Expr, ...]


class Fresh:
    """A source of indices that occur nowhere else: an enclosing sum would capture a name that is used again."""

    def __init__(self) -> None:
        self._count = count(1)

    def like(self, index: Index) -> Index:
        """A new index with the range, and the letter, of another."""
        return Index(f"{letter(index)}_{next(self._count)}", index.size)


def letter(index: Index) -> str:
    """The letter that a fresh index was made from."""
    return MARKS.sub("", index.name)


def terms(expr: Expr, fresh: Fresh) -> list[Term]:
    """Flatten an expression into terms as far as deltas reach; sums without a delta stay closed factors.

    Example:
        >>> i, k = Index("i", 3), Index("k", 3)
        >>> [str(sp.Mul(*term.factors)) for term in terms(Total(Delta(i, k) * i, i), Fresh())]
        ['i_1*[i_1 = k]']
    """
    if not expr.has(Delta):
        return [Term((), (expr,))]
    if isinstance(expr, sp.Add):
        return [term for arg in expr.args for term in terms(arg, fresh)]
    if isinstance(expr, Total):
        rename = {index: fresh.like(index) for index in expr.bound}
        inner = terms(substitute(expr.body, rename), fresh)
        return [Term((*rename.values(), *bound), factors) for bound, factors in inner]
    if isinstance(expr, sp.Mul):
        products = [Term((), ())]
        for factor in expr.args:
            opened = terms(factor, fresh)
            products = [Term(b + c, f + g) for b, f in products for c, g in opened]
        return products
    if isinstance(expr, Where):
        return _branch(expr, fresh)
    return [Term((), (expr,))]


def _branch(expr: Where, fresh: Fresh) -> list[Term]:
    """Draw deltas and sums out of a branch; what is left stays guarded by the condition."""
    both: dict[tuple[Expr, ...], list[Expr]] = {}
    result: list[Term] = []
    for side, part in enumerate((expr.then, expr.otherwise)):
        for bound, factors in terms(part, fresh) if part != 0 else []:
            deltas = tuple(factor for factor in factors if isinstance(factor, Delta))
            rest = sp.Mul(*(factor for factor in factors if not isinstance(factor, Delta)))
            if bound:
                guarded = (
                    Where(expr.condition, rest, sp.S.Zero) if side == 0 else Where(expr.condition, sp.S.Zero, rest)
                )
                result.append(Term(bound, (*deltas, guarded)))
            else:
                both.setdefault(deltas, [sp.S.Zero, sp.S.Zero])[side] += rest
    return result + [Term((), (*deltas, Where(expr.condition, *sides))) for deltas, sides in both.items()]


def contract(term: Term) -> Expr:
    """Remove every delta that fixes a summed index, then put the sums back around the factors that need them.

    Example:
        >>> i, k = Index("i", 3), Index("k", 3)
        >>> contract(Term((i,), (Delta(i, k), i**2)))
        k**2
    """
    bound = list(term.bound)
    factors = [part for factor in term.factors for part in sp.Mul.make_args(factor)]
    while (found := _fixing(bound, factors)) is not None:
        delta, index, value = found
        guard = [] if fits(value, index.size) else [Within(value, index.size)]
        factors = [substitute(factor, {index: value}) for factor in factors if factor is not delta] + guard
        bound.remove(index)
        if any(factor == 0 for factor in factors):
            return sp.S.Zero
    return _sum_up(bound, [part for factor in _placed(factors) for part in sp.Mul.make_args(decided(factor))])


def _placed(factors: list[Expr]) -> list[Expr]:
    """Beside [k = 2 t + argmax …], the place 2 t + argmax … is k: two maxima are found one by one."""
    for delta in [factor for factor in factors if isinstance(factor, Delta)]:
        for index, place in (delta.args, delta.args[::-1]):
            if isinstance(index, Index) and place.has(ArgPeak) and delta in factors:  # no other was put into it
                factors = [factor if factor is delta else factor.xreplace({place: index}) for factor in factors]
    return factors


def decided(expr: Expr) -> Expr:
    """Drop conditions on positions that always hold, or never do, in the ranges of their indices.

    Example:
        >>> k = Index("k", 3)
        >>> decided(Where(k < 3, Read("x", k), Read("y", k)))
        x[k]
    """
    branches = expr.atoms(Where)
    table = {
        part: truth for b in branches for part in b.condition.atoms(Relational) if (truth := _truth(part)) is not None
    }
    return expr.xreplace(table) if table else expr


def _truth(condition: Relational) -> Boolean | None:
    """Whether a comparison of positions always or never holds; `None` if neither is known."""
    if condition.rel_op not in ("<", "<=", ">", ">=") or condition.atoms(Read, ArgPeak, sp.floor):
        return None
    strict = condition.rel_op in ("<", ">")
    less, more = (condition.lhs, condition.rhs) if condition.rel_op[0] == "<" else (condition.rhs, condition.lhs)
    bounds = _bounds(sp.expand(more - less))
    if bounds is None:
        return None
    if _known_nonnegative(bounds[0] - (1 if strict else 0)):
        return sp.true
    return sp.false if _known_nonnegative(-bounds[1] - (0 if strict else 1)) else None


def _fixing(bound: Sequence[Index], factors: Sequence[Expr]) -> tuple[Expr, Index, Expr] | None:
    """A delta that fixes a summed index, the index, and its value: values that stay in range come first."""
    found = None
    for delta in factors:
        if not isinstance(delta, Delta):
            continue
        difference = sp.expand(delta.args[0] - delta.args[1])
        for index in bound:
            coefficient = difference.coeff(index)
            if coefficient not in (1, -1) or any(index in node.free_symbols for node in difference.atoms(ArgPeak)):
                continue
            value = sp.expand(index - difference / coefficient)
            if index in value.free_symbols:
                continue  # as in k = j - 4 floor(j / 4)
            if value.is_Symbol and fits(value, index.size):
                return delta, index, value
            if found is None or (fits(value, index.size) and not fits(found[2], found[1].size)):
                found = (delta, index, value)
    return found


def fits(value: Expr, size: Expr) -> bool:
    """Whether an index expression is known to lie in 0 <= value < size.

    Example:
        >>> t, p, n = Index("t", 4), Index("p", 3), sp.Integer(9)
        >>> fits(2 * t + p, n), fits(2 * t + p - 1, n)
        (True, False)
    """
    if isinstance(value, Index):
        return bool(value.size == size) or _known_nonnegative(size - value.size)
    if isinstance(value, ArgPeak):
        return bool(value.bound[0].size == size)
    bounds = _bounds(value)
    return bounds is not None and _known_nonnegative(bounds[0]) and _known_nonnegative(size - 1 - bounds[1])


def _bounds(value: Expr) -> tuple[Expr, Expr] | None:
    """The least and the largest value of an expression that is affine in indices; `None` if it is not."""
    low = high = value
    for index in value.free_symbols:
        if isinstance(index, Index):
            coefficient = value.coeff(index)
            if not coefficient.is_Integer or index in (value - coefficient * index).free_symbols:
                return None
            first, last = (sp.S.Zero, index.size - 1) if coefficient > 0 else (index.size - 1, sp.S.Zero)
            low, high = low.xreplace({index: first}), high.xreplace({index: last})
    return low, high


def _known_nonnegative(value: Expr) -> bool:
    return bool(sp.expand(value).is_nonnegative)


def _sum_up(bound: Sequence[Index], factors: Sequence[Expr]) -> Expr:
    """Σ over `bound` of a product, as a product of the smallest sums; an index that nothing reads counts its size."""
    groups: list[tuple[set[Index], list[Expr]]] = []
    outside: list[Expr] = []
    for factor in factors:
        number, factor = _content(factor)
        outside.append(number)
        mine = set(bound) & factor.free_symbols
        if not mine:
            outside.append(factor)
            continue
        together = [factor]
        for indices, members in [group for group in groups if group[0] & mine]:
            mine |= indices
            together = [*members, *together]
            groups.remove((indices, members))
        groups.append((mine, together))
    used = set().union(*(indices for indices, _ in groups))
    counts = [index.size for index in bound if index not in used]
    sums = [Total(sp.Mul(*members), *sorted(indices, key=bound.index)) for indices, members in groups]
    return sp.Mul(*counts, *outside, *sums)


def _content(factor: Expr) -> tuple[Expr, Expr]:
    """2 a - 2 t → 2 and a - t, so that the 2 meets the other numbers of the product."""
    number, rest = factor.primitive() if factor.is_Add else (sp.S.One, factor)
    return (number, rest) if number.is_Integer else (sp.S.One, factor)


def collect(expr: Expr, free: Iterable[Index]) -> Expr:
    """Contract every term of an expression and give the bound indices readable letters again."""
    fresh = Fresh()
    return tidy(sp.Add(*(contract(term) for term in terms(expr, fresh))), free)


def summed(expr: Expr, over: Sequence[Index]) -> Expr:
    """The sum of an expression over some of its free indices, every term contracted; its bound indices are fresh.

    Example:
        >>> i, k = Index("i", 3), Index("k", 3)
        >>> summed(Delta(i, k) * i**2, [i])
        k**2
    """
    fresh = Fresh()
    rename = {index: fresh.like(index) for index in over}
    addends = terms(expr.xreplace(rename), fresh)
    return sp.Add(*(contract(term._replace(bound=(*rename.values(), *term.bound))) for term in addends))


ALPHABET = "ijklmnpqruvwgh"


def tidy(expr: Expr, free: Iterable[Index]) -> Expr:
    """Rename bound indices: each keeps its letter where it can, and takes the next free one where it cannot.

    Example:
        >>> j, j_1 = Index("j", 3), Index("j_1", 3)
        >>> tidy(Total(j_1, j_1) + j, [j])
        j + sum(k, k)
    """
    return _tidy(
        expr, {index.name for index in free} | {i.name for i in indices_of(expr) if i in expr.free_symbols}, {}
    )


def _tidy(expr: Expr, taken: set[str], names: Mapping[Index, Index]) -> Expr:
    """Rename what is bound inside `names`; a table, not one `xreplace` after the other, so that nothing is captured."""
    bound = getattr(expr, "bound", None)
    if bound is None:
        if not expr.has(Total, Peak, ArgPeak, Determinant):
            return expr.xreplace(names) if names else expr
        return expr.func(*(_tidy(arg, taken, names) for arg in expr.args))
    rename: dict[Index, Index] = {}
    used = set(taken)
    for index in bound:
        name = letter(index)
        if name in used:
            start = ALPHABET.find(name) + 1
            others = chain(ALPHABET[start:], ALPHABET[:start], (f"{name}{n}" for n in count(2)))
            name = next(other for other in others if other not in used)
        used.add(name)
        rename[index] = Index(name, index.size)
    return expr.func(_tidy(expr.body, used, {**names, **rename}), *rename.values())
