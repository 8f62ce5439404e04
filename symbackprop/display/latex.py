r"""Prints trees in the one subset of LaTeX that works in pdfLaTeX and KaTeX alike, by way of semantic macros.

Colours, layers and derivatives are macros (`\fE`, `\lay`, `\pd`), so that a document decides how they look, and the
same source can be rendered by either engine; `MACROS` holds their definitions.
"""

from __future__ import annotations

from typing import Literal

from symbackprop.display.numbers import INFINITE, powered
from symbackprop.display.printer import ATOM, BASE, POWER, PRODUCT, SUM, Printer, is_bare_log, is_called, is_word
from symbackprop.display.tree import (
    Apply,
    BigSum,
    Boxed,
    Brace,
    Bracket,
    Cases,
    Compare,
    Extreme,
    Fraction,
    Logic,
    Matrix,
    Minus,
    Number,
    PartialDerivative,
    Power,
    Product,
    Range,
    Reference,
    Relation,
    Role,
    Sum,
    Symbol,
    Transpose,
    Tree,
    Words,
    bare,
    children,
)
from symbackprop.notation import function_sign

COLOURS = {
    "sbpE": "B84A00",
    "sbpS": "0067A3",
    "sbpX": "00704F",
    "sbpD": "8E3A70",
    "sbpgray": "5F6B7A",
    "sbpfill": "F4F7FB",
    "sbpline": "B9C6D6",
}
MACROS: dict[str, tuple[int, str]] = {
    "pd": (2, r"\frac{\partial #1}{\partial #2}"),
    "lay": (1, r"^{(#1)}"),
    "vect": (1, r"\bm{#1}"),
    "mat": (1, r"\mathbf{#1}"),
    "T": (0, r"^{\top}"),
    "why": (1, r"\text{\small\color{sbpgray}#1}"),
    "result": (1, r"{\setlength{\fboxsep}{4pt}\fcolorbox{sbpline}{sbpfill}{$\displaystyle #1$}}"),
    **{f"f{role}": (1, rf"\textcolor{{sbp{role}}}{{#1}}") for role in "ESXD"},
    **{f"ub{role}": (2, rf"{{\underbrace{{\f{role}{{#1}}}}_{{\f{role}{{#2}}}}}}") for role in "ESXD"},
}
_ROLES: dict[Role, str] = {"error": "E", "slope": "S", "input": "X", "delta": "D"}
_OPERATORS = {"<": "<", "<=": r"\le", "=": "=", "!=": r"\ne", ">": ">", ">=": r"\ge"}
_JOINERS = {"cdot": r" \cdot ", "times": r" \times ", "odot": r" \odot "}
_SIZES = ("", "big", "Big", "bigg")
_ESCAPES = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
})  # fmt: skip


def preamble() -> str:
    """The definitions of the macros that printed formulas use; needs amsmath, bm and xcolor."""
    colours = [rf"\definecolor{{{name}}}{{HTML}}{{{value}}}" for name, value in COLOURS.items()]
    macros = [
        rf"\newcommand{{\{name}}}{f'[{count}]' if count else ''}{{{body}}}" for name, (count, body) in MACROS.items()
    ]
    return "\n".join(colours + macros)


def escape(text: str) -> str:
    """Plain text with the characters that TeX would act on made harmless."""
    return text.translate(_ESCAPES)


