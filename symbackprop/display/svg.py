"""A drawing → SVG for a page: every neuron and every line is an element of its own, with a class and a name.

Colours are classes, which the page defines for light and for dark; nothing in it needs a script or another file.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

from symbackprop.display.diagram import RADIUS, RADIUS_SMALL, Drawing, Edge, Label, Line, Node, Note
from symbackprop.display.svg_text import svg_text
from symbackprop.display.text import text
from symbackprop.display.tree import Tree

CM = 40.0
LETTER, SMALL, VALUE = 15.0, 13.0, 10.5
MARGIN = 8.0
# Where there is no style, lines are lines, shapes are empty, and text has no shadow.
PLAIN, NOTHING = 'fill="none" stroke="currentColor"', 'fill="none" stroke="none"'
_BACKWARDS = ("error", "delta", "input")
Name = Callable[[Tree], str]
Point = tuple[float, float]


def svg(drawing: Drawing, title: str = "", name: Name | None = None) -> str:
    """The drawing as an `svg` element.

    Args:
        drawing: What is drawn; y runs upwards in it.
        title: What it shows, for those who cannot see it.
        name: The name under which a script finds the element of a neuron or a line by its label; empty for none.
    """
    return _Svg(drawing, name or (lambda tree: "")).printed(title)


class _Svg:
    def __init__(self, drawing: Drawing, name: Name) -> None:
        self.drawing = drawing
        self.name = name
        self.radius = (RADIUS_SMALL if drawing.small else RADIUS) * CM
        self.left = self.top = math.inf
        self.right = self.bottom = -math.inf

    def printed(self, title: str) -> str:
        parts = [self.line(line) for line in self.drawing.lines]
        parts += [self.edge(edge) for edge in self.drawing.edges]
        parts += [self.node(node) for node in self.drawing.nodes]
        parts += [self.note(note) for note in self.drawing.notes]
        width, height = self.right - self.left + 2 * MARGIN, self.bottom - self.top + 2 * MARGIN
        box = f"{self.left - MARGIN:.1f} {self.top - MARGIN:.1f} {width:.1f} {height:.1f}"
        label = f' aria-label="{escape(title)}"' if title else ""
        plain = f'width="{width:.0f}" height="{height:.0f}" text-anchor="middle"'
        return (
            f'<svg class="drawing" viewBox="{box}" {plain} role="img"{label}>\n'
            + "\n".join(part for part in parts if part)
            + "\n</svg>"
        )

    def at(self, x: float, y: float, around: float = 0.0, below: float | None = None) -> Point:
        """A place in the picture, which grows to hold it and what is around it."""
        here = (x * CM, -y * CM)
        down = around if below is None else below
        self.left, self.right = min(self.left, here[0] - around), max(self.right, here[0] + around)
        self.top, self.bottom = min(self.top, here[1] - down), max(self.bottom, here[1] + down)
        return here

    def node(self, node: Node) -> str:
        if node.width:
            return self.box(node)
        x, y = self.at(node.x, node.y, self.radius + 2)
        if node.kind == "dots":
            return _text("⋮", x, y + 6, "dots", LETTER + 4)
        shape = self._shape(node, x, y)
        shift = -1.5 if node.value != "" else 4.5
        size = SMALL if self.drawing.small else LETTER
        label = _text(node.label, x, y + shift, "name", size)
        value = _text(node.value, x, y + 13, "value", VALUE if self.radius > 20 else 9) if node.value != "" else ""
        classes = f"node {node.kind}" + (" dim" if node.dim else "")
        return f"<g {self.marked(classes, name=node.label)}>{shape}{label}{value}</g>"

    def box(self, node: Node) -> str:
        """A box with its lines below one another."""
        w, h = node.width * CM / 2, node.height * CM / 2
        x, y = self.at(node.x, node.y, w + 2, h + 2)
        shape = f'<rect {PLAIN} x="{x - w:.1f}" y="{y - h:.1f}" width="{2 * w:.1f}" height="{2 * h:.1f}" rx="4"/>'
        first = y + 4.5 - 7 * (len(node.lines) - 1)
        lines = [
            _text(line, x, first + 14 * n, "value" if n else "name", VALUE + 1 if n else SMALL)
            for n, line in enumerate(node.lines)
        ]
        classes = f"node box {node.kind}" + (" dim" if node.dim else "")
        return f"<g {self.marked(classes, name=node.lines[0])}>{shape}{''.join(lines)}</g>"

    def _shape(self, node: Node, x: float, y: float) -> str:
        if node.kind == "loss":
            w, h = self._loss_box()
            return f'<rect {PLAIN} x="{x - w:.1f}" y="{y - h:.1f}" width="{2 * w:.1f}" height="{2 * h:.1f}" rx="4"/>'
        return f'<circle {PLAIN} cx="{x:.1f}" cy="{y:.1f}" r="{self.radius:.1f}"/>'

    def _loss_box(self) -> tuple[float, float]:
        return self.radius, self.radius * 0.94

    def marked(self, classes: str, **labels: Label) -> str:
        """The attributes of an element: its classes, and the names of what it stands for and what it joins."""
        names = {key: self.name(label) for key, label in labels.items() if isinstance(label, Tree)}
        data = "".join(f' data-{key}="{escape(name)}"' for key, name in names.items() if name)
        return f'class="{classes}"{data}'

    def edge(self, edge: Edge) -> str:
        start, end = self._ends(edge)
        backwards = edge.style in _BACKWARDS
        tail, tip = (end, start) if backwards else (start, end)
        line = f'<path class="stroke" {PLAIN} d="M{tail[0]:.1f} {tail[1]:.1f}L{tip[0]:.1f} {tip[1]:.1f}"/>'
        head = "" if edge.style == "faint" else _head(tail, tip, 8.5 if edge.style == "edge" else 10)
        # A label's position is counted along the line as it is drawn, tail to tip.
        place = (tail[0] + edge.position * (tip[0] - tail[0]), tail[1] + edge.position * (tip[1] - tail[1]))
        label = ""
        if edge.label != "":
            label = _anchored(edge.label, *place, edge.anchor, "weight" if not edge.anchor else "label")
        if edge.below != "":
            label += _anchored(edge.below, *place, "below", "label")
        named = edge.name if edge.name != "" else edge.label
        ends = {"from": self.drawing.nodes[edge.start].label, "to": self.drawing.nodes[edge.end].label}
        return f"<g {self.marked(f'edge {edge.style}', name=named, **ends)}>{line}{head}{label}</g>"

    def _centres(self, edge: Edge) -> tuple[Point, Point]:
        first, last = self.drawing.nodes[edge.start], self.drawing.nodes[edge.end]
        return (first.x * CM, -first.y * CM), (last.x * CM, -last.y * CM)

    def _ends(self, edge: Edge) -> tuple[Point, Point]:
        """Where the line leaves the border of the first node and meets that of the second."""
        first, last = self._centres(edge)
        nodes = self.drawing.nodes
        return self._border(nodes[edge.start], first, last), self._border(nodes[edge.end], last, first)

    def _border(self, node: Node, centre: Point, towards: Point) -> Point:
        dx, dy = towards[0] - centre[0], towards[1] - centre[1]
        length = math.hypot(dx, dy) or 1.0
        share = self.radius / length
        if node.kind == "loss":
            w, h = self._loss_box()
            share = min(w / abs(dx) if dx else math.inf, h / abs(dy) if dy else math.inf)
        return centre[0] + share * dx, centre[1] + share * dy

    def note(self, note: Note) -> str:
        width = 3.6 * len(note.label if isinstance(note.label, str) else text(note.label))
        x, y = self.at(note.x, note.y, min(width, 70.0) if note.anchor in ("center", "north", "south") else 10, 14)
        if "west" in note.anchor:
            self.right = max(self.right, x + 2 * width)
        if "east" in note.anchor:
            self.left = min(self.left, x - 2 * width)
        if note.style != "bias":
            return _anchored(note.label, x, y, note.anchor, note.style, outside=note.style == "label")
        node = self.drawing.nodes[note.target]
        up = note.anchor == "south"
        start = (x, y + (3 if up else -3))
        end = self._border(node, (node.x * CM, -node.y * CM), start)
        line = f'<path class="stroke" {PLAIN} d="M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"/>'
        self.at(note.x, note.y, 20)
        label = _text(note.label, x, y + (-3 if up else 12), "weight", SMALL)
        return (
            f"<g {self.marked('edge bias', name=note.label, to=node.label)}>{line}{_head(start, end, 8.5)}{label}</g>"
        )

    def line(self, line: Line) -> str:
        points = [self.at(*point, 2) for point in line.points]
        if line.style == "mark":
            return "".join(f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        if line.style in ("cell", "mark cell"):
            return f'<path class="{line.style}" d="M{path}Z"/>'
        head = _head(points[-2], points[-1], 8) if line.style in ("step", "flow", "back") else ""
        return f'<g class="line {line.style}"><path class="stroke" {PLAIN} d="M{path}"/>{head}</g>'


def _head(tail: Point, tip: Point, size: float) -> str:
    """The head of an arrow, as a shape of its own: markers cannot take the colour of their line everywhere."""
    angle = math.atan2(tip[1] - tail[1], tip[0] - tail[0])
    cos, sin = math.cos(angle), math.sin(angle)

    def corner(along: float, across: float) -> str:
        return f"{tip[0] + along * cos - across * sin:.1f} {tip[1] + along * sin + across * cos:.1f}"

    points = [corner(0, 0), corner(-size, 0.38 * size), corner(-0.72 * size, 0), corner(-size, -0.38 * size)]
    return f'<path class="tip" d="M{"L".join(points)}Z"/>'


def _anchored(label: Label, x: float, y: float, anchor: str, classes: str, outside: bool = True) -> str:
    """A label on one side of a place; `anchor` names its own corner there, or with `above` and `below` the side."""
    wanted = anchor.partition(",")[0].removeprefix("anchor=")
    wanted = {"above": "south", "below": "north", "left": "east", "right": "west"}.get(wanted, wanted)
    side = "start" if "west" in wanted else "end" if "east" in wanted else "middle"
    gap = 5.0 if outside else 2.0
    y += 12 + gap if "north" in wanted else -gap - 1 if "south" in wanted else 4.5
    x += gap if side == "start" else -gap if side == "end" else 0
    return _text(label, x, y, classes, SMALL, side)


def _text(label: Label, x: float, y: float, classes: str, size: float, side: str = "middle") -> str:
    anchor = "" if side == "middle" else f' text-anchor="{side}"'
    place, body = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{anchor}', svg_text(label, size)
    # A label on a line is drawn on a wide copy of itself in the colour of the paper, which hides the line.
    halo = f'<text class="halo" {NOTHING} aria-hidden="true" {place}>{body}</text>' if classes == "weight" else ""
    return f'{halo}<text class="{classes}" {place}>{body}</text>'
