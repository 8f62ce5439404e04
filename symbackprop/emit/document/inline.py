"""Pieces of running text → LaTeX: text is escaped, formulas are set so that they fit a line of text.

Characters that pdfLaTeX has no letter for are replaced.
"""

from __future__ import annotations

from dataclasses import replace

from symbackprop.display import Fraction, Matrix, Number, PartialDerivative, Relation, Sum, Symbol, Tree, Words
from symbackprop.display.latex import LATEX, LatexPrinter, escape, height
from symbackprop.display.printer import ATOM, POWER, PRODUCT
from symbackprop.display.width import text_width, width
from symbackprop.emit.document.blocks import Becomes, Mention, Piece, Stress, Text

_REPLACED = {
    "“": "``", "”": "''", "‘": "`", "’": "'", "–": "--", "—": "---", "…": r"\dots{}", "½": "$\\tfrac12$",
    "×": r"$\times$", "≈": r"$\approx$", "∂": r"$\partial$", "²": r"$^2$", "→": r"$\to$", "−": "$-$", "·": r"$\cdot$",
    "⊙": r"$\odot$", "„": r"\quotedblbase{}", "«": r"\guillemotleft{}", "»": r"\guillemotright{}", "\xa0": "~",
}  # fmt: skip


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

    def wrap(self, text: str, tree: Tree) -> str:
        return rf"\bigl({text}\bigr)" if height(tree) else f"({text})"

    def matrix(self, tree: Matrix, leading: bool) -> str:
        rows = [" & ".join(self.show(entry) for entry in row) for row in tree.rows]
        return r"\bigl[\begin{smallmatrix}" + r" \\ ".join(rows) + r"\end{smallmatrix}\bigr]"


INLINE = InlinePrinter()


def breakable(relation: Relation) -> str:
    """A relation that lines may break before the operators of its sums, but not behind its signs."""
    text = INLINE.show(relation.lhs)
    for row in relation.rows:
        terms = INLINE.terms(row.tree.terms) if isinstance(row.tree, Sum) else [("", INLINE(row.tree))]
        broken = r" \allowbreak ".join(f"{operator} {term}".strip() for operator, term in terms)
        text += f" {INLINE.equality(row.operator)} {broken}"
    return rf"{{\relpenalty=10000 ${text}$}}" if r"\allowbreak" in text else f"${text}$"


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


def cell_width(text: Text) -> float:
    """The width of a cell of a table in points."""
    return sum(
        text_width(piece) if isinstance(piece, str) else 22 if isinstance(piece, Mention) else _formula_width(piece)
        for piece in text
    )


def _formula_width(piece: Piece) -> float:
    return width(INLINE(piece)) * 10 / 10.95 if isinstance(piece, Tree) else 30