class LatexPrinter(Printer):
    """Turns trees into LaTeX for math mode."""

    def equality(self, operator: str) -> str:
        """The sign of an exact or a rounded equality."""
        return "=" if operator == "=" else r"\approx"

    def wrap(self, text: str, tree: Tree) -> str:
        r"""Parentheses of the height of the tree; not `\left`, which no line can break inside."""
        opening, closing = delimiters(tree)
        return f"{opening}{text}{closing}"

    def paint(self, role: Role, text: str) -> str:
        """Text in the colour of a role."""
        return rf"\f{_ROLES[role]}{{{text}}}"

    def brace(self, text: str, tree: Brace) -> str:
        """Text over a brace with a label."""
        label = self.show(tree.label)
        return rf"\ub{_ROLES[tree.role]}{{{text}}}{{{label}}}" if tree.role else rf"\underbrace{{{text}}}_{{{label}}}"

    def number(self, tree: Number, leading: bool) -> str:
        sign, mantissa, power = ("", r"\infty", "") if tree.text == INFINITE else powered(tree.text)
        return sign + r"\times".join(filter(None, (mantissa, power and f"10^{{{power}}}")))

    def symbol(self, tree: Symbol, leading: bool) -> str:
        return tree.sign.tex([self.show(index) for index in tree.subscripts])

    def partialderivative(self, tree: PartialDerivative, leading: bool) -> str:
        return rf"\pd{{{self.show(tree.of, POWER) if tree.of else ''}}}{{{self.show(tree.wrt, POWER)}}}"

    def minus(self, tree: Minus, leading: bool) -> str:
        return f"-{self.show(tree.body, PRODUCT, leading=False)}"

    def sum(self, tree: Sum, leading: bool) -> str:
        return " ".join(f"{operator} {text}".strip() for operator, text in self.terms(tree.terms, leading))

    def product(self, tree: Product, leading: bool) -> str:
        text, wrapped = self.factor(tree.factors, 0, leading)
        for position, (left, right) in enumerate(zip(tree.factors, tree.factors[1:], strict=False), start=1):
            joiner = self.joiner(tree, left, right, wrapped)
            following, wrapped = self.factor(tree.factors, position, leading)
            text += joiner + following
        return text

    def joiner(self, tree: Product, left: Tree, right: Tree, wrapped: bool) -> str:
        """What stands between two neighbouring factors; `wrapped` tells whether the left one is in parentheses."""
        if tree.by:
            return _JOINERS[tree.by]
        left, right = bare(left), bare(right)
        first = _at_end(right, 0)
        # The power of a negative number begins with a parenthesis.
        if isinstance(first, Power) and isinstance(base := bare(first.base), Number) and base.value >= 0:
            first = base
        if isinstance(first, Number) or is_called(left, right):
            return r" \times " if isinstance(_at_end(left, -1), Number) else r" \cdot "
        if isinstance(left, BigSum | Extreme | Matrix | Cases | Apply) or isinstance(right, Bracket):
            return r"\,"
        if isinstance(right, BigSum | Extreme):
            # TeX itself sets these off.
            return " "
        if any(
            isinstance(one, PartialDerivative) or is_word(one) or (isinstance(one, Fraction) and not one.inline)
            for one in (left, right)
        ):
            return r"\,"
        opened = isinstance(right.base if isinstance(right, Power) else right, Sum)
        if isinstance(left, Fraction):
            # Only a tall parenthesis can stand close to a small fraction.
            return r"\," if opened and not height(right) else " "
        return r"\," if wrapped and not opened else " "

    def fraction(self, tree: Fraction, leading: bool) -> str:
        return rf"\{'tfrac' if tree.inline else 'frac'}{{{self.show(tree.above)}}}{{{self.show(tree.below)}}}"

    def power(self, tree: Power, leading: bool) -> str:
        return f"{self.show(tree.base, BASE)}^{{{self.show(tree.exponent)}}}"

    def apply(self, tree: Apply, leading: bool) -> str:
        first = tree.arguments[0]
        if tree.name == "sqrt":
            return rf"\sqrt{{{self.show(first)}}}"
        if tree.name == "abs":
            return rf"\lvert {self.show(first)} \rvert"
        if tree.name == "exp" and height(first) < 2:
            return f"e^{{{self.show(first)}}}"
        name = function_sign(tree.name) + "'" * tree.primes
        if is_bare_log(tree):
            return f"{name} {self.show(first)}"
        inner = ", ".join(self.show(argument, SUM) for argument in tree.arguments)
        size = max(map(height, tree.arguments))
        opening, closing = _delimiters(size)
        return f"{name}{opening}{inner}{closing}"

    def range(self, tree: Range, leading: bool) -> str:
        index = self.show(tree.index)
        if tree.shown and tree.last:
            return f"_{{{index}={self.show(tree.first)}}}^{{{self.show(tree.last)}}}"
        return f"_{{{index}}}"

    def bigsum(self, tree: BigSum, leading: bool) -> str:
        return f"{self.head(tree)} {self.show(tree.body, PRODUCT, leading=False)}"

    def head(self, tree: BigSum) -> str:
        """The summation sign with its indices."""
        if any(one.shown for one in tree.ranges):
            return " ".join(rf"\sum{self.show(one)}" for one in tree.ranges)
        return rf"\sum_{{{','.join(self.show(one.index) for one in tree.ranges)}}}"

    def extreme(self, tree: Extreme, leading: bool) -> str:
        name = r"\operatorname*{arg\,max}" if tree.place else r"\max"
        return f"{name}{self.show(tree.range)} {self.show(tree.body, PRODUCT, leading=False)}"

    def compare(self, tree: Compare, leading: bool) -> str:
        text = self.show(tree.operands[0], SUM)
        for operator, operand in zip(tree.operators, tree.operands[1:], strict=True):
            text += f" {_OPERATORS[operator]} {self.show(operand, SUM)}"
        return text

    def logic(self, tree: Logic, leading: bool) -> str:
        if tree.operator == "not":
            return rf"\text{{{tree.word or 'not'} }}{self.show(tree.conditions[0], SUM)}"
        parts = [self.show(one, SUM if isinstance(one, Logic) else 0) for one in tree.conditions]
        return rf"\text{{ {tree.word or tree.operator} }}".join(parts)

    def bracket(self, tree: Bracket, leading: bool) -> str:
        size = _SIZES[min(height(tree.condition), 3)]
        inner = self.show(tree.condition)
        return rf"\{size}l[{inner}\{size}r]" if size else f"[{inner}]"

    def cases(self, tree: Cases, leading: bool) -> str:
        rows = [
            f"{self.show(value)} & " + (rf"\text{{{tree.said[1]}}}" if condition is None else self.show(condition))
            for value, condition in tree.rows
        ]
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"

    def matrix(self, tree: Matrix, leading: bool) -> str:
        rows = [" & ".join(self.show(entry) for entry in row) for row in tree.rows]
        return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"

    def transpose(self, tree: Transpose, leading: bool) -> str:
        body = tree.body
        if isinstance(body, Power) and body.exponent == Number("-1"):
            return self.show(body.base, ATOM) + r"^{-\mathsf{T}}"
        return self.show(body, ATOM) + r"\T"

    def reference(self, tree: Reference, leading: bool) -> str:
        return rf"\eqref{{{tree.label}}}"

    def words(self, tree: Words | str, leading: bool = True) -> str:
        r"""Text for `\why` and `\text`, with formulas between dollars."""
        parts = (tree,) if isinstance(tree, str) else tree.parts
        return "".join(self._part(part) for part in parts)

    def _part(self, part: str | Tree) -> str:
        if isinstance(part, str):
            return escape(part)
        return self.show(part) if isinstance(part, Reference) else f"${self.show(part)}$"

    def boxed(self, tree: Boxed, leading: bool) -> str:
        return rf"\result{{{self.show(tree.body)}}}"

    def relation(self, tree: Relation, leading: bool) -> str:
        return " ".join([self.show(tree.lhs), *(self.show(row) for row in tree.rows)])


