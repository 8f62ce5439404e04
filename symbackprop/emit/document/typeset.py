r"""Blocks → LaTeX: one small method for each kind of block, and a template for what stands around them.

Characters that pdfLaTeX has no letter for are replaced, and every text of a user's is escaped before it is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from symbackprop.display import (
    Fraction,
    Matrix,
    Number,
    PartialDerivative,
    Relation,
    Symbol,
    Tree,
    Words,
    align,
    preamble,
)
from symbackprop.display.diagram import tikz
from symbackprop.display.latex import LATEX, LatexPrinter, escape, latex
from symbackprop.display.printer import ATOM, POWER, PRODUCT
from symbackprop.display.width import text_width, width
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
    Items,
    Key,
    Listing,
    Mention,
    Paragraph,
    Piece,
    Stress,
    Table,
    Text,
)


class InlinePrinter(LatexPrinter):
    """Formulas inside running text: fractions with a slash, small matrices."""

    def fraction(self, tree: Fraction, leading: bool) -> str:
        short = all(isinstance(part, Number | Symbol) for part in (tree.above, tree.below))
        if tree.inline or short:
            return super().fraction(replace(tree, inline=True), leading)
        return f"{self.show(tree.above, PRODUCT)}/{self.show(tree.below, ATOM)}"

    def partialderivative(self, tree: PartialDerivative, leading: bool) -> str:
        above = self.show(tree.of, POWER) if tree.of else ""
        return rf"\partial {above}/\partial {self.show(tree.wrt, POWER)}"

    def matrix(self, tree: Matrix, leading: bool) -> str:
        rows = [" & ".join(self.show(entry) for entry in row) for row in tree.rows]
        return r"\bigl[\begin{smallmatrix}" + r" \\ ".join(rows) + r"\end{smallmatrix}\bigr]"


INLINE = InlinePrinter()
LINE = 455.0
# The code of a listing fits the line in footnotesize up to the first, in scriptsize up to the second width.
NARROW, WIDE = 92, 103
BOXED_LINES = 46
MOST_TABLE_ROWS = 32
Rows = tuple[tuple[Text, ...], ...]
PACKAGE = Path(__file__).parents[2]
_REPLACED = {
    "“": "``", "”": "''", "‘": "`", "’": "'", "–": "--", "—": "---", "…": r"\dots{}", "½": "$\\tfrac12$",
    "×": r"$\times$", "≈": r"$\approx$", "∂": r"$\partial$", "²": r"$^2$", "→": r"$\to$", "−": "$-$", "·": r"$\cdot$",
}  # fmt: skip
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


def prose(text: Text) -> str:
    """Running text, everything in it escaped or printed as a formula."""
    return "".join(map(_piece, text))


def _piece(piece: Piece) -> str:
    if isinstance(piece, str):
        return words(piece)
    if isinstance(piece, Stress):
        return rf"\emph{{{words(piece.words)}}}"
    if isinstance(piece, Mention):
        number = rf"\eqref{{{piece.label}}}" if piece.label.startswith("eq:") else rf"\ref{{{piece.label}}}"
        return f"{piece.word}~{number}" if piece.word else number
    if isinstance(piece, Becomes):
        return rf"${INLINE(piece.left)} \leftarrow {INLINE(piece.right)}$"
    if isinstance(piece, Words):
        return LATEX.words(piece)
    return f"${INLINE(piece)}$"


def words(text: str) -> str:
    """Text for LaTeX: what TeX would act on is escaped, what its fonts lack is replaced."""
    return "".join(_REPLACED.get(char) or (escape(char) if _printable(char) else "?") for char in text)


def _printable(char: str) -> bool:
    # Letters up to Latin Extended-A are in T1 fonts; controls are in none.
    return " " <= char < "\x7f" or "\xa0" < char < "\u0180"


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
    return align(block.relations, LINE)


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


def _table(block: Table) -> str:
    parts = _parts(block.groups)
    printed = [_tabular(block, part) for part in parts]
    if block.caption:
        printed[0] = f"\\sbptable{{{block.label}}}{{{prose(block.caption)}}}{{{printed[0]}}}"
    else:
        printed[0] = f"\\sbpplaintable{{{printed[0]}}}"
    return "\n\n".join([printed[0], *(f"\\sbpplaintable{{{part}}}" for part in printed[1:])])


def _parts(groups: Sequence[Rows]) -> list[list[Rows]]:
    """Groups of rows in parts that fit a page."""
    parts: list[list[Rows]] = [[]]
    for group in groups:
        for start in range(0, len(group), MOST_TABLE_ROWS):
            rows = group[start : start + MOST_TABLE_ROWS]
            if sum(map(len, parts[-1])) + len(rows) > MOST_TABLE_ROWS:
                parts.append([])
            parts[-1].append(rows)
    return parts


def _tabular(block: Table, part: Sequence[Rows]) -> str:
    head = " & ".join(rf"\textbf{{{prose(cell)}}}" if cell else "" for cell in block.head)
    groups = [" \\\\\n".join(" & ".join(map(prose, row)) for row in group) for group in part]
    body = " \\\\\n\\addlinespace\n".join(group for group in groups if group)
    columns = "".join(block.columns)
    space = r"\setlength{\tabcolsep}{4pt}" if _table_width(block) > LINE - 40 else ""
    size = r"\footnotesize" if _table_width(block) > LINE else r"\small"
    return (
        f"{size}{space}\\begin{{tabular}}{{@{{}}{columns}@{{}}}}\n\\toprule\n{head} \\\\\n\\midrule\n{body} \\\\\n"
        "\\bottomrule\n\\end{tabular}"
    )


def _table_width(block: Table) -> float:
    rows = [block.head, *(row for group in block.groups for row in group)]
    widths = [max(_cell_width(row[n]) for row in rows if n < len(row)) for n in range(len(block.columns))]
    return sum(widths) + 12 * (len(widths) - 1)


def _cell_width(text: Text) -> float:
    return sum(
        text_width(piece) if isinstance(piece, str) else 22 if isinstance(piece, Mention) else _formula_width(piece)
        for piece in text
    )


def _formula_width(piece: Piece) -> float:
    return width(INLINE(piece)) * 10 / 10.95 if isinstance(piece, Tree) else 30


def _facts(block: Facts) -> str:
    """Two pairs beside each other where they fit, else one below the other."""
    empty: tuple[Text, Text] = ((), ())
    pairs = list(zip_longest(block.left, block.right, fillvalue=empty))
    left = max((_cell_width(a[1]) for a, _ in pairs), default=LINE)
    right = max((_cell_width(b[1]) for _, b in pairs), default=LINE)
    names = [max((_cell_width(pair[n][0]) for pair in pairs), default=0.0) for n in (0, 1)]
    if left + right + sum(names) + 60 < LINE:
        rows = [" & ".join(f"{_bold(name)} & {prose(text)}" for name, text in pair) for pair in pairs]
        below = [rf"{_bold(name)} & \multicolumn{{3}}{{@{{}}l@{{}}}}{{{prose(text)}}}" for name, text in block.below]
        columns = r"@{}l@{\hspace{1em}}l@{\hspace{1.6em}}l@{\hspace{1em}}l@{}"
        if any(_cell_width(text) > LINE - names[0] - 30 for _, text in block.below):
            wide = rf"p{{{left + right + names[1] + 27:.0f}pt}}"
            below = [row.replace(r"{@{}l@{}}", rf"{{@{{}}{wide}@{{}}}}", 1) for row in below]
    else:
        rows = [f"{_bold(name)} & {_wrapped(text)}" for name, text in (*block.left, *block.right)]
        below = [f"{_bold(name)} & {_wrapped(text)}" for name, text in block.below]
        columns = r"@{}l@{\hspace{1em}}>{\raggedright\arraybackslash}p{.8\textwidth}@{}"
    body = " \\\\\n".join(rows) + " \\\\\n" + ("\\midrule\n" + " \\\\\n".join(below) + " \\\\\n" if below else "")
    return f"\\begin{{center}}\\small\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{body}\\bottomrule\n\\end{{tabular}}\n\\end{{center}}"


def _wrapped(text: Text) -> str:
    return prose(text).replace(",  ", ",\\; ")


def _bold(text: Text) -> str:
    return rf"\textbf{{{prose(text)}}}"


def _key(block: Key) -> str:
    rows = []
    for n in range(max(len(block.left), len(block.right))):
        cells = [
            *(block.left[n] if n < len(block.left) else ((), ())),
            *(block.right[n] if n < len(block.right) else ((), ())),
        ]
        rows.append(" & ".join(map(prose, cells)) + r" \\[1pt]")
    columns = r"@{}l@{\hspace{1em}}l@{\hspace{2em}}l@{\hspace{1em}}l@{}"
    return "\n".join([rf"\begin{{center}}\small\begin{{tabular}}{{{columns}}}", r"\toprule", *rows, r"\bottomrule",
                      r"\end{tabular}\end{center}"])  # fmt: skip


def _items(block: Items) -> str:
    return "\n".join([r"\begin{sbpitems}", *(rf"\item {prose(text)}" for text in block.texts), r"\end{sbpitems}"])


def _figure(block: Figure) -> str:
    drawings = [tikz(drawing) for drawing in block.drawings]
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


def _callout(block: Callout) -> str:
    rows = "\n".join(rf"{prose(number)} & {prose(text)} \\" for number, text in block.rows)
    return rf"\begin{{sbpcallout}}{{{words(block.title)}}}{{{prose(block.lead)}}}" + f"\n{rows}\n" + r"\end{sbpcallout}"


_PRINTERS = {
    Paragraph: _paragraph,
    Heading: _heading,
    Display: _display,
    Grid: _grid,
    Table: _table,
    Facts: _facts,
    Key: _key,
    Items: _items,
    Figure: _figure,
    Listing: _listing,
    Callout: _callout,
}
