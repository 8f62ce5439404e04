"""The values of a worked network's tensors → relations that follow their formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbackprop.display import Boxed, Matrix, Relation, Row, Tree, shown
from symbackprop.emit.document.blocks import Block, Display, Paragraph
from symbackprop.emit.document.layers import layers
from symbackprop.emit.document.sheet import Sheet

MOST_ROWS, MOST_COLUMNS = 8, 6


def values(sheet: Sheet, names: Sequence[str]) -> Iterator[Block]:
    """The values of tensors that are small enough, in one display."""
    if sheet.material.step is None:
        return
    found = [relation for name in names if (relation := valued(sheet, name)) is not None]
    if found:
        yield Paragraph(sheet.say(_lead(sheet)))
        yield Display(tuple(found))


def _lead(sheet: Sheet) -> str:
    """What stands above the values: equations of no layer have values, but no sample."""
    if not layers(sheet.graph):
        return "With the numbers that are given:"
    return "With the numbers of the sample:" if sheet.samples == 1 else "With the numbers of all samples:"


def valued(sheet: Sheet, name: str, box: bool = False) -> Relation | None:
    """A tensor and its values, as a number, a column or a matrix; nothing where those would not fit."""
    value = sheet.values[name]
    tree: Tree
    if not isinstance(value, tuple):
        tree, exact = shown(value), shown(value).exact
    else:
        rows = value if isinstance(value[0], tuple) else tuple((entry,) for entry in value)
        if isinstance(rows[0][0], tuple) or len(rows) > MOST_ROWS or len(rows[0]) > MOST_COLUMNS:
            return None
        tree = Matrix(tuple(tuple(shown(entry) for entry in row) for row in rows))
        exact = all(entry.exact for row in tree.rows for entry in row)  # type: ignore[attr-defined]
    lhs = sheet.plain.whole(name) if isinstance(value, tuple) else sheet.plain(sheet.tensors[name].read)
    return Relation(lhs, (Row("=" if exact else "≈", Boxed(tree) if box else tree),))
