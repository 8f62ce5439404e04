"""A rewrite of expressions → the same rewrite done once per shape: layers of one kind differ in names and sizes only.

Tensors are renamed by order of appearance and sizes become symbols, unless an index expression makes a size matter.
The rewrite runs on that template, its result is remembered, and every use costs one `xreplace`: whether a template is
known is seen from the shape of the expressions, without making it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sympy import Expr, Symbol
from sympy.core.relational import Relational

from symbackprop.expressions import ArgPeak, Delta, Index, Name, Read, Within

Rewrite = Callable[..., tuple[Expr, ...]]
_LIMIT = 20_000


class _Template(NamedTuple):
    """A rewrite that was made.

    Attributes:
        unknown: The symbols that stand for names, indices and sizes, in the order in which a shape has those.
        results: What came out, with the indices in it whose sizes are filled in; the number of an expression that came
            out as it went in.
    """

    unknown: tuple[Expr, ...]
    results: tuple[tuple[Expr | int, tuple[Index, ...]], ...]


_MEMORY: dict[Hashable, _Template] = {}


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
    shape = _Shape(exprs)
    key = (rewrite.__module__, rewrite.__qualname__, shape.key, options)
    template = _MEMORY.get(key)
    if template is None:
        if len(_MEMORY) >= _LIMIT:
            _MEMORY.clear()
        template = _MEMORY[key] = _made(rewrite, shape, options)
    back = dict(zip(template.unknown, shape.known, strict=True))
    return tuple(
        exprs[result] if isinstance(result, int) else _instantiate(result, sized, back)
        for result, sized in template.results
    )


def _made(rewrite: Rewrite, shape: _Shape, options: tuple[Hashable, ...]) -> _Template:
    unknown = shape.unknown
    forth = dict(zip(shape.known, unknown, strict=True))
    # A size stands in indices alone: elsewhere it is a value like any other.
    template = tuple(
        expr.xreplace({old: new for old, new in forth.items() if old not in shape.sizes}) for expr in shape.exprs
    )
    given = {expr: number for number, expr in reversed([*enumerate(template)])}
    results = rewrite(template, *options)
    return _Template(unknown, tuple((given.get(result, result), _sized(result)) for result in results))


class _Shape:
    """What expressions are but for the names of tensors and, where they do not matter, the sizes of indices.

    Attributes:
        exprs: The expressions.
        names: Their tensors, in order of appearance.
        indices: Their indices.
        sizes: The sizes of these, each with its number.
        key: The same for expressions of one shape, and for no others.
        known: What a template has symbols for.
    """

    def __init__(self, exprs: tuple[Expr, ...]) -> None:
        self.exprs = exprs
        self.names: list[Expr] = []
        self.indices: list[Index] = []
        self.sizes: dict[Expr, int] = {}
        self.plain = True
        tokens = tuple(self._tokens())
        self.key: Hashable = (tokens, () if self.plain else tuple(self.indices))
        self.known = [*self.names, *self.indices, *self.sizes] if self.plain else self.names

    def _tokens(self) -> list[Hashable]:
        """The nodes, outer ones first: of a new one its class and what it is, of one that was met its number."""
        found: dict[Any, int] = {}
        tokens: list[Hashable] = []
        rest: list[Any] = [*reversed(self.exprs)]
        while rest:
            node = rest.pop()
            if node in found:
                tokens.append(found[node])
                continue
            found[node] = len(found)
            kind: Any = type(node)
            tokens.append(kind)
            if kind is Name:
                self.names.append(node)
            elif kind is Index:
                self.indices.append(node)
                tokens += (node.name, self.sizes.setdefault(node.size, len(self.sizes)))
            elif args := node.args:
                tokens.append(len(args))
                rest += reversed(args)
                self.plain = self.plain and (not _may_matter(kind) or _plain(node))
            else:
                tokens.append(node)
        return tokens

    @property
    def unknown(self) -> tuple[Expr, ...]:
        """The symbols of a template, in the order of `known`."""
        names = [Name(f"@{number}") for number in range(len(self.names))]
        if not self.plain:
            return tuple(names)
        sizes = [Symbol(f"@{number}", integer=True, positive=True) for number in range(len(self.sizes))]
        return (*names, *(Index(index.name, sizes[self.sizes[index.size]]) for index in self.indices), *sizes)


@lru_cache(maxsize=1024)
def _may_matter(kind: type) -> bool:
    """Whether nodes of a class may mean something else at another size."""
    return issubclass(kind, Read | Within | Relational | Delta)


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
