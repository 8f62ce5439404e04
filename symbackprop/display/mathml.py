"""Prints trees in MathML Core, which browsers set without a script, and which can be selected, searched and read aloud.

It uses no element or attribute that MathML Core dropped: parentheses are operators, bold letters are characters of
their own, and colours, boxes and the look of tables are classes that a page defines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from symbackprop.display.latex import LATEX, height
from symbackprop.display.letters import name, one, parenthesised, signed
from symbackprop.display.numbers import INFINITE, powered
from symbackprop.display.printer import ATOM, BASE, POWER, PRODUCT, SUM, Printer, is_bare_log
from symbackprop.display.text import TextPrinter
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
    Row,
    Sum,
    Symbol,
    Transpose,
    Tree,
    Words,
    bare,
)
from symbackprop.notation import function_sign

_OPERATORS = {"<": "&lt;", "<=": "≤", "=": "=", "!=": "≠", ">": "&gt;", ">=": "≥"}
_THIN = '<mspace width="0.1667em"/>'
# What LaTeX puts between two factors, here: nothing that is seen but that is read as "times", or a sign.
_JOINERS = {
    " ": "<mo>&#x2062;</mo>",
    r"\,": f"<mo>&#x2062;</mo>{_THIN}",
    r" \cdot ": "<mo>⋅</mo>",
    r" \times ": "<mo>×</mo>",
    r" \odot ": '<mo lspace="0.2222em" rspace="0.2222em">⊙</mo>',
}
_SIGNED = ("sqrt", "abs", "exp")
_APPLY = "<mo>&#x2061;</mo>"


class MathmlPrinter(Printer):
    """Turns trees into MathML without the `math` element around it.

    Args:
        numbers: What is printed for the label of a relation, such as `"(3)"`, and for its link.
    """

    def __init__(self, numbers: Mapping[str, str] | None = None) -> None:
        self.numbers = numbers or {}
        self.plain = _ReadAloud(self.numbers)

    def math(self, tree: Tree, display: bool = False, row: bool = True) -> str:
        """The whole `math` element of a tree, with its plain text for those who cannot see it."""
        looks = ' display="block"' if display else ""
        return f'<math{looks} alttext="{escape(self.plain(tree))}">{one(self(tree)) if row else self(tree)}</math>'

    def equality(self, operator: str) -> str:
        """The sign of an exact or a rounded equality, with its room on both sides also where a line begins."""
        return f'<mo form="infix">{operator}</mo>'

    def wrap(self, text: str, tree: Tree) -> str:
        """Parentheses, which grow with what they hold."""
        return parenthesised(text, tall=height(tree) > 0)

    def paint(self, role: Role, text: str) -> str:
        """A row of the class of a role."""
        return f'<mrow class="{role}">{text}</mrow>'

    def brace(self, text: str, tree: Brace) -> str:
        """Text over a brace with a label."""
        looks = f' class="{tree.role}"' if tree.role else ""
        # The brace is a border of the body: the character ⏟ grows in few fonts, and not to every width.
        return f'<munder{looks}><mrow class="braced">{text}</mrow><mrow>{self.show(tree.label)}</mrow></munder>'

    def number(self, tree: Number, leading: bool) -> str:
        if tree.text == INFINITE:
            return "<mi>∞</mi>"
        sign, mantissa, power = powered(tree.text)
        ten = f"<msup><mn>10</mn>{one(signed(power))}</msup>" if power else ""
        if not mantissa:
            return f'<mo form="prefix">−</mo>{ten}' if sign else ten
        return f"{signed(sign + mantissa)}<mo>×</mo>{ten}" if ten else signed(sign + mantissa)

    def symbol(self, tree: Symbol, leading: bool) -> str:
        subscripts = [(self.plain(index), self.show(index)) for index in tree.subscripts]
        return name(tree.sign, subscripts)

    def partialderivative(self, tree: PartialDerivative, leading: bool) -> str:
        above = f"<mi>∂</mi>{self.show(tree.of, POWER) if tree.of else ''}"
        return f"<mfrac>{one(above)}<mrow><mi>∂</mi>{self.show(tree.wrt, POWER)}</mrow></mfrac>"

    def minus(self, tree: Minus, leading: bool) -> str:
        return f'<mo form="prefix">−</mo>{self.show(tree.body, PRODUCT, leading=False)}'

    def sum(self, tree: Sum, leading: bool) -> str:
        return "".join(self.signed_terms(tree.terms, leading))

    def signed_terms(self, terms: Sequence[Tree], leading: bool = True) -> list[str]:
        """The terms of a sum, each with its sign, so that a line may break between them."""
        signs = {"": "", "+": '<mo form="infix">+</mo>', "-": '<mo form="infix">−</mo>'}
        return [signs[operator] + text for operator, text in self.terms(terms, leading)]

    def product(self, tree: Product, leading: bool) -> str:
        return "".join(self.joined_factors(tree, leading))

    def joined_factors(self, tree: Product, leading: bool = True) -> list[str]:
        """The factors of a product, each but the first with what joins it to the one before."""
        text, wrapped = self.factor(tree.factors, 0, leading)
        found = [text]
        for position, (left, right) in enumerate(zip(tree.factors, tree.factors[1:], strict=False), start=1):
            joiner = _JOINERS[LATEX.joiner(tree, left, right, wrapped)]
            if not tree.by and is_worded(right):
                joiner = _JOINERS[r"\,"]
            text, wrapped = self.factor(tree.factors, position, leading)
            found.append(joiner + text)
        return found

    def fraction(self, tree: Fraction, leading: bool) -> str:
        text = f"<mfrac>{one(self.show(tree.above))}{one(self.show(tree.below))}</mfrac>"
        return f'<mstyle displaystyle="false">{text}</mstyle>' if tree.inline else text

    def power(self, tree: Power, leading: bool) -> str:
        return f"<msup>{one(self.show(tree.base, BASE))}{one(self.show(tree.exponent))}</msup>"

    def apply(self, tree: Apply, leading: bool) -> str:
        first = tree.arguments[0]
        if tree.name == "sqrt":
            return f"<msqrt>{self.show(first)}</msqrt>"
        if tree.name == "abs":
            return f"<mrow><mo>|</mo>{self.show(first)}<mo>|</mo></mrow>"
        if tree.name == "exp" and height(first) < 2:
            return f"<msup><mi>e</mi>{one(self.show(first))}</msup>"
        function = f"<mi>{escape(function_sign(tree.name, tex=False))}</mi>"
        if tree.primes:
            function = f'<msup>{function}<mo lspace="0" rspace="0">{"′" * tree.primes}</mo></msup>'
        if is_bare_log(tree):
            return f"{function}{_APPLY}{_THIN}{self.show(first)}"
        inner = '<mo separator="true">,</mo>'.join(self.show(argument, SUM) for argument in tree.arguments)
        return function + _APPLY + parenthesised(inner, tall=max(map(height, tree.arguments)) > 0)

    def range(self, tree: Range, leading: bool) -> str:
        return self.under("<mo>∑</mo>", tree)

    def under(self, sign: str, tree: Range) -> str:
        """A large sign with an index below, and with limits if they are shown."""
        index = self.show(tree.index)
        if tree.shown and tree.last:
            below = f"<mrow>{index}<mo>=</mo>{self.show(tree.first)}</mrow>"
            return f"<munderover>{sign}{below}{one(self.show(tree.last))}</munderover>"
        return f"<munder>{sign}{one(index)}</munder>"

    def bigsum(self, tree: BigSum, leading: bool) -> str:
        return f"<mrow>{self.head(tree)}{self.show(tree.body, PRODUCT, leading=False)}</mrow>"

    def head(self, tree: BigSum) -> str:
        """The summation sign with its indices."""
        if any(range_.shown for range_ in tree.ranges):
            return "".join(self.show(range_) for range_ in tree.ranges)
        below = '<mo separator="true">,</mo>'.join(self.show(range_.index) for range_ in tree.ranges)
        return f"<munder><mo>∑</mo>{one(below)}</munder>"

    def extreme(self, tree: Extreme, leading: bool) -> str:
        sign = '<mo movablelimits="true" rspace="0.1667em">' + ("arg max" if tree.place else "max") + "</mo>"
        return f"<mrow>{self.under(sign, tree.range)}{self.show(tree.body, PRODUCT, leading=False)}</mrow>"

    def compare(self, tree: Compare, leading: bool) -> str:
        text = self.show(tree.operands[0], SUM)
        for operator, operand in zip(tree.operators, tree.operands[1:], strict=True):
            text += f"<mo>{_OPERATORS[operator]}</mo>{self.show(operand, SUM)}"
        return text

    def logic(self, tree: Logic, leading: bool) -> str:
        if tree.operator == "not":
            return f"<mtext>{escape(tree.word or 'not')}&#160;</mtext>{self.show(tree.conditions[0], SUM)}"
        parts = [self.show(condition, SUM if isinstance(condition, Logic) else 0) for condition in tree.conditions]
        return f"<mtext>&#160;{escape(tree.word or tree.operator)}&#160;</mtext>".join(parts)

    def bracket(self, tree: Bracket, leading: bool) -> str:
        return f"<mrow><mo>[</mo>{self.show(tree.condition)}<mo>]</mo></mrow>"

    def cases(self, tree: Cases, leading: bool) -> str:
        rows = "".join(
            f"<mtr><mtd>{self.show(value)}</mtd><mtd>"
            + (f"<mtext>{escape(tree.said[1])}</mtext>" if condition is None else self.show(condition))
            + "</mtd></mtr>"
            for value, condition in tree.rows
        )
        return f'<mrow><mo form="prefix">{{</mo><mtable class="cases">{rows}</mtable></mrow>'

    def matrix(self, tree: Matrix, leading: bool) -> str:
        rows = "".join(f"<mtr>{''.join(f'<mtd>{self.show(x)}</mtd>' for x in row)}</mtr>" for row in tree.rows)
        # A gap to write in needs more room than a number.
        looks = ' class="gaps"' if any(isinstance(entry, Words) for row in tree.rows for entry in row) else ""
        return f"<mrow><mo>[</mo><mtable{looks}>{rows}</mtable><mo>]</mo></mrow>"

    def transpose(self, tree: Transpose, leading: bool) -> str:
        return f"<msup>{one(self.show(tree.body, ATOM))}<mi>⊤</mi></msup>"

    def reference(self, tree: Reference, leading: bool) -> str:
        number = self.numbers.get(tree.label, tree.label)
        return f'<mtext><a href="#{anchor(tree.label)}">({escape(number)})</a></mtext>'

    def words(self, tree: Words | str, leading: bool = True) -> str:
        """Running text with its formulas, as a part of a formula."""
        return f"<mtext>{self.running(tree)}</mtext>"

    def running(self, tree: Words | str) -> str:
        """Running text with its formulas, for HTML."""
        parts = (tree,) if isinstance(tree, str) else tree.parts
        return "".join(self._part(part) for part in parts)

    def _part(self, part: str | Tree) -> str:
        if isinstance(part, Reference):
            return f'<a href="#{anchor(part.label)}">({escape(self.numbers.get(part.label, part.label))})</a>'
        return escape(part) if isinstance(part, str) else self.math(part)

    def boxed(self, tree: Boxed, leading: bool) -> str:
        return f'<mrow class="result">{self.show(tree.body)}</mrow>'

    def row(self, tree: Row, leading: bool) -> str:
        return f"{self.equality(tree.operator)}{self.show(tree.tree)}"

    def relation(self, tree: Relation, leading: bool) -> str:
        return "".join([self.show(tree.lhs), *(self.show(row) for row in tree.rows)])


class _ReadAloud(TextPrinter):
    """Plain text with the numbers of relations in it."""

    def __init__(self, numbers: Mapping[str, str]) -> None:
        self.numbers = numbers

    def reference(self, tree: Reference, leading: bool) -> str:
        return f"({self.numbers.get(tree.label, tree.label)})"


def is_worded(tree: Tree) -> bool:
    """Whether a tree begins with the name of a function in letters, which stands off from what is before it."""
    tree = bare(tree)
    return isinstance(tree, Apply) and len(function_sign(tree.name, tex=False)) > 1 and tree.name not in _SIGNED


def anchor(label: str) -> str:
    """The place in a page that a label names: letters, digits and hyphens only."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", label)


def mathml(tree: Tree, display: bool = False) -> str:
    """The `math` element of a tree.

    Args:
        tree: What to print.
        display: Whether it stands on a line of its own.

    Example:
        >>> mathml(Power(Number("3"), Number("2")))
        '<math alttext="3²"><mrow><msup><mn>3</mn><mn>2</mn></msup></mrow></math>'
    """
    return MathmlPrinter().math(tree, display)
