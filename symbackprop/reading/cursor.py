"""Tokens → a place among them, with the few ways of moving on that a grammar needs."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.errors import LanguageError, TooLargeError
from symbackprop.reading.tokens import THIN, Token, closing, where

# Of tokens that are passed, for texts of the usual length; in a longer one each may be passed so many times.
MOST_NODES, MOST_TIMES = 5_000, 2


class Cursor:
    """A place in a sequence of tokens.

    Args:
        tokens: The tokens.
        text: The text they came from, for messages.
    """

    def __init__(self, tokens: Sequence[Token], text: str) -> None:
        self.tokens = tuple(tokens)
        self.text = text
        self.place = 0
        self.steps = 0
        self.most = max(MOST_NODES, MOST_TIMES * len(self.tokens))

    @property
    def here(self) -> str:
        """The token at hand; empty at the end. Thin spaces are passed over."""
        while self.place < len(self.tokens) and self.tokens[self.place].text == THIN:
            self.place += 1
        return self.tokens[self.place].text if self.place < len(self.tokens) else ""

    @property
    def at(self) -> int:
        """Where in the text the token at hand stands."""
        return self.tokens[self.place].at if self.here else len(self.text)

    def ahead(self, count: int = 1) -> str:
        """A token further on; empty beyond the end."""
        place = self.place + count
        return self.tokens[place].text if place < len(self.tokens) else ""

    def next(self) -> str:
        """The token at hand, which is passed."""
        found = self.here
        if not found:
            raise self.error("something more is needed")
        self.place += 1
        self.steps += 1
        if self.steps > self.most:
            raise TooLargeError(f"formulas of more than {self.most:,} tokens are not read")
        return found

    def take(self, *wanted: str) -> str:
        """The token at hand if it is one of these, else nothing."""
        return self.next() if self.here in wanted and self.here else ""

    def expect(self, *wanted: str) -> str:
        """One of these tokens."""
        if self.here not in wanted:
            raise self.error(f"expected {' or '.join(map(repr, wanted))}")
        return self.next()

    def group(self) -> tuple[Token, ...]:
        """The tokens of the argument at hand: inside braces, or a single one."""
        if self.here != "{":
            self.next()
            return self.tokens[self.place - 1 : self.place]
        end = closing(self.tokens, self.place, self.text)
        found = self.tokens[self.place + 1 : end]
        self.place = end + 1
        return found

    def raw(self) -> str:
        """The text of a group in braces, as it was written."""
        self.here  # noqa: B018  # passes over thin spaces
        end = closing(self.tokens, self.place, self.text)
        start, stop = self.tokens[self.place].at + 1, self.tokens[end].at
        self.place = end + 1
        return self.text[start:stop]

    def done(self) -> None:
        """Nothing may be left."""
        if self.here:
            raise self.error("this is not understood here")

    def error(self, message: str, help: str = "") -> LanguageError:
        """The error that something is wrong at this place."""
        return LanguageError(f"{where(self.text, self.at)}: {message}", help=help)
