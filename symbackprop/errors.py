"""What can go wrong, in classes that say whose mistake it was and which exit code it has.

A user's mistake (`InputError`), something that is not supported yet (`UnsupportedError`), something that mathematics
does not define (`UndefinedError`), a job that would be too large (`TooLargeError`) and a check that failed
(`CheckFailedError`) are different classes, because a user does different things about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Mistake:
    """One mistake in what the user wrote: what, where, and what to do about it.

    Attributes:
        code: Stable identifier such as `"SB020"`.
        message: What was expected and what was found.
        help: The remedy, or an empty string.
        source: Name of the file, or `"<network>"` for text given directly.
        line: Line in the source, counted from 1; 0 if unknown.
        column: Column in the line, counted from 1; 0 if unknown.
        length: How many characters are wrong, for the carets.
        text: The source line itself, for the excerpt.
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
        rows = [f"error[{self.code}]: {self.message}"]
        if self.line:
            margin = " " * len(str(self.line))
            rows.append(f"{margin}--> {self.source}:{self.line}:{max(self.column, 1)}")
            if self.text:
                rows += [f"{margin} |", f"{self.line} | {self.text}"]
                rows.append(f"{margin} | {' ' * (max(self.column, 1) - 1)}{'^' * max(self.length, 1)}")
        elif self.source:
            rows.append(f" --> {self.source}")
        if self.help:
            rows.append(f"  = help: {self.help}")
        return "\n".join(rows)


class SymbackpropError(Exception):
    """Base of every error that symbackprop raises on purpose.

    Args:
        message: What was expected and what was found, in one line.
        code: Stable identifier; each class has a default.
        help: The remedy.
        mistakes: Several mistakes found at once; they replace `message`.
    """

    exit_code = 2
    default_code = "SB000"

    def __init__(self, message: str = "", *, code: str = "", help: str = "", mistakes: Sequence[Mistake] = ()) -> None:
        self.mistakes = tuple(mistakes) or (Mistake(code or self.default_code, message, help),)
        super().__init__("\n\n".join(map(str, self.mistakes)))


class InputError(SymbackpropError):
    """The user wrote something that is wrong."""

    default_code = "SB001"


class LanguageError(InputError):
    """A formula is not in the equation language."""

    default_code = "SB010"


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
    near = get_close_matches(name, known, n=2, cutoff=0.6)
    text = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(known)}"
    return f"{text} {where}".strip()
