"""TOML text → where each key path and its value are; tomllib reads values but keeps no places.

The text has been read by tomllib, or is wrong in a way that tomllib names: what is not understood here ends the scan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from symbackprop.network.positions import Span
from symbackprop.network.problems import Path

_STRING = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'", re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")


def toml_spans(text: str) -> Iterator[tuple[Path, Span]]:
    """Yield each key path with the places of its key and its value, in the order of the text.

    Raises:
        ValueError: The text is no TOML from here on.
    """
    yield from _Scanner(text).document()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tables: dict[Path, int] = {}

    def skip(self, blank: re.Pattern[str] = _BLANK) -> None:
        found = blank.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def ahead(self, token: str) -> bool:
        return self.text.startswith(token, self.at)

    def take(self, token: str) -> None:
        if not self.ahead(token):
            raise ValueError(f"expected {token!r} at offset {self.at}")
        self.at += len(token)

    def document(self) -> Iterator[tuple[Path, Span]]:
        table: Path = ()
        self.skip()
        while self.at < len(self.text):
            if self.ahead("["):
                table, start = self.header()
                span = Span((start, self.at), (start, self.at))
                if isinstance(table[-1], int) and table[-1] == 0:
                    yield table[:-1], span
                yield table, span
            else:
                yield from self.pair(table)
            self.skip()

    def header(self) -> tuple[Path, int]:
        start = self.at
        repeated = self.ahead("[[")
        self.take("[[" if repeated else "[")
        names = self.key()
        self.take("]]" if repeated else "]")
        path: Path = ()
        for name in names[:-1]:
            path = self.last((*path, name))
        path = (*path, names[-1])
        if repeated:
            self.tables[path] = self.tables.get(path, 0) + 1
            path = self.last(path)
        return path, start

    def last(self, path: Path) -> Path:
        """A path through an array of tables means its last table."""
        return (*path, self.tables[path] - 1) if path in self.tables else path

    def key(self) -> list[str]:
        names = [self.word()]
        self.skip(_SPACE)
        while self.ahead("."):
            self.take(".")
            names.append(self.word())
            self.skip(_SPACE)
        return names

    def word(self) -> str:
        self.skip(_SPACE)
        found = _STRING.match(self.text, self.at) or _BARE_KEY.match(self.text, self.at)
        if found is None:
            raise ValueError(f"expected a key at offset {self.at}")
        self.at = found.end()
        if found[0].startswith('"'):
            return str(json.loads(found[0], strict=False))
        return found[0].strip("'")

    def pair(self, table: Path) -> Iterator[tuple[Path, Span]]:
        start = self.at
        path = (*table, *self.key())
        end = start + len(self.text[start : self.at].rstrip())
        self.take("=")
        self.skip(_SPACE)
        before = self.at
        inner = list(self.value(path))
        yield path, Span((start, end), (before, self.at))
        yield from inner

    def value(self, path: Path) -> Iterator[tuple[Path, Span]]:
        if self.ahead("["):
            yield from self.array(path)
        elif self.ahead("{"):
            yield from self.inline_table(path)
        else:
            found = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            if found is None:
                raise ValueError(f"expected a value at offset {self.at}")
            self.at += len(found[0].rstrip())

    def array(self, path: Path) -> Iterator[tuple[Path, Span]]:
        self.take("[")
        self.skip()
        place = 0
        while not self.ahead("]"):
            start = self.at
            inner = list(self.value((*path, place)))
            yield (*path, place), Span((start, self.at), (start, self.at))
            yield from inner
            place += 1
            self.skip()
            if not self.ahead("]"):
                self.take(",")
                self.skip()
        self.take("]")

    def inline_table(self, path: Path) -> Iterator[tuple[Path, Span]]:
        self.take("{")
        self.skip()
        while not self.ahead("}"):
            yield from self.pair(path)
            self.skip()
            if not self.ahead("}"):
                self.take(",")
                self.skip()
        self.take("}")
