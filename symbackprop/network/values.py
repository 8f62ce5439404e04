"""Whatever a reader or a Python caller hands in → plain values: text, whole numbers, Decimals, lists and tables.

Decimals keep the digits that the user wrote, so that a document can print 0.10 as 0.10.
"""

from __future__ import annotations

import keyword
import os
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from symbackprop.network.problems import NOT_A_NAME, REFUSED, WRONG, Path, Problem, dotted, shown

DEEPEST = 60
LARGEST_SIZE = 10**9
_LARGEST_INTEGER = 10**30
_LARGEST_EXPONENT = 400
_MOST_DIGITS = 100
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_DROPPED = object()


def plain(value: Any, path: Path = ()) -> tuple[Any, list[Problem]]:
    """Return the value with floats as Decimals, arrays and tuples as lists, and what is wrong in it left out.

    Example:
        >>> plain({"bias": (0.35, 1)})
        ({'bias': [Decimal('0.35'), 1]}, [])
    """
    problems: list[Problem] = []
    result = _plain(value, path, problems)
    return (None if result is _DROPPED else result), problems


def _plain(value: Any, path: Path, problems: list[Problem]) -> Any:
    if len(path) > DEEPEST:
        problems.append(Problem(REFUSED, path, f"nested deeper than {DEEPEST} levels"))
        return _DROPPED
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str):
        return value if _is_text(value, path, problems) else _DROPPED
    if isinstance(value, bool | BaseModel):
        return value
    if isinstance(value, int | float | Decimal):
        return _plain_number(value, path, problems)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return _plain_table(value, path, problems)
    if isinstance(value, list | tuple):
        items = [_plain(item, (*path, place), problems) for place, item in enumerate(value)]
        return items if not any(item is _DROPPED for item in items) else _DROPPED
    if value is None:
        help = "leave it out for the default; 'false' means none"
        problems.append(Problem(WRONG, path, f"{_place(path)} has no value", help, "key"))
    else:
        found = type(value).__name__
        problems.append(Problem(WRONG, path, f"{_place(path)} is a {found}, which no setting of a network is"))
    return _DROPPED


def _is_text(value: str, path: Path, problems: list[Problem]) -> bool:
    """Whether a text can be written to a file: JSON can spell halves of characters, which cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        problems.append(Problem(WRONG, path, f"{_place(path)} contains half a character, {value!a:.60}"))
        return False
    return True


def _plain_table(value: Mapping[Any, Any], path: Path, problems: list[Problem]) -> dict[str, Any]:
    table = {}
    for key, item in value.items():
        if not isinstance(key, str):
            problems.append(Problem(NOT_A_NAME, (*path, key), f"a key must be a word, got {shown(key)}", at="key"))
            continue
        if not _is_text(key, (*path,), problems):
            continue
        inner = _plain(item, (*path, key), problems)
        if inner is not _DROPPED:
            table[key] = inner
    return table


def _plain_number(value: int | float | Decimal, path: Path, problems: list[Problem]) -> Any:
    if isinstance(value, int):
        if abs(value) < _LARGEST_INTEGER:
            return value
        problems.append(Problem(REFUSED, path, f"{_place(path)} is a whole number of more than 30 digits"))
        return _DROPPED
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if not number.is_finite():
        problems.append(Problem(WRONG, path, f"{_place(path)} must be a finite number, got {str(number).lower()}"))
        return _DROPPED
    if abs(number.adjusted()) > _LARGEST_EXPONENT or len(number.as_tuple().digits) > _MOST_DIGITS:
        problems.append(Problem(REFUSED, path, f"{_place(path)} has too many digits or too large an exponent"))
        return _DROPPED
    if (number and not float(number)) or abs(float(number)) == float("inf"):
        problems.append(Problem(WRONG, path, f"{_place(path)} = {number} is outside the floating-point numbers"))
        return _DROPPED
    return number


def _place(path: Path) -> str:
    return f"'{dotted(path)}'" if path else "this"


def decimals(value: Any) -> Any:
    """Return nested numbers as nested tuples of Decimals; anything else in them stays, to be reported.

    Example:
        >>> decimals([[1, Decimal("0.10")]])
        ((Decimal('1'), Decimal('0.10')),)
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, list | tuple):
        return tuple(decimals(item) for item in value)
    return value


def tuples(value: Any) -> Any:
    """Return nested lists as nested tuples."""
    return tuple(tuples(item) for item in value) if isinstance(value, list | tuple) else value


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield each innermost item of nested tuples with its path."""
    if isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from leaves(item, (*path, place))
    else:
        yield path, value


def nested_shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of nested tuples, or `None` if their rows differ in length.

    Example:
        >>> nested_shape(((1, 2, 3), (4, 5, 6))), nested_shape(((1, 2), (3,))), nested_shape(0.5)
        ((2, 3), None, ())
    """
    if hasattr(value, "shape"):
        return tuple(value.shape)
    if not isinstance(value, tuple):
        return ()
    inner = {nested_shape(item) for item in value}
    if len(inner) > 1 or None in inner:
        return None
    return (len(value), *(inner.pop() or ())) if inner else (0,)


def depth(value: Any) -> int:
    """Return how many levels of tuples there are on the way to the first number."""
    levels = 0
    while isinstance(value, tuple):
        levels += 1
        value = value[0] if value else None
    return levels


def is_name(text: Any) -> bool:
    """Tell whether a text may name a symbol: a letter, then letters, digits and _, at most 31, no Python keyword.

    Example:
        >>> is_name("w1"), is_name("1w"), is_name("lambda"), is_name("__import__")
        (True, False, False, False)
    """
    return isinstance(text, str) and _NAME.fullmatch(text) is not None and not keyword.iskeyword(text)


def is_size(value: Any) -> bool:
    """Tell whether a value is a size: a whole number from 1 to 10**9, or the name of a symbol."""
    if isinstance(value, int) and not isinstance(value, bool):
        return 1 <= value <= LARGEST_SIZE
    return is_name(value)


NAME_HELP = "a name is a letter, then letters, digits or _, at most 31 characters, and no Python keyword"
SIZE_HELP = 'a size is a whole number from 1 to 1000000000, or the name of a symbol such as "n"'
