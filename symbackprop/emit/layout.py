"""Lists of items and nested numbers → lines of Python as a formatter would break them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

WIDTH = 112


def fitted(before: str, items: Sequence[str], after: str, indent: int = 0, width: int = WIDTH) -> list[str]:
    """Items in brackets, on one line if they fit, else one a line with a comma behind each.

    Example:
        >>> fitted("f(", ["a", "b"], ")")
        ['f(a, b)']
        >>> fitted("f(", ["a", "b"], ")", width=6)
        ['f(', '    a,', '    b,', ')']
    """
    line = f"{before}{', '.join(items)}{after}"
    if indent + len(line) <= width:
        return [line]
    return [before, *(f"    {item}," for item in items), after]


def tuple_code(items: Sequence[str]) -> str:
    """A tuple of these items."""
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def numbers(value: Any) -> str:
    """Nested numbers on one line, each with the digits it was given with."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(numbers, value))}]"
    return str(value).lower()


def numbers_fitted(before: str, value: Any, after: str, indent: int = 0) -> list[str]:
    """Nested numbers behind `before`, broken into lines where they are too long for one."""
    line = f"{before}{numbers(value)}{after}"
    if indent + len(line) <= WIDTH or not isinstance(value, list | tuple):
        return [line]
    inner = [f"    {row}" for item in value for row in numbers_fitted("", item, ",", indent + 4)]
    return [f"{before}[", *inner, f"]{after}"]


def array_fitted(before: str, value: Any) -> list[str]:
    """`np.array` of nested numbers, as a statement."""
    line = f"{before}np.array({numbers(value)})"
    if len(line) <= WIDTH:
        return [line]
    return [f"{before}np.array(", *(f"    {row}" for row in numbers_fitted("", value, "", 4)), ")"]


def count(value: Any) -> int:
    """How many numbers there are."""
    return sum(map(count, value)) if isinstance(value, list | tuple) else 1


def plain(value: Any) -> Any:
    """Nested numbers as lists, whatever array they came in; `None` stays."""
    return value.tolist() if hasattr(value, "tolist") else value
