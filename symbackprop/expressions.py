"""The nodes that SymPy lacks: reads of tensors, sums over whole index ranges, branches, and conditions on indices.

SymPy's own `Indexed`, `Sum` and `Piecewise` check, evaluate and rewrite on construction, which costs time and loses the
form in which a user wrote an equation. These nodes do nothing but hold their arguments; `public` turns them into
SymPy's own for export.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy import Basic, Expr, Symbol
from sympy.logic.boolalg import Boolean

# Larger than all that is added to it in both precisions, and finite, so that 0 times it is 0.
INFINITY = sp.Integer(10) ** 38


class Index(Symbol):
    """A summation or free index that knows how far it runs: 0 <= index < size.

    Example:
        >>> j = Index("j", 3)
        >>> j, j.size
        (j, 3)
        >>> j == Index("j", 4)
        False
    """

    __slots__ = ("size",)
    size: Expr

    def __new__(cls, name: str, size: Expr | int) -> Index:
        return _index(name, sp.Integer(size) if isinstance(size, int) else size)

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.size)

    def __getnewargs_ex__(self) -> tuple[tuple[str, Expr], dict[str, bool]]:
        return (self.name, self.size), {}


class Name(sp.Atom):
    """The name of a tensor inside a `Read`: an atom, so that `xreplace` renames tensors."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str) -> Name:
        return _name(name)

    def _hashable_content(self) -> tuple[str]:
        return (self.name,)

    def __getnewargs__(self) -> tuple[str]:
        return (self.name,)

    def _sympystr(self, printer: Any) -> str:
        return self.name


@lru_cache(maxsize=16384)
def _index(name: str, size: Expr) -> Index:
    # SymPy's symbol cache knows the name only: it would hand back, and overwrite, an index of another size.
    index: Index = Symbol.__xnew__(Index, name, integer=True, nonnegative=True)
    index.size = size
    return index


@lru_cache(maxsize=16384)
def _name(name: str) -> Name:
    atom: Name = sp.Atom.__new__(Name)
    atom.name = name
    return atom


class Node(Expr):
    """An expression of ours: opaque to SymPy, which may move it about but not look inside."""

    is_commutative = True

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        if symbol in self.free_symbols:
            raise TypeError(f"{type(self).__name__} is differentiated by the calculus module only")
        return sp.S.Zero


class Read(Node):
    """The value of a tensor at some indices, `W[j, i]`; a scalar is a read without indices."""

    # Nobody knows; without these SymPy looks for an answer in all that it knows of numbers, for each node anew.
    is_zero = is_infinite = is_finite = is_extended_real = is_real = is_complex = None
    is_extended_positive = is_extended_negative = is_extended_nonpositive = is_extended_nonnegative = None
    is_positive = is_negative = is_integer = is_rational = is_irrational = is_algebraic = is_imaginary = None

    def __new__(cls, name: Name | str, *indices: Expr | int) -> Read:
        return Expr.__new__(cls, Name(name) if isinstance(name, str) else name, *map(_integer, indices))

    @property
    def tensor(self) -> str:
        return str(self.args[0].name)

    @property
    def indices(self) -> tuple[Expr, ...]:
        return self.args[1:]

    def _sympystr(self, printer: Any) -> str:
        inside = ", ".join(printer.doprint(index) for index in self.indices)
        return f"{self.tensor}[{inside}]" if inside else self.tensor


class Bound(Node):
    """A node whose second and later arguments are indices bound inside the first."""

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def bound(self) -> tuple[Index, ...]:
        return self.args[1:]

    @property
    def free_symbols(self) -> set[Symbol]:
        return (self.body.free_symbols | _size_symbols(self.bound)) - set(self.bound)

    def _sympystr(self, printer: Any) -> str:
        inside = ", ".join(printer.doprint(index) for index in self.bound)
        return f"{type(self).__name__.lower()}({printer.doprint(self.body)}, {inside})"


class Total(Bound):
    """The sum of a body over the whole range of one or more indices."""

    def __new__(cls, body: Expr, *indices: Index) -> Expr:
        if not indices or body == 0:
            return body
        if isinstance(body, Total) and not set(indices) & set(body.bound):
            return Expr.__new__(cls, body.body, *indices, *body.bound)
        return Expr.__new__(cls, body, *indices)

    def _sympystr(self, printer: Any) -> str:
        return f"sum({printer.doprint(self.body)}, {', '.join(map(str, self.bound))})"


class Peak(Bound):
    """The largest value of a body over an index; a tie goes to the first. A body without the index is its own."""

    def __new__(cls, body: Expr, index: Index) -> Expr:
        return Expr.__new__(cls, body, index) if index in body.free_symbols else body


class ArgPeak(Bound):
    """The value of an index at which a body is largest; a tie goes to the first, and so do equal values everywhere."""

    is_integer = True
    is_nonnegative = True

    def __new__(cls, body: Expr, index: Index) -> Expr:
        return Expr.__new__(cls, body, index) if index in body.free_symbols else sp.S.Zero


