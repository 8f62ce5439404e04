"""A relation → lines of a grid: what stands left of the signs, formulas between which a line may break, and reasons.

A browser breaks no line inside a formula. So each member of a relation is a formula of its own, and a sum or product is
several: lines break between members, and inside one only where it alone is wider than the reader's screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from symbackprop.display import BigSum, Paint, Product, Relation, Row, Sum, Tree, latex
from symbackprop.display.letters import one
from symbackprop.display.mathml import anchor
from symbackprop.display.width import width
from symbackprop.emit.page.prose import Prose

# A sum or product that would be wider, in points on paper, may be broken.
WIDE = 60.0
# Below this a piece of a formula stays with the one before.
NARROW = 36.0
# A piece that is wider has its reason below it.
LONG = 270.0


@dataclass(frozen=True)
class Line:
    """One line of a relation.

    Attributes:
        lhs: What stands before the first sign; empty on later lines.
        body: The members, each with its sign.
        reason: Why they are equal.
        number: The equation's number, if it has one.
        anchor: The name of its place in the page.
        long: Whether a part of it is too wide to stand beside its reason.
    """

    lhs: Markup
    body: Markup
    reason: Markup
    number: str
    anchor: str
    long: bool


def lines(relation: Relation, prose: Prose) -> Iterator[Line]:
    """The lines of a relation; one ends where a member has a reason or a number."""
    lhs = Markup(_math(prose, prose.display(relation.lhs), relation.lhs))
    pending: list[str] = []
    widest = 0.0
    for position, row in enumerate(relation.rows):
        pieces = _pieces(row, prose)
        widest = max(widest, *(size for _, size in pieces))
        pending.append(f'<span class="member">{"<wbr>".join(text for text, _ in pieces)}</span>')
        if row.reason or row.label or position == len(relation.rows) - 1:
            number = prose.numbers.get(row.label, "") if row.label else ""
            place = anchor(row.label) if row.label else ""
            body = Markup("<wbr>".join(pending))
            yield Line(lhs, body, prose.reason(row.reason), number, place, widest > LONG)
            lhs, pending, widest = Markup(""), [], 0.0


def _pieces(row: Row, prose: Prose) -> list[tuple[str, float]]:
    """A member with its sign, as formulas between which a line may break, each with its width."""
    parts = _broken(row.tree, prose)
    parts[0] = (prose.display.equality(row.operator) + parts[0][0], parts[0][1])
    return [(_math(prose, text, tree), size) for text, tree, size in _gathered(parts)]


def _broken(tree: Tree, prose: Prose) -> list[tuple[str, Tree]]:
    """The parts of a tree, each with the sign before it."""
    printer = prose.display
    if width(latex(tree)) > WIDE:
        if isinstance(tree, Paint):
            return [(printer.paint(tree.role, text), part) for text, part in _broken(tree.body, prose)]
        if isinstance(tree, Sum):
            return list(zip(printer.signed_terms(tree.terms), tree.terms, strict=True))
        if isinstance(tree, Product):
            return list(zip(printer.joined_factors(tree), tree.factors, strict=True))
        if isinstance(tree, BigSum) and isinstance(tree.body, Product):
            (first, _), *rest = _broken(tree.body, prose)
            return [(printer.head(tree) + first, replace(tree, body=tree.body.factors[0])), *rest]
    return [(printer(tree), tree)]


def _gathered(parts: list[tuple[str, Tree]]) -> Iterator[tuple[str, Tree, float]]:
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


def _math(prose: Prose, text: str, tree: Tree) -> str:
    spoken = escape(prose.display.plain(tree))
    return f'<math displaystyle="true" alttext="{spoken}">{one(text)}</math>'
