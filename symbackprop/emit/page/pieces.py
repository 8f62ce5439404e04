"""A member of a relation → formulas between which a line may break, since a browser breaks none inside a formula.

A sum is its terms, a product its factors; one that is wider than a screen is taken apart further, under its sign of
summation and in its parentheses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from symbackprop.display import BigSum, Boxed, Minus, Paint, Product, Row, Sum, Tree, latex
from symbackprop.display.latex import height
from symbackprop.display.letters import parenthesis
from symbackprop.display.mathml import MathmlPrinter
from symbackprop.display.printer import PRODUCT
from symbackprop.display.width import width

# A sum or product that would be wider, in points on paper, may be broken.
WIDE = 60.0
# Below this a piece of a formula stays with the one before.
NARROW = 36.0
# What is wider does not fit beside a reason; a term or factor of this width is broken itself.
LONG = 270.0
# A frame goes round one line of a screen.
FRAMED = 400.0
Part = tuple[str, Tree]


def pieces(row: Row, printer: MathmlPrinter, wide: float = WIDE) -> list[tuple[str, Tree, float]]:
    """A member with its sign, in pieces: what is printed, of which tree, and how wide that is.

    Args:
        row: The member.
        printer: Prints it.
        wide: What is no wider, in points on paper, stays whole.
    """
    parts = broken(row.tree, printer, wide)
    parts[0] = (printer.equality(row.operator) + parts[0][0], parts[0][1])
    return list(_gathered(parts))


def broken(tree: Tree, printer: MathmlPrinter, wide: float = WIDE, leading: bool = True) -> list[Part]:
    """The parts of a tree, each with the sign before it."""
    size = width(latex(tree))
    part = _PARTS.get(type(tree))
    if size <= wide or part is None or (isinstance(tree, Boxed) and size <= FRAMED):
        return [(printer.show(tree, leading=leading), tree)]
    return part(tree, printer, wide, leading)


def _of_paint(tree: Paint, printer: MathmlPrinter, wide: float, leading: bool) -> list[Part]:
    return [(printer.paint(tree.role, text), part) for text, part in broken(tree.body, printer, wide, leading)]


def _of_box(tree: Boxed, printer: MathmlPrinter, wide: float, leading: bool) -> list[Part]:
    return broken(tree.body, printer, wide, leading)


def _of_sum(tree: Sum, printer: MathmlPrinter, wide: float, leading: bool) -> list[Part]:
    found: list[Part] = []
    for position, (text, term) in enumerate(zip(printer.signed_terms(tree.terms, leading), tree.terms, strict=True)):
        body = term.body if isinstance(term, Minus) and position else term
        sign = text.removesuffix(printer.show(body, PRODUCT, leading and not position))
        found += _further(body, (text, term), printer, sign, PRODUCT, leading and not position)
    return found


def _of_product(tree: Product, printer: MathmlPrinter, wide: float, leading: bool) -> list[Part]:
    found: list[Part] = []
    for position, (text, factor) in enumerate(zip(printer.joined_factors(tree, leading), tree.factors, strict=True)):
        own, _ = printer.factor(tree.factors, position, leading)
        least = printer.binding(tree.factors, position)
        found += _further(factor, (text, factor), printer, text.removesuffix(own), least, leading and not position)
    return found


def _further(tree: Tree, whole: Part, printer: MathmlPrinter, sign: str, least: int, leading: bool) -> list[Part]:
    """A term or factor, taken apart itself where it is long."""
    if width(latex(tree)) <= LONG:
        return [whole]
    if printer.wraps(tree, least, leading):
        parts = broken(tree, printer)
        opening, closing = (parenthesis(mark, tall=height(tree) > 0) for mark in "()")
        parts[-1] = (parts[-1][0] + closing, parts[-1][1])
        sign += opening
    else:
        parts = broken(tree, printer, leading=leading)
    return [(sign + parts[0][0], parts[0][1]), *parts[1:]]


def _of_bigsum(tree: BigSum, printer: MathmlPrinter, wide: float, leading: bool) -> list[Part]:
    if not isinstance(tree.body, Product):
        return _further(tree.body, (printer(tree), tree), printer, printer.head(tree), PRODUCT, leading=False)
    (first, _), *rest = broken(tree.body, printer, wide, leading=False)
    return [(printer.head(tree) + first, replace(tree, body=tree.body.factors[0])), *rest]


def _gathered(parts: list[Part]) -> Iterator[tuple[str, Tree, float]]:
    """Short pieces together, so that a line does not break after every letter."""
    text, wide = "", 0.0
    trees: list[Tree] = []
    for part, tree in parts:
        size = width(latex(tree))
        if text and wide + size > NARROW:
            yield text, _together(trees), wide
            text, wide, trees = "", 0.0, []
        text, wide = text + part, wide + size
        trees.append(tree)
    yield text, _together(trees), wide


def _together(trees: list[Tree]) -> Tree:
    return trees[0] if len(trees) == 1 else Sum(tuple(trees))


_PARTS: Mapping[type[Tree], Callable[[Any, MathmlPrinter, float, bool], list[Part]]] = {
    Paint: _of_paint,
    Boxed: _of_box,
    Sum: _of_sum,
    Product: _of_product,
    BigSum: _of_bigsum,
}
