r"""LaTeX text of one formula → its tokens, without what only moves things about: spaces, sizes, colours of a region.

Nothing is expanded and nothing is run: `\input`, `\def` and whatever else is no part of a formula stays a token that
no rule of the grammar knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from symbackprop.errors import LanguageError, TooLargeError

MOST_CHARACTERS = 2_000
DEEPEST = 60
LONGEST_NUMBER = 30

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\d+(?:\.\d+)?(?:[eE][+-]?\d+(?![A-Za-z\d]))?|\.\d+|\S", re.DOTALL)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_SPACES = frozenset({
    r"\!", r"\:", r"\;", r"\>", "\\ ", r"\quad", r"\qquad", r"\enspace", r"\thinspace", r"\displaystyle", r"\textstyle",
    r"\scriptstyle", r"\limits", r"\nolimits", r"\notag", r"\nonumber", r"\middle", r"\strut", "~", "\\\n",
    r"\allowbreak",
})  # fmt: skip
_SIZES = re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)$")
THIN = r"\,"
# Commands whose one argument is no part of the formula.
_DROPPED = frozenset(
    {r"\label", r"\tag", r"\why", r"\color", r"\phantom", r"\hspace", r"\vspace", r"\hphantom", r"\vphantom"}
)


@dataclass(frozen=True)
class Token:
    """A command, a number or one character, and where it stands, counted from 0."""

    text: str
    at: int


def tokens(text: str, most: int = MOST_CHARACTERS) -> tuple[Token, ...]:
    r"""The tokens of a formula.

    Args:
        text: What stands between dollars, or in one line of a display.
        most: How many characters are read.

    Raises:
        TooLargeError: The text, a number in it or the depth of its brackets is beyond what anybody writes.
        LanguageError: A brace has no partner.

    Example:
        >>> [token.text for token in tokens(r"\bigl(1 - a\lay{2}_1\bigr)\,b")]
        ['(', '1', '-', 'a', '\\lay', '{', '2', '}', '_', '1', ')', '\\,', 'b']
    """
    if len(text) > most:
        raise TooLargeError(
            f"a formula of {len(text):,} characters is not read", help=f"formulas have up to {most:,} characters"
        )
    plain = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    found = [Token(match[0], match.start()) for match in _TOKEN.finditer(plain)]
    # Our own documents are read without a limit of characters, and print constants to as many digits as they have.
    digits = LONGEST_NUMBER if most <= MOST_CHARACTERS else most
    return tuple(_without_arguments(_sized(found, text, digits), text))


def _sized(found: list[Token], text: str, digits: int) -> list[Token]:
    kept: list[Token] = []
    sized = False
    depth = 0
    for token in found:
        if sized and token.text == ".":
            sized = False
            continue
        sized = bool(_SIZES.match(token.text))
        if sized or token.text in _SPACES:
            continue
        depth += (token.text in "{([") - (token.text in "})]")
        if depth > DEEPEST:
            raise TooLargeError(f"{where(text, token.at)}: brackets more than {DEEPEST} deep are not read")
        if token.text[0].isdigit() and len(token.text) > digits:
            raise TooLargeError(f"{where(text, token.at)}: numbers of more than {digits} digits are not read")
        kept.append(token)
    return kept


def _without_arguments(found: list[Token], text: str) -> list[Token]:
    kept: list[Token] = []
    place = 0
    while place < len(found):
        token = found[place]
        if token.text in _DROPPED:
            place = closing(found, place + 1, text) + 1
            continue
        kept.append(token)
        place += 1
    return kept


def closing(found: list[Token] | tuple[Token, ...], start: int, text: str) -> int:
    """The place of the brace that closes the one at `start`."""
    depth = 0
    for place in range(start, len(found)):
        depth += (found[place].text == "{") - (found[place].text == "}")
        if not depth:
            return place
    at = found[start].at if start < len(found) else len(text)
    raise LanguageError(f"{where(text, at)}: a brace that opens here is never closed")


def where(text: str, at: int) -> str:
    """A place in a formula, for messages.

    Example:
        >>> where("a + b", 4)
        "in 'a + b', at character 5 ('b')"
    """
    short = text if len(text) <= 60 else ("…" if at > 30 else "") + text[max(0, at - 30) : at + 30] + "…"
    found = _TOKEN.match(text, at)
    here = f" ({found[0]!r})" if found else ", the end" if at >= len(text) else ""
    return f"in {short!r}, at character {min(at, len(text)) + 1}{here}"
