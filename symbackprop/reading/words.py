"""Words inside formulas, in every language that documents are written in, and in those that people write by hand.

A test compares them with the phrases of the documents: a language that is added there is read here.
"""

from __future__ import annotations

from collections.abc import Mapping

_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "and": ("and", "und", "et", "且"),
    "or": ("or", "oder", "ou", "或"),
    "not": ("not", "nicht", "non", "非"),
    "if": ("if", "for", "where", "when", "falls", "wenn", "für", "si", "pour", "若"),
    "otherwise": ("otherwise", "else", "sonst", "sinon", "否则"),
}
_MEANINGS = {spelling: meaning for meaning, spellings in _SPELLINGS.items() for spelling in spellings}


def meaning(text: str) -> str:
    """What a word between formulas means, in English; empty if it is none of these.

    Example:
        >>> meaning(" und "), meaning("sinon."), meaning("x")
        ('and', 'otherwise', '')
    """
    return _MEANINGS.get(text.strip().strip(".,;"), "")
