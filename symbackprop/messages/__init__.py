"""A code such as SB030 → what it means, an example that fails with it, the same mended, and what to do.

Every error that is raised on purpose carries a code of this one table; `symbackprop explain SB030` prints a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill, indent

from symbackprop.errors import UnknownNameError, did_you_mean
from symbackprop.messages.rows import ROWS, Row

CODES: Mapping[str, Row] = {row.code: row for row in ROWS}


def explained(code: str) -> str:
    """Return what there is to know about a code, as text.

    Raises:
        UnknownNameError: There is no such code.

    Example:
        >>> print(explained("SB021").splitlines()[0])
        SB021: something is missing
    """
    row = CODES.get(code.upper())
    if row is None:
        raise UnknownNameError(f"there is no message {code!r}", help=did_you_mean(code.upper(), list(CODES)))
    parts = [f"{row.code}: {row.title}", fill(row.meaning, 100), fill(row.remedy, 100)]
    if row.failing:
        parts += ["Wrong:\n\n" + indent(row.failing, "    "), "Right:\n\n" + indent(row.mended, "    ")]
    return "\n\n".join(parts)


def is_code(text: str) -> bool:
    """Tell whether a text is meant as a code.

    Example:
        >>> is_code("sb030"), is_code("w5")
        (True, False)
    """
    return len(text) == 5 and text[:2].upper() == "SB" and text[2:].isdigit()


__all__ = ["CODES", "Row", "explained", "is_code"]
