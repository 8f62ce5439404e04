"""Signs, numbers and letters → MathML: the parts of a formula that hold no other formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from symbackprop.notation import GREEK, Sign

_LEAF = re.compile(r"<(m[ino])>[^<]*</\1>")
# Where the bold letters begin: upright for matrices, slanted for vectors.
_BOLD = {
    "matrix": {"A": 0x1D400, "a": 0x1D41A, "Α": 0x1D6A8, "α": 0x1D6C2},
    "vector": {"A": 0x1D468, "a": 0x1D482, "Α": 0x1D71C, "α": 0x1D736},
}


def one(text: str) -> str:
    """Printed text as one element, which fractions and scripts ask for."""
    return text if _LEAF.fullmatch(text) else f"<mrow>{text}</mrow>"


def parenthesised(text: str, tall: bool) -> str:
    """Printed text in parentheses; those of what is tall grow, which costs a little room on both sides."""
    looks = "" if tall else ' stretchy="false"'
    return f"<mrow><mo{looks}>(</mo>{text}<mo{looks}>)</mo></mrow>"


def parenthesis(mark: str, tall: bool) -> str:
    """One of two parentheses whose formulas stand in lines of their own."""
    looks = "" if tall else ' stretchy="false"'
    return f'<mo form="{"prefix" if mark == "(" else "postfix"}"{looks}>{mark}</mo>'


def bold(letter: str, shape: str) -> str:
    """A letter as the bold character of its own that stands for a vector or a matrix.

    Example:
        >>> bold("a", "vector"), bold("W", "matrix"), bold("δ", "vector")
        ('𝒂', '𝐖', '𝜹')
    """
    for first, start in _BOLD[shape].items():
        if 0 <= ord(letter) - ord(first) < (26 if first.isascii() else 25):
            return chr(start + ord(letter) - ord(first))
    return letter


def signed(number: str) -> str:
    """The digits of a number, with its minus as an operator."""
    return f'<mo form="prefix">−</mo><mn>{number[1:]}</mn>' if number.startswith("-") else f"<mn>{number}</mn>"


def name(sign: Sign, subscripts: Sequence[tuple[str, str]]) -> str:
    """A name with its layer above and its subscripts below; these come as plain text and as MathML."""
    letter = GREEK.get(sign.base, sign.base)
    if sign.shape != "scalar" and len(letter) == 1:
        letter = bold(letter, sign.shape)
    base = f"<mi>{escape(letter)}</mi>"
    own = _glued([(GREEK.get(sub, sub), _word(sub)) for sub in sign.subs])
    rest = _glued(subscripts)
    comma = "<mo>,</mo>" if own and rest else ""
    # A letter for the layer may bring its own comma, which only stands before something.
    place = _word(sign.place if own or rest else sign.place.rstrip(","))
    below = place + own + comma + rest
    above = _word(sign.layer)
    if above and sign.brackets:
        above = f'<mo stretchy="false">(</mo>{above}<mo stretchy="false">)</mo>'
    if above and below:
        return f"<msubsup>{base}{one(below)}{one(above)}</msubsup>"
    if below:
        return f"<msub>{base}{one(below)}</msub>"
    return f"<msup>{base}{one(above)}</msup>" if above else base


def _glued(parts: Sequence[tuple[str, str]]) -> str:
    """Subscripts side by side if each is one sign, else with commas; each comes as plain text and as MathML."""
    return ("" if all(len(plain) == 1 for plain, _ in parts) else "<mo>,</mo>").join(text for _, text in parts)


def _word(text: str) -> str:
    """A part of a name: numbers, letters, or a word that stands upright."""
    if len(text) > 2 and text.isalpha():
        return f"<mi>{GREEK.get(text, escape(text))}</mi>"
    kinds = re.findall(r"\d+|[^\W\d_]|.", text)
    tags = ("mn" if kind.isdigit() else "mi" if kind.isalpha() else "mo" for kind in kinds)
    return "".join(f"<{tag}>{escape(kind)}</{tag}>" for tag, kind in zip(tags, kinds, strict=True))
