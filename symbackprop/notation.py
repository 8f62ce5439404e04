"""Turns the Python names of tensors, functions and parameters into what a reader sees, under a chosen notation.

A name becomes a `Sign`: a base letter, a layer, subscripts, and whether it stands for one number or a whole array.
It is kept in parts and not as a string because every printer joins the parts in its own way, and because subscripts
are often known only where the sign is used. No other module knows how a name is typeset.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from symbackprop.errors import UnknownNameError, did_you_mean

GREEK: Mapping[str, str] = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_GREEK_TEX = {"epsilon": r"\varepsilon", "phi": r"\varphi"}
# `lambda` is a Python keyword, so users and the catalogue write it with an underscore or abbreviate it.
_SPELLINGS = {"lambda_": "lambda", "lam": "lambda", "eps": "epsilon"}

FUNCTIONS: Mapping[str, tuple[str, str]] = {
    "sigmoid": (r"\sigma", "σ"),
    "exp": (r"\exp", "exp"),
    "log": (r"\log", "log"),
    "tanh": (r"\tanh", "tanh"),
    "sinh": (r"\sinh", "sinh"),
    "cosh": (r"\cosh", "cosh"),
    "sin": (r"\sin", "sin"),
    "cos": (r"\cos", "cos"),
    "tan": (r"\tan", "tan"),
    "max": (r"\max", "max"),
    "min": (r"\min", "min"),
}

_SUBSCRIPTS = dict(zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
_SUPERSCRIPTS = dict(
    zip("0123456789+-=()abcdefghijklmnoprstuvwxyzTβγδ", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᵝᵞᵟ", strict=True)
)


@dataclass(frozen=True)
class Sign:
    """A name in the parts in which it is printed.

    Attributes:
        base: A letter, the English name of a Greek letter, or a word.
        layer: What stands as the layer's superscript: a number, a letter or the layer's name.
        subs: Subscripts that belong to the name itself, such as the 5 of w_5 or the f of W_f.
        place: Letters glued to the front of the subscripts, such as the h of net_h1.
        shape: `"scalar"` for one number, else a whole array, which is printed bold.
        brackets: Whether the layer stands in parentheses, a^(1); without them it reads like a power.
        plain: How the user typed it; a terminal shows that.
    """

    base: str
    layer: str = ""
    subs: tuple[str, ...] = ()
    place: str = ""
    shape: Literal["scalar", "vector", "matrix"] = "scalar"
    brackets: bool = True
    plain: str = ""

    def tex(self, subscripts: Sequence[str] = ()) -> str:
        r"""The sign in LaTeX, with subscripts that are already LaTeX.

        Example:
            >>> Sign("delta", layer="2").tex(["j"])
            '\\delta\\lay{2}_{j}'
        """
        base = _letter_tex(self.base)
        if self.shape != "scalar":
            base = f"\\{'vect' if self.shape == 'vector' else 'mat'}{{{base}}}"
        own = _glue([_word_tex(sub) for sub in self.subs])
        below = _subscripts(self.place, own, _glue(subscripts))
        return base + self._layer_tex() + (f"_{{{below}}}" if below else "")

    def _layer_tex(self) -> str:
        if not self.layer:
            return ""
        layer = self.layer if self.layer.isdigit() or len(self.layer) == 1 else rf"\mathrm{{{_escaped(self.layer)}}}"
        return rf"\lay{{{layer}}}" if self.brackets else f"^{{{layer}}}"

    def text(self, subscripts: Sequence[str] = ()) -> str:
        """The sign in plain Unicode, as the user typed it if that is known.

        Example:
            >>> Sign("a", layer="1").text(["1"])
            'a₁⁽¹⁾'
        """
        if self.plain and not subscripts:
            return self.plain
        own = _glue([GREEK.get(sub, sub) for sub in self.subs], tex=False)
        below = _subscripts(self.place, own, _glue(subscripts, tex=False))
        layer = f"({self.layer})" if self.brackets else self.layer
        return GREEK.get(self.base, self.base) + subscript(below) + (superscript(layer) if self.layer else "")


@dataclass(frozen=True)
class Notation:
    """One row of the table of notations.

    Attributes:
        name: What `--notation` calls it.
        letters: What it writes for our letters, such as `net` for z.
        layers: Where a layer's number goes: above in parentheses, above without, or as a letter in front of the
            subscript that says whether the layer is hidden (h) or puts out (o).
        numbered: Whether weights are numbered through the whole network, w1, w2, ..., instead of by row and column.
        form: The form of formulas that goes with it, such as `"matrix"`; empty where any does.
    """

    name: str
    letters: Mapping[str, str] = field(default_factory=dict)
    layers: Literal["parentheses", "bare", "letter"] = "parentheses"
    numbered: bool = False
    form: str = ""

    def sign(
        self,
        name: str,
        layer: int | None = None,
        depth: int = 0,
        rank: int = 0,
        whole: bool = False,
        prefix: str | None = None,
    ) -> Sign:
        r"""The sign of a tensor, for one element of it or for the whole.

        Args:
            name: The tensor's Python name, such as `"W1"` or `"lstm_Wf"`.
            layer: The layer it belongs to; left out, trailing digits are taken for it.
            depth: The number of layers of the network; the last one puts out.
            rank: How many axes the tensor has: elements of a matrix are printed in lower case.
            whole: Whether the sign stands for the whole array.
            prefix: The name of its layer, with which its own name begins, or an empty string; left out, it is guessed.

        Example:
            >>> STANDARD.sign("W1", rank=2).text(["j", "i"])
            'wⱼᵢ⁽¹⁾'
            >>> STANDARD.sign("W1", rank=2, whole=True).tex()
            '\\mat{W}\\lay{1}'
        """
        sign = _tensor_sign(name, layer) if prefix is None else _layer_sign(name, layer, prefix)
        if sign.base in self.letters:
            renamed = given(self.letters[sign.base])
            sign = replace(renamed, layer=sign.layer, subs=renamed.subs + sign.subs, plain="")
        if whole and rank:
            return self._placed(replace(sign, shape="vector" if rank == 1 else "matrix"), name, layer, depth)
        if rank and len(sign.base) == 1 and not sign.base.islower():
            sign = replace(sign, base=sign.base.lower())
        return self._placed(sign, name, layer, depth)

    def _placed(self, sign: Sign, name: str, layer: int | None, depth: int) -> Sign:
        if self.layers == "bare":
            return replace(sign, brackets=False)
        if self.layers == "letter":
            number = depth if name == "t" else int(sign.layer) if sign.layer.isdigit() else layer or 0
            if number:
                hidden = "h" if depth <= 2 else f"h{number},"
                return replace(sign, layer="", place="o" if number == depth else hidden)
        return sign


NOTATIONS: Mapping[str, Notation] = {
    row.name: row
    for row in (
        Notation("standard"),
        # Nielsen, Neural Networks and Deep Learning (2015): the cost C, the desired output y, z^l and a^l.
        Notation("nielsen", letters={"E": "C", "t": "y"}, layers="bare"),
        Notation("matrix", layers="bare", form="matrix"),
        Notation(
            "mazur",
            letters={"x": "i", "z": "net", "a": "out", "t": "target", "E": "E_total"},
            layers="letter",
            numbered=True,
        ),
    )
}
STANDARD = NOTATIONS["standard"]


def notation(name: str) -> Notation:
    """The notation of that name; `UnknownNameError` if there is none."""
    if name not in NOTATIONS:
        raise UnknownNameError(f"unknown notation {name!r}", help=did_you_mean(name, list(NOTATIONS)))
    return NOTATIONS[name]


def given(name: str) -> Sign:
    r"""The sign of a name of the user's own: trailing digits and what follows an underscore are subscripts.

    Example:
        >>> given("w5").tex(), given("net_h1").tex(), given("beta").tex()
        ('w_{5}', '\\mathrm{net}_{h1}', '\\beta')
    """
    if name in _SPELLINGS:
        return Sign(_SPELLINGS[name], plain=name)
    letters, digits, rest = _split(name)
    subs = tuple(part for part in (digits, *rest.split("_")) if part)
    return Sign(letters, subs=subs, plain=name)


def function_sign(name: str, tex: bool = True) -> str:
    """What a function is called in print: its usual symbol, else its name upright."""
    if name in FUNCTIONS:
        return FUNCTIONS[name][0 if tex else 1]
    return rf"\operatorname{{{_escaped(name)}}}" if tex else name


@lru_cache(maxsize=4096)
def subscript(text: str) -> str:
    """Unicode subscript characters, or `_{...}` where one of them does not exist."""
    return _raised(text, _SUBSCRIPTS, "_")


@lru_cache(maxsize=4096)
def superscript(text: str) -> str:
    """Unicode superscript characters, or `^{...}` where one of them does not exist."""
    return _raised(text, _SUPERSCRIPTS, "^")


def _raised(text: str, table: Mapping[str, str], mark: str) -> str:
    if all(char in table for char in text):
        return "".join(table[char] for char in text)
    return f"{mark}{text}" if len(text) == 1 else f"{mark}{{{text}}}"


def _tensor_sign(name: str, layer: int | None) -> Sign:
    if layer is None:
        # W1 is of layer 1, the in of W_in and the 1 of x_1 are what the name itself ends with.
        letters, digits, rest = _split(name)
        base, subs = _base(letters)
        return Sign(base, layer=digits, subs=(*subs, *filter(None, rest.split("_"))))
    prefix, _, tail = name.rpartition("_")
    short = re.fullmatch(r"[A-Za-z]{1,3}\d*", tail) or _split(tail)[0] in GREEK
    return _layer_sign(name, layer, prefix if short else "")


def _layer_sign(name: str, layer: int | None, prefix: str) -> Sign:
    """The sign of a tensor whose layer's name is known: block_mu_a is the mu_a of block, and mu_a3 that of layer 3."""
    tail, raised = (name.removeprefix(f"{prefix}_"), prefix) if prefix else (name, "")
    number = re.search(r"_?(\d+)$", tail)
    if not prefix and number and number[1] == str(layer):
        tail, raised = tail[: number.start()], str(layer)
    letters, digits, rest = _split(tail)
    base, subs = _base(letters)
    return Sign(base, layer=raised, subs=(*subs, *(part for part in (digits, *rest.split("_")) if part)))


