r"""A sign as it stands in the text, and the plain way of taking it for a symbol; a network has its own, see `names`.

How subscripts fall apart depends on what the sign stands for: `w_{12}` may be weight 12, or row 1 and column 2. So a
formula is read with the subscripts left as they were written, and whoever knows the signs takes them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from symbackprop.display.tree import Symbol, Tree
from symbackprop.notation import GREEK, Sign
from symbackprop.reading.tokens import Token

Style = Literal["scalar", "vector", "matrix"]
Part = tuple[Token, ...]
_SILENT = ("{", "}", r"\,")


@dataclass(frozen=True)
class Spelling:
    r"""A sign in the parts in which it was written.

    Attributes:
        base: A letter, the English name of a Greek letter, or a word; an accent stands behind it, as in `"y_hat"`.
        layer: What stood as superscript in parentheses or brackets, or may be a layer without them.
        below: The subscript, split at its commas.
        style: Whether it was printed bold, and how.
        at: Where it stands.
        read: Turns the tokens of an index into its tree.
    """

    base: str
    layer: str = ""
    below: tuple[Part, ...] = ()
    style: Style = "scalar"
    at: int = 0
    read: Callable[[Sequence[Token]], Tree] = lambda tokens: Symbol(Sign("".join(one.text for one in tokens)))

    def words(self) -> list[str]:
        """Each part of the subscript as one plain word."""
        return [plain(part) for part in self.below]


class Names(Protocol):
    """Whoever knows what signs stand for."""

    def symbol(self, spelling: Spelling) -> Tree | None:
        """The symbol of a sign; `None` if there is none of that name."""

    def is_layer(self, base: str, above: str) -> bool:
        """Whether a bare superscript of a sign is the number of a layer, and no power."""

    def has_layer(self, base: str, layer: str) -> bool:
        """Whether there is a sign of that base and layer, so that `e^{(1)}` is no exponential."""

    def is_function(self, name: str) -> bool:
        """Whether a sign before a parenthesis is a function, beyond those that always are."""

    def known(self) -> list[str]:
        """Names to suggest where one is unknown."""


def plain(part: Sequence[Token]) -> str:
    r"""Tokens as one word without commands: `\mathrm{lstm}` is lstm, `\tau j` is tau j.

    Example:
        >>> from symbackprop.reading.tokens import tokens
        >>> plain(tokens(r"\tau - 1")), plain(tokens(r"\mathrm{h1}"))
        ('tau-1', 'h1')
    """
    kept = [one.text for one in part if one.text not in _SILENT and not one.text.startswith((r"\math", r"\text"))]
    return "".join(letter(text) for text in kept)


def letter(text: str) -> str:
    r"""A letter or the name of a Greek one: `\varepsilon` is epsilon, `\ell` is l."""
    name = text.lstrip("\\")
    if text == r"\ell":
        return "l"
    if text == r"\_":
        return "_"
    return name.removeprefix("var") if name.removeprefix("var") in GREEK else name


def atoms(part: Sequence[Token]) -> list[Part]:
    r"""Indices that were written side by side, one by one: `\tau j` is two, `12` is two digits."""
    found: list[Part] = []
    place = 0
    while place < len(part):
        token = part[place]
        if token.text.startswith((r"\math", r"\text", r"\operatorname")) and place + 1 < len(part):
            end = place + 1
            while end < len(part) and part[end].text != "}":
                end += 1
            found.append(tuple(part[place : end + 1]))
            place = end + 1
            continue
        if token.text.isdigit():
            found += [(replace(token, text=digit, at=token.at + n),) for n, digit in enumerate(token.text)]
        else:
            found.append((token,))
        place += 1
    return found


def index(part: Part, spelling: Spelling, sizes: Collection[str] = ()) -> Tree:
    """The tree of one index: a letter stands for a position, what is in `sizes` for its value."""
    if len(part) == 1 and (name := letter(part[0].text)).isalpha() and name not in sizes:
        return Symbol(Sign(name), key=f"#{name}")
    return spelling.read(part)


class PlainNames:
    """Takes every sign for a symbol of its own, held under its base and layer; indices under `#` and their name."""

    def symbol(self, spelling: Spelling) -> Tree:
        """The symbol: `z_j^{(1)}` is held under `"z1"` at j."""
        parts = spelling.below
        if len(parts) == 1 and len(parts[0]) > 1 and all(len(one) == 1 for one in atoms(parts[0])):
            juxtaposed = all(one.text.isdigit() or one.text.isalpha() or one.text[0] == "\\" for one in parts[0])
            parts = tuple(atoms(parts[0])) if juxtaposed else parts
        sign = Sign(spelling.base, layer=spelling.layer, shape=spelling.style)
        key = spelling.base + spelling.layer
        return Symbol(sign, tuple(index(part, spelling) for part in parts), key=key)

    def is_layer(self, base: str, above: str) -> bool:
        """Never: a bare superscript is a power."""
        return False

    def has_layer(self, base: str, layer: str) -> bool:
        """Never."""
        return False

    def is_function(self, name: str) -> bool:
        """Never."""
        return False

    def known(self) -> list[str]:
        """None."""
        return []
