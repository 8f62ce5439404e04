"""English phrases with holes → running text in the language of a document.

A language is one file of phrases in `languages/`, keyed by the English ones, so that a text is written and read here in
plain English, and a language is added by adding a file. What fills a hole may be words, a formula or a reference.
A file may say which formats `only` can show its letters.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from symbackprop.emit.document.blocks import Piece, Text
from symbackprop.errors import InputError, UnknownNameError, did_you_mean

FOLDER = Path(__file__).parent / "languages"
ENGLISH = "en"
HOLE = re.compile(r"\{(\w+)\}")


def languages() -> list[str]:
    """The languages that a document can be written in, English first."""
    return [ENGLISH, *sorted(path.stem for path in FOLDER.glob("*.toml"))]


def phrases(language: str) -> Mapping[str, str]:
    """The phrases of a language by the English ones; none for English itself.

    Raises:
        UnknownNameError: There is no file for the language.
    """
    return language_file(language).get("phrases", {})


@lru_cache(maxsize=8)
def language_file(language: str) -> Mapping[str, Any]:
    """What the file of a language says; nothing for English.

    Raises:
        UnknownNameError: There is no such file.
    """
    known = languages()
    if language not in known:
        raise UnknownNameError(f"unknown language {language!r}", help=did_you_mean(language, known))
    return {} if language == ENGLISH else tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def can_show(format: str, language: str) -> bool:
    """Whether a format of documents has the letters of a language.

    Raises:
        UnknownNameError: There is no file for the language.

    Example:
        >>> can_show("html", "zh"), can_show("latex", "zh"), can_show("latex", "fr")
        (True, False, True)
    """
    return format in language_file(language).get("only", (format,))


def refuse_letters(formats: Iterable[str], language: str) -> None:
    """Refuse formats that do not have the letters of a language.

    Raises:
        InputError: One of the formats is such.
    """
    for format in formats:
        if not can_show(format, language):
            shown = ", ".join(language_file(language)["only"])
            raise InputError(
                f"the format {format} cannot be written in the language {language!r}: "
                "the fonts that it is set in do not have the letters",
                help=f"ask for a format that has them: --to {shown} (in Python, formats=[{shown!r}])",
            )


class Phrases:
    """Says things in one language.

    Args:
        language: The name of a file in `languages/`, or `"en"`.

    Example:
        >>> Phrases()("{count} samples, see {place}", count=4, place="below")
        ('4 samples, see below',)
    """

    def __init__(self, language: str = ENGLISH) -> None:
        self.language = language
        self._table = phrases(language)

    def __call__(self, phrase: str, **holes: Piece | Text | int) -> Text:
        """The phrase in the language, its holes filled."""
        told = self.find(phrase)
        parts = HOLE.split(phrase if told is None else told)
        found: list[Any] = []
        for number, part in enumerate(parts):
            found += _pieces(holes[part]) if number % 2 else [part]
        return joined(found)

    def find(self, phrase: str) -> str | None:
        """The phrase in the language, or nothing where its file does not have it; in English every phrase is there."""
        return phrase if self.language == ENGLISH else self._table.get(phrase)

    def words(self, phrase: str, **holes: str | int) -> str:
        """The same where only words fill the holes."""
        parts = self(phrase, **holes)
        return "".join(part for part in parts if isinstance(part, str))


def _pieces(value: Piece | Text | int) -> Text:
    if isinstance(value, tuple):
        return value
    return (str(value),) if isinstance(value, int) else (value,)


def joined(pieces: list[Any]) -> Text:
    """Pieces of text with neighbouring words made one."""
    found: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    return tuple(found)
