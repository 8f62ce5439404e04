"""A sum and the term beside it that cancels its entry at that place → what is left there, and the sum over the others.

In c[i] p[i]/(1 - p[i]) - p[i] Σ c[j] p[j]/(1 - p[j]), where p is a softmax that may be rounded to 1, both terms with
1 - p[i] are infinite there, and their difference is c[i] p[i].
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index, Total, Where
from symbackprop.lower.letters import alike
from symbackprop.substitution import substitute


def without_diagonal(expr: Expr, indices: Sequence[Index]) -> Expr:
    """Take the entries at an index out of sums whose divisors there cancel.

    Args:
        expr: A sum of terms that were multiplied out.
        indices: At which the expression is an entry.

    Example:
        >>> from symbackprop.expressions import Read
        >>> i, j = Index("i", 3), Index("j", 3)
        >>> p, q = Read("p", i), Read("p", j)
        >>> without_diagonal(p / (1 - p) - Total(p * q / (1 - q), j), [i])
        p[i] + sum(where(Ne(j, i), p[i]*p[j]/(p[j] - 1), 0), j)
    """
    for place in indices:
        terms = sp.Add.make_args(expr)
        sums = [term for term in terms if _is_sum_beside(term, place)]
        meeting = [term for term in terms if term not in sums and _divisors(term, place)]
        if not sums or not meeting:
            continue
        index = _parted(sums[0])[0].bound[0]
        bodies = [_body(term, index) for term in sums]
        entry = _cancelled(alike(sp.Add(*meeting, *(substitute(body, {index: place}) for body in bodies))))
        if not _divisors(entry, place):
            rest = sp.Add(*(term for term in terms if term not in sums and term not in meeting))
            body = _cancelled(alike(sp.Add(*bodies)))
            return rest + entry + Total(Where(sp.Ne(index, place), body, sp.S.Zero), index)
    return expr


def _cancelled(expr: Expr) -> Expr:
    above, below = sp.fraction(sp.cancel(sp.together(expr)))
    return sp.gcd_terms(above) / sp.gcd_terms(below)


def _is_sum_beside(term: Expr, place: Index) -> bool:
    """Whether a term is a sum with divisors over one index of the same size as another one that stands beside it."""
    if sum(isinstance(part, Total) for part in sp.Mul.make_args(term)) != 1 or place not in term.free_symbols:
        return False
    sum_, _ = _parted(term)
    index, *more = sum_.bound
    return not more and index.size == place.size and bool(_divisors(sum_.body, index))


def _body(term: Expr, index: Index) -> Expr:
    """What a term sums, as a function of an index."""
    sum_, beside = _parted(term)
    return beside * substitute(sum_.body, {sum_.bound[0]: index})


def _parted(term: Expr) -> tuple[Total, Expr]:
    """The sum in a product, and what stands beside it."""
    parts = sp.Mul.make_args(term)
    sum_ = next(part for part in parts if isinstance(part, Total))
    return sum_, sp.Mul(*(part for part in parts if part is not sum_))


def _divisors(expr: Expr, place: Index) -> list[Expr]:
    """What stands below fraction lines, is a difference, and is another one at each place."""
    if isinstance(expr, Where):
        return []
    below = (node.base for node in expr.atoms(sp.Pow) if not node.exp.is_nonnegative)
    return [base for base in below if base.is_Add and place in base.free_symbols]
