"""A key path → line and column in the text it was read from; loaded only when there is a mistake to show."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from symbackprop.errors import Mistake
from symbackprop.network.problems import Path, Problem

_WIDEST_EXCERPT = 160
_BLANK = r"(?:\s|#[^\n]*\n)+"


@dataclass(frozen=True)
class Place:
    """Line and column, counted from 1, and how many characters are meant."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True)
class Span:
    """Offsets in the text of a key and of its value, the ends excluded."""

    key: tuple[int, int]
    value: tuple[int, int]


class Spans:
    """Where each path is in a text.

    Attributes:
        first: The first span of each path.
        twice: A path that is written twice and its second place, if there is one.
    """

    def __init__(self, found: Iterator[tuple[Path, Span]]) -> None:
        self.first: dict[Path, Span] = {}
        self.twice: tuple[Path, Span] | None = None
        try:
            for path, span in found:
                if path in self.first and self.twice is None and path:
                    self.twice = (path, span)
                self.first.setdefault(path, span)
        except (ValueError, IndexError, RecursionError):
            # What could be read before an error in the text is enough to place what comes before it.
            return


def spans(text: str, kind: str) -> Spans:
    """Return where each path is in a TOML, YAML or JSON text."""
    if kind == "TOML":
        from symbackprop.network.toml_spans import toml_spans

        return Spans(toml_spans(text))
    # YAML contains JSON, as far as a network file is concerned.
    return Spans(_yaml_spans(text))


def _yaml_spans(text: str) -> Iterator[tuple[Path, Span]]:
    import yaml

    from symbackprop.network.files import yaml_loader

    try:
        root = yaml.compose(text, Loader=yaml_loader())
    except yaml.YAMLError:
        return

    def offsets(node: Any) -> tuple[int, int]:
        return node.start_mark.index, node.end_mark.index

    def walk(node: Any, path: Path) -> Iterator[tuple[Path, Span]]:
        children: list[tuple[str | int, Any, Any]] = []
        if isinstance(node, yaml.MappingNode):
            children = [(key.value, key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
        elif isinstance(node, yaml.SequenceNode):
            children = [(place, item, item) for place, item in enumerate(node.value)]
        for name, key, value in children:
            yield (*path, name), Span(offsets(key), offsets(value))
            yield from walk(value, (*path, name))

    if root is not None:
        yield from walk(root, ())


def repeated(text: str, kind: str) -> tuple[str, Place] | None:
    """Return the name of a key that is written twice, and where it is written again."""
    twice = spans(text, kind).twice
    return None if twice is None else (str(twice[0][-1]), place_of(text, twice[1].key))


def place_of(text: str, offsets: tuple[int, int]) -> Place:
    """Return line and column of a stretch of text, cut at the end of its first line."""
    first, last = offsets
    starts = _line_starts(text)
    line = bisect_right(starts, first)
    end = text.find("\n", first)
    last = min(last, len(text) if end < 0 else end)
    return Place(line, first - starts[line - 1] + 1, max(last - first, 1))


@lru_cache(maxsize=1)
def _line_starts(text: str) -> list[int]:
    return [0, *(place + 1 for place, character in enumerate(text) if character == "\n")]


def mistakes(problems: tuple[Problem, ...], text: str, kind: str, source: str) -> list[Mistake]:
    """Return problems as mistakes with their places in a text, in the order of the text."""
    known = spans(text, kind).first
    found = []
    for problem in problems:
        mistake = replace(problem.mistake, source=source)
        span = _nearest(problem, known)
        found.append(mistake if span is None else placed(mistake, text, place_of(text, _inside(problem, text, span))))
    return sorted(found, key=lambda mistake: (mistake.line or len(text), mistake.column))


def _inside(problem: Problem, text: str, span: tuple[int, int]) -> tuple[int, int]:
    """Where in a value the formula is that a problem quotes, and in it what is wrong; the value if it is not found.

    What a reader made of the text (`E = ` before a formula, an escaped character) is not in it.
    """
    for formula in (problem.text, problem.text.partition("=")[2].strip()):
        found = _broken(formula).search(text, *span) if formula else None
        if found is not None:
            column = max(problem.column - 1 - (len(problem.text) - len(formula)), 0)
            return _after(formula[:column], text, found), _after(formula[: column + problem.length], text, found)
    return span


def _broken(formula: str) -> re.Pattern[str]:
    """A formula with line breaks and comments wherever it has blanks: a line whose brackets are open goes on."""
    return re.compile(_BLANK.join(map(re.escape, formula.split())))


def _after(beginning: str, text: str, formula: re.Match[str]) -> int:
    """Where in a text the beginning of a formula ends that is found in it."""
    found = _broken(beginning).match(text, *formula.span())
    end = formula.start() if found is None else found.end()
    blank = re.compile(_BLANK).match(text, end) if beginning[-1:].isspace() else None
    return end if blank is None else blank.end()


def _nearest(problem: Problem, known: Mapping[Path, Span]) -> tuple[int, int] | None:
    """A missing key has no place of its own: that of the table it is missing from is shown."""
    path = problem.path
    while path and path not in known:
        path = path[:-1]
    if not path:
        return None
    return known[path].key if problem.at == "key" else known[path].value


def placed(mistake: Mistake, text: str, place: Place) -> Mistake:
    """Return a mistake with its line, column and excerpt; control characters of the text do not reach a terminal."""
    starts = _line_starts(text)
    first = starts[place.line - 1] if place.line <= len(starts) else len(text)
    line = text[first : first + _WIDEST_EXCERPT].split("\n")[0]
    clean = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in line.rstrip())
    excerpt = clean if place.column <= _WIDEST_EXCERPT else ""
    length = max(1, min(place.length, len(excerpt) - place.column + 1))
    return replace(mistake, line=place.line, column=place.column, length=length, text=excerpt)
