"""Exponentials that overflow → the same without their largest, where it makes no difference in the end.

Where e[i, j] = exp(z[i, j]), r[i] = 1/Σ e[i, k] and p[i, j] = e[i, j] r[i], e may be exp(z[i, j] - m[i]) as well: r is
exp(m[i]) times as large then, and p is the same. So is ∂E/∂z, which ∂E/∂p, ∂E/∂r and ∂E/∂e lead to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

import sympy as sp
from sympy import Expr
from sympy.logic.boolalg import Boolean

from symbackprop.expressions import Index, Peak, Read, Total, Where, reads, tensors_read
from symbackprop.graph import LARGEST_SUFFIX, SCALED_SUFFIX, Equation
from symbackprop.lower.exponentials import NEVER, branched, exponential
from symbackprop.lower.hidden import at, elsewhere, hidden, tensors_in
from symbackprop.lower.risks import Unit
from symbackprop.substitution import substitute

# The logarithm of how much larger something is than what is computed in its place, and that.
Part = tuple[Expr, Expr]


class Rescaled(NamedTuple):
    """Equations with a largest exponent taken out of an exponential.

    Attributes:
        equations: With more of them: the largest exponents, and what is smaller by a power of their exponential than a
            tensor of the network is, under a name of its own. What is the same either way reads these.
        name: The exponential that is left.
        unit: What is known of it.
    """

    equations: tuple[Equation, ...]
    name: str
    unit: Unit


def is_exponential(expr: Expr) -> bool:
    """Whether an expression is an exponential times a factor that has none."""
    factor, exponent = branched(expr)
    return exponent != 0 and not factor.has(sp.exp)


def rescaled(equations: Sequence[Equation], name: str) -> Iterator[Rescaled]:
    """Take a largest exponent out of an exponential in each way in which that can be done.

    Args:
        equations: In the order in which they are computed.
        name: The tensor that is an exponential, with a factor or without.
    """
    number = next(place for place, equation in enumerate(equations) if equation.tensor == name)
    seed = equations[number]
    later = {equation.tensor for equation in equations[number:]}
    if later.intersection(tensors_read(seed.rhs)):
        return
    taken = {equation.tensor for equation in equations}.union(*(tensors_read(e.rhs) for e in equations))
    equations = [*equations[: number + 1], *(replace(e, rhs=_named(e.rhs, seed)) for e in equations[number + 1 :])]
    readers = [equation.rhs for equation in equations if name in tensors_read(equation.rhs)]
    unread = [condition for condition in hidden(readers, seed.lhs) if not later & tensors_in([condition])]
    for kept in reversed(range(len(seed.indices))):
        for rows in combinations(seed.indices, kept):
            scaling = _Scaling(seed, rows, unread)
            found = tuple(scaling.of(equations))
            if scaling.closed and not taken & scaling.new:
                places = frozenset(place for place, index in enumerate(seed.indices) if index not in rows)
                yield Rescaled(found, scaling.scaled.tensor, Unit(places, frozenset(tensors_in(unread))))


class _MixedError(Exception):
    """What is added up is not homogeneous of one degree."""


class _Scaling:
    """Writes equations anew, one after the other.

    Attributes:
        names: Tensor → the name of what is smaller.
        degrees: Tensor → its indices, and the logarithm of the ratio of both at these.
        logarithms: The same of what the tensor is the logarithm of.
        closed: Whether there are tensors that are the same although they read what is smaller.
    """

    def __init__(self, seed: Equation, rows: tuple[Index, ...], unread: Sequence[Boolean]) -> None:
        self.seed = seed
        self.unread = unread
        factor, exponent = branched(seed.rhs)
        exponent = Where(sp.And(*map(sp.Not, unread)), exponent, NEVER)
        self.largest = Equation(seed.tensor + LARGEST_SUFFIX, rows, _peak(exponent, seed.indices, rows))
        self.scaled = Equation(seed.tensor + SCALED_SUFFIX, seed.indices, factor * sp.exp(exponent - self.largest.lhs))
        self.names = {seed.tensor: self.scaled.tensor}
        self.degrees: dict[str, tuple[tuple[Index, ...], Expr]] = {seed.tensor: (seed.indices, self.largest.lhs)}
        self.logarithms: dict[str, tuple[tuple[Index, ...], Expr]] = {}
        self.closed = False

    @property
    def new(self) -> set[str]:
        """The names that are given to what is computed besides."""
        return {self.largest.tensor, *self.names.values()}

    def of(self, equations: Sequence[Equation]) -> Iterator[Equation]:
        """The equations, with those of what is smaller behind each."""
        for equation in equations:
            if equation.tensor == self.seed.tensor:
                yield from (equation, self.largest, self.scaled)
            elif self._reads(equation.rhs):
                yield from self._both(equation)
            else:
                yield equation

    def _reads(self, expr: Any) -> bool:
        read = tensors_read(expr)
        return not (self.names.keys().isdisjoint(read) and self.logarithms.keys().isdisjoint(read))

    def _both(self, equation: Equation) -> Iterator[Equation]:
        """The equation, or it and one of what is smaller than its tensor."""
        try:
            degree, value = self.part(equation.rhs)
        except _MixedError:
            yield equation
            return
        if degree == 0:
            self.closed = True
            if isinstance(equation.rhs, sp.log):
                self.logarithms[equation.tensor] = equation.indices, self.part(equation.rhs.args[0])[0]
            yield replace(equation, rhs=value)
            return
        yield equation
        self.degrees[equation.tensor] = equation.indices, degree
        if isinstance(value, Read) and value.indices == equation.indices:
            self.names[equation.tensor] = value.tensor
            return
        self.names[equation.tensor] = equation.tensor + SCALED_SUFFIX
        yield Equation(equation.tensor + SCALED_SUFFIX, equation.indices, value)

    def part(self, expr: Expr) -> Part:
        """How much larger an expression is than one that reads what is smaller, and that one."""
        if not self._reads(expr):
            return sp.S.Zero, expr
        if (alone := self._beside(expr)) != expr:
            return self.part(alone)
        for kind, way in _WAYS.items():
            if isinstance(expr, kind):
                return way(self, expr)
        raise _MixedError

    def _beside(self, expr: Expr) -> Expr:
        """A multiple of the exponential without what is there only where that is 0 now."""
        for read in self._factors(expr):
            for condition in self.unread:
                expr = elsewhere(expr, at(condition, self.seed.lhs, read))
        return expr

    def _factors(self, expr: Expr) -> list[Read]:
        """Where the exponential is read that an expression is a multiple of."""
        if isinstance(expr, Where) and sp.S.Zero in expr.args[1:]:
            return self._factors(expr.then if expr.otherwise == 0 else expr.otherwise)
        powers = (factor.as_base_exp() for factor in sp.Mul.make_args(expr))
        bases = (base for base, power in powers if power.is_positive)
        return [base for base in bases if isinstance(base, Read) and self.names.get(base.tensor) == self.scaled.tensor]

    def _read(self, read: Read) -> Part:
        if read.tensor not in self.names:
            return sp.S.Zero, read
        if any(tensors_read(place) for place in read.indices):
            raise _MixedError
        if self._factors(read) and any(at(condition, self.seed.lhs, read) is sp.true for condition in self.unread):
            return sp.S.Zero, sp.S.Zero
        own, degree = self.degrees[read.tensor]
        there = dict(zip(own, read.indices, strict=True))
        return substitute(degree, there), Read(self.names[read.tensor], *read.indices)

    def _product(self, expr: Expr) -> Part:
        parts = [self.part(factor) for factor in expr.args]
        return sp.expand(sp.Add(*(degree for degree, _ in parts))), sp.Mul(*(value for _, value in parts))

    def _power(self, expr: Expr) -> Part:
        if not expr.exp.is_number:
            raise _MixedError
        degree, value = self.part(expr.base)
        return sp.expand(degree * expr.exp), value**expr.exp

    def _sum(self, expr: Expr) -> Part:
        parts = [(degree, value) for degree, value in map(self.part, expr.args) if value != 0]
        degrees = {degree for degree, _ in parts}
        if len(degrees) == 1:
            return degrees.pop(), sp.Add(*(value for _, value in parts))
        return sp.S.Zero, sp.Add(*(_same(degree, value) for degree, value in parts))

    def _total(self, expr: Total | Peak) -> Part:
        degree, value = self.part(expr.body)
        if set(expr.bound) & degree.free_symbols:
            degree, value = sp.S.Zero, _same(degree, value)
        return degree, expr.func(value, *expr.bound)

    def _log(self, expr: Expr) -> Part:
        degree, value = self.part(expr.args[0])
        return sp.S.Zero, degree + sp.log(value)

    def _branches(self, expr: Where) -> Part:
        if self._reads(expr.condition):
            raise _MixedError
        parts = [self.part(value) for value in expr.args[1:]]
        degrees = {degree for degree, value in parts if value != 0}
        if len(degrees) != 1:
            raise _MixedError
        return degrees.pop(), Where(expr.condition, *(value for _, value in parts))

    def _exponential(self, expr: Expr) -> Part:
        """exp(-r), with r the logarithm of a sum of what is larger, is smaller."""
        exponent = _same(*self.part(expr.args[0]))
        degree = sp.S.Zero
        for number, read in (term.as_coeff_Mul() for term in sp.Add.make_args(exponent)):
            if isinstance(read, Read) and read.tensor in self.logarithms:
                own, larger = self.logarithms[read.tensor]
                degree += number * substitute(larger, dict(zip(own, read.indices, strict=True)))
        return sp.expand(degree), sp.exp(sp.expand(exponent - degree))

    def _function(self, expr: Expr) -> Part:
        return sp.S.Zero, expr.func(*(_same(*self.part(arg)) for arg in expr.args))


_WAYS: dict[type, Callable[[_Scaling, Any], Part]] = {
    Read: _Scaling._read,
    sp.Mul: _Scaling._product,
    sp.Pow: _Scaling._power,
    sp.Add: _Scaling._sum,
    Total: _Scaling._total,
    Peak: _Scaling._total,
    Where: _Scaling._branches,
    sp.log: _Scaling._log,
    sp.exp: _Scaling._exponential,
    sp.Function: _Scaling._function,
}


def _same(degree: Expr, value: Expr) -> Expr:
    """What is as large as it was: its degree is 0, or goes into an exponential that stands beside it."""
    if degree == 0:
        return value
    factor, exponent = exponential(value)
    if exponent == 0:
        raise _MixedError
    return factor * sp.exp(exponent + degree)


def _peak(exponent: Expr, indices: Sequence[Index], rows: Sequence[Index]) -> Expr:
    for index in reversed(indices):
        if index not in rows:
            exponent = Peak(exponent, index)
    return exponent


def _named(expr: Expr, seed: Equation) -> Expr:
    """An expression that reads a tensor wherever its exponential stands in it."""
    if not expr.has(sp.exp) or not isinstance(seed.rhs, sp.exp):
        return expr
    factor, exponent = exponential(expr)
    place = _place(exponent, seed)
    if place is not None:
        return _named(factor, seed) * place
    return expr.func(*(_named(arg, seed) if isinstance(arg, Expr) else arg for arg in expr.args))


def _place(exponent: Expr, seed: Equation) -> Read | None:
    """Where in a tensor an exponent is its own."""
    (own,) = seed.rhs.args
    full = next((read for read in reads(own) if set(seed.indices) <= set(read.indices)), None)
    if full is None or exponent == 0:
        return None
    for read in (read for read in reads(exponent) if read.tensor == full.tensor):
        moved = dict(zip(full.indices, read.indices, strict=True))
        if substitute(own, moved) == exponent:
            return Read(seed.tensor, *(moved[index] for index in seed.indices))
    return None
