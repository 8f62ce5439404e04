"""A drawing or a formula → a piece of HTML with its own style, for the cell of a notebook."""

from __future__ import annotations

from html import escape

from markupsafe import Markup

from symbackprop.display import Relation
from symbackprop.display.diagram import Drawing
from symbackprop.display.letters import one
from symbackprop.display.mathml import MathmlPrinter
from symbackprop.display.svg import svg
from symbackprop.emit.page.typeset import environment


def part(body: str) -> str:
    """Printed HTML with the style that it needs, which reaches nothing outside of it."""
    # What a page says of its root, a part says of itself.
    style = environment().get_template("page/part.css.j2").render().replace(":root", "&")
    return environment().get_template("page/part.html.j2").render(style=Markup(style), body=Markup(body))


def drawing_part(drawing: Drawing, title: str) -> str:
    """A drawing."""
    return part(svg(drawing, title))


def formula_part(relation: Relation) -> str:
    """A relation, its members below one another at their signs."""
    printer = MathmlPrinter()
    rows = []
    for number, row in enumerate(relation.rows):
        lhs = f'<math displaystyle="true">{one(printer(relation.lhs))}</math>' if not number else ""
        body = printer.equality(row.operator) + printer(row.tree)
        reason = f"<td>{printer.running(row.reason)}</td>" if row.reason else ""
        formula = f'<math displaystyle="true" alttext="{escape(printer.plain(row.tree))}">{one(body)}</math>'
        rows.append(f"<tr><td>{lhs}</td><td>{formula}</td>{reason}</tr>")
    return part(f"<table>{''.join(rows)}</table>")