class Where(Node):
    """`then` where a condition holds, `otherwise` elsewhere: every kink of the catalogue is written with it."""

    def __new__(cls, condition: Boolean, then: Expr, otherwise: Expr) -> Expr:
        if condition is sp.true or then == otherwise:
            return then
        if condition is sp.false:
            return otherwise
        return Expr.__new__(cls, condition, then, otherwise)

    @property
    def condition(self) -> Boolean:
        return self.args[0]

    @property
    def then(self) -> Expr:
        return self.args[1]

    @property
    def otherwise(self) -> Expr:
        return self.args[2]

    def _sympystr(self, printer: Any) -> str:
        return f"where({', '.join(printer.doprint(arg) for arg in self.args)})"


class Flag(Node):
    """1 or 0, and so is every power of it."""

    def _eval_power(self, exponent: Expr) -> Expr | None:
        return self if exponent.is_positive else None


class Delta(Flag):
    """1 where two index expressions are equal, else 0 (Kronecker)."""

    def __new__(cls, left: Expr | int, right: Expr | int) -> Expr:
        left, right = _integer(left), _integer(right)
        if left == right or (_only(left) and _only(right) and 0 in (left, right)):
            return sp.S.One
        if (left.is_Integer and right.is_Integer) or _never(left, right) or _never(right, left):
            return sp.S.Zero
        return Expr.__new__(cls, left, right)

    def _sympystr(self, printer: Any) -> str:
        return f"[{printer.doprint(self.args[0])} = {printer.doprint(self.args[1])}]"


class Within(Flag):
    """1 where an index expression lies in a range, 0 <= value < size, else 0."""

    def __new__(cls, value: Expr | int, size: Expr | int) -> Expr:
        value, size = _integer(value), _integer(size)
        if value.is_Integer and size.is_Integer:
            return sp.S.One if 0 <= value < size else sp.S.Zero
        index, number = _moved(value)
        own = index is not None and number == 0 and index.size == size
        if own or (index is not None and number >= 0 and (size - index.size - number).is_nonnegative):
            return sp.S.One
        return Expr.__new__(cls, value, size)

    def _sympystr(self, printer: Any) -> str:
        return f"[0 <= {printer.doprint(self.args[0])} < {printer.doprint(self.args[1])}]"


def _only(place: Expr) -> bool:
    """Whether a position is the first, which is that of every axis of length 1; of two such axes one may be summed."""
    return bool(place == 0) or (isinstance(place, Index) and place.size == 1)


def _never(place: Expr, number: Expr) -> bool:
    """Whether an index and a number are never another number: t + 1 is not 0, t - 1 is not the last t."""
    index, moved = _moved(place)
    if index is not None and not isinstance(number, Index):
        return bool((number - moved).is_negative or (number - moved - index.size).is_nonnegative)
    return False


def _moved(place: Expr) -> tuple[Index | None, Expr]:
    """An index and the number that is added to it, if that is what a place is."""
    number, index = place.as_coeff_Add()
    return (index, number) if isinstance(index, Index) and number.is_Integer else (None, number)


def _integer(value: Expr | int) -> Expr:
    return sp.Integer(value) if isinstance(value, int) else value


def _size_symbols(indices: Iterable[Index]) -> set[Symbol]:
    return {symbol for index in indices for symbol in index.size.free_symbols}


@lru_cache(maxsize=2048)
def parts_of(expr: Basic) -> tuple[Basic, ...]:
    """Every distinct node of an expression, itself first, in order of appearance."""
    found: dict[Basic, None] = {}
    pending = [expr]
    while pending:
        node = pending.pop()
        if node not in found:
            found[node] = None
            pending += reversed(node.args)
    return tuple(found)


def reads(expr: Basic) -> list[Read]:
    """Every distinct read in an expression, in order of appearance, those inside sums and branches included."""
    return [node for node in parts_of(expr) if isinstance(node, Read)]


@lru_cache(maxsize=8192)
def tensors_read(expr: Expr) -> tuple[str, ...]:
    """The names of the tensors that an expression reads, in order of appearance."""
    return tuple(dict.fromkeys(read.tensor for read in reads(expr)))


def places_read(expr: Expr) -> set[str]:
    """The tensors whose entries are places in others; x[argmax(z)] is a place in x that no entry of z is.

    Example:
        >>> places_read(Read("w", Read("t") + 1) * Read("x"))
        {'t'}
    """
    return {name for read in reads(expr) for place in read.indices for name in _entries(place)}


def _entries(place: Expr) -> set[str]:
    if isinstance(place, Read | ArgPeak):
        return {place.tensor} if isinstance(place, Read) else set()
    return {name for part in place.args[isinstance(place, Where) :] for name in _entries(part)}


def indices_of(expr: Expr) -> list[Index]:
    """Every index in an expression, bound ones included, in order of appearance."""
    return [node for node in parts_of(expr) if isinstance(node, Index)]