def _base(letters: str) -> tuple[str, tuple[str, ...]]:
    letters = _SPELLINGS.get(letters, letters)
    if letters in GREEK or len(letters) == 1:
        return letters, ()
    # Gates are named by a second letter, Wf or bf, recurrent weights by two, Wxh; longer lower-case names are words.
    if len(letters) == 2 or letters[0].isupper():
        return letters[0], (letters[1:],)
    return letters, ()


def _split(name: str) -> tuple[str, str, str]:
    match = re.match(r"([A-Za-z]+)(\d*)_?(.*)", name)
    return (match[1], match[2], match[3]) if match else (name, "", "")


def _glue(parts: Sequence[str], tex: bool = True) -> str:
    """Subscripts side by side if each is one sign, ji, else with commas, 1,12."""
    single = all(re.fullmatch(r"\\[A-Za-z]+|.", part) for part in parts)
    if not single:
        return ",".join(parts)
    joined = ""
    for part in parts:
        joined += (" " if tex and re.search(r"\\[A-Za-z]+$", joined) and part[0].isalpha() else "") + part
    return joined


def _subscripts(place: str, own: str, rest: str) -> str:
    return (place + (f"{own},{rest}" if own and rest else own + rest)).rstrip(",")


def _letter_tex(base: str) -> str:
    if base in GREEK:
        return _GREEK_TEX.get(base, f"\\{base}")
    return base if len(base) == 1 else rf"\mathrm{{{_escaped(base)}}}"


def _word_tex(sub: str) -> str:
    if sub in GREEK:
        return _letter_tex(sub)
    return rf"\mathrm{{{_escaped(sub)}}}" if len(sub) > 2 and sub.isalpha() else _escaped(sub)


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")
