"""Mistakes found in a network, by the key path where they are, and their way into errors with a line and a column.

The stages that find mistakes know paths such as `("layers", 0, "activation")`; only a reader of text knows lines. So a
problem carries the path, and the reader places it afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from symbackprop.errors import InputError, Mistake, ShapeError, UnknownNameError, did_you_mean

Path = tuple[str | int, ...]

UNREADABLE = "SB001"
SYNTAX = "SB002"
REFUSED = "SB003"
UNWRITABLE = "SB004"
UNKNOWN = "SB020"
MISSING = "SB021"
WRONG = "SB022"
TWICE = "SB023"
NOT_A_NAME = "SB024"
CONTRADICTION = "SB025"
SHAPE = "SB030"

MOST_SHOWN = 100

_CLASSES = {UNKNOWN: UnknownNameError, SHAPE: ShapeError}


@dataclass(frozen=True)
class Problem:
    """A mistake at a key path.

    Attributes:
        code: Stable identifier such as `"SB020"`.
        path: Keys and list positions that lead to it from the top of the network.
        message: What was expected and what was found.
        help: The remedy, or an empty string.
        at: Whether the key or the value is wrong.
        text: The formula in the value in which the mistake is, as one line.
        column: Where in that line, counted from 1.
        length: How many of its characters are wrong.
    """

    code: str
    path: Path
    message: str
    help: str = ""
    at: Literal["key", "value"] = "value"
    text: str = ""
    column: int = 0
    length: int = 1

    @property
    def mistake(self) -> Mistake:
        """The mistake without a place, for networks that were not read from text."""
        return Mistake(self.code, self.message, self.help, column=self.column, length=self.length, text=self.text)


class ProblemsFound(Exception):
    """Carries problems from the place that finds them to the reader that knows their lines.

    Attributes:
        every: All that was found.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.every = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is worth showing: a hostile file can have ten thousand mistakes."""
        more = len(self.every) - MOST_SHOWN
        rest = (Problem(REFUSED, (), f"{more} more mistakes are not shown"),) if more > 0 else ()
        return (*self.every[:MOST_SHOWN], *rest)


# From problems to mistakes with a place in the text that they were read from.
Locate = Callable[[tuple[Problem, ...]], list[Mistake]]


def input_error(mistakes: Iterable[Mistake]) -> InputError:
    """Return the error for these mistakes, of the narrowest class that fits all of them.

    Example:
        >>> type(input_error([Mistake("SB030", "layer 1 needs bias of shape 2, got 3")])).__name__
        'ShapeError'
    """
    mistakes = tuple(mistakes)
    codes = {mistake.code for mistake in mistakes}
    cls = _CLASSES.get(codes.pop(), InputError) if len(codes) == 1 else InputError
    return cls(mistakes=mistakes)


def shown(value: Any, limit: int = 60) -> str:
    """Return a short text for a value of the user's, without control characters.

    Example:
        >>> shown("a" * 100, limit=8)
        "'aaaa..."
    """
    text = str(value) if isinstance(value, Decimal | bool) else repr(value)
    text = {"True": "true", "False": "false"}.get(text, text)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def beside(found: Sequence[Problem], more: Iterable[Problem]) -> list[Problem]:
    """Further problems, but for what is missing only since something in it was found to be wrong, and left out.

    Example:
        >>> wrong = Problem(WRONG, ("sample", "x", 0), "must be a finite number, got nan")
        >>> more = [Problem(MISSING, path, "is missing") for path in (("sample", "x"), ("loss",))]
        >>> [problem.path for problem in beside([wrong], more)]
        [('loss',)]
    """
    left_out = {problem.path[:length] for problem in found for length in range(1, len(problem.path) + 1)}
    return [problem for problem in more if problem.code != MISSING or problem.path not in left_out]


def unknown(what: str, name: str, known: Sequence[str], path: Path) -> Problem:
    """Return the mistake that nothing of a kind has that name, with the nearest that there is."""
    return Problem(UNKNOWN, path, f"unknown {what} {shown(name)}", did_you_mean(name, list(known)))


def dotted(path: Path) -> str:
    """Return a path as a person writes it; list positions count from 1.

    Example:
        >>> dotted(("layers", 0, "units"))
        'layers[1].units'
    """
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")
