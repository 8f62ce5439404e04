"""Which equations overflow, divide by what may be 0, or take the logarithm of what was rounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import sympy as sp
from sympy import Basic, Expr

from symbackprop.expressions import Index, Peak, Read, Total, Where, Within, parts_of, tensors_read
from symbackprop.graph import Equation
from symbackprop.lower.bounded import LARGEST, never_large
from symbackprop.lower.exponentials import NEVER, expm1, maximum, sigmoid, softmax, softplus
from symbackprop.lower.hazards import hazards
from symbackprop.lower.stability import stable
from symbackprop.matrices import Inverse
from symbackprop.simplify.fusion import put_in

# A step of a recursion of logarithms of sums, and the largest exponent that was taken off in it.
MOST_OPENED = 3
VANISHING = (sigmoid, softmax, softplus, expm1, sp.tanh)


class Largest(NamedTuple):
    """A number times the largest of several, and more, in the stable form of an equation."""

    number: Expr
    equation: Equation


class Unit(NamedTuple):
    """An exponential that is 1 at its largest.

    Attributes:
        places: At which of its places the others are that it is the largest of.
        weights: What it is the largest for that is not 0 there.
    """

    places: frozenset[int]
    weights: frozenset[str]


NO_LARGEST = Largest(sp.S.Zero, Equation("", (), sp.S.Zero))


class Risks:
    """What may go wrong in an equation, from the equations of what it reads.

    Attributes:
        equations: Those that can be put into others, by tensor: without branches, and no recurrences.
        saturating: The tensors that are made of exponentials alone, such as exp(z), their sum, 1/(1 + exp(-z)).
        vanishing: Those, and multiples of them, such as Σ w exp(z): all of it may be rounded to 0.
        risky: The tensors that may overflow or divide by 0 in every form that was found.
        units: Exponentials that are 1 at their largest.
        largest: Those that are the largest of several, or the logarithm of a sum of exponentials, or such and more.
    """

    def __init__(self, units: Mapping[str, Unit] | None = None) -> None:
        self.units = units or {}
        self.equations: dict[str, Equation] = {}
        self.saturating: set[str] = set()
        self.vanishing: set[str] = set()
        self.risky: set[str] = set()
        self.largest: dict[str, Largest] = {}
        self._multiples: dict[str, Equation] = {}
        self._nonnegative: set[str] = set()
        self._apart: set[str] = set()

    def add(self, equation: Equation, written: Equation | None = None) -> None:
        """Note what the equations after this one read.

        Args:
            equation: In the form in which it is computed.
            written: As it was before: what a largest exponent was taken out of is put into others in this form.
        """
        rhs, name = equation.rhs, equation.tensor
        if self._is_nonnegative(rhs):
            self._nonnegative.add(name)
        if self._is_apart(rhs):
            self._apart.add(name)
        self._add_largest(equation)
        read = tensors_read(rhs)
        if written is not None and rhs.has(Where, Peak, maximum):
            equation = written
        if name in read or not all(
            sp.S.Zero in where.args[1:] for where in parts_of(equation.rhs) if isinstance(where, Where)
        ):
            return
        self.equations[name] = equation
        values = _read_as_values(rhs)
        if hazards(rhs).saturates or self._passes_on(values, self.saturating):
            self.saturating.add(name)
        if name in self.saturating or self._is_multiple(rhs):
            self.vanishing.add(name)
        if self.own(rhs) or self._passes_on(values, self.risky) or self._is_weighted_exponential(rhs):
            self.risky.add(name)

    def _add_largest(self, equation: Equation) -> None:
        form = stable(equation.rhs)
        for number, part in (term.as_coeff_Mul() for term in sp.Add.make_args(form)):
            if isinstance(part, LARGEST) or (isinstance(part, Read) and part.tensor in self.largest):
                self.largest[equation.tensor] = Largest(number, replace(equation, rhs=form))
            elif isinstance(part, Read) and not form.is_Add:
                self._multiples[equation.tensor] = equation

    def _passes_on(self, read: Iterable[str], kind: set[str]) -> bool:
        """Whether what reads these is made of one kind of them alone, but for what is made of exponentials."""
        return any(name in kind for name in read) and all(name in kind | self.saturating for name in read)

    def _is_multiple(self, rhs: Expr) -> bool:
        """Whether it is a tensor that may vanish times anything, or a sum of such."""
        while isinstance(rhs, Total):
            rhs = rhs.body
        return any(isinstance(part, Read) and part.tensor in self.vanishing for part in sp.Mul.make_args(rhs))

    def _is_weighted_exponential(self, rhs: Expr) -> bool:
        """Whether it is an exponential that overflows times anything, or a sum of such."""
        while isinstance(rhs, Total):
            rhs = rhs.body
        factors = [factor.tensor for factor in sp.Mul.make_args(rhs) if isinstance(factor, Read)]
        return any(name in self.risky & self._nonnegative for name in factors)

    def number(self, rhs: Expr) -> int:
        """How many places of an expression may go wrong."""
        return self.own(rhs) + sum(1 for name in tensors_read(rhs) if name in self.risky)

    def own(self, rhs: Expr) -> int:
        """How many of them are its own, and not those of what it reads."""
        return len(self._overflowing(rhs)) + bool(self._poles(rhs)) + len(self.logarithms(rhs))

    def to_open(self, rhs: Expr) -> list[str]:
        """The tensors whose equations may take the risks away if they are put in."""
        # What vanishes may stand anywhere beside an exponential that overflows; in a pole it stands below.
        where, kind = ([rhs], self.saturating) if self._overflowing(rhs) else (self._poles(rhs), self.vanishing)
        names = {name for place in where for name in tensors_read(place) if name in kind}
        names |= {name for name in tensors_read(rhs) if name in self.risky}
        return _in_order(rhs, names - self._held(rhs))

    def made_of_exponentials(self, rhs: Expr) -> list[str]:
        """The tensors that it reads and whose equations can be put in, of those that may vanish."""
        return _in_order(rhs, self.vanishing - self._held(rhs))

    def _held(self, rhs: Expr) -> set[str]:
        """Tensors that stay: a step before the first one has no equation, and an inverse is one of a named matrix."""
        inverted = {name for node in rhs.atoms(Inverse) for name in tensors_read(node)}
        return inverted.union(read_outside(rhs, self.equations))

    def logarithms(self, rhs: Expr) -> list[Expr]:
        """The logarithms of tensors, and of functions, that are rounded to 0."""
        return [log for log in hazards(rhs).logarithms if self._has_zeros(log.args[0])]

    def _overflowing(self, rhs: Expr) -> list[Expr]:
        return [node for node in hazards(rhs).overflowing if not self._is_kept_small(node)]

    def _is_kept_small(self, node: Expr) -> bool:
        """Whether a tensor that is the largest of the others is taken off an exponent, as in exp(u[j] - a)."""
        (exponent,) = node.args
        everywhere = not (isinstance(exponent, Where) and exponent.otherwise == NEVER)
        exponent = exponent if everywhere else exponent.then
        for _ in range(MOST_OPENED):
            off = self._taken_off(exponent)
            # Before the first step and after the last one there is nothing that could be taken off.
            if not off or (everywhere and any(read_outside(sp.Add(*off), self._of_largest(off)))):
                return False
            exponent = self._without_bounded(sp.expand(exponent.xreplace(off)))
            if never_large(exponent, not everywhere):
                return True
        return False

    def _of_largest(self, read: Iterable[Read]) -> dict[str, Equation]:
        return {one.tensor: self._multiples.get(one.tensor) or self.largest[one.tensor].equation for one in read}

    def _without_bounded(self, exponent: Expr) -> Expr:
        """An exponent without the logarithms of what is not rounded to 0 that are taken off."""
        terms = ((term, *term.as_coeff_Mul()) for term in sp.Add.make_args(exponent))
        return sp.Add(
            *(
                term
                for term, number, part in terms
                if not (number.is_negative and isinstance(part, sp.log) and self._is_apart(part.args[0]))
            )
        )

    def _taken_off(self, exponent: Expr) -> dict[Read, Expr]:
        """What the terms of an exponent are that have the largest of something with a minus sign, or are multiples."""
        found = {}
        for number, read in (term.as_coeff_Mul() for term in sp.Add.make_args(exponent)):
            if isinstance(read, Read) and (
                read.tensor in self._multiples or number * self.largest.get(read.tensor, NO_LARGEST).number < 0
            ):
                equation = self._of_largest([read])[read.tensor]
                found[read] = put_in(read, equation.lhs, equation.rhs)
        return found

    def _poles(self, rhs: Expr) -> list[Expr]:
        return [
            base for base in hazards(rhs).divisors if base.has(*VANISHING) or _cancels(base) or self._may_vanish(base)
        ]

    def _has_zeros(self, expr: Expr) -> bool:
        return _cancels(expr) or (expr.has(*VANISHING) and not self._is_apart(expr)) or self._may_vanish(expr)

    def is_rounded(self, expr: Expr) -> bool:
        """Whether an expression reads a tensor that may be rounded to 0."""
        return any(name in self.vanishing for name in tensors_read(expr))

    def _may_vanish(self, base: Expr) -> bool:
        return self.is_rounded(base) and not self._is_apart(base)

    def _is_apart(self, base: Expr) -> bool:
        """Whether a number keeps it from 0, as in 1 + exp(z)."""
        if isinstance(base, Read):
            return base.tensor in self._apart
        if isinstance(base, Total):
            return self._is_of_units(base)
        if base.is_Pow and base.exp.is_positive:
            return self._is_apart(base.base)
        number, rest = base.as_coeff_Add()
        return bool(number.is_positive) and self._is_nonnegative(rest)

    def _is_of_units(self, total: Total) -> bool:
        """Whether a sum has the largest of what it adds up, which is 1, among its terms."""
        factors = sp.Mul.make_args(total.body)
        found = [factor for factor in factors if isinstance(factor, Read) and factor.tensor in self.units]
        if len(found) != 1:
            return False
        (read,) = found
        unit = self.units[read.tensor]
        beside = [name for factor in factors if factor != read for name in tensors_read(factor)]
        return unit.weights.issuperset(beside) and all(read.indices[place] in total.bound for place in unit.places)

    def _is_nonnegative(self, expr: Expr) -> bool:
        if isinstance(expr, Read):
            return expr.tensor in self._nonnegative
        if isinstance(expr, Total):
            return self._is_nonnegative(expr.body)
        if isinstance(expr, (sp.exp, sp.cosh, sigmoid, softmax, softplus)):
            return True
        if expr.is_Add or expr.is_Mul:
            return all(map(self._is_nonnegative, expr.args))
        if expr.is_Pow:
            return bool(expr.exp.is_even) or self._is_nonnegative(expr.base)
        return bool(expr.is_nonnegative)


def _read_as_values(expr: Expr) -> set[str]:
    """The tensors that are read, but for what decides a branch."""
    if isinstance(expr, Read):
        return {expr.tensor}
    return {name for arg in (expr.args[1:] if isinstance(expr, Where) else expr.args) for name in _read_as_values(arg)}


def _cancels(expr: Expr) -> bool:
    """Whether it is a difference of exponentials, such as 1 - exp(z[0]) / Σ exp(z)."""
    return expr.is_Add and expr.has(sp.exp) and any(term.could_extract_minus_sign() for term in expr.args)


def _in_order(rhs: Expr, names: set[str]) -> list[str]:
    """Those of some tensors that are read, in the order in which they stand."""
    return [name for name in tensors_read(rhs) if name in names]


def read_outside(
    expr: Basic, equations: Mapping[str, Equation], inside: frozenset[Basic] = frozenset()
) -> Iterator[str]:
    """What is read at a place that no factor beside it says to be in range, as [0 <= t + 1 < T] does of s[t + 1].

    Args:
        expr: Where it is read.
        equations: Those that say how long axes are.
        inside: The factors that stand beside the expression.
    """
    if isinstance(expr, Read):
        own = equations[expr.tensor].indices if expr.tensor in equations else expr.indices
        places = zip(expr.indices, own, strict=True)
        axes = ((place, axis) for place, axis in places if place.is_Add or isinstance(place, Index))
        flags = (Within(place, getattr(axis, "size", 0)) for place, axis in axes)
        if any(flag != 1 and flag not in inside for flag in flags):
            yield expr.tensor
        return
    if isinstance(expr, sp.Mul):
        inside |= {factor for factor in expr.args if isinstance(factor, Within)}
    for arg in expr.args:
        yield from read_outside(arg, equations, inside)
