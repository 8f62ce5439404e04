r"""MathML → LaTeX of the same formula, which the one grammar of this package reads.

The text is parsed as XML; what a browser shows is what is read: signs, not the text for those who cannot see them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from symbackprop.errors import LanguageError
from symbackprop.notation import GREEK

_GREEK = {letter: rf"\{name}" for name, letter in GREEK.items()}
_OPERATORS = {
    "−": "-", "×": r"\times", "⋅": r"\cdot", "⊙": r"\odot", "≈": r"\approx", "≤": r"\le", "≥": r"\ge", "≠": r"\ne",
    "←": r"\leftarrow", "∑": r"\sum", "\u2062": " ", "\u2061": "", "′": "'", "″": "''", "∂": r"\partial", "_": r"\_",
    "⊤": r"\top", "∞": r"\infty",
}  # fmt: skip
_FUNCTIONS = ("max", "min", "log", "exp", "tanh", "sinh", "cosh", "tan", "sin", "cos")
_ROLES = {"error": "E", "slope": "S", "input": "X", "delta": "D"}
_APPLY = "\u2061"


def latex_of(math: str) -> str:
    r"""The LaTeX of one `math` element.

    Raises:
        LanguageError: It is no XML, or has an element that formulas do not have.

    Example:
        >>> latex_of("<math><mfrac><mn>1</mn><msub><mi>z</mi><mi>j</mi></msub></mfrac></math>")
        '\\frac{1}{z_{j}}'
    """
    if "<!" in math:
        raise LanguageError("a formula in MathML declares nothing")
    try:
        root = ElementTree.fromstring(math)
    except ElementTree.ParseError as error:
        raise LanguageError(f"this is no MathML: {error}") from None
    return _row(list(root))


def _row(parts: Sequence[Element]) -> str:
    texts = [_text(part) for part in parts]
    if len(parts) > 2 and texts[0] == texts[-1] == "|":
        return rf"\lvert {_row(parts[1:-1])} \rvert"
    found: list[str] = []
    for n, part in enumerate(parts):
        if part.tag == "mo" and _text(part) == "{":
            continue  # it belongs to the cases that follow
        called = n + 1 < len(parts) and _text(parts[n + 1]) == _APPLY
        found.append(_tex(part, called))
    return " ".join(one for one in found if one)


def _text(part: Element) -> str:
    return "".join(part.itertext()) if part.tag in ("mi", "mn", "mo", "mtext") else ""


def _tex(part: Element, called: bool = False) -> str:
    method = _ELEMENTS.get(part.tag)
    if method is None:
        raise LanguageError(f"<{part.tag}> is no part of a formula")
    if part.tag in ("mi", "msup"):
        return _identifier(part, called) if part.tag == "mi" else _super(part, called)
    return str(method(part))


def _identifier(part: Element, called: bool = False) -> str:
    text = _text(part)
    plain = unicodedata.normalize("NFKC", text)
    if len(text) == 1 and plain != text and ord(text) >= 0x1D400:
        slanted = "ITALIC" in unicodedata.name(text)
        return rf"\{'vect' if slanted else 'mat'}{{{_GREEK.get(_usual(plain), plain)}}}"
    if text == "1":
        return r"\vect{1}"  # the vector of ones: a number would stand in <mn>
    if text in _FUNCTIONS and called:
        return rf"\{text}"
    if len(text) == 1:
        return _GREEK.get(text) or _OPERATORS.get(text, text)
    return rf"\operatorname{{{text}}}" if called else rf"\mathrm{{{text}}}"


def _usual(letter: str) -> str:
    return {"ϵ": "ε", "ϕ": "φ", "ϑ": "θ", "ϱ": "ρ"}.get(letter, letter)


def _operator(part: Element) -> str:
    text = _text(part).strip()
    if text in ("max", "arg max"):
        return r"\max" if text == "max" else r"\operatorname*{arg\,max}"
    return _OPERATORS.get(text, text)


def _words(part: Element) -> str:
    words = _text(part).replace("\u00a0", " ")
    return rf"\text{{{words}}}"


def _coloured(part: Element) -> str:
    """A row; one in a colour or a box is one factor."""
    if part.get("class") == "result":
        return rf"\result{{{_row(list(part))}}}"
    role = _ROLES.get(part.get("class", ""))
    if not role:
        return _row(list(part))
    first, *rest = list(part)
    # A long member is several formulas, between which a line may break: each brings the sign before it.
    joins = first.tag == "mo" and _text(first) in "+−×⋅⊙" and first.get("form") != "prefix" and rest
    return f"{_operator(first)} " + rf"\f{role}{{{_row(rest)}}}" if joins else rf"\f{role}{{{_row(list(part))}}}"


def _fraction(part: Element) -> str:
    above, below = part
    if _starts_with_partial(above) and _starts_with_partial(below):
        return rf"\pd{{{_row(_after(above))}}}{{{_row(_after(below))}}}"
    return rf"\frac{{{_inside(above)}}}{{{_inside(below)}}}"


def _starts_with_partial(part: Element) -> bool:
    first = next(iter(part), None)
    return _text(part) == "∂" or (first is not None and _text(first) == "∂")


def _after(part: Element) -> list[Element]:
    return list(part)[1:]


def _inside(part: Element) -> str:
    return _row(list(part)) if part.tag == "mstyle" else _tex(part)


def _super(part: Element, called: bool = False) -> str:
    base, above = part
    if set(_text(above)) & {"′", "″"}:
        return _tex(base, True) + "'" * sum(2 if sign == "″" else 1 for sign in _text(above))
    inside = _inside(above)
    return f"{_base(base)}^{{{inside}}}"


def _base(part: Element) -> str:
    inside = _inside(part)
    return inside if part.tag in ("mi", "mn", "msub", "msqrt") or inside.startswith("(") else f"{{{inside}}}"


def _sub(part: Element) -> str:
    base, below = part
    return f"{_base(base)}_{{{_inside(below)}}}"


def _both(part: Element) -> str:
    base, below, above = part
    return f"{_base(base)}^{{{_inside(above)}}}_{{{_inside(below)}}}"


def _under(part: Element) -> str:
    body, below = part
    if body.tag == "mo":
        return f"{_operator(body)}_{{{_inside(below)}}}"
    label = _inside(below)
    return rf"\underbrace{{{_inside(body)}}}_{{{label}}}"


def _limits(part: Element) -> str:
    sign, below, above = part
    return f"{_operator(sign)}_{{{_inside(below)}}}^{{{_inside(above)}}}"


def _table(part: Element) -> str:
    name = "cases" if part.get("class") == "cases" else "bmatrix"
    rows = [" & ".join(_row(list(cell)) for cell in row) for row in part]
    return rf"\begin{{{name}}} " + r" \\ ".join(rows) + rf" \end{{{name}}}"


_ELEMENTS = {
    "mi": _identifier,
    "mn": _text,
    "mo": _operator,
    "mtext": _words,
    "mspace": lambda part: "",
    "mrow": _coloured,
    "mstyle": lambda part: _row(list(part)),
    "mfrac": _fraction,
    "msqrt": lambda part: rf"\sqrt{{{_row(list(part))}}}",
    "msup": _super,
    "msub": _sub,
    "msubsup": _both,
    "munder": _under,
    "munderover": _limits,
    "mtable": _table,
}
