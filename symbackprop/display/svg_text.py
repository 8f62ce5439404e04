"""Prints trees as the content of an SVG `text` element: Unicode, with scripts that are raised and lowered."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import ClassVar

from symbackprop.display.letters import bold
from symbackprop.display.numbers import INFINITE
from symbackprop.display.printer import BASE
from symbackprop.display.text import TextPrinter
from symbackprop.display.tree import Compare, Minus, Number, Power, Role, Sum, Symbol, Tree
from symbackprop.notation import GREEK

# Of a letter's size: how large a script is, how far it is raised or lowered, how wide its characters are.
SCRIPT, RAISED, LOWERED = 0.68, 0.42, 0.24
WIDTHS = {"(": 0.34, ")": 0.34, ",": 0.26, "−": 0.6}
DIGIT = 0.52
_ZERO_WIDTH = "&#8203;"
# A script holds no script of its own.
_PLAIN = TextPrinter()


class SvgTextPrinter(TextPrinter):
    """Turns trees into `tspan` elements.

    Args:
        size: The size of a letter in the drawing's units.
    """

    joiners: ClassVar[Mapping[str, str]] = {**TextPrinter.joiners, "": "\N{THIN SPACE}"}

    def __init__(self, size: float) -> None:
        self.size = size

    def sum(self, tree: Sum, leading: bool) -> str:
        return " ".join(
            f"{operator.replace('-', '−')} {text}".strip() for operator, text in self.terms(tree.terms, leading)
        )

    def minus(self, tree: Minus, leading: bool) -> str:
        return super().minus(tree, leading).replace("-", "−", 1)

    def paint(self, role: Role, text: str) -> str:
        """Text of the class of a role."""
        return f'<tspan class="{role}">{text}</tspan>'

    def number(self, tree: Number, leading: bool) -> str:
        if tree.text == INFINITE:
            return "∞"
        mantissa, _, exponent = tree.text.lower().replace("-", "−").partition("e")
        if not exponent:
            return mantissa
        power = exponent.lstrip("+")
        power = ("−" if power.startswith("−") else "") + power.strip("−").lstrip("0")
        return f"{mantissa}·10" + self.scripts(above=power)

    def symbol(self, tree: Symbol, leading: bool) -> str:
        sign = tree.sign
        letter = GREEK.get(sign.base, sign.base)
        letter = bold(letter, sign.shape) if sign.shape != "scalar" and len(letter) == 1 else letter
        subscripts = [_PLAIN.show(index).replace(" ", "").replace("-", "−") for index in tree.subscripts]
        own = "".join(GREEK.get(sub, sub) for sub in sign.subs)
        rest = ("" if all(len(one) == 1 for one in subscripts) else ",").join(subscripts)
        below = (sign.place + own + ("," if own and rest else "") + rest).rstrip(",")
        above = (f"({sign.layer})" if sign.brackets else sign.layer) if sign.layer else ""
        return _letter(letter) + self.scripts(above, below)

    def scripts(self, above: str = "", below: str = "") -> str:
        """A superscript and a subscript, one over the other."""
        if not above and not below:
            return ""
        size, text = SCRIPT * self.size, ""
        up, down = RAISED * self.size, LOWERED * self.size
        if above:
            text = self._script(above, 0, -up)
        if below:
            back = -sum(WIDTHS.get(c, DIGIT) for c in above) * size
            text += self._script(below, back, down + (up if above else 0))
            ahead = max(0.0, -back - sum(WIDTHS.get(c, DIGIT) for c in below) * size)
            return f'{text}<tspan dx="{ahead:.1f}" dy="{-down:.1f}">{_ZERO_WIDTH}</tspan>'
        return f'{text}<tspan dy="{up:.1f}">{_ZERO_WIDTH}</tspan>'

    def _script(self, text: str, dx: float, dy: float) -> str:
        across = f' dx="{dx:.1f}"' if dx else ""
        return (
            f'<tspan class="script" font-size="{SCRIPT * self.size:.1f}"{across} dy="{dy:.1f}">{escape(text)}</tspan>'
        )

    def power(self, tree: Power, leading: bool) -> str:
        plain = _PLAIN.show(tree.exponent).replace(" ", "")
        return self.show(tree.base, BASE) + self.scripts(above=plain)

    def compare(self, tree: Compare, leading: bool) -> str:
        return super().compare(tree, leading).replace(" < ", " &lt; ").replace(" > ", " &gt; ")


def _letter(letter: str) -> str:
    """A single letter slanted, a word upright; Greek has slanted characters of its own, which fonts of text lack."""
    if "α" <= letter <= "ω":
        return chr(0x1D6FC + ord(letter) - ord("α"))
    return escape(letter) if len(letter) > 1 else f'<tspan class="letter">{escape(letter)}</tspan>'


def svg_text(tree: Tree | str, size: float) -> str:
    """The content of a `text` element for a label; a role that is all of it is the caller's to colour.

    Example:
        >>> from symbackprop.display import Paint
        >>> svg_text("a < b", 10), svg_text(Paint("error", Number("0.5")), 10)
        ('a &lt; b', '<tspan class="error">0.5</tspan>')
    """
    return escape(tree) if isinstance(tree, str) else SvgTextPrinter(size)(tree)
