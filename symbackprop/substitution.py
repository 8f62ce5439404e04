"""Put expressions for indices without capturing what is bound."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import count

from sympy import Expr

from symbackprop.expressions import Bound, Index, indices_of, parts_of


def substitute(expr: Expr, table: Mapping[Index, Expr]) -> Expr:
    """Put expressions for free indices: what is bound stays bound, and nothing that is put in is captured.

    Example:
        >>> from symbackprop.expressions import Read, Total
        >>> i, k = Index("i", 3), Index("k", 3)
        >>> substitute(Total(Read("W", i, k), k) * Read("x", i), {i: k})
        x[k]*sum(W[k, k_1], k_1)
    """
    entering = set(table).union(*(value.free_symbols for value in table.values()))
    return _substitute(expr, table) if _bound_in(expr) & entering else expr.xreplace(dict(table))


def _substitute(expr: Expr, table: Mapping[Index, Expr]) -> Expr:
    if not isinstance(expr, Bound):
        return table.get(expr, expr.func(*(_substitute(arg, table) for arg in expr.args)) if expr.args else expr)
    inner = {old: new for old, new in table.items() if old in expr.free_symbols}
    entering = set().union(*(value.free_symbols for value in inner.values()))
    taken = {symbol.name for symbol in entering} | {index.name for index in indices_of(expr)}
    apart: dict[Index, Expr] = {}
    for index in (index for index in expr.bound if index in entering):
        name = next(name for n in count(1) if (name := f"{index.name}_{n}") not in taken)
        taken.add(name)
        apart[index] = Index(name, index.size)
    bound = (apart.get(index, index) for index in expr.bound)
    return expr.func(_substitute(substitute(expr.body, apart), inner), *bound)


@lru_cache(maxsize=8192)
def _bound_in(expr: Expr) -> frozenset[Index]:
    return frozenset(index for node in parts_of(expr) if isinstance(node, Bound) for index in node.bound)
