r"""Blocks → LaTeX: one small method for each kind of block, and a template for what stands around them.

Every text of a user's is escaped before it is printed; see `inline`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from symbackprop.display import Relation, align, preamble
from symbackprop.display.breaking import lay_out
from symbackprop.display.latex import LATEX, latex
from symbackprop.display.tikz import tikz
from symbackprop.display.width import width
from symbackprop.emit.document.blocks import (
    Block,
    Callout,
    Display,
    Document,
    Facts,
    Figure,
    Grid,
    Heading,
    Items,
    Key,
    Listing,
    Paragraph,
    Table,
)
from symbackprop.emit.document.inline import prose
from symbackprop.emit.document.tables import callout, facts, key, table

LINE = 455.0
# The code of a listing fits the line in footnotesize up to the first, in scriptsize up to the second width.
NARROW, WIDE = 92, 103
BOXED_LINES = 46
# Formulas that have no place where they could break are made smaller; the share is that of their full width.
NUMBER = 32.0
SIZES = {"": 1.0, r"\small": 0.92, r"\footnotesize": 0.84, r"\scriptsize": 0.75}
PACKAGE = Path(__file__).parents[2]
_LISTED = {"−": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "..."}


def typeset(document: Document) -> str:
    """The LaTeX source of a document."""
    sections = [
        {"title": prose((section.title,)), "label": section.label, "body": _body(section.blocks)}
        for section in document.sections
    ]
    values = {
        "title": prose((document.title,)),
        "subtitle": prose((document.subtitle,)),
        "running": prose((document.running,)),
        "authors": prose((", ".join(document.authors),)),
        "plain_title": _plain(f"{document.title}: {document.running}"),
        "plain_authors": _plain(", ".join(document.authors) or "symbackprop"),
        "language": {"en": "en-GB"}.get(document.language, document.language),
        "macros": preamble(),
        "opening": _body(document.opening),
        "sections": sections,
    }
    return environment().get_template("document/document.tex.j2").render(values)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The environment of LaTeX templates: Jinja's own delimiters would eat `{#1}`."""
    inside = PACKAGE / "templates"
    return Environment(
        loader=FileSystemLoader(inside if inside.is_dir() else PACKAGE.parent / "templates"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
    )


def _plain(text: str) -> str:
    """Text for the properties of a PDF, which take no commands."""
    return "".join(char for char in text if char.isascii() and (char.isalnum() or char in " .:,-()"))


def _body(blocks: Sequence[Block]) -> str:
    """The blocks one after the other; an empty line before a display would set it apart as a paragraph of its own."""
    printed = []
    for block, following in zip_longest(blocks, blocks[1:]):
        text = _PRINTERS[type(block)](block)
        near = isinstance(following, Table) and not following.caption
        printed.append(
            text if isinstance(following, Display | Grid) else f"{text}\n\\nopagebreak" if near else f"{text}\n"
        )
    return "\n".join(printed)


def _paragraph(block: Paragraph) -> str:
    return prose(block.text)


def _heading(block: Heading) -> str:
    # A formula in a heading takes part in its weight.
    return rf"\subsection*{{{prose(block.text)}}}"


def _display(block: Display) -> str:
    text = align(block.relations, LINE)
    lines, _ = lay_out(block.relations, LINE - NUMBER)
    left, right = max(width(line.lhs) for line in lines), max(width(line.body) for line in lines)
    size = next((size for size, share in SIZES.items() if (left + right) * share < LINE - NUMBER), r"\tiny")
    return f"{{{size}\n{text}\n}}" if size else text


def _grid(block: Grid) -> str:
    if all(len(row) == 1 for row in block.rows):
        return align([relation for row in block.rows for relation in row], LINE)
    lines = []
    for row in block.rows:
        label = row[-1].rows[-1].label
        lines.append(" & ".join(map(_aligned, row)) + (rf" \label{{{label}}}" if label else r" \notag"))
    return "\\begin{align}\n" + " \\\\[3pt]\n".join(lines) + "\n\\end{align}"


def _aligned(relation: Relation) -> str:
    members = " ".join(LATEX.show(row) for row in relation.rows)
    return f"{latex(relation.lhs)} &{members}"


def _items(block: Items) -> str:
    return "\n".join([r"\begin{sbpitems}", *(rf"\item {prose(text)}" for text in block.texts), r"\end{sbpitems}"])


def _figure(block: Figure) -> str:
    drawings = [rf"\sbpfit{{{tikz(drawing)}}}" for drawing in block.drawings]
    if len(drawings) > 1:
        share = 0.94 / len(drawings)
        drawings = [
            rf"\begin{{minipage}}[b]{{{share:.2f}\textwidth}}\centering {one}\end{{minipage}}" for one in drawings
        ]
    body = "\\hfill\n".join(drawings)
    if block.floats:
        caption = rf"\caption{{{prose(block.caption)}}}\label{{{block.label}}}"
        return f"\\begin{{figure}}[t]\n\\centering\n{body}\n{caption}\n\\end{{figure}}"
    return f"\\begin{{center}}\n{body}\n\\end{{center}}\n\\sbpcaption{{{block.label}}}{{{prose(block.caption)}}}"


def _listing(block: Listing) -> str:
    code = "".join(_LISTED.get(c, c if c in "\n" or " " <= c < "\x7f" else "?") for c in block.code.rstrip())
    # Nothing in the code may end the environment that holds it.
    code = code.replace(r"\end{verbatim}", r"\ end{verbatim}")
    lines = [part for line in code.split("\n") for part in _folded(line)]
    longest = max(map(len, lines), default=0)
    size = r"\footnotesize" if longest <= NARROW else r"\scriptsize"
    name = "sbpcode" if len(lines) <= BOXED_LINES else "sbplongcode"
    body = "\n".join(lines)
    return f"\\begin{{{name}}}{size}\\begin{{verbatim}}\n{body}\n\\end{{verbatim}}\\end{{{name}}}"


def _folded(line: str) -> list[str]:
    found = []
    while len(line) > WIDE:
        found.append(line[: WIDE - 2] + " \\")
        line = "    " + line[WIDE - 2 :]
    return [*found, line]


_PRINTERS: Mapping[type[Block], Callable[[Any], str]] = {
    Paragraph: _paragraph,
    Heading: _heading,
    Display: _display,
    Grid: _grid,
    Table: table,
    Facts: facts,
    Key: key,
    Items: _items,
    Figure: _figure,
    Listing: _listing,
    Callout: callout,
}
