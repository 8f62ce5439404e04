r"""Letters, functions and derivatives as they are written → symbols, applications and ∂E/∂w.

A letter may be Greek, bold, upright or under an accent; its layer may stand above it in parentheses, and its indices
below. A function takes what is in parentheses after it, or the one factor that follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symbackprop.display.tree import Apply, PartialDerivative, Power, Tree
from symbackprop.errors import UnknownNameError, did_you_mean
from symbackprop.notation import GREEK
from symbackprop.reading.spelling import Part, Spelling, Style, letter, plain
from symbackprop.reading.tokens import Token, where

if TYPE_CHECKING:
    from symbackprop.reading.formula import Formula

_STYLES: dict[str, Style] = {
    r"\vect": "vector", r"\vec": "vector", r"\bm": "vector", r"\boldsymbol": "vector", r"\pmb": "vector",
    r"\mat": "matrix", r"\mathbf": "matrix", r"\mathsf": "scalar",
    r"\mathrm": "scalar", r"\mathit": "scalar", r"\mathcal": "scalar", r"\mathscr": "scalar",
    r"\text": "scalar", r"\textrm": "scalar", r"\mathnormal": "scalar",
}  # fmt: skip
_ACCENTS = {r"\hat": "hat", r"\bar": "bar", r"\tilde": "tilde", r"\widehat": "hat", r"\dot": "dot"}
_NAMES = {"sigma": "sigmoid", "ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}
_ALWAYS = frozenset({"sigma"})
_MARKS = {"+": "new", "*": "star", r"\ast": "star", r"\star": "star"}
_D = (r"\partial", "d", r"\mathrm{d}")


def sign_of(formula: Formula) -> Tree:
    """The symbol at hand, or the function that it is."""
    at = formula.at
    base, style = _base(formula)
    primes = 0
    while formula.take("'", r"\prime"):
        primes += 1
    if not primes and formula.here == "^" and _primes(formula):
        primes = _primes(formula)
        formula.next()
        formula.group()
    named = (base in _ALWAYS and style == "scalar") or formula.names.is_function(base)
    called = named and formula.here in ("(", "[")
    if primes or called:
        return function(formula, base, primes)
    layer, below = _marks(formula, base, style)
    spelling = Spelling(base, layer, below, style, at, formula.inner)
    found = formula.names.symbol(spelling)
    if found is None:
        known = formula.names.known()
        raise UnknownNameError(
            f"{where(formula.text, at)}: {_spelled(spelling)} is unknown", help=did_you_mean(base + layer, known)
        )
    return found


def _spelled(spelling: Spelling) -> str:
    above = f"^({spelling.layer})" if spelling.layer else ""
    return repr(spelling.base + above + (f"_{{{','.join(spelling.words())}}}" if spelling.below else ""))


def _base(formula: Formula) -> tuple[str, Style]:
    """The letter or word at hand, and whether it is bold."""
    here = formula.here
    if here in _STYLES:
        formula.next()
        inside = formula.group()
        word, inner = _inside(inside, formula)
        style = _STYLES[here]
        return word, inner if inner != "scalar" else style
    if here in _ACCENTS:
        formula.next()
        word, style = _inside(formula.group(), formula)
        return f"{word}_{_ACCENTS[here]}", style
    name = letter(here)
    if (len(here) == 1 and here.isalpha()) or (here.startswith("\\") and (name in GREEK or here == r"\ell")):
        formula.next()
        return name, "scalar"
    raise formula.error("a number, a sign or a bracket is expected")


def _inside(found: Sequence[Token], formula: Formula) -> tuple[str, Style]:
    """What stands inside a bold face or under an accent."""
    if found and found[0].text in _STYLES:
        word = plain(found[1:])
        return word, _STYLES[found[0].text]
    return plain(found) or formula.error("a letter is expected").args[0], "scalar"


def _primes(formula: Formula) -> int:
    r"""How many primes stand above as `^{\prime}` or `^{\prime\prime}`."""
    texts = [formula.ahead(n) for n in range(1, 5)]
    if texts[0] == r"\prime":
        return 1
    inside = texts[1:] if texts[0] == "{" else []
    count = sum(1 for one in inside if one == r"\prime")
    return count if count and inside[count : count + 1] == ["}"] else 0


def _marks(formula: Formula, base: str, style: Style) -> tuple[str, tuple[Part, ...]]:
    """The layer above a sign and the subscripts below it, in whatever order they stand."""
    layer = ""
    below: list[Part] = []
    for _ in range(3):
        if formula.here == "_" and not below:
            formula.next()
            below = _split(formula.group())
        elif formula.here == r"\lay" and not layer:
            formula.next()
            layer = plain(formula.group())
        elif formula.here == "^" and not layer:
            found, length, subscript = _above(formula, base, style)
            if not length:
                break
            formula.place += length
            layer = found
            below += [subscript] if subscript else []
        else:
            break
    return layer, tuple(below)


def _above(formula: Formula, base: str, style: Style) -> tuple[str, int, Part]:
    """A superscript that is a layer or a mark, and how many tokens it takes; no tokens if it is a power."""
    inside, length = _superscript(formula)
    texts = [one.text for one in inside]
    if len(texts) >= 3 and (texts[0], texts[-1]) in (("(", ")"), ("[", "]")):
        word = plain(inside[1:-1])
        if word.replace("-", "").replace("+", "").replace("_", "").isalnum():
            return word, length, ()
    if len(texts) == 1 and texts[0] in _MARKS:
        return "", length, (Token(_MARKS[texts[0]], inside[0].at),)
    word = plain(inside)
    if word.isalnum() and not (word == "T" and style != "scalar") and formula.names.is_layer(base, word):
        return word, length, ()
    return "", 0, ()


def _superscript(formula: Formula) -> tuple[tuple[Token, ...], int]:
    start = formula.place
    formula.next()
    inside = formula.group()
    length = formula.place - start
    formula.place = start
    return inside, length


def _split(below: Sequence[Token]) -> list[Part]:
    """The parts of a subscript between its commas."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in below:
        depth += (token.text in "{([") - (token.text in "})]")
        if token.text == "," and not depth:
            parts.append([])
        elif token.text != r"\,":
            parts[-1].append(token)
    return [tuple(part) for part in parts if part]