# 0 is a line, 1 has a layer above, 2 is a fraction or a sum, 3 a matrix.
_HEIGHTS: dict[type[Tree], int] = {BigSum: 2, Extreme: 1, PartialDerivative: 2, Matrix: 3, Cases: 3}


def height(tree: Tree) -> int:
    """How tall a tree is printed, as an index into the sizes of parentheses."""
    if isinstance(tree, Symbol):
        return 1 if tree.sign.layer else 0
    if isinstance(tree, Fraction):
        return 1 if tree.inline else 2
    if isinstance(tree, Power):
        # The exponent is raised but small: e to the z needs no taller parentheses than z.
        return height(tree.base)
    inner = children(tree.body) if isinstance(tree, Brace) else children(tree)
    return max([_HEIGHTS.get(type(tree), 0), *map(height, inner)])


def delimiters(tree: Tree) -> tuple[str, str]:
    """The parentheses that fit a tree."""
    return _delimiters(height(tree))


def _delimiters(size: int) -> tuple[str, str]:
    name = _SIZES[min(size, 3)]
    return (rf"\{name}l(", rf"\{name}r)") if name else ("(", ")")


def _at_end(tree: Tree, end: Literal[0, -1]) -> Tree:
    """The first or last factor of products within products: 2 and 3 a may not be read as 23 a."""
    tree = bare(tree)
    while isinstance(tree, Product):
        tree = bare(tree.factors[end])
    return tree


LATEX = LatexPrinter()


def latex(tree: Tree) -> str:
    r"""The LaTeX of a tree, for math mode.

    Example:
        >>> latex(Sum((Number("0.138"), Number("-0.038"))))
        '0.138 + (-0.038)'
    """
    return LATEX(tree)
