r"""Tokens → display tree: the grammar of sums, products, powers and relations; what they are made of is in `atoms`.

A product by ⊙ binds looser than one that is written side by side, so that `W^\top \delta \odot s` is (W^⊤ δ) ⊙ s. A
sum reaches over all factors after it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from symbackprop.display.tree import (
    Compare,
    Fraction,
    Joiner,
    Logic,
    Minus,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    Transpose,
    Tree,
    bare,
    walk,
)
from symbackprop.errors import TooLargeError
from symbackprop.reading.atoms import ATOMS
from symbackprop.reading.cursor import Cursor
from symbackprop.reading.signs import sign_of
from symbackprop.reading.spelling import Names, PlainNames
from symbackprop.reading.tokens import Token, where
from symbackprop.reading.words import meaning

MOST_DEGREE = 256
EQUALITIES = {"=": "=", r"\approx": "≈", r"\simeq": "≈", r"\equiv": "=", r"\doteq": "≈"}
ASSIGNMENTS = (r"\leftarrow", r"\gets", r"\coloneqq", r"\mapsto")
COMPARISONS = {
    "<": "<", r"\lt": "<", r"\le": "<=", r"\leq": "<=", r"\leqslant": "<=", "=": "=", r"\ne": "!=", r"\neq": "!=",
    ">": ">", r"\gt": ">", r"\ge": ">=", r"\geq": ">=", r"\geqslant": ">=",
}  # fmt: skip
_JOINERS: dict[str, Joiner] = {r"\cdot": "cdot", r"\times": "times", "*": "cdot"}
_HADAMARD = (r"\odot", r"\circ", r"\otimes")
_STOPS = frozenset(
    ["", "+", "-", "}", ")", "]", "&", ",", ";", ":", ".", "/", "|", r"\|", r"\rvert", r"\rVert", r"\\", r"\end",
     r"\text", r"\}", r"\land", r"\lor", r"\wedge", r"\vee", r"\in", r"\to", r"\pm", r"\rangle"]
) | EQUALITIES.keys() | COMPARISONS.keys() | _JOINERS.keys() | {*_HADAMARD, *ASSIGNMENTS}  # fmt: skip


class Formula(Cursor):
    """Reads one formula.

    Args:
        found: Its tokens.
        text: The text they came from.
        names: Who knows what signs stand for.
    """

    def __init__(self, found: Sequence[Token], text: str, names: Names | None = None) -> None:
        super().__init__(found, text)
        self.names: Names = names or PlainNames()
        self.bars = 0

    def inner(self, found: Sequence[Token]) -> Tree:
        """The tree of some tokens that make a formula of their own."""
        part = Formula(found, self.text, self.names)
        tree = part.condition()
        part.done()
        return tree

    def argument(self) -> Tree:
        """The tree of the argument at hand: in braces, or one token."""
        return self.inner(self.group())

    def condition(self) -> Tree:
        """Comparisons joined by `and` and `or`; a formula without any is itself."""
        first = self._negation()
        while (word := self._word()) in ("and", "or"):
            first = Logic("and" if word == "and" else "or", (first, self._negation()))
        return first

    def _word(self) -> str:
        if self.here == r"\text":
            place = self.place
            self.next()
            word = meaning(self.raw())
            if word in ("and", "or"):
                return word
            self.place = place
        return {r"\land": "and", r"\wedge": "and", r"\lor": "or", r"\vee": "or"}.get(
            self.take(r"\land", r"\wedge", r"\lor", r"\vee"), ""
        )

    def _negation(self) -> Tree:
        if self.take(r"\neg", r"\lnot"):
            return Logic("not", (self._negation(),))
        if self.here == r"\text":
            place = self.place
            self.next()
            word = meaning(self.raw())
            if word == "not":
                return Logic("not", (self._negation(),))
            if word != "if":
                self.place = place
        return self.comparison()

    def comparison(self) -> Tree:
        """A chain of comparisons, such as 1 <= k <= n."""
        operands, operators = [self.sum()], []
        while self.here in COMPARISONS:
            operators.append(COMPARISONS[self.next()])
            operands.append(self.sum())
        return Compare(tuple(operands), tuple(operators)) if operators else operands[0]  # type: ignore[arg-type]

    def sum(self) -> Tree:
        """Terms joined by plus and minus."""
        self._nothing()
        terms: list[Tree] = []
        sign = self.take("+", "-")
        while True:
            term = self.term()
            terms.append(term if sign != "-" else Minus(term) if terms else _negative(term))
            self._nothing()
            sign = self.take("+", "-")
            if not sign:
                return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def _nothing(self) -> None:
        """Empty braces, which only set a space."""
        while self.here == "{" and self.ahead() == "}":
            self.place += 2

    def term(self) -> Tree:
        """Factors joined entry by entry."""
        factors = [self.product()]
        while self.take(*_HADAMARD):
            factors.append(self.product())
        return factors[0] if len(factors) == 1 else Product(tuple(factors), "odot")

    def product(self) -> Tree:
        """Factors side by side, or joined by a sign; a division takes one factor."""
        runs: list[Tree] = [self.run()]
        joiners: list[Joiner] = []
        while True:
            self._nothing()
            if self.here in _JOINERS:
                joiners.append(_JOINERS[self.next()])
                sign = self.take("-", "+")
                run = self.run()
                runs.append(_negative(run) if sign == "-" else run)
            elif self.take("/"):
                bracketed = self.here in ("(", "[")
                runs[-1] = Fraction(runs[-1], self.factor())
                if self.starts() and bracketed:
                    # What stands after 1/(5 N) is no part of the divisor.
                    runs.append(self.run())
                    joiners.append("cdot")
                elif self.starts():
                    raise self.error("a factor after a division could stand above or below", "write parentheses")
            else:
                return _joined(runs, joiners)

    def run(self) -> Tree:
        """Factors side by side."""
        factors = [self.factor()]
        while self.starts():
            if isinstance(factors[-1], Number) and self.here[0].isdigit():
                raise self.error("two numbers side by side", help=r"write \times between them")
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else Product(tuple(factors))

    def starts(self) -> bool:
        """Whether a further factor begins at this place."""
        self._nothing()
        if self.here in ("|", r"\|"):
            return not self.bars
        return self.here not in _STOPS

    def factor(self) -> Tree:
        """What is raised to a power or transposed, with it."""
        tree = self.atom()
        raised = False
        while True:
            if self.take(r"\T"):
                tree = Transpose(tree)
            elif self.here == "^":
                if raised:
                    raise self.error("a second exponent", "TeX admits one; write braces around what is raised again")
                self.next()
                tree = self._raised(tree, self.group())
                raised = isinstance(tree, Power)
            else:
                return tree

    def _raised(self, tree: Tree, above: Sequence[Token]) -> Tree:
        words = [one.text for one in above if one.text not in ("{", "}")]
        if words in ([r"\top"], [r"\intercal"], [r"\mathsf", "T"], [r"\mathrm", "T"], [r"\mathrm", "t"], [r"\dagger"]):
            return Transpose(tree)
        if words == ["T"] and any(isinstance(one, Symbol) and one.sign.shape != "scalar" for one in walk(tree)):
            return Transpose(tree)
        if words in (["-", r"\mathsf", "T"], ["-", r"\top"]):
            return Transpose(Power(tree, Number("-1")))
        power = Power(tree, self.inner(above))
        if _degree(power) > MOST_DEGREE:
            raise TooLargeError(f"{where(self.text, self.at)}: powers beyond {MOST_DEGREE} are not read")
        return power

    def atom(self) -> Tree:
        """A number, a sign, a function of something, or something in brackets."""
        here = self.here
        if here in ATOMS:
            return ATOMS[here](self)
        if here and (here[0].isdigit() or here[0] == "."):
            return self.number()
        return sign_of(self)

    def number(self) -> Number:
        """A number, with its power of ten and the thin spaces between its digits."""
        text = self.next()
        while True:
            if self.place + 1 < len(self.tokens) and self.tokens[self.place].text == r"\,":
                following = self.ahead()
                if following.isdigit() and (len(following) == 3 or ("." in text and len(following) < 3)):
                    self.place += 2
                    text += following
                    continue
            if [self.here, self.ahead(), self.ahead(2)] == ["{", ",", "}"] and self.ahead(3).isdigit():
                self.place += 4
                text += self.tokens[self.place - 1].text
                continue
            break
        if self.here in (r"\times", r"\cdot") and self.ahead() == "10" and self.ahead(2) == "^" and "e" not in text:
            self.place += 3
            power = "".join(one.text for one in self.group())
            if not power.lstrip("-").isdigit() or len(power) > 4:
                raise self.error("a power of ten has a whole number as exponent")
            text = f"{text}e{int(power):+03d}"
        return Number("0" + text if text.startswith(".") else text)


def _negative(tree: Tree) -> Tree:
    """Minus a tree; a number takes the sign itself."""
    if isinstance(tree, Number) and not tree.text.startswith("-"):
        return Number(f"-{tree.text}")
    return Minus(tree)


def _joined(runs: Sequence[Tree], joiners: Sequence[Joiner]) -> Tree:
    if len(set(joiners)) <= 1:
        return Product(tuple(runs), joiners[0]) if joiners else runs[0]
    tree = runs[0]
    for joiner, run in zip(joiners, runs[1:], strict=True):
        tree = Product((tree, run), joiner)
    return tree


def _degree(tree: Tree) -> int:
    """How often the innermost factor of nested powers with whole exponents is multiplied."""
    if not isinstance(tree, Power):
        return 1
    exponent = bare(tree.exponent)
    exponent = bare(exponent.body) if isinstance(exponent, Minus) else exponent
    if any(isinstance(one, Power) for one in walk(exponent)) and not any(isinstance(one, Symbol) for one in walk(tree)):
        return MOST_DEGREE + 1
    count = math.ceil(abs(exponent.value)) if isinstance(exponent, Number) else 1
    below = max((_degree(one) for one in walk(tree.base) if isinstance(one, Power)), default=1)
    above = max((_degree(one) for one in walk(exponent) if isinstance(one, Power)), default=1)
    return max(1, count) * below * above
