"""Which equations overflow, divide by what may be 0, or take the logarithm of what was rounded."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Peak, Read, Total, Where, reads, tensors_read
from symbackprop.graph import Equation
from symbackprop.lower.exponentials import expm1, logsumexp, maximum, minimum, sigmoid, softmax
from symbackprop.lower.stability import stable
from symbackprop.matrices import Inverse

OVERFLOWING = (sp.exp, sp.sinh, sp.cosh)
# They are rounded to a limit at a moderate argument.
SATURATING = (*OVERFLOWING, sp.tanh)
VANISHING = (sigmoid, softmax, expm1, sp.tanh)


class Hazards(NamedTuple):
    """Where an expression may go wrong.

    Attributes:
        overflowing: The exponentials in its stable form that are large somewhere.
        divisors: What stands below a fraction line in its stable form.
        logarithms: Those that are written.
        saturates: Whether it is rounded to a limit somewhere, as exp(-z) is to 0.
    """

    overflowing: tuple[Expr, ...]
    divisors: tuple[Expr, ...]
    logarithms: tuple[Expr, ...]
    saturates: bool


@lru_cache(maxsize=4096)
def hazards(rhs: Expr) -> Hazards:
    """Find them all in one walk.

    Example:
        >>> z = Read("z")
        >>> hazards(sp.exp(z) / z).overflowing, hazards(1 / (1 + sp.exp(z))).overflowing
        ((exp(z),), ())
    """
    form = stable(rhs)
    nodes = set(sp.preorder_traversal(form))
    written = nodes if form == rhs else set(sp.preorder_traversal(rhs))
    return Hazards(
        tuple(node for node in nodes if isinstance(node, OVERFLOWING) and not _stays_below(node)),
        tuple(node.base for node in nodes if isinstance(node, sp.Pow) and not node.exp.is_nonnegative),
        tuple(node for node in written if isinstance(node, sp.log)),
        any(isinstance(node, SATURATING) and bool(tensors_read(node)) for node in written),
    )


class Risks:
    """What may go wrong in an equation, from the equations of what it reads.

    Attributes:
        equations: Those that can be put into others, by tensor: without branches, and no recurrences.
        saturating: The tensors that are made of exponentials alone, such as exp(z), their sum, 1/(1 + exp(-z)).
        risky: The tensors that may overflow or divide by 0 in every form that was found.
    """

    def __init__(self) -> None:
        self.equations: dict[str, Equation] = {}
        self.saturating: set[str] = set()
        self.risky: set[str] = set()
        self._nonnegative: set[str] = set()
        self._apart: set[str] = set()

    def add(self, equation: Equation) -> None:
        """Note what the equations after this one read."""
        rhs, name = equation.rhs, equation.tensor
        if self._is_nonnegative(rhs):
            self._nonnegative.add(name)
        if self._is_apart(rhs):
            self._apart.add(name)
        read = tensors_read(rhs)
        if name in read or rhs.has(Where):
            return
        self.equations[name] = equation
        if hazards(rhs).saturates or self._passes_on(read, self.saturating):
            self.saturating.add(name)
        if self.own(rhs) or self._passes_on(read, self.risky) or self._is_weighted_exponential(rhs):
            self.risky.add(name)

    def _passes_on(self, read: Iterable[str], kind: set[str]) -> bool:
        """Whether what reads these is made of one kind of them alone, but for what is made of exponentials."""
        return any(name in kind for name in read) and all(name in kind | self.saturating for name in read)

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
        return len(hazards(rhs).overflowing) + bool(self._poles(rhs)) + len(self.logarithms(rhs))

    def to_open(self, rhs: Expr) -> list[str]:
        """The tensors whose equations may take the risks away if they are put in."""
        # What vanishes may stand anywhere beside an exponential that overflows; in a pole it stands below.
        where = [rhs] if hazards(rhs).overflowing else self._poles(rhs)
        names = {name for place in where for name in tensors_read(place) if name in self.saturating}
        names |= {name for name in tensors_read(rhs) if name in self.risky}
        return [name for name in tensors_read(rhs) if name in names - _held(rhs)]

    def made_of_exponentials(self, rhs: Expr) -> list[str]:
        """The tensors that it reads and whose equations can be put in, of those that are made of exponentials."""
        return [name for name in tensors_read(rhs) if name in self.saturating - _held(rhs)]

    def logarithms(self, rhs: Expr) -> list[Expr]:
        """The logarithms of tensors that were rounded before."""
        return [log for log in hazards(rhs).logarithms if self._may_vanish(log.args[0])]

    def _poles(self, rhs: Expr) -> list[Expr]:
        return [base for base in hazards(rhs).divisors if base.has(*VANISHING) or self._may_vanish(base)]

    def is_rounded(self, expr: Expr) -> bool:
        """Whether an expression reads a tensor that is made of exponentials."""
        return any(name in self.saturating for name in tensors_read(expr))

    def _may_vanish(self, base: Expr) -> bool:
        return self.is_rounded(base) and not self._is_apart(base)

    def _is_apart(self, base: Expr) -> bool:
        """Whether a number keeps it from 0, as in 1 + exp(z)."""
        if isinstance(base, Read):
            return base.tensor in self._apart
        if base.is_Pow and base.exp.is_positive:
            return self._is_apart(base.base)
        number, rest = base.as_coeff_Add()
        return bool(number.is_positive) and self._is_nonnegative(rest)

    def _is_nonnegative(self, expr: Expr) -> bool:
        if isinstance(expr, Read):
            return expr.tensor in self._nonnegative
        if isinstance(expr, Total):
            return self._is_nonnegative(expr.body)
        if isinstance(expr, (sp.exp, sp.cosh)):
            return True
        if expr.is_Add or expr.is_Mul:
            return all(map(self._is_nonnegative, expr.args))
        if expr.is_Pow:
            return bool(expr.exp.is_even) or self._is_nonnegative(expr.base)
        return bool(expr.is_nonnegative)


def _held(rhs: Expr) -> set[str]:
    """Tensors that stay: a step before the first one has no equation, and an inverse is one of a named matrix."""
    shifted = {read.tensor for read in reads(rhs) if any(index.is_Add for index in read.indices)}
    return shifted | {name for node in rhs.atoms(Inverse) for name in tensors_read(node)}


def _stays_below(node: Expr) -> bool:
    """Whether it is an exponential of what is never large: minus a square, or with the largest exponent taken off."""
    if not isinstance(node, sp.exp):
        return False
    exponent = node.args[0]
    return _is_shifted(exponent) or all(map(_is_bounded, sp.Add.make_args(exponent)))


def _is_bounded(term: Expr) -> bool:
    """Whether it is minus a square, or the smaller of something and a number."""
    number, part = term.as_coeff_Mul()
    if part.is_Pow and part.exp.is_even:
        return bool(number.is_negative)
    stops = minimum if number.is_positive else maximum
    return term.is_number or (isinstance(part, stops) and bool(part.args[1].is_number))


def _is_shifted(exponent: Expr) -> bool:
    """Whether a largest exponent was taken off another one: exp(-log Σ exp(z)) alone may overflow."""
    largest = [_is_largest(-term) for term in sp.Add.make_args(sp.expand(exponent))]
    return any(largest) and not all(largest)


def _is_largest(term: Expr) -> bool:
    number, part = term.as_coeff_Mul()
    return bool(number.is_positive) and isinstance(part, (Peak, logsumexp))
