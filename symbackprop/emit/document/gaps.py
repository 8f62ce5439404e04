"""A document → the same with gaps where results stood: a sheet to work on, whose answer key is the document itself.

What is given stays: inputs, targets, parameters, every formula in symbols. What has to be computed becomes a line as
long as the number that belongs there; lines of numbers on the way, results in tables and in neurons go as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symbackprop.display import Matrix, Number, Relation, Row, Symbol, Tree, Words
from symbackprop.display.diagram import Drawing
from symbackprop.display.tree import bare, walk
from symbackprop.emit.document.blocks import (
    Becomes,
    Block,
    Callout,
    Display,
    Document,
    Facts,
    Figure,
    Grid,
    Heading,
    Listing,
    Paragraph,
    Section,
    Table,
    Text,
)
from symbackprop.emit.document.concrete import mapped

SHORTEST = 6
# The columns of the table of parameters that a solver fills in.
RESULTS = ("tab:gradients", 3)
LEFT_OUT = ("sec:code", "sec:training")
SAMPLES = "tab:samples"
GIVEN = ("input", "target", "parameter", "constant")


def with_gaps(document: Document, title: str, subtitle: str) -> Document:
    """The problem sheet that belongs to a worked document.

    Args:
        document: The answers.
        title: Of the sheet.
        subtitle: Of the sheet.
    """
    sections = tuple(_section(section) for section in document.sections if section.label not in LEFT_OUT)
    opening = tuple(_opened(block) for block in document.opening)
    return replace(document, title=title, subtitle=subtitle, opening=opening, sections=sections)


def given_blocks(sheet: Document) -> tuple[Block, ...]:
    """What the sections of a sheet give to compute with: the numbers of whole tensors, and the table of samples."""
    blocks = [block for section in sheet.sections for block in section.blocks]
    relations = [one for block in blocks if isinstance(block, Display) for one in block.relations if _is_given(one)]
    tables = tuple(block for block in blocks if isinstance(block, Table) and block.label == SAMPLES)
    return (*((Display(tuple(relations)),) if relations else ()), *tables)


def gap(text: str) -> Words:
    """A line as long as a text."""
    return Words(("_" * max(SHORTEST, len(text)),))


def _opened(block: Block) -> Block:
    if isinstance(block, Facts):
        return replace(block, below=())
    return _figure(block) if isinstance(block, Figure) else block


def _section(section: Section) -> Section:
    if section.label == "sec:notation":
        return section
    return replace(
        section, blocks=tuple(_block(one) for one in section.blocks if not isinstance(one, Callout | Listing))
    )


def _block(block: Block) -> Block:
    if isinstance(block, Display):
        return replace(block, relations=tuple(map(_relation, block.relations)))
    if isinstance(block, Grid):
        return replace(block, rows=tuple(tuple(map(_relation, row)) for row in block.rows))
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Figure):
        return _figure(block)
    return replace(block, text=_text(block.text)) if isinstance(block, Paragraph | Heading) else block


def _relation(relation: Relation) -> Relation:
    """The formula in symbols, and a gap for the value; a relation without numbers stays."""
    if _is_given(relation):
        return relation
    kept, last = [], relation.rows[-1]
    for row in relation.rows:
        if _numeric(row.tree):
            break
        kept.append(row)
    if len(kept) == len(relation.rows):
        return replace(relation, rows=tuple(kept)) if not _computed(last) else _emptied(relation)
    return replace(relation, rows=(*kept, Row("=", _gaps(last.tree), "", last.label)))


def _is_given(relation: Relation) -> bool:
    """Whether it says nothing but the numbers of what is given."""
    lhs, (first, *more) = bare(relation.lhs), relation.rows
    return isinstance(lhs, Symbol) and lhs.role in GIVEN and not more and _numeric(first.tree)


def _computed(row: Row) -> bool:
    """Whether a row says the value of something: a rounded number in it has been computed."""
    return any(isinstance(node, Number) and not node.exact for node in walk(row.tree))


def _emptied(relation: Relation) -> Relation:
    *rows, last = relation.rows
    return replace(relation, rows=(*rows, replace(last, operator="=", tree=_gaps(last.tree), reason="")))


def _numeric(tree: Tree) -> bool:
    """Whether a tree has numbers and no symbols."""
    nodes = walk(tree)
    return any(isinstance(node, Number) for node in nodes) and not any(isinstance(node, Symbol) for node in nodes)


def _gaps(tree: Tree) -> Tree:
    inner = bare(tree)
    if isinstance(inner, Matrix):
        return Matrix(tuple(tuple(_gaps(entry) for entry in row) for row in inner.rows))
    if isinstance(inner, Number):
        return gap(inner.text)
    return mapped(inner, _gaps) if not isinstance(inner, Symbol) else inner


def _table(table: Table) -> Table:
    label, first = RESULTS

    def cell(text: Text, column: int) -> Text:
        if table.label == label and column >= first and any(isinstance(piece, Number) for piece in text):
            return tuple(gap(piece.text) if isinstance(piece, Number) else piece for piece in text)
        return _text(text)

    groups = tuple(tuple(tuple(cell(text, n) for n, text in enumerate(row)) for row in group) for group in table.groups)
    return replace(table, groups=groups)


def _text(text: Text) -> Text:
    return tuple(_piece(piece) for piece in text)


def _piece(piece: Any) -> Any:
    if isinstance(piece, Becomes):
        right = piece.right
        # The step from a computed gradient would give it away.
        shown = isinstance(right, Relation) and any(isinstance(n, Number) and not n.exact for n in walk(right.lhs))
        return replace(piece, right=gap(" " * SHORTEST) if shown else _piece(right))
    if isinstance(piece, Relation) and _computed(piece.rows[-1]):
        return _emptied(piece)
    return gap(piece.text) if isinstance(piece, Number) and not piece.exact else piece


def _figure(figure: Figure) -> Figure:
    """A figure without results, of which its caption may not speak."""
    return replace(figure, drawings=tuple(map(_drawing, figure.drawings)), caption=figure.blank or figure.caption)


def _drawing(drawing: Drawing) -> Drawing:
    """Neurons without their values, but for the inputs, which are given; a curve would give results away."""
    nodes = tuple(node if node.kind == "input" else replace(node, value="") for node in drawing.nodes)
    return replace(
        drawing, nodes=nodes, lines=tuple(line for line in drawing.lines if line.style not in ("curve", "mark"))
    )
