"""A rewrite of expressions → the same rewrite done once per shape: layers of one kind differ in names and sizes only.

Tensors are renamed by order of appearance and sizes become symbols, unless an index expression makes a size matter.
The rewrite runs on that template, its result is remembered, and every use costs one `xreplace`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from sympy import Expr, Symbol
from sympy.core.relational import Relational

from symbackprop.expressions import ArgPeak, Delta, Index, Name, Read, Within

Rewrite = Callable[..., tuple[Expr, ...]]
_MEMORY: dict[Hashable, tuple[tuple[Expr, tuple[Index, ...]], ...]] = {}
_LIMIT = 20_000


def by_template(rewrite: Rewrite, exprs: tuple[Expr, ...], *options: Hashable) -> tuple[Expr, ...]:
    """Apply `rewrite(exprs, *options)` through a template.

    Args:
        rewrite: A pure function from a tuple of expressions to a tuple of expressions, which treats tensor names and
            index sizes as opaque.
        exprs: What to rewrite.
        options: Further arguments, part of the key; they must not name tensors.

    Returns:
        What `rewrite(exprs, *options)` would return.
    """
    forth, back = _canonical(exprs)
    template = tuple(expr.xreplace(forth) for expr in exprs)
    key = (rewrite.__module__, rewrite.__qualname__, template, options)
    if key not in _MEMORY:
        if len(_MEMORY) >= _LIMIT:
            _MEMORY.clear()
        _MEMORY[key] = tuple((result, _sized(result)) for result in rewrite(template, *options))
    # What comes out as it went in needs no renaming back.
    given = dict(zip(template, exprs, strict=True))
    return tuple(
        given[result] if result in given else _instantiate(result, sized, back) for result, sized in _MEMORY[key]
    )


def _canonical(exprs: tuple[Expr, ...]) -> tuple[dict[Expr, Expr], dict[Expr, Expr]]:
    names: dict[Expr, Expr] = {}
    indices: dict[Expr, Expr] = {}
    sizes: dict[Expr, Symbol] = {}
    nodes = _nodes(exprs)
    plain = all(map(_plain, nodes))
    for node in nodes:
        if isinstance(node, Name):
            names.setdefault(node, Name(f"@{len(names)}"))
        elif isinstance(node, Index) and plain:
            size = sizes.setdefault(node.size, Symbol(f"@{len(sizes)}", integer=True, positive=True))
            indices[node] = Index(node.name, size)
    forth = names | indices
    back = {new: old for old, new in forth.items()} | {symbol: size for size, symbol in sizes.items()}
    return forth, back


def _nodes(exprs: tuple[Expr, ...]) -> list[Any]:
    """Every distinct node, in order of appearance."""
    found: dict[Any, None] = {}
    rest: list[Any] = [*reversed(exprs)]
    while rest:
        node = rest.pop()
        if node not in found:
            found[node] = None
            rest += reversed(node.args)
    return list(found)


def _plain(node: Any) -> bool:
    """Whether a node means the same at every size: `x[2*t + p]` or [i = 2] do not, since they may leave a range."""
    if isinstance(node, Read):
        return all(isinstance(index, Index) for index in node.indices)
    if isinstance(node, Within):
        return False
    if isinstance(node, Relational):
        return not any(isinstance(symbol, Index) for side in node.args for symbol in _outside_reads(side))
    if not isinstance(node, Delta):
        return True
    sizes = {index.size for index in node.args if isinstance(index, Index)}
    return len(sizes) <= 1 and all(isinstance(place, Index | Read | ArgPeak) for place in node.args)


def _outside_reads(expr: Any) -> set[Any]:
    """What a value depends on beside what it reads: a comparison with it is one of positions."""
    if isinstance(expr, Read):
        return set()
    return expr.free_symbols if not expr.args else set().union(*map(_outside_reads, expr.args))


def _sized(result: Expr) -> tuple[Index, ...]:
    """The indices of a template whose size is filled in with the names."""
    return tuple(index for index in result.atoms(Index) if index.size.free_symbols)


def _instantiate(result: Expr, sized: tuple[Index, ...], back: Mapping[Expr, Expr]) -> Expr:
    made = {index: Index(index.name, index.size.xreplace(back)) for index in sized if index not in back}
    return result.xreplace({**back, **made})
