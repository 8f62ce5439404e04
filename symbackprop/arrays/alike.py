"""Expressions that differ in numbers alone, in places or beside what is read → one expression with an index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import sympy as sp
from sympy import Basic, Expr

from symbackprop.contraction import collect
from symbackprop.expressions import Delta, Index, Read, Total, Within, parts_of

ROUNDING, LARGEST = 1e-13, 10**6
# So many alike ones are written as one: a reader takes in fewer at a glance.
LEAST = 8

Called: TypeAlias = Callable[[Read], tuple[str, tuple[Expr, ...]]]


class UnlikeError(Exception):
    """Two expressions differ in more than numbers."""


class Form(NamedTuple):
    """What an expression looks like without its numbers, and these.

    Attributes:
        text: The same for expressions that differ in numbers alone; exponents belong to it.
        places: The whole numbers in places.
        numbers: The others, in the order in which `Between` meets them.
    """

    text: str
    places: tuple[int, ...] = ()
    numbers: tuple[Expr, ...] = ()


def form(expr: Basic, called: Callable[[str], str] = str) -> Form:
    """What an expression looks like.

    Args:
        expr: The expression.
        called: What a tensor is called in it.

    Example:
        >>> i = Index("i", 3)
        >>> form(2 * Read("x", 4, i) ** 2)
        Form(text='Mul(1, Pow(x(# + 1, # + i), 2))', places=(4, 0), numbers=(2,))
    """
    if isinstance(expr, Read):
        return _joined(called(expr.tensor), [_place_form(place, called) for place in expr.indices])
    if _is_number(expr):
        return Form("1", (), (expr,))
    if isinstance(expr, sp.Pow) and isinstance(expr.exp, sp.Number):
        return _joined("Pow", [form(expr.base, called), Form(str(expr.exp))])
    if not expr.args:
        return Form(f"{expr}:{expr.size}" if isinstance(expr, Index) and not expr.size.is_Integer else str(expr))
    inside = [_place_form(a, called) if _is_place(expr, n) else form(a, called) for n, a in enumerate(_parts(expr))]
    return _joined(type(expr).__name__, sorted(inside, key=_rank) if expr.is_Add or expr.is_Mul else inside)


def _is_number(expr: Basic) -> bool:
    return isinstance(expr, Expr) and bool(expr.is_number)


def _parts(expr: Basic) -> Sequence[Basic]:
    """The arguments; numbers that are added, or multiplied, are one."""
    if not (expr.is_Add or expr.is_Mul):
        return expr.args
    numbers = [arg for arg in expr.args if _is_number(arg)]
    others = [arg for arg in expr.args if not _is_number(arg)]
    return [expr.func(*numbers), *others] if numbers else others


def _rank(form: Form) -> tuple[str, tuple[int, ...]]:
    return form.text, form.places


def _place_form(place: Expr, called: Callable[[str], str]) -> Form:
    number, rest = place.as_coeff_Add()
    if not number.is_Integer:
        return form(place, called)
    text, places, numbers = Form("1") if rest == 0 else form(rest, called)
    return Form(f"# + {text}", (int(number), *places), numbers)


def _joined(head: str, inside: Sequence[Form]) -> Form:
    return Form(
        f"{head}({', '.join(one.text for one in inside)})",
        tuple(place for one in inside for place in one.places),
        tuple(number for one in inside for number in one.numbers),
    )


def _is_place(node: Basic, argument: int) -> bool:
    return isinstance(node, Delta) or (isinstance(node, Within) and argument == 0)


def is_same(one: Expr, other: Expr) -> bool:
    """Whether two expressions are the same, but for the rounding of numbers that are not in places."""
    if one == other:
        return True
    first, second = form(one), form(other)
    return first[:2] == second[:2] and all(map(_is_close, first.numbers, second.numbers))


def _is_close(one: Expr, other: Expr) -> bool:
    return one == other or abs(float(one) - float(other)) <= ROUNDING * abs(float(other))


def simple(number: Expr) -> Expr:
    """The fraction of small numbers that a number is but for its rounding, or the number itself.

    Example:
        >>> simple(sp.Rational(8999999999999999, 10**16)), simple(sp.pi)
        (9/10, pi)
    """
    if not number.is_Rational:
        return number
    near = Fraction(int(number.p), int(number.q)).limit_denominator(LARGEST)
    found = sp.Rational(near.numerator, near.denominator)
    return found if _is_close(found, number) else number


def rule(numbers: Mapping[int, Expr], step: Expr) -> Expr | None:
    """What a number is at a step, if it stays, grows by the same or is multiplied by the same from step to step.

    Example:
        >>> t = Index("t", 9)
        >>> rule({0: sp.Integer(3), 1: sp.Integer(5), 2: sp.Integer(7)}, t)
        2*t + 3
        >>> rule({n: sp.Rational(9, 10) ** n for n in range(1, 9)}, t)
        (9/10)**t
        >>> rule({0: sp.Integer(1), 1: sp.Integer(2), 2: sp.Integer(5)}, t)
    """
    steps = sorted(numbers)
    first = steps[0]
    one = numbers[first]
    if all(number == one for number in numbers.values()):
        return one
    then = numbers.get(first + 1)
    if then is None or len(steps) < 3:
        return None
    tried = [one + (then - one) * (step - first)]
    if one != 0 and then != 0 and then / one > 0:
        ratio = simple(then / one)
        tried.append(simple(one / ratio**first) * ratio**step)
    for found in tried:
        if all(_is_close(found.xreplace({step: sp.Integer(n)}), number) for n, number in numbers.items()):
            return found
    return None


class Between:
    """Writes two expressions, at one number and at the next, as one expression in that number.

    Args:
        number: What stands for it.
        first: The number at which the first of them is.
        called: The name of a tensor in what is found, and the places before its own; for each of the two.
        values: What stands for the numbers that are not in places, as `form` gives them; each as it is if left out.
        labels: For each of the two what a tensor was called when `form` gave the values.
    """

    def __init__(
        self,
        number: Expr,
        first: int,
        called: tuple[Called, Called],
        values: Sequence[Expr] | None = None,
        labels: tuple[Callable[[str], str], Callable[[str], str]] = (str, str),
    ) -> None:
        self.number, self.first, self.called, self.labels = number, first, called, labels
        self._values = None if values is None else iter(values)

    def fitted(self, one: Basic, other: Basic) -> Basic:
        """The expression in the number.

        Raises:
            UnlikeError: They differ in more than numbers.

        Example:
            >>> plain = lambda read: (read.tensor, ())
            >>> between = Between(Index("t", 9), 0, (plain, plain))
            >>> between.fitted(Read("x", 3) * Read("y", 0), Read("x", 4) * Read("y", 0))
            x[t + 3]*y[0]
        """
        if isinstance(one, Read) and isinstance(other, Read):
            head, same = (called(read) for called, read in zip(self.called, (one, other), strict=True))
            if head != same or len(one.indices) != len(other.indices):
                raise UnlikeError
            return Read(head[0], *head[1], *map(self._place, one.indices, other.indices))
        if _is_number(one) and _is_number(other):
            if self._values is None and one != other:
                raise UnlikeError
            return one if self._values is None else next(self._values)
        if isinstance(one, sp.Pow) and isinstance(one.exp, sp.Number):
            if not isinstance(other, sp.Pow) or one.exp != other.exp:
                raise UnlikeError
            return self.fitted(one.base, other.base) ** one.exp
        if type(one) is not type(other) or len(_parts(one)) != len(_parts(other)) or (not one.args and one != other):
            raise UnlikeError
        if not one.args:
            return one
        pairs = list(zip(self._ordered(one, 0), self._ordered(other, 1), strict=True))
        return one.func(*(self._place(*p) if _is_place(one, n) else self.fitted(*p) for n, p in enumerate(pairs)))

    def _ordered(self, node: Basic, side: int) -> Sequence[Basic]:
        if not (node.is_Add or node.is_Mul):
            return node.args
        return sorted(_parts(node), key=lambda arg: _rank(form(arg, self.labels[side])))

    def _place(self, one: Expr, other: Expr) -> Expr:
        (first, rest), (then, same) = one.as_coeff_Add(), other.as_coeff_Add()
        if not (first.is_Integer and then.is_Integer):
            first, rest, then, same = sp.S.Zero, one, sp.S.Zero, other
        inside = rest if rest == same == 0 else self.fitted(rest, same)
        return inside + first + (then - first) * (self.number - self.first)


def _plain(read: Read) -> tuple[str, tuple[Expr, ...]]:
    return read.tensor, ()


def summed_up(expr: Expr, free: Sequence[Index], letter: Callable[[Expr], str]) -> Expr:
    """An expression in which many terms that differ in numbers in places alone are one sum.

    Args:
        expr: The expression.
        free: Its own indices.
        letter: A letter for the index of a sum, which stands for nothing else in what is summed.

    Example:
        >>> i = Index("i", 9)
        >>> one_by_one = sp.Add(*(Delta(i, n) * Read("x", n) ** 2 for n in range(9)))
        >>> summed_up(one_by_one, [i], lambda expr: "k")
        x[i]**2
    """
    table = {node: new for node in parts_of(expr) if node.is_Add and (new := _summed(node, letter)) != node}
    return collect(expr.xreplace(table), free) if table else expr


def _summed(node: Expr, letter: Callable[[Expr], str]) -> Expr:
    """A sum with its alike terms as sums over an index."""
    if len(node.args) < LEAST:
        return node
    kinds: dict[str, list[tuple[Form, Expr]]] = {}
    for term in node.args:
        found = form(term)
        kinds.setdefault(found.text, []).append((found, term))
    terms = []
    for kind in kinds.values():
        ordered = sorted(kind, key=lambda one: one[0].places)
        total = _total(ordered, letter) if len(kind) >= LEAST else None
        terms += [term for _, term in kind] if total is None else [total]
    return sp.Add(*terms)


def _total(kind: Sequence[tuple[Form, Expr]], letter: Callable[[Expr], str]) -> Expr | None:
    """Terms as one sum over an index, if each differs from the one before in the same way."""
    terms = [term for _, term in kind]
    index = Index(letter(sp.Add(*terms[:2])), len(terms))
    rows = zip(*(form.numbers for form, _ in kind), strict=True)
    values = [value for row in rows if (value := rule(dict(enumerate(row)), index)) is not None]
    if len(values) < len(kind[0][0].numbers):
        return None
    try:
        general = Between(index, 0, (_plain, _plain), values).fitted(terms[0], terms[1])
    except UnlikeError:
        return None
    if any(general.xreplace({index: sp.Integer(n)}) != term for n, term in enumerate(terms)):
        return None
    return Total(general, index)
