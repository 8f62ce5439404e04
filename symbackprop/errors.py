"""What can go wrong, in classes that say whose mistake it was and which exit code it has.

A user's mistake (`InputError`), something that is not supported yet (`UnsupportedError`), something that mathematics
does not define (`UndefinedError`), a job that would be too large (`TooLargeError`) and a check that failed
(`CheckFailedError`) are different classes, because a user does different things about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Self
from unicodedata import category, combining, east_asian_width

WIDEST = 160
MOST_LISTED = 60


@dataclass(frozen=True)
class Mistake:
    """One mistake in what the user wrote: what, where, and what to do about it.

    Attributes:
        code: Stable identifier such as `"SB020"`, a row of `symbackprop.messages`.
        message: What was expected and what was found.
        help: The remedy, or an empty string.
        source: Name of the file, or `"<network>"` for text given directly.
        line: Line in the source, counted from 1; 0 if unknown.
        column: Column in the line, counted from 1; 0 if unknown.
        length: How many characters are wrong, for the carets.
        text: The source line itself, for the excerpt; a formula, where the line is unknown.
    """

    code: str
    message: str
    help: str = ""
    source: str = ""
    line: int = 0
    column: int = 0
    length: int = 1
    text: str = ""

    def __str__(self) -> str:
        rows = [f"error[{self.code}]: {visible(self.message)}"]
        margin = " " * len(str(self.line or ""))
        if self.source:
            place = f":{self.line}:{max(self.column, 1)}" if self.line else ""
            rows.append(f"{margin or ' '}--> {visible(self.source)}{place}")
        if self.text and self.column:
            cut = max(self.column - WIDEST // 2, 0) if len(self.text) > WIDEST else 0
            text = visible(self.text[cut : cut + WIDEST])
            before, wrong = text[: self.column - 1 - cut], text[self.column - 1 - cut :][: max(self.length, 1)]
            rows += [f"{margin} |", f"{self.line or ''} | {text}"]
            rows.append(f"{margin} | {' ' * columns(before)}{'^' * max(columns(wrong), 1)}")
        if self.help:
            rows.append(f"  = help: {visible(self.help)}")
        return "\n".join(rows)


def visible(text: str) -> str:
    r"""Return a text with a blank for each character that would steer a terminal instead of being seen.

    Example:
        >>> visible("a\x1b[31mb"), visible("a\u202eb")
        ('a [31mb', 'a b')
    """
    return "".join(" " if category(c)[0] == "C" or category(c) in ("Zl", "Zp") else c for c in text)


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for wide characters, none for combining ones.

    Example:
        >>> columns("ab"), columns("\u5c42"), columns("e\u0301")
        (2, 2, 1)
    """
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


class SymbackpropError(Exception):
    """Base of every error that symbackprop raises on purpose.

    Args:
        message: What was expected and what was found, in one line.
        code: Stable identifier; each class has a default.
        help: The remedy.
        mistakes: Several mistakes found at once; they replace `message`.
        text: The formula in which the mistake is.
        column: Where in the formula, counted from 1.
        length: How many of its characters are wrong.

    Attributes:
        path: Keys and list positions that lead to what is wrong from the top of a network, as far as that is known.
    """

    exit_code = 2
    default_code = "SB000"

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "",
        help: str = "",
        mistakes: Sequence[Mistake] = (),
        text: str = "",
        column: int = 0,
        length: int = 1,
    ) -> None:
        one = Mistake(code or self.default_code, message, help, column=column, length=length, text=text)
        self.mistakes = tuple(mistakes) or (one,)
        self.path: tuple[str | int, ...] = ()
        super().__init__("\n\n".join(map(str, self.mistakes)))

    def about(self, path: tuple[str | int, ...], what: str) -> Self:
        """Return the same error, told of which part of the network it speaks, unless it knows already."""
        if self.path:
            return self
        again = self.told(what)
        again.path = path
        return again

    def told(self, what: str) -> Self:
        """Return the same error with a beginning that says what it is about, where it does not say so itself."""
        own = what.split(" (")[0]
        told = [m if own in m.message else replace(m, message=f"{what}: {m.message}") for m in self.mistakes]
        return type(self)(mistakes=told)


class InputError(SymbackpropError):
    """The user wrote something that is wrong."""

    default_code = "SB022"


class LanguageError(InputError):
    """A formula is not in the equation language.

    Attributes:
        LIMIT: The code of a formula that exceeds a limit.
        LOOSE: The code of an index that nothing binds.
        NO_NUMBER: The code of a formula that has no finite real value.
    """

    default_code = "SB010"
    LIMIT, LOOSE, NO_NUMBER = "SB011", "SB012", "SB013"


class UnknownNameError(InputError):
    """A name that the catalogue, the network or the derivation does not have."""

    default_code = "SB020"


class ShapeError(InputError):
    """Shapes or index ranges do not fit together."""

    default_code = "SB030"


class UnsupportedError(SymbackpropError):
    """Correct mathematics that symbackprop cannot handle yet."""

    default_code = "SB050"


class UndefinedError(SymbackpropError):
    """Something that mathematics does not define."""

    default_code = "SB060"


class TooLargeError(SymbackpropError):
    """A job refused before it starts, since its result would be too large."""

    exit_code = 3
    default_code = "SB040"


class TooSlowError(TooLargeError):
    """A stage was given up because it took too long: how far it came depends on the machine, so that no result may."""

    default_code = "SB041"


class CheckFailedError(SymbackpropError):
    """A verification found a difference."""

    exit_code = 1
    default_code = "SB070"


def did_you_mean(name: str, known: Sequence[str], where: str = "") -> str:
    """Return a help text that names the nearest known names, or all of them if none is near.

    Example:
        >>> did_you_mean("sigmiod", ["sigmoid", "tanh"])
        "did you mean 'sigmoid'?"
    """
    near = _near(name, tuple(known))
    listed = list(dict.fromkeys(known))
    more = f" and {len(listed) - MOST_LISTED} more" if len(listed) > MOST_LISTED else ""
    text = (
        f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(listed[:MOST_LISTED])}{more}"
    )
    return f"{text} {where}".strip()


@lru_cache(maxsize=1024)
def _near(name: str, known: tuple[str, ...]) -> list[str]:
    """The nearest two, in whatever case; nobody writes a name of hundreds of letters by mistake."""
    if len(name) > 100:
        return []
    low = name.lower()
    same = [one for one in known if one.lower() == low][:2]
    return same or get_close_matches(name, known, n=2, cutoff=0.6) or get_close_matches(low, known, n=2, cutoff=0.6)
