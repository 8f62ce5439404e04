"""Pairs of numbers → a drawing of a curve with axes, their marks at round numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from symbackprop.display.diagram import Drawing, Label, Line, Note

WIDTH, HEIGHT = 9.0, 4.2
MOST_POINTS = 240
Point = tuple[float, float]


def chart(
    points: Sequence[Point],
    x_label: Label,
    y_label: Label,
    marks: Sequence[tuple[Point, Label, str]] = (),
    steps: Sequence[tuple[Point, Point]] = (),
) -> Drawing:
    """A curve through points.

    Args:
        points: From left to right; where they are many, some are left out.
        x_label: What stands below the horizontal axis.
        y_label: What stands at the top of the vertical axis, which is logarithmic where the values span two decades.
        marks: Points that are marked, each with what stands beside it and which corner of that is at the point.
        steps: Pairs of points that a dashed line joins.
    """
    values = [y for _, y in points if math.isfinite(y)]
    logarithmic = min(values) > 0 and max(values) > 100 * min(values)
    horizontal = _Axis([x for x, _ in points], WIDTH)
    vertical = _Decades(values, HEIGHT) if logarithmic else _Axis([0.0, *values], HEIGHT)

    def at(point: Point) -> Point:
        return horizontal(point[0]), vertical(point[1])

    lines = [Line(((0, at_y), (WIDTH, at_y)), "grid") for at_y, _ in vertical.ticks[1:]]
    lines += [Line(((0, 0), (WIDTH, 0)), "axis"), Line(((0, 0), (0, HEIGHT)), "axis")]
    kept = [point for point in _thinned(points) if math.isfinite(point[1])]
    lines.append(Line(tuple(at(point) for point in kept), "curve"))
    lines += [Line((at(start), at(end)), "step") for start, end in steps]
    lines.append(Line(tuple(at(point) for point, _, _ in marks), "mark"))
    notes = [Note(x, -0.1, text, "tick", "north") for x, text in horizontal.ticks]
    notes += [Note(-0.1, y, text, "tick", "east") for y, text in vertical.ticks]
    notes += [Note(WIDTH / 2, -0.55, x_label, "note", "north"), Note(0, HEIGHT + 0.08, y_label, "note", "south")]
    notes += [Note(*at(point), label, "note", corner) for point, label, corner in marks]
    return Drawing(notes=tuple(notes), lines=tuple(lines))


def _thinned(points: Sequence[Point]) -> list[Point]:
    step = max(1, math.ceil(len(points) / MOST_POINTS))
    kept = list(points[::step])
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]


class _Axis:
    """Numbers → centimetres, with marks at multiples of 1, 2 or 5 times a power of ten."""

    def __init__(self, values: Sequence[float], length: float) -> None:
        self.low, self.high = min(values), max(values)
        if self.low == self.high:
            self.high = self.low + 1
        self.length = length
        self.step = _round_step((self.high - self.low) / 5)

    def __call__(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low) * self.length

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Where the marks are, and what stands at them."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        digits = max(0, -math.floor(math.log10(self.step) + 1e-9))
        return [(self(n * self.step), f"{n * self.step:.{digits}f}") for n in range(first, last + 1)]


class _Decades(_Axis):
    """The same on a logarithmic scale, with marks at powers of ten."""

    def __init__(self, values: Sequence[float], length: float) -> None:
        self.low, self.high = math.floor(math.log10(min(values)) + 1e-9), math.ceil(math.log10(max(values)) - 1e-9)
        self.length = length
        self.step = max(1, math.ceil((self.high - self.low) / 6))

    def __call__(self, value: float) -> float:
        return (math.log10(max(value, 10.0**self.low)) - self.low) / (self.high - self.low) * self.length

    @property
    def ticks(self) -> list[tuple[float, str]]:
        powers = range(int(self.low), int(self.high) + 1, int(self.step))
        return [(self(10.0**n), f"{10.0**n:g}") for n in powers]


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
