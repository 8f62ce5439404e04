r"""The LaTeX source of a document → everything in it that says that something equals something, with its line.

Displays are taken apart at their alignment points and line ends; formulas between dollars count if they hold an
equality; tables and drawings say by their place what a number is the value of. Code listings are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symbackprop.errors import LanguageError

_VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting)\}.*?\\end\{\1\}", re.DOTALL)
_DISPLAY = re.compile(r"\\begin\{(align|equation|gather|multline)(\*?)\}(.*?)\\end\{\1\2\}|\\\[(.*?)\\\]", re.DOTALL)
_INLINE = re.compile(r"(?<!\\)\$(.+?)(?<!\\)\$|\\\((.+?)\\\)", re.DOTALL)
_SIGN = re.compile(r"(?<![<>!:\\])=|\\approx(?![A-Za-z])|\\leftarrow(?![A-Za-z])")
_NODE = re.compile(r"\{\$((?:[^$])+)\$\\\\\[-?\d+pt\]\{\\tiny \$([^$]+)\$\}\}")
_LONE = re.compile(r"(?<!\\)\$(-?\d+\.\d{6,}(?:\\times10\^\{-?\d+\})?)\$")
_TABULAR = re.compile(r"\\sbp(?:plain)?table.*?\\end\{tabular\}", re.DOTALL)
_LABEL = re.compile(r"\\label\{([^{}]*)\}")
_REFERENCE = re.compile(r"\\(?:eqref|ref|pageref)\*?\{([^{}]*)\}")


@dataclass(frozen=True)
class Passage:
    """A relation as it stands in a document.

    Attributes:
        text: Its LaTeX, without dollars.
        line: The line of the document where it begins, counted from 1.
        kind: `"display"`, `"inline"`, `"drawing"` or `"table"`.
        sample: The sample that a row of a table speaks of; 0 if it speaks of none.
    """

    text: str
    line: int
    kind: str = "display"
    sample: int = 0


@dataclass(frozen=True)
class Rows:
    """A table of signs with what is printed beside each.

    Attributes:
        signs: The sign at the head of each row.
        cells: For each row the formula of each further column, or nothing.
        lines: The line of each row.
    """

    signs: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Readable:
    """What a document says.

    Attributes:
        passages: Its relations.
        tables: Its tables, as relations of one sample each, or rows of signs.
        numbers: Numbers that stand in running text by themselves.
        unknown: Labels that nothing bears, with the lines that refer to them.
    """

    passages: list[Passage]
    tables: list[list[Passage] | Rows]
    numbers: list[Passage]
    unknown: list[tuple[str, int]]


def has_sign(text: str) -> bool:
    """Whether a formula says that something equals something."""
    sign = _SIGN.search(text)
    return bool(sign and text[: sign.start()].strip() and text[sign.end() :].strip())


def passages(source: str) -> list[Passage]:
    r"""Every relation of a document, in order.

    Example:
        >>> [one.text for one in passages(r"\\begin{document} With $a = 1$ and $b$, so")]
        ['a = 1']
    """
    body = body_of(source)
    found = [*_displays(body), *_drawings(body), *_inlines(body)]
    return sorted(found, key=lambda one: one.line)


def unknown_references(source: str) -> list[tuple[str, int]]:
    """Labels that a document refers to and that nothing in it bears, with the lines."""
    body = body_of(source)
    known = {match[1] for match in _LABEL.finditer(source)} | set(re.findall(r"\\sbp\w+\{((?:tab|fig):[^{}]*)\}", body))
    return [(match[1], _line(body, match.start())) for match in _REFERENCE.finditer(body) if match[1] not in known]


def lone_numbers(source: str) -> list[Passage]:
    """Numbers of six decimals or more that stand in running text by themselves."""
    body = body_of(source)
    for match in _TABULAR.finditer(body):
        body = blanked(body, *match.span())
    # Of a display only the reasons are running text, and only there do dollars stand.
    return [Passage(match[1], _line(body, match.start()), "number") for match in _LONE.finditer(body)]


def blanked(text: str, start: int, end: int) -> str:
    """The text with a stretch of it made blank, its line ends kept."""
    return text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]


def body_of(source: str) -> str:
    """The source from its beginning on with the preamble, listings and comments blank."""
    text = re.sub(r"(?<!\\)%[^\n]*", lambda match: " " * len(match[0]), source)
    start = text.find(r"\begin{document}")
    text = blanked(text, 0, max(start, 0))
    for match in _VERBATIM.finditer(text):
        text = blanked(text, *match.span())
    return text


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _displays(body: str) -> Iterator[Passage]:
    for match in _DISPLAY.finditer(body):
        group = 3 if match[3] is not None else 4
        yield from _aligned(match[group], _line(body, match.start(group)))


def _aligned(inside: str, line: int) -> Iterator[Passage]:
    """The relations of a display; a line that begins with its alignment point goes on with the one before."""
    columns: dict[int, list[tuple[str, int]]] = {}
    for text, at in split(without(inside, r"\why"), r"\\"):
        text = re.sub(r"^\s*\[-?[\d.]+(?:pt|ex|em|mm)\]", "", text)
        cells = [cell for cell, _ in split(text, "&")]
        for column, pair in enumerate(zip(cells[0::2], [*cells[1::2], ""], strict=False)):
            content = _LABEL.sub("", " ".join(pair)).replace(r"\notag", "").replace(r"\quad", "").strip()
            if not content:
                continue
            where = line + inside.count("\n", 0, at) + len(text[: len(text) - len(text.lstrip())].split("\n")) - 1
            if pair[0].strip() or column not in columns:
                columns.setdefault(column, []).append((content, where))
            else:
                before, first = columns[column][-1]
                columns[column][-1] = (f"{before} {content}", first)
    for relations in columns.values():
        yield from (Passage(text, at) for text, at in relations if _SIGN.search(text))


def without(text: str, command: str) -> str:
    """The text with a command and its argument blank."""
    while (start := text.find(f"{command}{{")) >= 0:
        text = blanked(text, start, _end(text, start + len(command)))
    return text


def _end(text: str, start: int) -> int:
    """Behind the brace that closes the one at a place."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] in "{}" and text[place - 1] != "\\":
            depth += 1 if text[place] == "{" else -1
            if not depth:
                return place + 1
    raise LanguageError(f"a brace is never closed in {text[start : start + 40]!r}")


