"""Values by case, entry by entry: what a matrix is where conditions are about matrices."""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from symbackprop.display import intervals
from symbackprop.display.intervals import Interval
from symbackprop.display.tree import Cases, Compare, Logic, Tree

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, "=": eq, "!=": ne, ">": gt, ">=": ge}


class NoValueError(LookupError):
    """Part of a tree has no value, such as a symbol without a key or running text."""


def by_entry(value: Callable[[Tree], Any], tree: Cases) -> tuple[tuple[Interval, ...], ...]:
    """The matrix of which each entry is that of the first case whose condition holds there.

    Args:
        value: Gives the value of a tree: a number or the rows of a matrix.
        tree: The cases, the last without a condition; a number counts for every entry.

    Raises:
        NoValueError: Part of them has no value, or no case applies.
    """
    known = {part: value(part) for row in tree.rows for part in (row[0], *_compared(row[1]))}
    shapes = [(len(rows), len(rows[0])) for rows in known.values() if not isinstance(rows, Interval)]
    height, width = (max(lengths, default=1) for lengths in (list(zip(*shapes, strict=True)) or [(), ()]))
    return tuple(tuple(_entry(tree, known, (i, j)) for j in range(width)) for i in range(height))


def _compared(condition: Tree | None) -> tuple[Tree, ...]:
    if isinstance(condition, Logic):
        return tuple(part for one in condition.conditions for part in _compared(one))
    return condition.operands if isinstance(condition, Compare) else ()


def _entry(tree: Cases, known: dict[Tree, Any], place: tuple[int, int]) -> Interval:
    for value, condition in tree.rows:
        if condition is None or _holds(condition, known, place):
            return _at(known[value], place)
    raise NoValueError("no case applies")


def _holds(condition: Tree, known: dict[Tree, Any], place: tuple[int, int]) -> bool:
    if isinstance(condition, Logic):
        found = [_holds(one, known, place) for one in condition.conditions]
        return {"and": all(found), "or": any(found), "not": not found[0]}[condition.operator]
    assert isinstance(condition, Compare)
    sides = [intervals.real(_at(known[one], place).middle) for one in condition.operands]
    pairs = zip(condition.operators, sides, sides[1:], strict=False)
    return all(COMPARISONS[operator](left, right) for operator, left, right in pairs)


def _at(value: Any, place: tuple[int, int]) -> Interval:
    """An entry; what has one row, or one column, has it everywhere."""
    if isinstance(value, Interval):
        return value
    row = value[min(place[0], len(value) - 1)]
    found: Interval = row[min(place[1], len(row) - 1)]
    return found
