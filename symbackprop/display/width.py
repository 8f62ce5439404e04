r"""Estimates how wide a formula is printed, from its LaTeX and font metrics, without running TeX.

It knows the subset that `latex` prints and the text in `\why`; what it does not know counts as a letter. An estimate
within a few percent is enough to choose where lines break, and takes microseconds where TeX takes a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import east_asian_width

from symbackprop.display import metrics
from symbackprop.display.metrics import (
    BINARY,
    CLOSING,
    GAP,
    INNER,
    OPENING,
    OPERATOR,
    ORDINARY,
    PUNCTUATION,
    RELATION,
    SCALES,
    SIZE,
)

_TOKENS = re.compile(r"\\[A-Za-z]+\*?|\\.|\s+|.", re.DOTALL)
_SCRIPT_SPACE = 46  # half a point after every script
_WRAPPERS = {"fE", "fS", "fX", "fD"}
_WORDS = {"log", "tanh", "sinh", "cosh", "sin", "cos", "tan", "exp", "max", "min"}


@dataclass(frozen=True)
class _Atom:
    width: float
    kind: int = ORDINARY
    correction: float = 0
    stacked: bool = False


@lru_cache(maxsize=4096)
def width(tex: str) -> float:
    r"""The width of a displayed formula in points, in Latin Modern at 11 pt.

    Example:
        >>> round(width(r"\frac{1}{1 + e^{-z}}"))
        38
    """
    return _Reader(tex).line(0, None) * SIZE / 1000


def text_width(tex: str) -> float:
    """The width in points of running text in the small size that reasons in the margin have."""
    pieces = tex.split("$")
    upright = sum(_words(re.sub(r"\\eqref\{[^}]*\}", "(00)", piece)) for piece in pieces[::2])
    return (upright * SIZE / 1000 + sum(map(width, pieces[1::2]))) * 10 / SIZE


def _words(text: str) -> float:
    plain = re.sub(r"\\[a-z]+\{\}|\\(.)", r"\1", text)
    return sum(metrics.UPRIGHT.get(char, 1000 if east_asian_width(char) in "WF" else 500) for char in plain)


class _Reader:
    """Reads tokens from left to right and measures; styles are 0 display, 1 text, 2 script, 3 scriptscript."""

    def __init__(self, tex: str) -> None:
        self.tokens = _TOKENS.findall(tex)
        self.position = 0

    def peek(self) -> str:
        while self.position < len(self.tokens) and self.tokens[self.position].isspace():
            self.position += 1
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def line(self, style: int, end: str | None) -> float:
        """The width of everything up to a closing token, spaces between atoms included."""
        total, before = 0.0, None
        pending: list[_Atom] = []
        while self.peek() and self.peek() != end and self.peek() not in ("&", r"\\", r"\end"):
            pending.append(self.atom(style))
        kinds = _kinds(pending)
        for atom, kind in zip(pending, kinds, strict=True):
            total += atom.width
            if kind != GAP:
                total += metrics.space(before, kind, style) if before is not None else 0
                before = kind
        return total

    def group(self, style: int) -> float:
        """The width of an argument: a group in braces or one atom."""
        if self.peek() != "{":
            return self.nucleus(style).width if self.peek() else 0.0
        self.next()
        found = self.line(style, "}")
        self.next()
        return found

    def verbatim(self) -> str:
        """The tokens of an argument that is not mathematics."""
        self.next()
        depth, found = 1, []
        while depth and self.position < len(self.tokens):
            token = self.tokens[self.position]
            self.position += 1
            depth += (token == "{") - (token == "}")
            found.append(token)
        return "".join(found[:-1])

    def letters(self) -> list[str]:
        """The letters of an argument that is one name, be it a word."""
        return [one for one in _TOKENS.findall(self.verbatim()) if one not in ("{", "}", r"\mathrm")]

    def atom(self, style: int) -> _Atom:
        """One atom with its scripts."""
        nucleus = self.nucleus(style)
        above = below = 0.0
        scripts = False
        while self.peek() in ("^", "_", "'", r"\lay", r"\T"):
            mark, scripts = self.next(), True
            smaller = _smaller(style)
            if mark == "'":
                above += 275 * SCALES[smaller]
            elif mark == r"\T":
                above += 778 * SCALES[smaller]
            elif mark == r"\lay":
                above += self.group(smaller) + 2 * 389 * SCALES[smaller]
            elif mark == "^":
                above += self.group(smaller)
            else:
                below = self.group(smaller)
        if not scripts:
            return _Atom(nucleus.width + nucleus.correction, nucleus.kind)
        if nucleus.stacked:
            return _Atom(max(nucleus.width, above, below), nucleus.kind)
        widest = max(above + nucleus.correction if above else 0, below)
        return _Atom(nucleus.width + widest + _SCRIPT_SPACE, nucleus.kind)

    def nucleus(self, style: int) -> _Atom:
        token = self.next()
        scale = SCALES[style]
        if token == "{":
            inner = self.line(style, "}")
            self.next()
            return _Atom(inner)
        name = token[1:] if len(token) > 1 and token[1].isalpha() else token
        if name in metrics.SYMBOLS:
            measured, kind = metrics.SYMBOLS[name]
            return _Atom(measured * scale, kind)
        if len(token) == 1:
            letter = metrics.ITALIC.get(token, 500)
            return _Atom(letter * scale, correction=metrics.CORRECTION.get(token, 0) * scale)
        if name in metrics.GREEK:
            return _Atom(metrics.GREEK[name] * scale)
        return self.command(name, style)

    def command(self, name: str, style: int) -> _Atom:
        if name in _WRAPPERS:
            return _Atom(self.group(style))
        if name in _WORDS:
            return _Atom(_words(name) * SCALES[style], OPERATOR, stacked=name in ("max", "min") and style == 0)
        if name[:-1] in metrics.DELIMITERS and name[-1] in "lr":
            self.next()
            return _Atom(metrics.DELIMITERS[name[:-1]], OPENING if name[-1] == "l" else CLOSING)
        measure = _COMMANDS.get(name)
        return measure(self, style) if measure else _Atom(600 * SCALES[style])

    def fraction(self, style: int) -> _Atom:
        inside = 1 if style == 0 else _smaller(style)
        return _Atom(max(self.group(inside), self.group(inside)) + 219)

    def small_fraction(self, style: int) -> _Atom:
        return _Atom(max(self.group(_smaller(style)), self.group(_smaller(style))) + 219)

    def partial(self, style: int) -> _Atom:
        inside = 1 if style == 0 else _smaller(style)
        sign = (metrics.GREEK["partial"] + 56) * SCALES[inside]
        return _Atom(max(self.group(inside), self.group(inside)) + sign + 219)

    def root(self, style: int) -> _Atom:
        return _Atom(self.group(style) + 833 * SCALES[style])

    def summation(self, style: int) -> _Atom:
        return _Atom(1319 if style == 0 else 965 * SCALES[style], OPERATOR, stacked=style == 0)

    def brace(self, style: int) -> _Atom:
        body = self.group(style)
        return _Atom(max(body, self.group(_smaller(style)), 1644), ORDINARY)

    def plain_brace(self, style: int) -> _Atom:
        body = self.group(style)
        if self.peek() == "_":
            self.next()
            body = max(body, self.group(_smaller(style)))
        return _Atom(max(body, 1644), OPERATOR)

    def bold(self, style: int) -> _Atom:
        return _Atom(sum(map(_bold, self.letters())) * SCALES[style])

    def matrix_letter(self, style: int) -> _Atom:
        found = (_bold(one) if one.startswith("\\") else metrics.BOLD.get(one, 575) for one in self.letters())
        return _Atom(sum(found) * SCALES[style])

    def words(self, style: int) -> _Atom:
        return _Atom(_words(self.verbatim()) * SCALES[style])

    def operator_name(self, style: int) -> _Atom:
        return _Atom(_words(self.verbatim().replace(r"\,", "")) * SCALES[style], OPERATOR)

    def limits_name(self, style: int) -> _Atom:
        return _Atom(_words(self.verbatim().replace(r"\,", "")) * SCALES[style] + 167, OPERATOR, stacked=style == 0)

    def reference(self, style: int) -> _Atom:
        self.verbatim()
        return _Atom(1778 * SCALES[style])

    def box(self, style: int) -> _Atom:
        return _Atom(self.group(0) + 804)

    def environment(self, style: int) -> _Atom:
        name = self.verbatim()
        columns: list[float] = []
        rows, column = 1, 0
        while self.peek() and self.peek() != r"\end":
            cell = self.line(1, None)
            columns += [0.0] * (column + 1 - len(columns))
            columns[column] = max(columns[column], cell)
            if self.peek() in ("&", r"\\"):
                rows += self.peek() == r"\\"
                column = column + 1 if self.next() == "&" else 0
        self.next()
        self.verbatim()
        if name == "cases":
            return _Atom(sum(columns) + 1845, INNER)
        return _Atom(sum(columns) + 913 * (len(columns) - 1) + 2 * (480 + 26 * min(rows, 5)), INNER)


def _kinds(atoms: list[_Atom]) -> list[int]:
    """The kinds of atoms after TeX's rule that a sign without two operands is no operator."""
    kinds = [atom.kind for atom in atoms]
    before: int | None = None
    for position, kind in enumerate(kinds):
        if kind == GAP:
            continue
        if kind == BINARY and before in (None, BINARY, OPERATOR, RELATION, OPENING, PUNCTUATION):
            kinds[position] = kind = ORDINARY
        elif before == BINARY and kind in (RELATION, CLOSING, PUNCTUATION):
            last = max(n for n in range(position) if kinds[n] != GAP)
            kinds[last] = ORDINARY
        before = kind
    return kinds


def _smaller(style: int) -> int:
    return 2 if style < 2 else 3


def _bold(token: str) -> int:
    if token.startswith("\\"):
        return round(metrics.GREEK.get(token[1:], 560) * 1.15)
    return metrics.BOLD_ITALIC.get(token, 575)


_COMMANDS: dict[str, Callable[[_Reader, int], _Atom]] = {
    "frac": _Reader.fraction,
    "tfrac": _Reader.small_fraction,
    "pd": _Reader.partial,
    "sqrt": _Reader.root,
    "sum": _Reader.summation,
    "ubE": _Reader.brace,
    "ubS": _Reader.brace,
    "ubX": _Reader.brace,
    "ubD": _Reader.brace,
    "underbrace": _Reader.plain_brace,
    "vect": _Reader.bold,
    "mat": _Reader.matrix_letter,
    "mathrm": _Reader.words,
    "text": _Reader.words,
    "operatorname": _Reader.operator_name,
    "operatorname*": _Reader.limits_name,
    "eqref": _Reader.reference,
    "result": _Reader.box,
    "begin": _Reader.environment,
}
