"""Text → the syntax tree of Python's `ast`, which executes nothing, within limits that keep hostile text harmless."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any, TypedDict

from symbackprop.errors import LanguageError

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}\Z")
MAX_CHARACTERS, MAX_NODES, MAX_DEPTH, MAX_DIGITS, MAX_EXPONENT, MAX_ARGUMENTS = 2000, 500, 60, 30, 64, 8
MAX_CONSTANT = 10**300
# Of a formula in which max, abs and the functions it calls are written out.
MAX_WRITTEN_OUT = 2000
MAX_PLACE = 200
IN_PARTS = "give a part of it a name of its own, as a statement before"


def check_length(text: str) -> None:
    """Refuse a formula that is too long or too deeply nested to be given to a parser."""
    if len(text) > MAX_CHARACTERS:
        message = f"a formula of {len(text):,} characters is longer than {MAX_CHARACTERS:,}"
        raise LanguageError(message, code=LanguageError.LIMIT, help=IN_PARTS, text=text, column=MAX_CHARACTERS + 1)
    depth = 0
    for column, character in enumerate(text, 1):
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            message = f"brackets are nested more than {MAX_DEPTH} deep"
            raise LanguageError(message, code=LanguageError.LIMIT, help=IN_PARTS, text=text, column=column)


def syntax_tree(text: str, mode: str) -> Any:
    """The syntax tree of a formula (`"eval"`) or of a statement (`"exec"`).

    Raises:
        LanguageError: The text is not Python syntax, or has too many nodes.
    """
    try:
        with warnings.catch_warnings():
            # Python warns of odd literals, such as '\\d' or 1if; whatever is odd here is refused by the converter.
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode=mode)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        column = min(max(getattr(error, "offset", None) or 1, 1), max(len(text), 1))
        length = max((getattr(error, "end_offset", None) or 0) - column, 1)
        reason = str(getattr(error, "msg", error)).split(". Perhaps")[0]
        if (unclosed := _unclosed(text)) is not None:
            # What follows was read as part of it, and Python may find fault with that first.
            reason, column, length = f"{text[unclosed]!r} was never closed", unclosed + 1, 1
        raise LanguageError(f"not a formula: {reason}", text=text, column=column, length=length) from None
    meaningful = (
        node for node in ast.walk(tree) if not isinstance(node, ast.expr_context | ast.operator | ast.unaryop)
    )
    if sum(1 for _ in meaningful) > MAX_NODES:
        message = f"a formula may have {MAX_NODES} nodes at most"
        raise LanguageError(message, code=LanguageError.LIMIT, help=IN_PARTS, text=text, column=1, length=len(text))
    return tree


def _unclosed(text: str) -> int | None:
    """The place of the last bracket that nothing closes, if every bracket that closes has one that opens."""
    opened: list[int] = []
    for place, character in enumerate(text):
        if character in "([{":
            opened.append(place)
        elif character in ")]}" and (not opened or text[opened.pop()] + character not in ("()", "[]", "{}")):
            return None
    return opened[-1] if opened else None


class Within(TypedDict):
    """Where in a formula a mistake is."""

    text: str
    column: int
    length: int


def place_in(text: str, name: str, *, bracketed: bool = False, first: bool = False) -> Within:
    """Return where a name is in a formula, for a message; an index is looked for in brackets.

    What a statement defines is looked for at its beginning if that is the `first`, else behind it.

    Example:
        >>> place_in("y[j] = sum(W[j, i] * x[i], i)", "W")
        {'text': 'y[j] = sum(W[j, i] * x[i], i)', 'column': 12, 'length': 1}
    """
    word = rf"\b{re.escape(name)}\b"
    found = re.search(rf"\[[^\]]*?({word})", text) if bracketed else re.search(rf"(?!^)({word})", text)
    found = (None if first else found) or re.search(f"({word})", text)
    return Within(text=text, column=found.start(1) + 1 if found else 1, length=len(name) if found else len(text))
