"""A relation that was read from a document → whether each of its signs holds at the true values.

An equals sign holds if both sides are equal: exactly where both are rational, else to 30 digits. A sign of rounding
holds if what is printed lies in the interval that the printed operands allow, each taken with half a unit of its last
digit; a result must be the correctly rounded true value, and so must every rounded operand be of something on the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any, Literal

from symbackprop.display.choosing import NoValueError
from symbackprop.display.evaluate import Value
from symbackprop.display.intervals import Interval, mp, real
from symbackprop.display.text import text
from symbackprop.display.tree import (
    BigSum,
    Brace,
    Extreme,
    Matrix,
    Minus,
    Number,
    Range,
    Reference,
    Relation,
    Row,
    Symbol,
    Tree,
    Words,
    bare,
    children,
    walk,
)
from symbackprop.verify.printed import OutsideError, PrintedEvaluator, decimals

LEAST_DECIMALS = 4
AGREEMENT = mp.mpf(10) ** -30
NOTHING = mp.mpf(10) ** -40
Outcome = Literal["nothing", "held", "unread", "fault"]


@dataclass(frozen=True)
class Verdict:
    """What became of one sign; nothing where it speaks of what is not there."""

    outcome: Outcome
    note: str = ""


@dataclass(frozen=True)
class Judge:
    """Judges one relation at one assignment of its free indices.

    Attributes:
        relation: The relation.
        exact: Evaluates trees at the point, every number taken at its digits.
    """

    relation: Relation
    exact: PrintedEvaluator

    @property
    def members(self) -> list[Tree]:
        """The left-hand side and what it is equal to."""
        return [self.relation.lhs, *(row.tree for row in self.relation.rows)]

    @cached_property
    def rounded(self) -> int:
        """How many decimals the rounded numbers of this relation have; 0 if it has none."""
        if all(row.operator == "=" for row in self.relation.rows):
            return 0
        most = max(
            (decimals(one.text) for tree in self.members for one in walk(tree) if isinstance(one, Number)), default=0
        )
        return most if most >= LEAST_DECIMALS else 0

    @cached_property
    def wide(self) -> PrintedEvaluator:
        """Evaluates trees with rounded numbers taken as intervals."""
        return self.exact.widening(self.rounded)

    @cached_property
    def true(self) -> Value | None:
        """The value of the first member that no rounded number is part of."""
        for tree in self.members:
            if not self._has_rounded(tree) and (value := self._value(tree, self.exact)) is not None:
                return value
        return None

    @cached_property
    def known(self) -> list[Any]:
        """The values of all parts of the members without rounded numbers, for every index that they are summed over."""
        symbolic = [tree for tree in self.members if not self._has_rounded(tree)]
        if symbolic == [self.relation.lhs]:
            # Where a line is numbers only, they may be of anything.
            return self.exact.truth.numbers
        return [value for tree in symbolic for value in _parts(tree, self.exact)]

    def verdicts(self) -> list[Verdict]:
        """One for each sign, and one for each label of a brace that is a formula."""
        found = []
        before = self.relation.lhs
        for row in self.relation.rows:
            verdict = self._sign(before, row)
            found.append(verdict)
            if verdict.outcome in ("held", "fault") or self._value(row.tree, self.exact) is not None:
                before = row.tree
        return [
            *found,
            *(
                self._label(one)
                for tree in self.members
                for one in walk(tree)
                if isinstance(one, Brace) and _says_something(one)
            ),
        ]

    def _sign(self, before: Tree, row: Row) -> Verdict:
        line = f"{text(before)} {row.operator} {text(row.tree)}"
        if self._is_short(row) and self._value(before, self.exact) is not None:
            return self._rounding(row, line)
        evaluator = self.exact if row.operator == "=" else self.wide
        try:
            here = evaluator(row.tree)
            there = evaluator(before)
        except OutsideError as missing:
            return Verdict("nothing", f"{line}: {missing}")
        except NoValueError as missing:
            return Verdict("unread", f"{line}: {missing}")
        except (ZeroDivisionError, ValueError, OverflowError) as error:
            return Verdict("unread", f"{line}: {error}")
        if not _agree(there, here, row.operator == "="):
            return Verdict("fault", f"{line} does not hold: {_shown(there)} and {_shown(here)}")
        return self._rounding(row, line) if row.operator != "=" else Verdict("held")

    def _is_short(self, row: Row) -> bool:
        """Whether a sign is said to be about one number with a power of ten: few digits tell that it is rounded."""
        tree = bare(row.tree)
        alone = len(self.relation.rows) == 1 and isinstance(self.relation.lhs, Symbol)
        return alone and row.operator != "=" and isinstance(tree, Number) and "e" in tree.text.lower()

    def _rounding(self, row: Row, line: str) -> Verdict:
        tree = bare(row.tree)
        if isinstance(tree, Number | Matrix) and self.true is not None:
            if not _well_rounded(tree, self.true):
                return Verdict(
                    "fault", f"{line}: the value is {_shown(self.true)}, which is not rounded to what is printed"
                )
            return Verdict("held")
        for number in _signed_numbers(row.tree):
            # A minus before a term belongs to the term, not to what the number is the value of.
            known = (rounds_to(value, number) or rounds_to(-value, number) for value in self.known)
            if decimals(number.text) == self.rounded and not any(known):
                return Verdict("fault", f"{line}: {number.text} is not the rounded value of anything on the line")
        return Verdict("held")

    def _label(self, brace: Brace) -> Verdict:
        return self._sign(brace.label, Row("=", brace.body))

    def _has_rounded(self, tree: Tree) -> bool:
        return bool(self.rounded) and any(
            isinstance(one, Number) and decimals(one.text) == self.rounded for one in walk(tree)
        )

    def _value(self, tree: Tree, evaluator: PrintedEvaluator) -> Value | None:
        try:
            return evaluator(tree)
        except (NoValueError, ZeroDivisionError, ValueError, OverflowError):
            return None


def _says_something(tree: Brace) -> bool:
    """Whether a brace has a label that is a formula, and no reference or words."""
    return not isinstance(bare(tree.label), Reference | Words)


def _signed_numbers(tree: Tree) -> Iterator[Number]:
    """The numbers of a tree, those with a minus before them as negative ones too."""
    if isinstance(tree, Number):
        yield tree
    for child in children(tree):
        yield from _signed_numbers(child)


def _parts(tree: Tree, evaluator: PrintedEvaluator) -> list[Any]:
    """The values of everything inside a tree that is one number, bound indices taking all their values."""
    found: list[Any] = []
    try:
        value = evaluator(tree)
        found += [value.middle] if isinstance(value, Interval) else [one.middle for row in value for one in row]
    except (NoValueError, ZeroDivisionError, ValueError, OverflowError):
        pass
    if isinstance(tree, BigSum | Extreme):
        ranges = tree.ranges if isinstance(tree, BigSum) else (tree.range,)
        try:
            runs = [_run(one, tree.body, evaluator) for one in ranges]
        except NoValueError:
            return found
        for places in product(*runs):
            bound = {one.index.key: n for one, n in zip(ranges, places, strict=True)}
            found += _parts(tree.body, evaluator.at(bound))
        return found
    return found + [
        value for child in children(tree) if not isinstance(child, Range) for value in _parts(child, evaluator)
    ]


def _run(one: Range, body: Tree, evaluator: PrintedEvaluator) -> range:
    if one.last is None:
        return range(1, evaluator.size(one.index.key, body) + 1)
    return range(evaluator.whole(one.first), evaluator.whole(one.last) + 1)


def _agree(left: Value, right: Value, exactly: bool) -> bool:
    if isinstance(left, Interval) and isinstance(right, Interval):
        return _close(left, right) if exactly else _overlap(left, right)
    if isinstance(left, Interval) or isinstance(right, Interval):
        one, other = (left, right) if isinstance(left, Interval) else (right, left)
        # A number stands for each entry of a matrix, which may be 0 or have one.
        return not isinstance(other, Interval) and all(_agree(one, entry, exactly) for row in other for entry in row)
    if (len(left), len(left[0])) != (len(right), len(right[0])):
        return False
    pairs = zip(sum(map(tuple, left), ()), sum(map(tuple, right), ()), strict=True)
    return all(_agree(one, other, exactly) for one, other in pairs)


def _close(left: Interval, right: Interval) -> bool:
    one, other = left.middle, right.middle
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one == other
    one, other = real(one), real(other)
    return bool(abs(one - other) <= AGREEMENT * max(abs(one), abs(other)) + NOTHING)


def _overlap(left: Interval, right: Interval) -> bool:
    low, high = max(real(left.low), real(right.low)), min(real(left.high), real(right.high))
    return bool(low <= high + AGREEMENT * abs(high) + NOTHING)


def _well_rounded(tree: Tree, true: Value) -> bool:
    if isinstance(tree, Number):
        if not isinstance(true, Interval):
            return len(true) == len(true[0]) == 1 and rounds_to(true[0][0].middle, tree)
        return rounds_to(true.middle, tree)
    if not isinstance(tree, Matrix) or isinstance(true, Interval):
        return False
    if (len(tree.rows), len(tree.rows[0])) != (len(true), len(true[0])):
        return False
    pairs = [pair for row, values in zip(tree.rows, true, strict=True) for pair in zip(row, values, strict=True)]
    return all(not isinstance(bare(one), Number) or rounds_to(value.middle, bare(one)) for one, value in pairs)


def rounds_to(value: Any, tree: Tree) -> bool:
    """Whether a printed number is the correctly rounded one; a half may go either way."""
    sign = 1
    if isinstance(tree, Minus):
        tree, sign = bare(tree.body), -1
    if not isinstance(tree, Number):
        return False
    half = real(tree.unit / 2)
    return bool(abs(real(value) - sign * real(tree.value)) <= half * (1 + AGREEMENT) + NOTHING)


def _shown(value: Value) -> str:
    if isinstance(value, Interval):
        return str(mp.nstr(real(value.middle), 15))
    rows = ["(" + ", ".join(mp.nstr(real(one.middle), 12) for one in row) + ")" for row in value]
    return f"({', '.join(rows)})"
