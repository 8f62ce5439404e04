"""Equations of a loop that was carried out step by step → a recurrence, where the steps are alike.

A loop in Python leaves the equations of every step behind. Where those of many steps, one after the other, differ in
nothing but numbers in places (x[3], x[4], ...) and in reading the step before theirs, they are the equations of one
step at an index t. Each step is compared with what the recurrence says at its t, so that nothing is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import TypeAlias

import sympy as sp
from sympy import Expr

from symbackprop.arrays.alike import LEAST, Between, UnlikeError, form, is_same, rule
from symbackprop.arrays.recurrences import Recurrence, base, with_reads
from symbackprop.contraction import tidy
from symbackprop.expressions import Index, Read, reads
from symbackprop.graph import Equation

MOST_STATEMENTS = 200
MOST_BEGINNINGS = 4
LAG = re.compile(r"\|-?\d*\|")

Equations: TypeAlias = "Sequence[Equation]"


@dataclass(frozen=True)
class Steps:
    """The steps of a loop, alike as far as can be told from each equation alone.

    Attributes:
        start: The place of the first equation of the first step.
        length: How many equations a step has.
        number: How many whole steps there are.
        tail: Those of one more step of which nothing depends on some; `None` for these.
    """

    start: int
    length: int
    number: int
    tail: tuple[Equation | None, ...] = ()

    @property
    def end(self) -> int:
        """The place behind the last equation."""
        return self.start + self.length * self.number + sum(one is not None for one in self.tail)


def steps_of(equations: Equations) -> Iterator[Steps]:
    """What may be loops, the first ones first, and of those that begin at one place the shortest steps first."""
    called = [(equation.indices, base(equation.tensor)) for equation in equations]
    texts: dict[object, int] = {}
    keys = []
    for own, equation in zip(called, equations, strict=True):
        keys.append(texts.setdefault((own, form(equation.rhs, base).text), len(texts)))
    for start in range(len(keys)):
        for length in range(1, min(MOST_STATEMENTS, (len(keys) - start) // LEAST) + 1):
            end = start
            while end + length < len(keys) and keys[end] == keys[end + length]:
                end += 1
            if end - start >= (LEAST - 1) * length:
                for steps in _aligned(equations, keys, (start, end + length), length):
                    earlier = called[max(steps.start - length, 0) : steps.start]
                    if earlier == called[steps.start : steps.start + length]:
                        # It may be a step that reads something else than one before it.
                        yield replace(steps, start=steps.start - length, number=steps.number + 1)
                    yield steps


def _aligned(equations: Equations, keys: Sequence[int], alike: tuple[int, int], length: int) -> Iterator[Steps]:
    """Steps among alike equations: as the loop may have had them, and so that the last one is whole.

    Where the last step of a loop lacks what nothing depends on, what it has of others follows on what is alike.
    """
    first, end = alike
    tail: list[Equation | None] = []
    for equation, key in zip(equations[end:], keys[end:], strict=False):
        ahead = [keys[end - length + n] for n in range(len(tail), length)]
        if key not in ahead:
            break
        tail += [*[None] * ahead.index(key), equation]
    if None in tail:
        begun = length - len(tail)
        number = (end - begun - first) // length
        last = (*equations[end - begun : end], *tail)
        yield Steps(end - begun - number * length, length, number, last)
    number = (end - first) // length
    yield Steps(end - number * length, length, number)


class Loop:
    """The recurrence of some steps.

    Args:
        equations: All equations.
        steps: Where the steps are.
        letter: The letter of the index.
        fresh: Makes a new name from what a user called a tensor.
    """

    def __init__(self, equations: Equations, steps: Steps, letter: str, fresh: Callable[[str], str]) -> None:
        self.tables: dict[str, Sequence[Expr]] = {}
        self.steps, self.index = steps, Index(letter, steps.number + bool(steps.tail))
        first = steps.start
        whole = [equations[first + n * steps.length :][: steps.length] for n in range(steps.number)]
        self.model = whole[-2:]
        self.blocks: list[Sequence[Equation | None]] = [*whole, *([steps.tail] if steps.tail else [])]
        self.place = {one.tensor: (n, q) for n, block in enumerate(self.blocks) for q, one in enumerate(block) if one}
        self.names = [fresh(base(one.tensor)) for one in whole[0]]
        self.begun: dict[tuple[str, int], Expr] = {}

    def recurrence(self) -> Recurrence:
        """The equations of all steps.

        Raises:
            UnlikeError: The steps are not those of one recurrence.
        """
        last = self.steps.number - 1
        called = self._called(last - 1), self._called(last)
        labels = self._label(last - 1), self._label(last)
        general = [
            Between(self.index, last - 1, called, self._values(q), labels).fitted(one.rhs, other.rhs)
            for q, (one, other) in enumerate(zip(*self.model, strict=True))
        ]
        for number, block in enumerate(self.blocks):
            for equation, rhs in zip(block, general, strict=True):
                if equation is not None:
                    self._compare(equation, rhs.xreplace({self.index: sp.Integer(number)}))
        equations = (
            Equation(name, (self.index, *one.indices), rhs)
            for name, one, rhs in zip(self.names, self.model[0], general, strict=True)
        )
        step_of = {name: (self.names[q], number) for name, (number, q) in self.place.items()}
        begun = {key: value for key, value in self.begun.items() if value != 0}
        return Recurrence(self.index, tuple(equations), begun, step_of, self.tables)

    def _values(self, q: int) -> list[Expr]:
        """What the numbers of an equation are at a step."""
        rows = {n: one.rhs for n, block in enumerate(self.blocks) if (one := block[q]) is not None}
        forms = {n: form(rhs, self._label(n)) for n, rhs in rows.items()}
        text = LAG.sub("", forms[self.steps.number - 1].text)
        alike = {n: one.numbers for n, one in forms.items() if LAG.sub("", one.text) == text}
        found = []
        for place in range(len(alike[self.steps.number - 1])):
            numbers = {n: row[place] for n, row in alike.items()}
            value = rule(numbers, self.index)
            if value is None and len(numbers) < len(self.blocks):
                raise UnlikeError
            found.append(self._tabled([numbers[n] for n in sorted(numbers)]) if value is None else value)
        return found

    def _label(self, number: int) -> Callable[[str], str]:
        """What tensors are called as seen from a step, so that what is added has one order in all steps."""

        def label(name: str) -> str:
            step = self.place[name][0] - number if name in self.place else ""
            return f"{base(name)}|{step}|"

        return label

    def _tabled(self, numbers: Sequence[Expr]) -> Expr:
        name = f"C@{len(self.tables)}"
        self.tables[name] = numbers
        return Read(name, self.index)

    def _called(self, number: int) -> Callable[[Read], tuple[str, tuple[Expr, ...]]]:
        """What reads are called as seen from a step: those of tensors of a step by how many steps it lies back."""

        def called(read: Read) -> tuple[str, tuple[Expr, ...]]:
            step, q = self.place.get(read.tensor, (0, None))
            return (read.tensor, ()) if q is None else (self.names[q], (self.index + (step - number),))

        return called

    def _compare(self, equation: Equation, rhs: Expr) -> None:
        """See that an equation is what the recurrence says, and note what it reads in place of earlier steps."""
        missing: list[Read] = []

        def written(read: Read) -> Expr:
            if read.tensor in self.tables:
                return self.tables[read.tensor][int(read.indices[0])]
            if read.tensor not in self.names:
                return read
            position, q = int(read.indices[0]), self.names.index(read.tensor)
            known = self.begun.get((read.tensor, position))
            if position >= 0:
                one = self.blocks[position][q]
                return read if one is None else Read(one.tensor, *read.indices[1:])
            if known is not None:
                return known.xreplace(dict(zip(self.model[0][q].indices, read.indices[1:], strict=True)))
            missing.append(read)
            return read

        found = with_reads(rhs, written)
        if missing:
            self._begin(equation, found, list(dict.fromkeys(missing)))
        elif not is_same(tidy(found, equation.indices), equation.rhs):
            raise UnlikeError

    def _begin(self, equation: Equation, rhs: Expr, missing: Sequence[Read]) -> None:
        """Find what is read in place of earlier steps, so that the equation is what the recurrence says."""
        others = [read for read in reads(equation.rhs) if read not in reads(rhs)]
        if not len(others) <= len(missing) <= MOST_BEGINNINGS:
            raise UnlikeError
        # What has begun with 0 has left nothing behind.
        zeros = [sp.S.Zero] * (len(missing) - len(others))
        for tried in permutations([*others, *zeros]):
            found = tidy(rhs.xreplace(dict(zip(missing, tried, strict=True))), equation.indices)
            if is_same(found, equation.rhs):
                for read, begun in zip(missing, tried, strict=True):
                    self._note(read, begun)
                return
        raise UnlikeError

    def _note(self, read: Read, begun: Expr) -> None:
        key, places = (read.tensor, int(read.indices[0])), read.indices[1:]
        if not isinstance(begun, Read):
            if self.begun.setdefault(key, begun) != begun:
                raise UnlikeError
            return
        given = begun.indices[: len(begun.indices) - len(places)]
        own = self.model[0][self.names.index(read.tensor)].indices
        if begun.indices[len(given) :] != places or any(place.free_symbols for place in given):
            raise UnlikeError
        if self.begun.setdefault(key, Read(begun.tensor, *given, *own)) != Read(begun.tensor, *given, *own):
            raise UnlikeError