def split(text: str, mark: str) -> list[tuple[str, int]]:
    r"""The parts of a text between marks, `&` or `\\`, that stand in no brace and no environment, with their places."""
    found: list[tuple[str, int]] = []
    depth = start = place = 0
    while place < len(text):
        if text.startswith((r"\begin{", r"\end{"), place):
            depth += 1 if text.startswith(r"\begin{", place) else -1
            place = text.index("}", place) + 1
        elif not depth and text.startswith(mark, place):
            found.append((text[start:place], start))
            place = start = place + len(mark)
        elif text[place] == "\\":
            place += 2
        else:
            depth += (text[place] == "{") - (text[place] == "}")
            place += 1
    return [*found, (text[start:], start)]


def _inlines(body: str) -> Iterator[Passage]:
    for match in _DISPLAY.finditer(body):
        inside, offset = match[0], match.start()
        for start in [m.start() for m in re.finditer(r"\\why\{", inside)]:
            reason = inside[start : _end(inside, start + 4)]
            yield from _between_dollars(reason, body, offset + start)
        body = blanked(body, *match.span())
    yield from _between_dollars(body, body, 0)


def _between_dollars(text: str, body: str, offset: int) -> Iterator[Passage]:
    for match in _INLINE.finditer(text):
        formula = match[1] or match[2]
        if has_sign(formula):
            yield Passage(formula, _line(body, offset + match.start()), "inline")


def _drawings(body: str) -> Iterator[Passage]:
    """Numbers inside the neurons of a drawing."""
    for match in _NODE.finditer(body):
        if match[1].strip():
            yield Passage(rf"{match[1]} \approx {match[2]}", _line(body, match.start()), "drawing")
