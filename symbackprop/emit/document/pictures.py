"""Pictures for layers that work along time or over windows: the layer unrolled, and which places a window holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product as every

import sympy as sp

from symbackprop.display import Paint, PartialDerivative, Symbol, Tree, integer
from symbackprop.display.diagram import Drawing, Label, Line, Node, Note
from symbackprop.emit.document.kinds import kind
from symbackprop.emit.document.layers import Layer
from symbackprop.emit.document.sheet import Sheet
from symbackprop.expressions import Index, Read, indices_of, reads
from symbackprop.notation import given

WIDTH, HEIGHT, STEP = 1.9, 0.8, 3.3
CELL, MOST_CELLS = 0.34, 12


def unrolled(sheet: Sheet, layer: Layer, axis: Index) -> Drawing:
    """Three steps of a recurrent layer and the last, with the state that goes on and the error that comes back."""
    state, name = _state(layer), sheet.say.words(kind(layer).short or kind(layer).title)
    last = sheet.built(axis.size, sheet.plain)
    steps: list[Tree | None] = [integer(1), integer(2), integer(3), None, last]
    if axis.size.is_Integer and int(axis.size) <= 4:
        steps = [integer(n) for n in range(1, int(axis.size) + 1)]
    nodes, lines, notes = [], [], []
    for n, step in enumerate(steps):
        x = n * STEP * 0.82
        before = x - STEP * 0.82 + WIDTH / 2
        if n:
            lines += [
                Line(((before, 0.14), (x - WIDTH / 2, 0.14)), "flow"),
                Line(((x - WIDTH / 2, -0.14), (before, -0.14)), "back"),
            ]
        if step is None:
            nodes.append(Node(x, 0.0, "hidden", lines=("· · ·",), width=WIDTH, height=HEIGHT, dim=True))
            continue
        nodes.append(Node(x, 0.0, "hidden", lines=(name,), width=WIDTH, height=HEIGHT))
        h = Symbol(given(state), (step,))
        notes += [
            Note(x, -HEIGHT / 2 - 0.72, Symbol(given("x"), (step,)), "label"),
            Note(x - 0.14, HEIGHT / 2 + 0.72, h, "label", "south"),
            Note(
                x + 0.2, HEIGHT / 2 + 0.36, Paint("error", PartialDerivative(sheet.reader.error(), h)), "label", "west"
            ),
        ]
        lines += [
            Line(((x, -HEIGHT / 2 - 0.5), (x, -HEIGHT / 2)), "flow"),
            Line(((x - 0.14, HEIGHT / 2), (x - 0.14, HEIGHT / 2 + 0.66)), "flow"),
            Line(((x + 0.14, HEIGHT / 2 + 0.66), (x + 0.14, HEIGHT / 2)), "back"),
        ]
    return Drawing(nodes=tuple(nodes), notes=tuple(notes), lines=tuple(lines), small=True)


def _state(layer: Layer) -> str:
    """The letter of what a recurrent layer puts out."""
    name = layer.out.rpartition("_")[2] if layer.name else layer.out
    return name.rstrip("0123456789") or "h"


def window_pictures(sheet: Sheet, layer: Layer) -> tuple[Drawing, ...]:
    """Forwards and backwards through the windows of a layer, where it has some and its sizes are small numbers."""
    for equation in layer.equations:
        for read in reads(equation.rhs):
            axes = [n for n, place in enumerate(read.indices) if _window(place)]
            sizes = sheet.tensors[read.tensor].shape
            own = {index: index.size for place in (read.indices[n] for n in axes) for index in indices_of(place)}
            if axes and len(axes) <= 2 and all(s.is_Integer for s in (*own.values(), *(sizes[n] for n in axes))):
                places = [read.indices[n] for n in axes]
                outer = [index for index in equation.indices if index in own]
                inner = [index for index in own if index not in outer]
                shape = [int(sizes[n]) for n in axes]
                if len(outer) == len(axes) and max(*shape, *(int(i.size) for i in outer), 1) <= MOST_CELLS:
                    return _both_ways(places, shape, outer, inner)
    return ()


def _window(place: sp.Expr) -> bool:
    return not isinstance(place, Index) and not place.has(Read) and len(set(indices_of(place))) == 2


def _both_ways(
    places: Sequence[sp.Expr], shape: Sequence[int], outer: Sequence[Index], inner: Sequence[Index]
) -> tuple[Drawing, ...]:
    output = [int(index.size) for index in outer]
    at = tuple(min(1, size - 1) for size in output)
    seen = set(_seen(places, dict(zip(outer, at, strict=True)), inner, shape))
    middle = sorted(seen)[len(seen) // 2] if seen else tuple(0 for _ in shape)
    reached = {
        place
        for place in every(*(range(size) for size in output))
        if middle in set(_seen(places, dict(zip(outer, place, strict=True)), inner, shape))
    }
    return _grids(shape, seen, output, {at}, forwards=True), _grids(shape, {middle}, output, reached, forwards=False)


def _seen(
    places: Sequence[sp.Expr], at: dict[Index, int], inner: Sequence[Index], shape: Sequence[int]
) -> Iterator[tuple[int, ...]]:
    for values in every(*(range(int(index.size)) for index in inner)):
        table = {**at, **dict(zip(inner, values, strict=True))}
        place = tuple(int(expr.xreplace({i: sp.Integer(n) for i, n in table.items()})) for expr in places)
        if all(0 <= n < size for n, size in zip(place, shape, strict=True)):
            yield place


def _grids(
    shape: Sequence[int], left: set[tuple[int, ...]], output: Sequence[int], right: set[tuple[int, ...]], forwards: bool
) -> Drawing:
    """Two grids side by side with places marked, and an arrow between them."""
    cell = min(CELL, 2.4 / max(*shape, *output))
    lines: list[Line] = []
    width, height = _across(shape) * cell, max(_down(shape), _down(output)) * cell
    shift = width + 1.5
    lines += _grid(shape, left, 0.0, cell, "cell" if forwards else "mark cell")
    lines += _grid(output, right, shift, cell, "mark cell" if forwards else "cell")
    arrow = ((width + 0.25, -height / 2), (shift - 0.25, -height / 2))
    lines.append(Line(arrow if forwards else arrow[::-1], "flow" if forwards else "back"))
    labels: list[tuple[float, Label]] = [(width / 2, "input"), (shift + _across(output) * cell / 2, "output")]
    notes = tuple(Note(x, -height - 0.32, label, "title") for x, label in labels)
    return Drawing(notes=notes, lines=tuple(lines), small=True)


def _across(shape: Sequence[int]) -> int:
    return shape[-1]


def _down(shape: Sequence[int]) -> int:
    return shape[0] if len(shape) > 1 else 1


def _grid(shape: Sequence[int], marked: set[tuple[int, ...]], x: float, cell: float, style: str) -> Iterator[Line]:
    down, across = _down(shape), _across(shape)
    for place in sorted(marked):
        row, column = (place[0], place[1]) if len(place) > 1 else (0, place[0])
        left, top = x + column * cell, -row * cell
        corners = ((left, top), (left + cell, top), (left + cell, top - cell), (left, top - cell))
        yield Line(corners, style)  # type: ignore[arg-type]
    for row in range(down + 1):
        yield Line(((x, -row * cell), (x + across * cell, -row * cell)), "axis")
    for column in range(across + 1):
        yield Line(((x + column * cell, 0.0), (x + column * cell, -down * cell)), "axis")
