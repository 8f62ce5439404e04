"""Lines between two layers → where on each line its label stands, so that no label covers another, or another's line.

Labels stand on their lines, and lines cross; a label that hides a crossing line is read as that line's. Each label
starts at its usual place and moves along its line while that makes the whole better, mirror images together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from symbackprop.display.latex import LATEX
from symbackprop.display.tree import Tree
from symbackprop.display.width import width

Point = tuple[float, float]

# Labels are set in 9 points; a point in cm.
POINT = 2.54 / 72.27
FONT = 9 / 10.95
INSIDE = 2 * 1.2 * POINT
TALL, LOW = 0.44, 0.3
APART = 0.04
# Where on a line a label may stand, as part of what is seen of it.
PLACES = tuple(n / 100 for n in range(12, 84, 3))
SWEEPS = 6
# What is bad: a label over another, over a neuron, over the tip of its own line, over another line, far from its place.
COVERED, ON_NODE, ON_TIP, ON_LINE, FAR = 100.0, 100.0, 20.0, 4.0, 1.0
TIP = 0.3


@dataclass(frozen=True)
class Labelled:
    """A line with a label.

    Attributes:
        start: Where the line begins, in cm.
        end: Where its tip is.
        size: Width and height of the label, in cm.
        wanted: Where on it the label stands if nothing is in its way, from 0 to 1.
    """

    start: Point
    end: Point
    size: Point
    wanted: float

    def at(self, position: float) -> Point:
        """The place at a part of the line."""
        return (
            self.start[0] + position * (self.end[0] - self.start[0]),
            self.start[1] + position * (self.end[1] - self.start[1]),
        )

    @property
    def mirrored(self) -> tuple[Point, ...]:
        """What a line and its mirror image have in common."""
        (a, b), (c, d) = self.start, self.end
        return min(((_even(a), _even(b)), (_even(c), _even(d))), ((_even(a), _even(-b)), (_even(c), _even(-d))))


def _even(number: float) -> float:
    return round(number, 6) + 0.0


def label_size(label: Tree | str) -> Point:
    """Width and height of a label that stands on a line, in cm.

    Example:
        >>> from symbackprop.display.tree import Symbol
        >>> from symbackprop.notation import Sign
        >>> [round(side, 2) for side in label_size(Symbol(Sign("w", subs=("5",))))]
        [0.45, 0.38]
    """
    tex = label if isinstance(label, str) else LATEX(label)
    return width(tex) * FONT * POINT + INSIDE, (TALL if r"\lay" in tex or "^" in tex else LOW) + INSIDE


def label_positions(lines: Sequence[Labelled], nodes: Sequence[Point], radius: float) -> list[float]:
    """Where the labels stand.

    Args:
        lines: The lines between two layers.
        nodes: The middles of the neurons of both.
        radius: Of a neuron.

    Returns:
        For each line a position, from 0 at its start to 1.
    """
    groups: dict[tuple[Point, ...], list[int]] = {}
    for n, line in enumerate(lines):
        groups.setdefault(line.mirrored, []).append(n)
    alone = {(n, p): _alone(lines, nodes, radius, n, p) for n, line in enumerate(lines) for p in {*PLACES, line.wanted}}
    found = [line.wanted for line in lines]

    def cost(positions: Sequence[float]) -> float:
        between = sum(_covered(lines, positions, a, b) for a, b in combinations(range(len(lines)), 2))
        return between + sum(alone[n, position] for n, position in enumerate(positions))

    best = cost(found)
    for _ in range(SWEEPS):
        before = best
        for group in groups.values():
            for place in PLACES:
                tried = [place if n in group else position for n, position in enumerate(found)]
                if (new := cost(tried)) < best - 1e-9:
                    best, found = new, tried
        if best == before:
            break
    return found


def _alone(lines: Sequence[Labelled], nodes: Sequence[Point], radius: float, n: int, position: float) -> float:
    """How bad a place is, whatever the other labels do."""
    line, middle = lines[n], lines[n].at(position)
    half = (line.size[0] / 2, line.size[1] / 2)
    cost = FAR * abs(position - line.wanted)
    cost += sum(ON_NODE for node in nodes if _distance(middle, half, node) < radius + APART)
    cost += ON_TIP * (_distance(middle, half, line.end) < TIP)
    return cost + sum(ON_LINE for m, other in enumerate(lines) if m != n and crosses(other, middle, half))


def _covered(lines: Sequence[Labelled], positions: Sequence[float], a: int, b: int) -> float:
    first, second = lines[a].at(positions[a]), lines[b].at(positions[b])
    across = (lines[a].size[0] + lines[b].size[0]) / 2 + APART - abs(first[0] - second[0])
    down = (lines[a].size[1] + lines[b].size[1]) / 2 + APART - abs(first[1] - second[1])
    return COVERED * (1 + across * down) if across > 0 and down > 0 else 0.0


def _distance(middle: Point, half: Point, point: Point) -> float:
    """From a label's box to a point; 0 inside."""
    return math.hypot(
        max(abs(point[0] - middle[0]) - half[0], 0.0),
        max(abs(point[1] - middle[1]) - half[1], 0.0),
    )


def crosses(line: Labelled, middle: Point, half: Point) -> bool:
    """Whether a line runs through a box: what is left of it after each of the four sides has cut it."""
    first, last = 0.0, 1.0
    for axis in (0, 1):
        start, step = line.start[axis] - middle[axis], line.end[axis] - line.start[axis]
        if abs(step) < 1e-12:
            if abs(start) >= half[axis]:
                return False
            continue
        low, high = sorted(((-half[axis] - start) / step, (half[axis] - start) / step))
        first, last = max(first, low), min(last, high)
    return first < last
