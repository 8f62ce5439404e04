"""Layers of neurons → a drawing: where everything stands, what it is called, and which lines are lit.

A `Drawing` holds coordinates in centimetres and trees as labels; any printer of vector graphics can draw it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from symbackprop.display.labels import Labelled, crosses, label_positions, label_size
from symbackprop.display.tree import Tree

Kind = Literal["input", "hidden", "output", "loss", "dots", "plain"]
Style = Literal["edge", "faint", "error", "delta", "input", "bias"]
Label = Tree | str
MOST_NEURONS = 6
MOST_LAYERS = 6
# A label between the layers is readable where at most so many lines cross.
MOST_LABELS = 9
# The bias of a neuron comes from above or below, where another neuron of a larger layer would stand.
MOST_BIASES = 2
# Of a neuron, in cm; where neurons are closer than the last number they are small.
RADIUS, RADIUS_SMALL, SMALL = 0.58, 0.46, 1.3
# How far above or below the middle of a neuron a note may stand; the first is for one that has no other above it.
LONE, LIFTS = 0.74, (0.3, 0.2, 0.1, 0.0, -0.08)
# How much farther the loss stands for each output where lines to it would run through the notes of several.
ROOM = 0.4


@dataclass(frozen=True)
class Node:
    """A neuron, an input or the loss.

    Attributes:
        x: To the right, in cm.
        y: Upwards, in cm.
        kind: Decides its shape and colour.
        label: What it is called.
        value: What it puts out, below its name.
        dim: Whether it stands in the background.
        lines: What stands in a box, below one another, in place of label and value.
        width: Of a box, in cm; 0 for a circle.
        height: Of a box, in cm.
    """

    x: float
    y: float
    kind: Kind
    label: Label = ""
    value: Label = ""
    dim: bool = False
    lines: tuple[Label, ...] = ()
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Edge:
    """A line between two nodes.

    Attributes:
        start: Position of the first in the drawing's nodes.
        end: Position of the second.
        style: Its colour, and whether it has a tip.
        label: What stands on it.
        position: Where on what is seen of it, from 0 at the start to 1.
        anchor: On which side of it the label stands; on the line itself if it is empty.
        below: A second label, on the other side.
        name: What the line stands for, such as a weight, whether or not that is printed on it.
    """

    start: int
    end: int
    style: Style = "edge"
    label: Label = ""
    position: float = 0.5
    anchor: str = ""
    below: Label = ""
    name: Label = ""


@dataclass(frozen=True)
class Note:
    """Words or a formula at a place.

    Attributes:
        x: To the right, in cm.
        y: Upwards, in cm.
        label: What is written.
        style: Its looks.
        anchor: Which side of it is at the place.
        target: For a bias the node that its arrow points to.
    """

    x: float
    y: float
    label: Label
    style: Literal["note", "title", "label", "bias", "tick"] = "note"
    anchor: str = "center"
    target: int = -1


@dataclass(frozen=True)
class Line:
    """A line through points.

    Attributes:
        points: Right and upwards, in cm.
        style: A `step` is dashed, an `axis` or a `grid` thin, a `mark` is a dot at each point; a `flow` has a tip and
            round corners and leads forwards, `back` leads the error backwards; a `cell` or a `mark cell` is filled.
    """

    points: tuple[tuple[float, float], ...]
    style: Literal["curve", "axis", "grid", "step", "mark", "flow", "back", "cell", "mark cell"] = "curve"


@dataclass(frozen=True)
class Drawing:
    """Everything that is drawn, in the order of drawing."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: tuple[Line, ...] = ()
    small: bool = False


@dataclass(frozen=True)
class Column:
    """One layer of a network.

    Attributes:
        kind: What its neurons are.
        title: What stands below it.
        size: The number of neurons as text, for layers that are not drawn in full.
        labels: The names of neurons; the last stands for the last one where some are left out.
        values: What they put out.
        biases: The bias of each neuron, or nothing.
        notes: What stands beside each neuron.
        whole: Whether every neuron is drawn.
    """

    kind: Kind
    title: str
    labels: Sequence[Label]
    values: Sequence[Label] = ()
    biases: Sequence[Label] = ()
    notes: Sequence[Label] = ()
    whole: bool = True
    size: str = ""


def shown_positions(count: int) -> list[int | None]:
    """Which of some neurons are drawn, counted from 1; None stands for those between.

    Example:
        >>> shown_positions(3), shown_positions(784)
        ([1, 2, 3], [1, 2, 3, None, 784])
    """
    return list(range(1, count + 1)) if count <= MOST_NEURONS else [1, 2, 3, None, count]


def network_drawing(
    columns: Sequence[Column],
    weight: Callable[[int, int, int], Label] | None = None,
    loss: tuple[Label, Label] | None = None,
    gap: float = 0.0,
) -> Drawing:
    """A network from left to right.

    Args:
        columns: Its layers, the inputs first.
        weight: The label of the line into layer `l`, neuron `j` from neuron `i` before it, counted from 1.
        loss: The name and the value of the loss.
        gap: The distance between layers in cm; chosen by their number if left out.
    """
    dx = gap or min(3.3, 12.2 / len(columns))
    tallest = max(len(column.labels) + (not column.whole) for column in columns)
    dy = min(1.95, 8.4 / tallest)
    nodes: list[Node] = []
    places: list[list[int]] = []
    for number, column in enumerate(columns):
        places.append(_place(nodes, column, number * dx, dy))
    radius = RADIUS_SMALL if dy < SMALL else RADIUS
    edges = _edges(nodes, places, columns, weight, radius)
    beside = ROOM * len(columns[-1].notes) if len(columns[-1].notes) > 2 else 0.0
    error = (len(columns) * dx - 0.22 * dx + beside, 0.0)
    ends = [Labelled((nodes[n].x, nodes[n].y), error, (0.0, 0.0), 0.5) for n in places[-1]] if loss else []
    notes = _notes(nodes, places, columns, ends)
    if loss:
        nodes.append(Node(*error, "loss", *loss))
        edges += [Edge(position, len(nodes) - 1) for position in places[-1] if nodes[position].kind != "dots"]
    below = min(*(node.y - 1.05 for node in nodes), *(note.y - 0.78 for note in notes), 0.0)
    titles = [Note(number * dx, below, column.title, "title") for number, column in enumerate(columns)]
    if loss:
        titles.append(Note(nodes[-1].x, below, "error", "title"))
    return Drawing(tuple(nodes), tuple(edges), (*notes, *titles), small=dy < SMALL)


