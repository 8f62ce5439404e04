"""The first page for any graph: its layers as boxes, what is given, and what was checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

from symbackprop.display import Relation, Row, Tree, Words, plus, times
from symbackprop.display.boxes import Box, boxes_drawing
from symbackprop.display.diagram import Drawing, Kind, Label
from symbackprop.emit.document.blocks import Figure, Text
from symbackprop.emit.document.kinds import LOSSES, kind
from symbackprop.emit.document.layers import Layer, alike, layers
from symbackprop.emit.document.sheet import Sheet
from symbackprop.expressions import tensors_read
from symbackprop.graph import SAMPLE, Tensor

MOST_BOXES = 24
# Boxes grow with what stands in them, up to so many letters.
LONGEST = 26


def layers_figure(sheet: Sheet) -> Figure | None:
    """The layers as boxes; nothing for networks with too many kinds of them to draw."""
    groups = alike(layers(sheet.graph))
    if not groups or len(groups) + len(sheet.graph.with_role("input")) >= MOST_BOXES:
        return None
    text = sheet.say(
        "The layers, from the inputs to the error. Below each name stand the shape of what the layer puts out and its "
        "parameters."
    )
    if any(group[0].recurs for group in groups):
        text += sheet.say(" A loop marks a layer that reads its own state of the step before.")
    return Figure((boxes(sheet, groups),), text, "fig:network")


def boxes(sheet: Sheet, groups: Sequence[Sequence[Layer]]) -> Drawing:
    """Inputs, layers and the error as boxes."""
    graph = sheet.graph
    losses = [equation for equation in graph.equations if not graph.tensors[equation.tensor].layer]
    read_by_loss = tuple(dict.fromkeys(name for equation in losses for name in tensors_read(equation.rhs)))
    places: dict[str, int] = {}
    found: list[Box] = []
    read = {name for group in groups for layer in group for name in layer.sources} | set(read_by_loss)
    for tensor in graph.with_role("input"):
        if tensor.name in read:
            places[tensor.name] = len(found)
            found.append(Box("input", (sheet.plain.whole(tensor.name), shape(sheet, tensor))))
    for group in groups:
        first, last = group[0], group[-1]
        sources = tuple(dict.fromkeys(places[name] for name in first.sources if name in places))
        places |= {name: len(found) for layer in group for name in layer.tensors}
        found.append(Box(_colour(sheet, last), _lines(sheet, group), sources, first.recurs))
    ends = tuple(dict.fromkeys(places[name] for name in read_by_loss if name in places))
    found.append(Box("loss", (sheet.reader.error(), *_loss_name(sheet)), ends))
    return boxes_drawing(found)


def _colour(sheet: Sheet, layer: Layer) -> Kind:
    if sheet.tensors[layer.out].role == "prediction":
        return "output"
    return "hidden" if layer.parameters else "plain"


def _loss_name(sheet: Sheet) -> tuple[Label, ...]:
    rows = dict(zip((equation.tensor for equation in sheet.graph.equations), sheet.graph.rows, strict=False))
    name = rows.get(sheet.graph.loss.name, "")
    return (_short(sheet.say.words(LOSSES.get(name, name.replace("_", " ")))),) if name else ()


def _lines(sheet: Sheet, group: Sequence[Layer]) -> tuple[Label, ...]:
    layer = group[0]
    title = sheet.say.words(kind(layer).short or kind(layer).title)
    number = f"{layer.number}" if len(group) == 1 else f"{layer.number}-{group[-1].number}"
    lines: list[Label] = [f"{number} {_short(title)}"]
    if layer.activation:
        lines.append(_short(f"+ {layer.activation.replace('_', ' ')}"))
    lines.append(shape(sheet, sheet.tensors[layer.out]))
    if layer.parameters and len(lines) < 3:
        lines.append(_names(sheet, layer.parameters))
    return tuple(lines)


def _names(sheet: Sheet, parameters: Sequence[Tensor]) -> Label:
    shown = [sheet.plain.whole(tensor.name) for tensor in parameters[:3]]
    if len(parameters) <= 2:
        return Words(tuple(part for n, tree in enumerate(shown) for part in ((", ", tree) if n else (tree,))))
    return sheet.say.words("{count} parameters", count=len(parameters))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def shape(sheet: Sheet, tensor: Tensor) -> Label:
    """The sizes of a tensor's axes but that of the samples."""
    sizes = [index.size for index in tensor.indices if index.name != SAMPLE]
    if not sizes:
        return sheet.say.words("a number")
    return times(*(sheet.built(size, sheet.plain) for size in sizes), by="times") if len(sizes) > 1 else plus(
        sheet.built(sizes[0], sheet.plain)
    )  # fmt: skip


def given_rows(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    """Inputs, targets and the number of parameters."""
    for title, role in (("Input", "input"), ("Target", "target")):
        tensors = sheet.graph.with_role(role)  # type: ignore[arg-type]
        pieces: list[str | Tree] = []
        for tensor in tensors:
            size = shape(sheet, tensor)
            pieces += [",  " if pieces else "", sheet.plain.whole(tensor.name), ": ", size]
        if pieces:
            yield sheet.say(title), tuple(pieces)
    if sheet.batched:
        count: Tree = sheet.built(sp.Symbol("N"), sheet.plain)
        if sheet.material.step is not None:
            count = Relation(count, (Row("=", sheet.built(sp.Integer(sheet.samples), sheet.plain)),))
        yield sheet.say("Samples"), (count,)
    yield sheet.say("Parameters"), (count_of(sheet),)


def count_of(sheet: Sheet) -> str | Tree:
    """The number of parameters, with known sizes put in."""
    total = sp.expand(sum(sp.Mul(*tensor.shape) for tensor in sheet.graph.parameters)).xreplace(
        {symbol: sp.Integer(size) for symbol, size in sheet.graph.sizes.items()}
    )
    return f"{int(total):,}" if total.is_Integer else sheet.built(total, sheet.plain)