def operator(formula: Formula) -> Tree:
    r"""A function by an upright name, `\operatorname{relu}(z)`."""
    starred = formula.next().endswith("*")
    name = plain(formula.group())
    if starred:
        raise formula.error(f"the operator {name!r} is not read")
    return function(formula, name)


def function(formula: Formula, name: str, primes: int = 0) -> Tree:
    """A function that has been named, with its arguments, and a power of its value."""
    exponent = None
    while formula.take("'"):
        primes += 1
    if formula.here == "^":
        formula.next()
        exponent = formula.argument()
    name = _NAMES.get(name, name)
    if formula.here in ("(", "[", r"\{"):
        formula.next()
        arguments = [formula.sum()]
        while formula.take(","):
            arguments.append(formula.sum())
        formula.expect(")", "]", r"\}")
    else:
        arguments = [formula.factor()]
        if formula.starts() and name != "log":
            raise formula.error(f"how far {name} reaches is not clear", help=r"write its argument in parentheses")
        if formula.starts():
            raise formula.error("how far the logarithm reaches is not clear", help=r"write \log(a) b or \log(a b)")
    tree: Tree = Apply(name, tuple(arguments), primes)
    return tree if exponent is None else Power(tree, exponent)


def derivative(formula: Formula, command: str = "") -> Tree | None:
    r"""The derivative that a fraction of two differentials is; `None` if it is an ordinary fraction."""
    place = formula.place
    above, below = formula.group(), formula.group()
    if command:
        return _derivative(formula, above, below)
    marks = [_differential(part) for part in (above, below)]
    if not all(marks) or len(below) == marks[1]:
        formula.place = place
        return None
    return _derivative(formula, above[marks[0] :], below[marks[1] :])


def _differential(part: Sequence[Token]) -> int:
    r"""How many tokens the `\partial` or upright d at the front of a part takes; 0 if there is none."""
    texts = [one.text for one in part[:4]]
    if texts[:1] == [r"\partial"] or (texts[:1] == ["d"] and len(part) > 1):
        return 1
    return 4 if texts == [r"\mathrm", "{", "d", "}"] else 0


def _derivative(formula: Formula, above: Sequence[Token], below: Sequence[Token]) -> PartialDerivative:
    of = formula.inner(above) if above else None
    return PartialDerivative(of, formula.inner(below))


def slashed(formula: Formula) -> Tree:
    r"""`\partial E/\partial w` on the line."""
    formula.next()
    of = sign_of(formula)
    formula.expect("/")
    formula.expect(r"\partial")
    return PartialDerivative(of, sign_of(formula))


def partial(formula: Formula) -> Tree:
    r"""`\nabla_W E`."""
    formula.next()
    formula.expect("_")
    wrt = formula.inner(formula.group())
    return PartialDerivative(sign_of(formula), wrt)