def _place(nodes: list[Node], column: Column, x: float, dy: float) -> list[int]:
    rows: list[tuple[Label, Label] | None] = [
        (label, column.values[n] if n < len(column.values) else "") for n, label in enumerate(column.labels)
    ]
    if not column.whole:
        rows.insert(len(rows) - 1, None)
    found = []
    for n, row in enumerate(rows):
        y = ((len(rows) - 1) / 2 - n) * dy
        nodes.append(Node(x, y, "dots") if row is None else Node(x, y, column.kind, *row))
        found.append(len(nodes) - 1)
    return found


def _edges(
    nodes: Sequence[Node],
    places: Sequence[Sequence[int]],
    columns: Sequence[Column],
    weight: Callable[[int, int, int], Label] | None,
    radius: float,
) -> list[Edge]:
    edges = []
    for number, (before, after) in enumerate(pairwise(places), start=1):
        whole = columns[number - 1].whole and columns[number].whole
        labelled = weight is not None and whole and len(before) * len(after) <= MOST_LABELS
        found = []
        for j, end in enumerate(after, start=1):
            for i, start in enumerate(before, start=1):
                if "dots" in (nodes[start].kind, nodes[end].kind):
                    continue
                name = weight(number, j, i) if weight and whole else ""
                found.append(Edge(start, end, label=name if labelled else "", name=name))
        edges += _with_places(found, nodes, radius) if labelled else found
    return edges


def _with_places(edges: Sequence[Edge], nodes: Sequence[Node], radius: float) -> list[Edge]:
    """The lines between two layers, with places for their labels."""
    lines = []
    for edge in edges:
        start, end = (nodes[edge.start].x, nodes[edge.start].y), (nodes[edge.end].x, nodes[edge.end].y)
        share = radius / math.dist(start, end)
        whole = Labelled(start, end, label_size(edge.label), 0.5 if abs(start[1] - end[1]) < 1e-9 else 0.27)
        lines.append(replace(whole, start=whole.at(share), end=whole.at(1 - share)))
    middles = [(nodes[n].x, nodes[n].y) for n in dict.fromkeys(n for edge in edges for n in (edge.start, edge.end))]
    positions = label_positions(lines, middles, radius)
    return [replace(edge, position=position) for edge, position in zip(edges, positions, strict=True)]


def _notes(
    nodes: Sequence[Node], places: Sequence[Sequence[int]], columns: Sequence[Column], ends: Sequence[Labelled]
) -> list[Note]:
    notes = []
    for column, found in zip(columns, places, strict=True):
        drawn = [place for place in found if nodes[place].kind != "dots"]
        for place, bias in zip(drawn, column.biases if len(drawn) <= MOST_BIASES else (), strict=False):
            node, up = nodes[place], 1 if nodes[place].y >= 0 else -1
            notes.append(Note(node.x, node.y + up * 1.13, bias, "bias", "south" if up > 0 else "north", place))
        for place, text in zip(drawn, column.notes, strict=False):
            notes.append(Note(nodes[place].x + 0.66, _height(nodes[place], text, ends), text, "note", "west"))
    return notes


def _height(node: Node, text: Label, ends: Sequence[Labelled]) -> float:
    """How high a note stands beside an output: where no line to the loss runs through it."""
    up, (wide, high) = 1 if node.y >= 0 else -1, label_size(text)
    heights = [node.y + up * lift for lift in (LIFTS if node.y else (LONE, *LIFTS))]
    middles = {height: (node.x + 0.66 + wide / 2, height) for height in heights}
    free = (one for one in heights if not any(crosses(end, middles[one], (wide / 2, high / 2)) for end in ends))
    return next(free, heights[0])


def lit(
    drawing: Drawing,
    nodes: Mapping[int, Label],
    edges: Mapping[tuple[int, int], Edge],
) -> Drawing:
    """A drawing in the background, with a path through it in colour, walked backwards.

    Args:
        drawing: The whole network.
        nodes: The nodes on the path, with what stands above each.
        edges: For each line on the path, by its two nodes, what takes its place.
    """
    dimmed = tuple(
        node if n in nodes or node.kind in ("loss", "dots") else Node(node.x, node.y, node.kind, node.label, dim=True)
        for n, node in enumerate(drawing.nodes)
    )
    plain = tuple(Node(node.x, node.y, node.kind, node.label, dim=node.dim) for node in dimmed)
    lines = tuple(edges.get((edge.start, edge.end), Edge(edge.start, edge.end, "faint")) for edge in drawing.edges)
    faint_first = tuple(sorted(lines, key=lambda edge: edge.style != "faint"))
    above = tuple(
        Note(plain[n].x, plain[n].y + 0.46, label, "label", "south") for n, label in nodes.items() if label != ""
    )
    return Drawing(plain, faint_first, above, small=True)
