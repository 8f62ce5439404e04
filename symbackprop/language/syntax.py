"""Text → the syntax tree of Python's `ast`, which executes nothing, within limits that keep hostile text harmless."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

from symbackprop.errors import LanguageError

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}\Z")
MAX_CHARACTERS, MAX_NODES, MAX_DEPTH, MAX_DIGITS, MAX_EXPONENT, MAX_ARGUMENTS = 2000, 500, 60, 30, 64, 8
MAX_CONSTANT = 10**300


def check_length(text: str) -> None:
    """Refuse a formula that is too long or too deeply nested to be given to a parser."""
    if len(text) > MAX_CHARACTERS:
        raise LanguageError(f"a formula of {len(text):,} characters is longer than {MAX_CHARACTERS:,}")
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            raise LanguageError(f"brackets are nested more than {MAX_DEPTH} deep")


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
        column = getattr(error, "offset", None) or 1
        raise LanguageError(f"{text!r} is not a formula: {getattr(error, 'msg', error)} at column {column}") from None
    meaningful = (
        node for node in ast.walk(tree) if not isinstance(node, ast.expr_context | ast.operator | ast.unaryop)
    )
    if sum(1 for _ in meaningful) > MAX_NODES:
        raise LanguageError(f"a formula may have {MAX_NODES} nodes at most")
    return tree
