"""A document → the number of each section, equation, figure and table, by its label."""

from __future__ import annotations

from collections import Counter

from symbackprop.emit.document.blocks import Block, Display, Document, Figure, Grid, Table


def numbering(document: Document) -> dict[str, str]:
    """The numbers of everything that has a label, counted by kind in the order of the document."""
    counts: Counter[str] = Counter()
    found: dict[str, str] = {}
    parts = [("", document.opening), *((section.label, section.blocks) for section in document.sections)]
    for label, blocks in parts:
        labels = [("section", label)] if label else []
        labels += [one for block in blocks for one in _labels(block)]
        for kind, name in labels:
            counts[kind] += 1
            found[name] = str(counts[kind])
    return found


def _labels(block: Block) -> list[tuple[str, str]]:
    """The kind and the label of all in a block that is numbered."""
    if isinstance(block, Display | Grid):
        return [("equation", row.label) for relation in block.relations for row in relation.rows if row.label]
    if isinstance(block, Figure):
        return [("figure", block.label)]
    if isinstance(block, Table) and block.caption:
        return [("table", block.label)]
    return []
