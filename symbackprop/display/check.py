"""Checks a printed relation: an exact sign must hold exactly, a rounded one within the digits that are shown.

The rule for rounded signs: what is printed lies in the interval that the printed operands allow, each taken with half
a unit of its last digit, and a result is the correctly rounded true value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symbackprop.display.choosing import NoValueError
from symbackprop.display.evaluate import Evaluator, Value, agree
from symbackprop.display.intervals import Interval, around
from symbackprop.display.text import text
from symbackprop.display.tree import Boxed, Matrix, Number, Relation, Tree, bare, walk


@dataclass(frozen=True)
class Checked:
    """What became of the signs of a relation.

    Attributes:
        held: How many signs were evaluated and hold.
        faults: One sentence for each that does not.
        unread: One sentence for each that could not be evaluated.
    """

    held: int
    faults: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def check(relation: Relation, values: Mapping[str, Any]) -> Checked:
    """Check every sign of a relation against the values of its symbols.

    Args:
        relation: The relation as printed.
        values: The true values, as exact numbers or mpmath numbers, under the keys of the symbols.
    """
    exact, wide = Evaluator(values), Evaluator(values, widened=True)
    truth = _true_value(relation, exact)
    held, faults, unread = 0, [], []
    before = relation.lhs
    for row in relation.rows:
        exactly = row.operator == "="
        evaluator = exact if exactly else wide
        line = f"{text(before)} {row.operator} {text(row.tree)}"
        try:
            here = evaluator(row.tree)
            there = truth if before is relation.lhs and truth is not None else evaluator(before)
        except NoValueError as missing:
            unread.append(f"{line}: {missing}")
            # A member without a value is skipped, so that what follows is compared with what came before it.
            before = row.tree if _has_value(row.tree, exact) else before
            continue
        if not agree(there, here, exactly):
            faults.append(f"{line} does not hold")
        elif truth is not None and not exactly and not _well_rounded(row.tree, truth):
            faults.append(f"{line}: {text(row.tree)} is not the correctly rounded value")
        else:
            held += 1
        before = row.tree
    return Checked(held, tuple(faults), tuple(unread))


def _true_value(relation: Relation, exact: Evaluator) -> Value | None:
    """The value of the left-hand side, or of the first member that no rounded number is part of."""
    for tree in (relation.lhs, *(row.tree for row in relation.rows)):
        if any(isinstance(node, Number) and not node.exact for node in walk(tree)):
            continue
        if _has_value(tree, exact):
            return exact(tree)
    return None


def _has_value(tree: Tree, evaluator: Evaluator) -> bool:
    try:
        evaluator(tree)
    except NoValueError:
        return False
    return True


def _well_rounded(tree: Tree, truth: Value) -> bool:
    tree = bare(tree)
    if isinstance(tree, Number) and isinstance(truth, Interval):
        return around(tree.value, tree.unit / 2 if not tree.exact else Fraction(0)).overlaps(truth)
    if isinstance(tree, Matrix) and not isinstance(truth, Interval):
        return all(
            _well_rounded(entry, value)
            for row, values in zip(tree.rows, truth, strict=True)
            for entry, value in zip(row, values, strict=True)
            if isinstance(bare(entry), Number | Boxed)
        )
    return True
