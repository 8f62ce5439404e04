"""Pieces of running text → HTML: text is escaped, formulas are set so that they fit a line of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from markupsafe import Markup, escape

from symbackprop.display import Fraction, Number, PartialDerivative, Relation, Symbol, Tree, Words
from symbackprop.display.letters import one
from symbackprop.display.mathml import MathmlPrinter, anchor
from symbackprop.display.printer import ATOM, POWER, PRODUCT
from symbackprop.emit.document.blocks import Becomes, Mention, Piece, Stress, Text
from symbackprop.emit.document.phrases import Phrases
from symbackprop.emit.page.pieces import pieces

# What is wider in running text, in points on paper, may be broken.
SHORT = 200.0
_SLASH = '<mo lspace="0.05em" rspace="0.05em">/</mo>'


class InlinePrinter(MathmlPrinter):
    """Formulas inside running text: derivatives and long fractions with a slash."""

    def fraction(self, tree: Fraction, leading: bool) -> str:
        short = all(isinstance(part, Number | Symbol) for part in (tree.above, tree.below))
        if tree.inline or short:
            return super().fraction(replace(tree, inline=True), leading)
        return f"{self.show(tree.above, PRODUCT)}{_SLASH}{self.show(tree.below, ATOM)}"

    def partialderivative(self, tree: PartialDerivative, leading: bool) -> str:
        above = self.show(tree.of, POWER) if tree.of else ""
        return f"<mi>∂</mi>{above}{_SLASH}<mi>∂</mi>{self.show(tree.wrt, POWER)}"


class Prose:
    """Sets running text.

    Args:
        numbers: The number of everything that a text may mention, by its label.
        say: The language that formulas are spoken in; English if left out.
    """

    def __init__(self, numbers: Mapping[str, str], say: Phrases | None = None) -> None:
        self.numbers, self.say = numbers, say or Phrases()
        self.printer = InlinePrinter(numbers)
        self.display = MathmlPrinter(numbers)

    def __call__(self, text: Text) -> Markup:
        """A whole text."""
        return Markup("").join(map(self._piece, text))

    def plain(self, text: Text) -> str:
        """The same without any markup, for those who cannot see it."""
        return "".join(self._plain(piece) for piece in text)

    def reason(self, reason: str | Words) -> Markup:
        """Why a line holds."""
        return Markup(self.printer.running(reason))

    def _piece(self, piece: Piece) -> Markup:
        if isinstance(piece, str):
            return escape(piece)
        if isinstance(piece, Stress):
            return Markup("<em>{}</em>").format(piece.words)
        if isinstance(piece, Mention):
            return self._mention(piece)
        if isinstance(piece, Becomes):
            left, right = self.printer(piece.left), self.printer(piece.right)
            return Markup(f'<math alttext="{escape(self._plain(piece))}"><mrow>{left}<mo>←</mo>{right}</mrow></math>')
        if isinstance(piece, Words):
            return Markup(self.printer.running(piece))
        return self.formula(piece)

    def formula(self, tree: Tree) -> Markup:
        """A formula in a line; a relation may be broken at its signs, and a long member at its operators."""
        return (
            Markup("<wbr>").join(self._parts(tree)) if isinstance(tree, Relation) else Markup(self.printer.math(tree))
        )

    def _parts(self, tree: Relation) -> Iterator[Markup]:
        lhs, before = f"{self.printer.plain(tree.lhs)} ", self.printer(tree.lhs)
        for row in tree.rows:
            for number, (text, part, _) in enumerate(pieces(row, self.printer, SHORT)):
                sign = f"{row.operator} " if not number else ""
                spoken = escape(f"{lhs}{sign}{self.printer.plain(part)}")
                yield Markup(f'<math alttext="{spoken}">{one(before + text)}</math>')
                lhs, before = "", ""

    def _mention(self, piece: Mention) -> Markup:
        number = self.numbers.get(piece.label, "?")
        shown = f"({number})" if piece.label.startswith("eq:") else number
        words = f"{piece.word}\N{NO-BREAK SPACE}{shown}" if piece.word else shown
        return Markup('<a href="#{}">{}</a>').format(anchor(piece.label), words)

    def _plain(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return piece
        if isinstance(piece, Stress):
            return piece.words
        if isinstance(piece, Mention):
            return f"{piece.word} {self.numbers.get(piece.label, '')}".strip()
        if isinstance(piece, Becomes):
            left, right = self.printer.plain(piece.left), self.printer.plain(piece.right)
            return self.say.words("{left} becomes {right}", left=left, right=right)
        return self.printer.plain(piece)
