"""Tables and lone numbers of a document → whether they say what is true.

Which column of a table of parameters holds values, gradients or new values is found from the numbers: the meaning that
most of its rows bear out is the column's, and every row must.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from symbackprop.display.choosing import NoValueError
from symbackprop.display.text import text
from symbackprop.display.tree import Matrix, Minus, Number, PartialDerivative, Relation, Row, Symbol, Tree
from symbackprop.errors import SymbackpropError
from symbackprop.notation import Sign
from symbackprop.reading.document import Passage, Readable, Rows
from symbackprop.reading.names import TensorNames
from symbackprop.reading.relations import read_formula
from symbackprop.verify.judging import Verdict, rounds_to
from symbackprop.verify.truth import Truth

MEANINGS = ("value", "gradient", "new value")


def written_down(relation: Relation, value: Any) -> list[Verdict]:
    """Whether a relation such as C = [...] prints the numbers of a tensor."""
    entries = [Fraction(str(entry)) for entry in np.asarray(value, dtype=object).flat]
    found: list[Verdict] = []
    for row in relation.rows:
        trees = [tree for line in row.tree.rows for tree in line] if isinstance(row.tree, Matrix) else [row.tree]
        pairs = list(zip(entries, trees, strict=False))
        right = len(entries) == len(trees) and all(
            _is_number(tree, entry, row.operator == "=") for entry, tree in pairs
        )
        found.append(Verdict("held") if right else Verdict("fault", f"{text(relation)} does not hold"))
    return found


def _is_number(tree: Tree, value: Fraction, exactly: bool) -> bool:
    sign, number = (-1, tree.body) if isinstance(tree, Minus) else (1, tree)
    same = isinstance(number, Number) and number.value == sign * value
    return same or (not exactly and rounds_to(value, tree))


class Reader(Protocol):
    """What this module asks of whoever reads the document."""

    truths: Sequence[Truth]
    worked: bool

    def names(self, layer: int = 0, sample: int = 0) -> TensorNames:
        """What signs stand for."""

    def verdicts(self, passage: Passage) -> list[Verdict]:
        """What became of each sign of one relation."""

    def judged(self, relation: Relation) -> list[Verdict]:
        """What became of each sign of a relation that has been read."""


def tabulated(reader: Reader, source: Readable) -> list[tuple[Passage, Verdict]]:
    """A verdict for each number of a table, and for each that stands in running text by itself."""
    found: list[tuple[Passage, Verdict]] = []
    if not reader.worked:
        return found
    for table in source.tables:
        if isinstance(table, Rows):
            found += _rows(reader, table)
        else:
            found += [(passage, verdict) for passage in table for verdict in reader.verdicts(passage)]
    known = reader.truths[0].numbers
    for passage in source.numbers:
        number = read_formula(passage.text)
        right = any(rounds_to(value, number) for value in known)
        note = f"{passage.text} is not the rounded value of anything"
        found.append((passage, Verdict("held") if right else Verdict("fault", note)))
    return found


def _rows(reader: Reader, table: Rows) -> list[tuple[Passage, Verdict]]:
    found = []
    for column in range(max(map(len, table.cells), default=0)):
        rows = zip(table.signs, table.cells, table.lines, strict=True)
        cells = [(sign, row[column], line) for sign, row, line in rows if row[column : column + 1] > ("",)]
        if not cells:
            continue
        tried = {meaning: [_said(reader, meaning, *cell) for cell in cells] for meaning in MEANINGS}
        found += max(tried.values(), key=lambda one: sum(verdict.outcome == "held" for _, verdict in one))
    return found


def _said(reader: Reader, meaning: str, sign: str, cell: str, line: int) -> tuple[Passage, Verdict]:
    """What becomes of a cell if it is said to be the value, the gradient or the new value of a sign."""
    passage = Passage(f"{sign}: {cell}", line, "table")
    try:
        lhs: Tree = read_formula(sign, reader.names())
        tree = read_formula(cell, reader.names())
    except SymbackpropError as error:
        return passage, Verdict("unread", error.mistakes[0].message)
    if meaning == "gradient":
        lhs = PartialDerivative(Symbol(Sign("E"), key=reader.truths[0].graph.loss.name), lhs)
    relation = Relation(lhs, (Row("≈" if isinstance(tree, Number) else "=", tree),))
    try:
        verdicts = reader.judged(assigned(relation) if meaning == "new value" else relation)
    except NoValueError as error:
        return passage, Verdict("unread", str(error))
    return passage, max(verdicts, key=lambda one: ("nothing", "held", "unread", "fault").index(one.outcome))


def assigned(relation: Relation) -> Relation:
    """What an update sets has the value after the step."""
    lhs = relation.lhs
    if not isinstance(lhs, Symbol):
        return relation
    # An arrow says neither that it is exact nor that it is not.
    rows = (replace(relation.rows[0], operator="≈"), *relation.rows[1:])
    return Relation(replace(lhs, key=f"{lhs.key}#new", at=lhs.place), rows)
