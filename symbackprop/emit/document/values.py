"""The values of a worked network's tensors → relations that follow their formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from symbackprop.display import Boxed, Matrix, Number, Relation, Row, Tree, shown, typed
from symbackprop.emit.document.blocks import Block, Display, Paragraph, Text
from symbackprop.emit.document.layers import layers, outside
from symbackprop.emit.document.sheet import Sheet

MOST_ROWS, MOST_COLUMNS, LONGEST = 8, 6, 12


def values(sheet: Sheet, names: Sequence[str]) -> Iterator[Block]:
    """The values of tensors that are small enough, in one display."""
    if sheet.material.step is not None:
        yield from _shown(sheet, names, _lead(sheet))


def given_values(sheet: Sheet) -> Iterator[Block]:
    """The numbers that belong to no layer: the sample's, constants, and parameters of the user's own."""
    given = [*sheet.graph.with_role("input", "target", "constant"), *outside(sheet.graph)]
    yield from _shown(sheet, [tensor.name for tensor in given if tensor.value is not None], "Given are the numbers:")


def _shown(sheet: Sheet, names: Sequence[str], lead: str) -> Iterator[Block]:
    relations = {name: valued(sheet, name) for name in names}
    found = [relation for relation in relations.values() if relation is not None]
    if found:
        yield Paragraph(sheet.say(lead))
        yield Display(tuple(found))
    left_out = [name for name, relation in relations.items() if relation is None]
    if left_out:
        yield Paragraph(sheet.say("Numbers not printed: {names}.", names=listed(sheet, left_out)))


def _lead(sheet: Sheet) -> str:
    """What stands above the values: equations of no layer have values, but no sample."""
    if not layers(sheet.graph):
        return "With the numbers that are given:"
    return "With the numbers of the sample:" if sheet.samples == 1 else "With the numbers of all samples:"


def valued(sheet: Sheet, name: str, box: bool = False) -> Relation | None:
    """A tensor and its values, as a number, a column or a matrix; nothing where those would not fit."""
    tensor = sheet.tensors[name]
    value = tensor.value if tensor.value is not None else sheet.values[name]
    number = shown if tensor.value is None else _given
    tree: Tree
    if not isinstance(value, tuple | list):
        tree, exact = number(value), number(value).exact
    else:
        if not fits(value):
            return None
        rows = value if isinstance(value[0], tuple | list) else tuple((entry,) for entry in value)
        tree = Matrix(tuple(tuple(map(number, row)) for row in rows))
        exact = all(entry.exact for row in tree.rows for entry in row)  # type: ignore[attr-defined]
    lhs = sheet.plain(tensor.read) if isinstance(tree, Number) else sheet.plain.whole(name)
    return Relation(lhs, (Row("=" if exact else "≈", Boxed(tree) if box else tree),))


def listed(sheet: Sheet, names: Sequence[str]) -> Text:
    """The signs of tensors, with commas between them."""
    return tuple(part for name in names for part in (", ", sheet.plain.whole(name)))[1:]


def fits(value: Any) -> bool:
    """Whether a page has room for the numbers of a tensor: one, a column, or a matrix."""
    if not isinstance(value, tuple | list):
        return True
    row = value[0]
    narrow = not isinstance(row, tuple | list) or (not isinstance(row[0], tuple | list) and len(row) <= MOST_COLUMNS)
    return narrow and len(value) <= MOST_ROWS


def _given(value: Any) -> Number:
    """A number of the user's, in his own digits if these are few."""
    text = str(value)
    return typed(text) if len(text) <= LONGEST else shown(Decimal(text))
