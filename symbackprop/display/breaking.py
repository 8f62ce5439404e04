r"""Lays relations out as an `align` environment whose lines fit the page, by estimated widths.

Lines break at the signs of a relation first, then at the operators of its sums and products from the outside in.
breqn, which does this inside TeX, fails on long sums and breaks no pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from symbackprop.display.latex import LATEX, delimiters, height
from symbackprop.display.printer import BASE, CONDITION, PRODUCT, SUM
from symbackprop.display.tree import (
    Apply,
    BigSum,
    Boxed,
    Fraction,
    Minus,
    Paint,
    Power,
    Product,
    Relation,
    Row,
    Sum,
    Tree,
    bare,
    integer,
)
from symbackprop.display.width import text_width, width
from symbackprop.notation import function_sign

LINE_WIDTH = 455.24
_SLACK = 0.985  # estimates spread by about one percent
_INDENT = 11.0  # a continuation line begins with a quad
_NUMBER = 32.0  # an equation number and the least space before it
_COLUMN = 12.0  # the least space between a formula and its reason
_NARROWEST = 200.0  # formulas get at least this much; wider reasons go below
_HALF = Fraction(integer(1), integer(2), inline=True)
# What joins factors without a sign.
IMPLICIT = (" ", r"\,")
_TALL = (r"\frac", r"\pd", r"\sum", r"\ub", r"\begin", r"\result")


@dataclass(frozen=True)
class Line:
    """One line of an `align` environment.

    Attributes:
        lhs: What stands before the alignment point; empty on later lines of a relation.
        body: What stands after it, its sign first.
        reason: Why it holds, for the margin.
        label: The label of the equation number.
        tall: Whether it needs room around it.
    """

    lhs: str
    body: str
    reason: str = ""
    label: str = ""
    tall: bool = False


def align(relations: Sequence[Relation], line_width: float = LINE_WIDTH, numbered: bool = True) -> str:
    r"""Relations below each other, aligned at their signs, broken into lines that fit.

    Args:
        relations: What to lay out; rows with a label are numbered.
        line_width: The width of the page in points.
        numbered: Whether equation numbers are printed.

    Returns:
        An `align` environment, or `align*` if nothing in it is numbered.
    """
    labelled = numbered and any(row.label for relation in relations for row in relation.rows)
    lines, below = lay_out(relations, line_width - (_NUMBER if labelled else 0))
    texts = []
    for position, line in enumerate(lines):
        text = f"{line.lhs} &{line.body}".strip()
        if line.reason and not below:
            text += rf" &&\why{{{line.reason}}}"
        if labelled:
            text += rf" \label{{{line.label}}}" if line.label and numbered else r" \notag"
        near = lines[position : position + 2]
        last = position == len(lines) - 1
        texts.append(text + ("" if last else r" \\[3pt]" if any(one.tall for one in near) else r" \\"))
    star = "" if labelled else "*"
    return "\n".join([rf"\begin{{align{star}}}", *texts, rf"\end{{align{star}}}"])


def lay_out(relations: Sequence[Relation], line_width: float) -> tuple[list[Line], bool]:
    """The lines of some relations, and whether their reasons stand on lines of their own."""
    left = max(width(LATEX.show(relation.lhs)) for relation in relations)
    reasons = [LATEX.words(row.reason) for relation in relations for row in relation.rows if row.reason]
    margin = max(map(text_width, reasons), default=0.0)
    room = line_width * _SLACK - left
    beside = room - margin - (_COLUMN if reasons else 0)
    below = bool(reasons) and beside < min(_NARROWEST, _widest(relations))
    lines = [line for relation in relations for line in _lines(relation, room if below else beside, below)]
    if below:
        lines = [part for line in lines for part in _reason_below(line, line_width - left)]
    return lines, below


def _widest(relations: Sequence[Relation]) -> float:
    return max(width(LATEX.show(row)) for relation in relations for row in relation.rows)


def _reason_below(line: Line, room: float) -> list[Line]:
    if not line.reason:
        return [line]
    wrapped: list[str] = []
    # A formula inside the reason stays whole.
    for word in re.findall(r"(?:\$[^$]*\$|[^\s$])+", line.reason):
        if wrapped and text_width(f"{wrapped[-1]} {word}") <= room - _INDENT:
            wrapped[-1] += f" {word}"
        else:
            wrapped.append(word)
    return [replace(line, reason=""), *(Line("", rf"\quad\why{{{text}}}") for text in wrapped)]


def _lines(relation: Relation, room: float, below: bool) -> list[Line]:
    """A relation in lines: its members side by side as long as they fit and none of them ends the line."""
    lines: list[Line] = []
    for rows in _segments(relation.rows):
        bodies: list[str] = []
        for text, row in _grouped(rows, room):
            parts = _broken(row, room) if width(text) > room else [text]
            if bodies and width(f"{bodies[-1]} {parts[0]}") <= room:
                parts[0] = f"{bodies.pop()} {parts[0]}"
            bodies += parts
        reason = LATEX.words(rows[-1].reason) if rows[-1].reason else ""
        for position, body in enumerate(bodies):
            first, last = position == 0, position == len(bodies) - 1
            # A reason stands beside the beginning of what it explains, or below its end; a number at its end.
            lhs = LATEX.show(relation.lhs) if not lines else ""
            tall = (bool(lhs) and height(relation.lhs) > 1) or any(mark in body for mark in _TALL)
            lines.append(
                Line(lhs, body, reason if (last if below else first) else "", rows[-1].label if last else "", tall)
            )
    return lines


def _segments(rows: Sequence[Row]) -> list[list[Row]]:
    """Members up to and including the next one that ends its line."""
    found: list[list[Row]] = [[]]
    for row in rows:
        found[-1].append(row)
        if row.reason or row.label:
            found.append([])
    return [segment for segment in found if segment]


def _grouped(rows: Sequence[Row], room: float) -> list[tuple[str, Row]]:
    """Members that share a line, each group with its last one.

    Lines are filled from the end, so that a value stands beside the numbers it comes from and not alone.
    """
    groups: list[tuple[str, Row]] = []
    for row in reversed(rows):
        text = LATEX.show(row)
        if groups and width(f"{text} {groups[0][0]}") <= room:
            groups[0] = (f"{text} {groups[0][0]}", groups[0][1])
        else:
            groups.insert(0, (text, row))
    return groups


def _broken(row: Row, room: float) -> list[str]:
    """A member that is wider than a line, in as few lines as fit."""
    sign = LATEX.equality(row.operator)
    lines: list[str] = []
    for operator, text in pieces(row.tree, room - _INDENT - width(sign) - 8):
        piece = f"{operator} {text}".strip()
        if not lines:
            lines.append(f"{sign} {piece}")
        elif width(f"{lines[-1]} {piece}") > room:
            # A product is written without a sign only inside a line.
            lines.append(r"\quad {}" + (rf"\cdot {text}" if operator in IMPLICIT else piece))
        else:
            lines[-1] += f" {piece}"
    return lines


def pieces(tree: Tree, room: float, least: int = CONDITION, leading: bool = True) -> list[tuple[str, str]]:
    """A tree in parts that fit a line, each with the operator before it.

    Only what does not fit is taken apart; what has no operators, such as a table of cases, stays whole.
    """
    text = LATEX.show(tree, least, leading)
    if width(text) <= room:
        return [("", text)]
    if isinstance(tree, Boxed):
        return pieces(tree.body, room, least, leading)  # a frame goes round one line
    if isinstance(tree, Paint):
        parts = pieces(tree.body, room, least, leading)
        return [(operator, LATEX.paint(tree.role, part)) for operator, part in parts]
    if LATEX.wraps(tree, least, leading):
        return _enclosed(*delimiters(tree), pieces(tree, room))
    part = _PARTS.get(type(tree))
    return (part(tree, room, leading) if part else []) or [("", text)]


def _of_minus(tree: Minus, room: float, leading: bool) -> list[tuple[str, str]]:
    return _enclosed("-", "", pieces(tree.body, room, PRODUCT, leading=False))


def _of_bigsum(tree: BigSum, room: float, leading: bool) -> list[tuple[str, str]]:
    return _enclosed(f"{LATEX.head(tree)} ", "", pieces(tree.body, room, PRODUCT, leading=False))


def _of_fraction(tree: Fraction, room: float, leading: bool) -> list[tuple[str, str]]:
    """As a product, since no line can break above or below a bar; nothing where that is no shorter."""
    below = bare(tree.below)
    if width(LATEX.show(below)) > room:
        power: tuple[Tree, Tree] = (below, integer(-1))
        if isinstance(below, Apply) and below.name == "sqrt":
            power = (below.arguments[0], Minus(_HALF))
        return _of_product(Product((tree.above, Power(*power))), room, leading)
    if isinstance(tree.above, Sum | Product | Minus):
        return _of_product(Product((Fraction(integer(1), tree.below), tree.above)), room, leading)
    return []


def _of_power(tree: Power, room: float, leading: bool) -> list[tuple[str, str]]:
    if not LATEX.wraps(tree.base, BASE, True):
        return []
    opening, closing = delimiters(tree.base)
    return _enclosed(opening, f"{closing}^{{{LATEX.show(tree.exponent)}}}", pieces(bare(tree.base), room))


def _of_function(tree: Apply, room: float, leading: bool) -> list[tuple[str, str]]:
    """With its arguments in parentheses: what stands under a root or in an exponent cannot break."""
    if tree.name == "sqrt":
        return _of_power(Power(tree.arguments[0], _HALF), room, leading)
    name = (r"\exp" if tree.name == "exp" else function_sign(tree.name)) + "'" * tree.primes
    opening, closing = delimiters(max(tree.arguments, key=height))
    opening, closing = (r"\lvert ", r" \rvert") if tree.name == "abs" else (name + opening, closing)
    found: list[tuple[str, str]] = []
    for argument in tree.arguments:
        found[-1:] = [(operator, f"{text},") for operator, text in found[-1:]]
        found += pieces(argument, room, SUM)
    return _enclosed(opening, closing, found)


def _of_sum(tree: Sum, room: float, leading: bool) -> list[tuple[str, str]]:
    found = pieces(tree.terms[0], room, PRODUCT, leading)
    for term in tree.terms[1:]:
        body = term.body if isinstance(term, Minus) else term
        (_, first), *rest = pieces(body, room, PRODUCT, leading=False)
        found += [("-" if isinstance(term, Minus) else "+", first), *rest]
    return found


def _of_product(tree: Product, room: float, leading: bool) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    joiner, enclosed = "", False
    for position, factor in enumerate(tree.factors):
        if position:
            joiner = LATEX.joiner(tree, tree.factors[position - 1], factor, enclosed).strip() or " "
        text, enclosed = LATEX.factor(tree.factors, position, leading)
        whole = width(text) <= room
        least = LATEX.binding(tree.factors, position)
        (_, first), *rest = [("", text)] if whole else pieces(factor, room, least, leading and not position)
        found += [(joiner, first), *rest]
    return found


def _enclosed(opening: str, closing: str, parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Parts with something put before the first and after the last."""
    parts[0] = (parts[0][0], opening + parts[0][1])
    parts[-1] = (parts[-1][0], parts[-1][1] + closing)
    return parts


_PARTS: Mapping[type[Tree], Callable[[Any, float, bool], list[tuple[str, str]]]] = {
    Minus: _of_minus,
    Sum: _of_sum,
    Product: _of_product,
    BigSum: _of_bigsum,
    Fraction: _of_fraction,
    Power: _of_power,
    Apply: _of_function,
}
