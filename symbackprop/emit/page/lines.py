"""A relation → lines of a grid: what stands left of the signs, formulas between which a line may break, and reasons.

A browser breaks no line inside a formula. So each member of a relation is a formula of its own, and a sum or product is
several, its `pieces`: lines break between members, and inside one only where it is wider than the reader's screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from symbackprop.display import Relation, Tree
from symbackprop.display.letters import one
from symbackprop.display.mathml import anchor
from symbackprop.emit.page.pieces import LONG, pieces
from symbackprop.emit.page.prose import Prose


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
        found = pieces(row, prose.display)
        widest = max(widest, *(size for _, _, size in found))
        formulas = "<wbr>".join(_math(prose, text, tree) for text, tree, _ in found)
        pending.append(f'<span class="member">{formulas}</span>')
        if row.reason or row.label or position == len(relation.rows) - 1:
            number = prose.numbers.get(row.label, "") if row.label else ""
            place = anchor(row.label) if row.label else ""
            body = Markup("<wbr>".join(pending))
            yield Line(lhs, body, prose.reason(row.reason), number, place, widest > LONG)
            lhs, pending, widest = Markup(""), [], 0.0


def _math(prose: Prose, text: str, tree: Tree) -> str:
    spoken = escape(prose.display.plain(tree))
    return f'<math displaystyle="true" alttext="{spoken}">{one(text)}</math>'
