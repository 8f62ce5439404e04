r"""LaTeX text → the tree of a formula, or of a chain of equalities: the two ways into this package."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.display.tree import Relation, Row, Tree
from symbackprop.errors import LanguageError
from symbackprop.reading.atoms import COLOURS
from symbackprop.reading.formula import ASSIGNMENTS, EQUALITIES, Formula
from symbackprop.reading.spelling import Names
from symbackprop.reading.tokens import MOST_CHARACTERS, Token, closing, tokens, where

EQUALITY_NEEDED = "an equality is needed"


def read_formula(text: str, names: Names | None = None, most: int = MOST_CHARACTERS) -> Tree:
    r"""The tree of a formula in LaTeX, ours or a textbook's.

    Args:
        text: Math without dollars.
        names: Who knows what signs stand for; left out, each sign is a symbol of its own.
        most: How many characters are read.

    Raises:
        LanguageError: Something in it is not understood; the message says where.
        TooLargeError: It is longer or deeper than what anybody writes.

    Example:
        >>> from symbackprop.display import text
        >>> text(read_formula(r"\frac{1}{1 + e^{-z_j}}"))
        '1/(1 + exp(-zⱼ))'
    """
    formula = Formula(tokens(text, most), text, names)
    try:
        tree = formula.condition()
        if formula.here in (".", ",", ";"):
            formula.next()
        formula.done()
    except RecursionError:
        raise LanguageError(f"{where(text, 0)}: this is nested too deeply") from None
    return tree


def _on_one_line(found: Sequence[Token]) -> list[Token]:
    """The tokens without alignment points and line ends, but for those inside matrices and cases."""
    kept, depth = [], 0
    for token in found:
        depth += (token.text == r"\begin") - (token.text == r"\end")
        if depth or token.text not in ("&", r"\\"):
            kept.append(token)
    return kept


def _without_torn_colours(found: list[Token], text: str) -> list[Token]:
    """The tokens without colours that end inside of a parenthesis: it goes on in the next line, in a colour again."""
    torn: set[int] = set()
    for place, token in enumerate(found):
        if token.text in COLOURS and [one.text for one in found[place + 1 : place + 2]] == ["{"]:
            end = closing(found, place + 1, text)
            inside = [one.text for one in found[place:end]]
            if inside.count("(") != inside.count(")"):
                torn |= {place, place + 1, end}
    return [token for place, token in enumerate(found) if place not in torn]


def read_relation(text: str, names: Names | None = None, most: int = MOST_CHARACTERS) -> Relation:
    r"""The chain of equalities in LaTeX: a left-hand side and what it is equal to, exactly or rounded.

    Args:
        text: Math without dollars; alignment points are passed over.
        names: Who knows what signs stand for; left out, each sign is a symbol of its own.
        most: How many characters are read.

    Raises:
        LanguageError: Something in it is not understood, or there is no equality in it; the message says where.
        TooLargeError: It is longer or deeper than what anybody writes.

    Example:
        >>> [row.operator for row in read_relation(r"z &= 0.15 \times 0.05 \approx 0.0075").rows]
        ['=', '≈']
    """
    formula = Formula(_without_torn_colours(_on_one_line(tokens(text, most)), text), text, names)
    rows: list[Row] = []
    try:
        left = formula.sum()
        while formula.here in EQUALITIES or formula.here in ASSIGNMENTS:
            operator = EQUALITIES.get(formula.next(), "=")
            rows.append(Row(operator, formula.sum()))  # type: ignore[arg-type]
        if formula.here in (".", ",", ";"):
            formula.next()
        formula.done()
    except RecursionError:
        raise LanguageError(f"{where(text, 0)}: this is nested too deeply") from None
    if not rows:
        raise formula.error(EQUALITY_NEEDED, help="such as z = w x + b")
    return Relation(left, tuple(rows))
