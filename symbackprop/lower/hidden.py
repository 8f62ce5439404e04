"""The readers of a tensor → the entries that none of them depends on, as the own pair in a softmax over the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import sympy as sp
from sympy import Basic, Expr
from sympy.core.relational import Equality
from sympy.logic.boolalg import Boolean

from symbackprop.contraction import collect
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, reads, tensors_read
from symbackprop.substitution import substitute


def hidden(readers: Sequence[Expr], tensor: Read) -> list[Boolean]:
    """The conditions on the places of a tensor under which no reader depends on the entry there.

    Args:
        readers: The expressions that read it, which are all that do.
        tensor: The tensor at its own indices.

    Example:
        >>> i, j = Index("i", 3), Index("j", 3)
        >>> e = Read("e", i, j)
        >>> hidden([Total((1 - Delta(i, j)) * e, j)], e), hidden([Where(i < j, sp.S.Zero, e)], e)
        ([Eq(i, j)], [i < j])
    """
    return [
        condition
        for condition in dict.fromkeys(_candidates(readers[0], tensor) if readers else ())
        if all(_ignores(reader, tensor, condition) for reader in readers)
    ]


def at(condition: Boolean, tensor: Read, read: Read) -> Boolean:
    """A condition on the places of a tensor, for those where it is read."""
    return substitute(condition, dict(zip(tensor.indices, read.indices, strict=True)))


def elsewhere(expr: Expr, condition: Boolean) -> Expr:
    """What an expression is where a condition does not hold.

    Example:
        >>> i, j = Index("i", 3), Index("j", 3)
        >>> elsewhere(Where(i < j, sp.S.Zero, i), i < j), elsewhere(1 - Delta(i, j), sp.Eq(i, j))
        (i, 1)
    """
    table: dict[Basic, Basic] = {condition: sp.false, sp.Not(condition): sp.true}
    if _is_of_places(condition):
        table |= {Delta(*condition.args): sp.S.Zero, Delta(*reversed(condition.args)): sp.S.Zero}
    return _put(expr, table, condition.free_symbols)


def _there(expr: Expr, condition: Boolean) -> Expr:
    """What an expression is where a condition holds."""
    if _is_of_places(condition):
        one, other = condition.args if isinstance(condition.args[0], Index) else reversed(condition.args)
        return sp.expand(substitute(expr, {one: other}))
    table: dict[Basic, Basic] = {condition: sp.true, sp.Not(condition): sp.false}
    if isinstance(condition, Equality) and isinstance(condition.lhs, Read):
        table[condition.lhs] = condition.rhs
    return sp.expand(_put(expr, table, condition.free_symbols))


def _is_of_places(condition: Boolean) -> bool:
    """Whether it says that an index is at a place."""
    return isinstance(condition, Equality) and any(isinstance(side, Index) for side in condition.args)


def _put(expr: Basic, table: dict[Basic, Basic], letters: set[sp.Symbol]) -> Expr:
    """Put in what stands in a table, but where one of these letters is bound."""
    if expr in table:
        return table[expr]
    bound = expr.bound if isinstance(expr, Total | Peak | ArgPeak) else ()
    if isinstance(expr, Read) or not expr.args or letters & set(bound):
        return expr
    return expr.func(*(_put(arg, table, letters) for arg in expr.args))


def _candidates(reader: Expr, tensor: Read) -> Iterator[Boolean]:
    for one, other in combinations(tensor.indices, 2):
        if one.size == other.size:
            yield sp.Eq(one, other)
    nodes = set(sp.preorder_traversal(reader))
    masks = [node.condition for node in nodes if isinstance(node, Where)]
    masks += [sp.Eq(node, 0) for node in nodes if isinstance(node, Read) and node.tensor != tensor.tensor]
    for read in (read for read in reads(reader) if read.tensor == tensor.tensor):
        own = dict(zip(read.indices, tensor.indices, strict=True))
        for mask in sorted(masks, key=str):
            used = {symbol for symbol in mask.free_symbols if isinstance(symbol, Index)}
            if used and used <= own.keys() and tensor.tensor not in tensors_read(mask):
                moved = mask.xreplace(own)
                yield from (moved, sp.Not(moved))


def _ignores(expr: Expr, tensor: Read, condition: Boolean) -> bool:
    """Whether an expression is the same whatever the entries of a tensor are where a condition holds."""
    if tensor.tensor not in tensors_read(expr):
        return True
    if isinstance(expr, Total):
        return _ignores(expr.body, tensor, condition)
    if isinstance(expr, Read):
        return False
    if isinstance(expr, Where) and tensor.tensor not in tensors_read(expr.condition):
        own = [read for read in reads(expr) if read.tensor == tensor.tensor]
        return all(tensor.tensor not in tensors_read(_there(expr, at(condition, tensor, read))) for read in own)
    if expr.is_Add or expr.is_Mul:
        return _terms_ignore(expr, tensor, condition) or (
            _is_of_places(condition) and _cancels(expr, tensor, condition)
        )
    return all(_ignores(arg, tensor, condition) for arg in expr.args if isinstance(arg, Expr))


def _terms_ignore(expr: Expr, tensor: Read, condition: Boolean) -> bool:
    """Whether what entries are multiplied by vanishes there."""
    beside: dict[Read, Expr] = {}
    for term in sp.Add.make_args(sp.expand(expr)):
        factors = sp.Mul.make_args(term)
        direct = [base for base, power in (factor.as_base_exp() for factor in factors) if power.is_positive]
        own = [read for read in direct if isinstance(read, Read) and read.tensor == tensor.tensor]
        for read in own:
            beside[read] = beside.get(read, sp.S.Zero) + term / read
        rest = [factor for factor in factors if factor.as_base_exp()[0] not in own]
        if rest == [expr] or not all(_ignores(factor, tensor, condition) for factor in rest):
            return False
    return all(_there(others, at(condition, tensor, read)) == 0 for read, others in beside.items())


def _cancels(expr: Expr, tensor: Read, condition: Boolean) -> bool:
    """Whether the entries on a diagonal are added and taken away again, by sums over other indices."""
    if not _is_linear(expr, tensor.tensor):
        return False
    table = {}
    for read in (read for read in reads(expr) if read.tensor == tensor.tensor):
        there = at(condition, tensor, read)
        if isinstance(there, Equality):
            table[read] = Delta(*there.args) * _there(read, there)
    free = [symbol for symbol in expr.free_symbols if isinstance(symbol, Index)]
    return bool(collect(sp.expand(expr.xreplace(table)), free) == 0)


def _is_linear(expr: Expr, name: str) -> bool:
    if isinstance(expr, Read):
        return expr.tensor == name
    if isinstance(expr, Total):
        return _is_linear(expr.body, name)
    with_it = [arg for arg in expr.args if name in tensors_read(arg)]
    if expr.is_Mul:
        return len(with_it) == 1 and _is_linear(with_it[0], name)
    return bool(expr.is_Add) and all(_is_linear(arg, name) for arg in with_it)


def tensors_in(conditions: Iterable[Boolean]) -> set[str]:
    """What conditions read."""
    return {name for condition in conditions for name in tensors_read(condition)}
