"""The log of a TeX run → what it complains about: errors, boxes too wide, references without a target, glyphs missing.

TeX breaks its lines after 79 characters, so lines of that length are joined with the next before they are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BROKEN_AT = 79
# With -file-line-error an error begins with the file and the line, else with an exclamation mark.
_ERROR = re.compile(r"^(?:! |(?:\./)?[^\s:]+:\d+: )(.+)$", re.M)
_OVERFULL = re.compile(r"^Overfull \\([hv])box \(([\d.]+)pt too (?:wide|high)\)(.*)$", re.M)
_UNDEFINED = re.compile(r"(?:Reference|Citation) [`']([^']+)'(?: on page \S+)? undefined")
_TWICE = re.compile(r"Label [`']([^']+)' multiply defined")
_GLYPH = re.compile(r"^Missing character: (.+)$", re.M)


@dataclass(frozen=True)
class Complaints:
    """What TeX has to complain about.

    Attributes:
        errors: Its error messages.
        overfull: Boxes that stick out, with how far and where.
        undefined: Labels that are referred to and do not exist.
        twice: Labels that exist more than once.
        missing: Glyphs that a font does not have.
        unstable: Whether another run is needed before references are right.
    """

    errors: tuple[str, ...] = ()
    overfull: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unstable: bool = False

    def __bool__(self) -> bool:
        return bool(self.errors or self.overfull or self.undefined or self.twice or self.missing or self.unstable)


def complaints(log: str) -> Complaints:
    r"""Read a log.

    Example:
        >>> complaints("Overfull \\hbox (3.1pt too wide) in paragraph at lines 8--9").overfull
        ('3.1pt in an hbox in paragraph at lines 8--9',)
    """
    text = _joined(log)
    boxes = (f"{size}pt in an {kind}box{where.rstrip()}" for kind, size, where in _OVERFULL.findall(text))
    return Complaints(
        errors=tuple(dict.fromkeys(one.strip() for one in _ERROR.findall(text))),
        overfull=tuple(boxes),
        undefined=tuple(dict.fromkeys(_UNDEFINED.findall(text))),
        twice=tuple(dict.fromkeys(_TWICE.findall(text))),
        missing=tuple(dict.fromkeys(_GLYPH.findall(text))),
        unstable="Rerun to get" in text,
    )


def _joined(log: str) -> str:
    lines: list[str] = []
    goes_on = False
    for line in log.splitlines():
        if goes_on:
            lines[-1] += line
        else:
            lines.append(line)
        # A character beyond ASCII takes several bytes, and TeX counts those.
        goes_on = len(line.encode()) == BROKEN_AT
    return "\n".join(lines)
