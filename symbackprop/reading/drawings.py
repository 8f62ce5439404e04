r"""The SVG of a page → what it says: the value inside each neuron, and equalities written beside one.

A character that is raised is a superscript and one that is lowered a subscript, so that what is seen is what is read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from symbackprop.errors import LanguageError
from symbackprop.notation import GREEK
from symbackprop.reading.document import Passage, has_sign

_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_NODE = re.compile(r'<g class="node (?!box )[^>]*>.*?</g>', re.DOTALL)
_NOTE = re.compile(r'<text class="note"[^>]*>.*?</text>', re.DOTALL)
_PIECE = re.compile(r"[A-Za-z]{2,}|.", re.DOTALL)
_SIGNS = {
    "−": "-", "≈": r"\approx ", "·": r"\cdot ", "×": r"\times ", "\u200b": "",
    **{letter: rf"\{name} " for name, letter in GREEK.items()},
}  # fmt: skip


def drawn(page: str) -> Iterator[Passage]:
    """Every relation in the drawings of a page, in order.

    Raises:
        LanguageError: A part of a drawing is no XML.
    """
    for drawing in _SVG.finditer(page):
        start = drawing.start()
        for match in _NODE.finditer(drawing[0]):
            texts = {one.get("class"): svg_latex(one) for one in _parsed(match[0]).iter("text")}
            if "name" in texts and "value" in texts:
                yield Passage(
                    rf"{texts['name']} \approx {texts['value']}", _line(page, start + match.start()), "drawing"
                )
        for match in _NOTE.finditer(drawing[0]):
            if has_sign(found := svg_latex(_parsed(match[0]))):
                yield Passage(found, _line(page, start + match.start()), "drawing")


def svg_latex(part: Element, script: bool = False) -> str:
    r"""The LaTeX of what one `text` element shows, or a part of it; letters in a script stand for themselves.

    Example:
        >>> svg_latex(ElementTree.fromstring('<text>net<tspan class="script" dy="3">h1</tspan> = 2·10</text>'))
        '\\mathrm{net}_{h1} = 2\\cdot 10'
    """
    found = _letters(part.text, script)
    for child in part:
        if child.get("class") == "script":
            raised = child.get("dy", "").startswith("-")
            found = re.sub(r"\\cdot 10$", r"\\times 10", found) if raised else found
            found += f"{'^' if raised else '_'}{{{svg_latex(child, script=True)}}}"
        else:
            found += svg_latex(child, script)
        found += _letters(child.tail, script)
    return found


def _letters(text: str | None, script: bool) -> str:
    """Characters as LaTeX; slanted ones are letters, and several in a row a word."""
    plain = unicodedata.normalize("NFKC", (text or "").replace("\u2009", " "))
    return "".join(
        rf"\mathrm{{{piece}}}" if len(piece) > 1 and not script else _SIGNS.get(piece, piece)
        for piece in _PIECE.findall(plain)
    )


def _parsed(text: str) -> Element:
    if "<!" in text:
        raise LanguageError("a drawing declares nothing")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise LanguageError(f"this is no SVG: {error}") from None


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
