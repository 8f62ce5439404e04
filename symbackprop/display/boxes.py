"""Layers as boxes → a drawing: in rows from left to right, side by side where they branch, with lines that go round.

A line that skips boxes runs above them, one from the end of a row to the next runs between the rows, and a layer that
reads its own state has a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.display.diagram import Drawing, Kind, Label, Line, Node
from symbackprop.display.labels import POINT, Point
from symbackprop.display.latex import LATEX
from symbackprop.display.tree import Words
from symbackprop.display.width import text_width

WIDTH, HEIGHT, GAP = 2.2, 1.15, 0.52
# What a row of boxes may be wide, in cm; room beside the letters of a box, which on a page are a little wider.
PAGE, ROOM, LOOSE = 16.0, 0.25, 1.06
# The sizes of the first line of a box and of those below it.
SIZES = (9 / 10, 8 / 10)
STACK = HEIGHT + 0.4
BETWEEN = 0.95


@dataclass(frozen=True)
class Box:
    """One box.

    Attributes:
        kind: Decides its colour.
        lines: What stands in it, below one another.
        sources: The boxes that lead to it, by their positions.
        loops: Whether it reads its own state.
    """

    kind: Kind
    lines: tuple[Label, ...]
    sources: tuple[int, ...] = ()
    loops: bool = False


def boxes_drawing(boxes: Sequence[Box]) -> Drawing:
    """Boxes in rows, with the lines between them.

    Args:
        boxes: In an order in which every box stands behind its sources.

    Example:
        >>> drawing = boxes_drawing([Box("input", ("x",)), Box("hidden", ("dense",), (0,)), Box("loss", ("E",), (1,))])
        >>> [(node.x, node.y) for node in drawing.nodes], len(drawing.lines)
        ([(0.0, 0.0), (2.72, 0.0), (5.44, 0.0)], 2)
    """
    ranks = _ranks(boxes)
    wide = _width(boxes)
    # Rows of about the same length: seven boxes stand as four and three.
    lengths = -(-(1 + max(ranks)) // most_across(wide))
    across = -(-(1 + max(ranks)) // lengths)
    rows: list[list[int]] = [[] for _ in range(lengths)]
    for n, rank in enumerate(ranks):
        rows[rank // across].append(n)
    places: dict[int, Point] = {}
    tops, y = [], 0.0
    for row in rows:
        columns = [[n for n in row if ranks[n] == rank] for rank in sorted({ranks[n] for n in row})]
        tallest = max(map(len, columns))
        middle = y - (tallest - 1) * STACK / 2
        for column in columns:
            for m, n in enumerate(column):
                x = (ranks[n] % across) * (wide + GAP)
                places[n] = (round(x, 3), round(middle + ((len(column) - 1) / 2 - m) * STACK, 3))
        tops.append(y + HEIGHT / 2)
        y -= (tallest - 1) * STACK + HEIGHT + BETWEEN
    nodes = tuple(Node(*places[n], box.kind, lines=box.lines, width=wide, height=HEIGHT) for n, box in enumerate(boxes))
    return Drawing(nodes=nodes, lines=tuple(_lines(boxes, ranks, places, tops, across, wide)), small=True)


def most_across(wide: float) -> int:
    """How many boxes of a width stand side by side on a page."""
    return max(int((PAGE + GAP) / (wide + GAP)), 1)


def _width(boxes: Sequence[Box]) -> float:
    """That of all boxes, in cm: what is written in the widest fits."""
    widest = max(label_width(line) * SIZES[n > 0] for box in boxes for n, line in enumerate(box.lines))
    return max(WIDTH, round(widest * LOOSE * POINT + ROOM, 2))


def label_width(label: Label) -> float:
    """The width of a label in points, in letters of 10 points."""
    if isinstance(label, Words):
        return sum(map(label_width, label.parts))
    return text_width(label) if isinstance(label, str) else text_width(f"${LATEX.show(label)}$")


def _ranks(boxes: Sequence[Box]) -> list[int]:
    ranks: list[int] = []
    for box in boxes:
        ranks.append(1 + max((ranks[source] for source in box.sources), default=-1))
    # Inputs stand just before what reads them first.
    for n, box in enumerate(boxes):
        readers = [ranks[m] for m, other in enumerate(boxes) if n in other.sources]
        if not box.sources and readers:
            ranks[n] = min(readers) - 1
    return ranks


def _lines(
    boxes: Sequence[Box],
    ranks: Sequence[int],
    places: dict[int, Point],
    tops: Sequence[float],
    across: int,
    wide: float,
) -> list[Line]:
    found, above = [], 0
    for n, box in enumerate(boxes):
        x, y = places[n]
        if box.loops:
            side, top = wide / 4, y + HEIGHT / 2
            over = top + 0.34
            found.append(Line(((x + side, top), (x + side, over), (x - side, over), (x - side, top)), "flow"))
        for source in box.sources:
            start, end = places[source], places[n]
            if ranks[source] // across != ranks[n] // across:
                found.append(Line(_round_the_corner(start, end, tops[ranks[n] // across], wide), "flow"))
            elif ranks[n] - ranks[source] == 1:
                found.append(Line(((start[0] + wide / 2, start[1]), (end[0] - wide / 2, end[1])), "flow"))
            else:
                above += 1
                found.append(
                    Line(_over(start, end, tops[ranks[n] // across] + 0.22 + 0.16 * (above % 3), wide), "flow")
                )
    return found


def _over(start: Point, end: Point, level: float, wide: float) -> tuple[Point, ...]:
    """Up from the top of a box, over those between, and down."""
    out, back = start[0] + wide / 2 - 0.3, end[0] - wide / 2 + 0.3
    return (out, start[1] + HEIGHT / 2), (out, level), (back, level), (back, end[1] + HEIGHT / 2)


def _round_the_corner(start: Point, end: Point, top: float, wide: float) -> tuple[Point, ...]:
    """From the right side of a box to the next row."""
    level, out, back = top + BETWEEN / 2, start[0] + wide / 2 + 0.25, end[0] - wide / 2 - 0.25
    right, left = (start[0] + wide / 2, start[1]), (end[0] - wide / 2, end[1])
    return right, (out, start[1]), (out, level), (back, level), (back, end[1]), left
