"""One line such as `784 -> 128 relu -> 10 softmax, loss=mse` → a table with the keys of a network file, and its places.

The line reads as people draw a network: widths in a chain, each with its activation, then settings after commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from symbackprop.errors import Mistake, did_you_mean
from symbackprop.network.positions import Place, placed
from symbackprop.network.problems import SYNTAX, TWICE, UNKNOWN, WRONG, Path, Problem, input_error, shown
from symbackprop.network.values import is_size

SOURCE = "<network>"
LONGEST_LINE = 2000

_ARROW = re.compile(r"->|→")
_WORD = re.compile(r"\S+")
_SETTINGS: Mapping[str, Path] = {
    "loss": ("loss", "type"),
    "reduction": ("loss", "reduction"),
    "targets": ("targets",),
    "name": ("name",),
    "optimizer": ("training", "optimizer", "type"),
    "learning_rate": ("training", "optimizer", "learning_rate"),
}
_EXAMPLE = "write it like '784 -> 128 relu -> 10 softmax, loss=categorical_crossentropy'"


@dataclass
class Line:
    """What a line says.

    Attributes:
        table: The keys of a network file.
        places: Where each path was written.
        found: Mistakes so far.
    """

    text: str
    table: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    found: list[Mistake] = field(default_factory=list)

    def wrong(self, code: str, message: str, start: int, length: int, help: str = _EXAMPLE) -> None:
        """Note a mistake at an offset of the line."""
        mistake = Mistake(code, message, help, SOURCE)
        self.found.append(placed(mistake, self.text, Place(1, start + 1, max(length, 1))))

    def put(self, path: Path, value: Any, start: int, length: int) -> None:
        """Set a value, and note where it was written."""
        table: Any = self.table
        for key in path[:-1]:
            table = table[key] if isinstance(key, int) else table.setdefault(key, {})
        table[path[-1]] = value
        self.places[path] = Place(1, start + 1, length)

    def mistakes(self, problems: tuple[Problem, ...]) -> list[Mistake]:
        """Return problems as mistakes with their places in the line, in its order."""
        found = list(self.found)
        for problem in problems:
            path = problem.path
            while path and path not in self.places:
                path = path[:-1]
            place = self.places.get(path, Place(1, len(self.text.rstrip()) + 1))
            found.append(placed(replace(problem.mistake, source=SOURCE), self.text, place))
        return sorted(found, key=lambda mistake: mistake.column)


def parse_line(text: str) -> Line:
    """Return what a one-line network says.

    Raises:
        InputError: It is not a chain of widths; with the column.

    Example:
        >>> parse_line("2 -> 3 tanh, loss=mse").table["layers"]
        [{'type': 'dense', 'units': 3, 'activation': 'tanh'}]
    """
    line = Line(text)
    if len(text) > LONGEST_LINE or "\n" in text:
        line = Line(text.split("\n")[0])
        line.wrong(SYNTAX, f"a network in one line has at most {LONGEST_LINE} characters and no line break", 0, 1)
        raise input_error(line.found)
    parts = list(_pieces(text, re.compile(",")))
    line.put(("layers",), [], 0, 1)
    widths = [_link(line, place, start, part) for place, (start, part) in enumerate(_pieces(parts[0][1], _ARROW))]
    for start, part in parts[1:]:
        _setting(line, start, part)
    if line.found:
        raise input_error(line.found)
    if "name" not in line.table and all(map(is_size, widths)):
        line.table["name"] = "-".join(("net", *map(str, widths)))[:61].rstrip("-")
    return line


def _pieces(text: str, separator: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    start = 0
    for found in separator.finditer(text):
        yield start, text[start : found.start()]
        start = found.end()
    yield start, text[start:]


def _link(line: Line, place: int, start: int, part: str) -> Any:
    """Read `128 relu`; the first link is the input's width alone."""
    words = [(start + found.start(), found[0]) for found in _WORD.finditer(part)]
    if place:
        line.table["layers"].append({"type": "dense"})
    if not words:
        line.wrong(SYNTAX, "a width is missing here", start + (1 if part else 0), 1)
        return 0
    at, word = words[0]
    width: Any = int(word) if word.isascii() and word.isdigit() and len(word) <= 30 else word
    most = 1 if place == 0 else 2
    if len(words) > most:
        extra, text = words[most]
        what = "the input has a width and no activation" if place == 0 else "a layer is a width and an activation"
        line.wrong(SYNTAX, f"{what}, but here is {shown(text)}", extra, len(text))
    if place == 0:
        line.put(("inputs",), width, at, len(word))
        return width
    path = ("layers", place - 1)
    line.places[path] = Place(1, at + 1, len(word))
    line.put((*path, "units"), width, at, len(word))
    if len(words) > 1:
        line.put((*path, "activation"), words[1][1], words[1][0], len(words[1][1]))
    return width


def _setting(line: Line, start: int, part: str) -> None:
    at = start + len(part) - len(part.lstrip())
    key, equals, value = (piece.strip() for piece in part.partition("="))
    if not equals or not key or not value:
        line.wrong(SYNTAX, f"expected a setting such as loss=mse, got {shown(part.strip())}", at, len(part.strip()))
    elif key not in _SETTINGS:
        line.wrong(UNKNOWN, f"unknown setting '{key}'", at, len(key), did_you_mean(key, list(_SETTINGS)))
    elif _SETTINGS[key] in line.places:
        line.wrong(TWICE, f"'{key}' is written twice", at, len(key), "keep one of them")
    else:
        where = start + part.index("=") + 1
        where += len(line.text[where:]) - len(line.text[where:].lstrip())
        number = _number(line, value, where) if key == "learning_rate" else value
        line.put(_SETTINGS[key], number, where, len(value))
        if key == "learning_rate":
            line.table["training"]["optimizer"].setdefault("type", "sgd")


def _number(line: Line, text: str, start: int) -> Any:
    try:
        return Decimal(text)
    except InvalidOperation:
        line.wrong(WRONG, f"'learning_rate' must be a number, got {shown(text)}", start, len(text), "")
        return Decimal(1)
