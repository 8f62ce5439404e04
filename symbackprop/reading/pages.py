"""The HTML of a page → everything in it that says that something equals something, with its line; see `document`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from symbackprop.errors import LanguageError
from symbackprop.reading.document import Passage, Readable, has_sign
from symbackprop.reading.drawings import drawn
from symbackprop.reading.mathml import latex_of
from symbackprop.reading.tables import table_of

_MATH = re.compile(r"<math\b[^>]*>.*?</math>", re.DOTALL)
_MARK = re.compile(r'<div class="(line[^"]*|lhs|body|reason|number|relations)">|(<math\b[^>]*>.*?</math>)', re.DOTALL)
# Formulas between which a line may break are one.
_BREAK = re.compile(r"</math><wbr><math\b[^>]*>")
_TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.DOTALL)
_HIDDEN = re.compile(r"<(script|style|template)\b.*?</\1>", re.DOTALL)
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_NUMBER = re.compile(r"-? ?\d+\.\d{6,}(?: \\times 10\^\{-? ?\d+\})?$")


def read_page(source: str) -> Readable:
    """What a page says."""
    body = _BREAK.sub("", _HIDDEN.sub(_cleared, source))
    drawings = list(drawn(body))
    body = _SVG.sub(_cleared, body)
    tables = []
    for match in _TABLE.finditer(body):
        rows = [
            ([_cell(cell[1]) for cell in _CELL.finditer(row[1])], _line(body, match.start(1) + row.start()))
            for row in _ROW.finditer(match[1])
        ]
        table = table_of(rows)
        tables += [table] if table is not None else []
    body = _TABLE.sub(_cleared, body)
    found = list(_relations(body))
    numbers = [one for one in found if one.kind == "number"]
    relations = [*drawings, *(one for one in found if one.kind != "number")]
    return Readable(sorted(relations, key=lambda one: one.line), tables, numbers, [])


def _cleared(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _cell(html: str) -> str:
    """A cell with its formulas as LaTeX between dollars."""
    return unescape(re.sub(r"<[^>]+>", "", _MATH.sub(lambda match: f"${latex_of(match[0])}$", html))).strip()


def _relations(body: str) -> Iterator[Passage]:
    """Relations in lines of a grid, whose sides are formulas of their own, and those that stand in running text."""
    pending, start, place = "", 0, ""
    for match in _MARK.finditer(body):
        if match[1]:
            place = match[1]
            if place == "relations" or ("line" in place and "first" in place):
                yield from _finished(pending, start)
                pending, start = "", _line(body, match.start())
            continue
        formula = latex_of(match[2])
        if place in ("lhs", "body"):
            pending += f" {formula}"
        else:
            yield from _alone(formula, _line(body, match.start()))
        if body.startswith("</div>", match.end()) and place == "reason":
            place = ""
    yield from _finished(pending, start)


def _finished(text: str, line: int) -> Iterator[Passage]:
    if text.strip():
        if not has_sign(text):
            raise LanguageError(f"line {line}: a relation without a sign: {text}")
        yield Passage(text.strip(), line)


def _alone(text: str, line: int) -> Iterator[Passage]:
    if has_sign(text):
        yield Passage(text, line, "inline")
    elif _NUMBER.match(text):
        yield Passage(text, line, "number")
