"""The paths on which the error reaches one weight of each layer, drawn backwards through the network."""

from __future__ import annotations

from symbackprop.display import Paint, Product, Tree
from symbackprop.display.diagram import Column, Drawing, Edge, Label, lit, network_drawing
from symbackprop.emit.document.blocks import Figure, Mention, Text
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage, is_product
from symbackprop.emit.document.wording import cardinal
from symbackprop.graph import Tensor

# Labels on more paths than these would lie on top of each other.
MOST_NEURONS = 2
GAP = 2.15
DRAWN = "fig:flow"


def flow(sheet: Sheet) -> Figure | None:
    """Two drawings, of the path to a weight of the output layer and of those to a weight of the hidden layer."""
    stages = sheet.stages
    if len(stages) != 2 or sheet.batched or not all(is_product(sheet.derivation, stage) for stage in stages):
        return None
    sizes = [sheet.units(tensor) for tensor in (stages[0].source, *(stage.out for stage in stages))]
    if max(sizes) > MOST_NEURONS:
        return None
    plain = _plain(sheet)
    inputs, hidden = 0, sizes[0]
    outputs = sizes[0] + sizes[1]
    loss = sum(sizes)
    first, second = (sheet.element(stage.weights.name, 1, 1) for stage in stages)
    left = lit(
        plain,
        {hidden: "", outputs: _slope(sheet, stages[1])},
        {
            (hidden, outputs): _weight(sheet, stages[1]),
            (outputs, loss): _error(sheet, stages[1], 1, sizes[2], outputs, loss),
        },
    )
    edges = {(inputs, hidden): _weight(sheet, stages[0], hidden)}
    for k in range(sizes[2]):
        edges[hidden, outputs + k] = _path(sheet, stages[1], k + 1, hidden, outputs + k)
        edges[outputs + k, loss] = _error(sheet, stages[1], k + 1, sizes[2], outputs + k, loss)
    nodes: dict[int, Label] = {inputs: "", hidden: _slope(sheet, stages[0])}
    nodes |= {outputs + k: "" for k in range(sizes[2])}
    right = lit(plain, nodes, edges)
    ways = "the single path" if sizes[2] == 1 else f"the {cardinal(sizes[2])} paths"
    error = sheet.reader.error()
    left_of: Text = ("Backward flow. Left: the single path from ", error, " back to ", second)
    caption: Text = (*left_of, f". Right: {ways} from ", error, " back to ", first)
    end: Text = (".",) if sizes[2] == 1 else (", which meet in a hidden neuron, where they are added.",)
    return Figure((left, right), caption + end, DRAWN, floats=True)


def mention() -> Text:
    """The words that point to the drawings."""
    return (" (", Mention(DRAWN, "Figure"), ")")


def _plain(sheet: Sheet) -> Drawing:
    """The network without numbers."""

    def column(tensor: Tensor, kind: str) -> Column:
        labels = [sheet.element(tensor.name, n) for n in range(1, sheet.units(tensor) + 1)]
        return Column(kind, "", labels)  # type: ignore[arg-type]

    first, last = sheet.stages
    columns = [column(first.source, "input"), column(first.out, "hidden"), column(last.out, "output")]
    return network_drawing(columns, loss=(sheet.reader.error(), ""), gap=GAP)


def _slope(sheet: Sheet, stage: Stage) -> Tree:
    assert stage.slope is not None
    return Paint("slope", sheet.at(stage.slope, stage.out.indices, (1,)))


def _weight(sheet: Sheet, stage: Stage, end: int | None = None) -> Edge:
    """The line that carries the weight, backwards, with what it multiplies above."""
    sizes = [sheet.units(tensor) for tensor in (sheet.stages[0].source, *(one.out for one in sheet.stages))]
    offsets = [0, sizes[0], sizes[0] + sizes[1]]
    start, finish = offsets[stage.number - 1], offsets[stage.number] if end is None else end
    source = Paint("input", sheet.element(stage.source.name, 1))
    return Edge(start, finish, "input", source, 0.5, "above", sheet.element(stage.weights.name, 1, 1))


def _path(sheet: Sheet, following: Stage, k: int, start: int, end: int) -> Edge:
    """The line from a hidden neuron to an output neuron, with the error signal that comes back on it."""
    delta = Paint("delta", sheet.element(sheet.adjoint(following.net.name), k))
    label = Product((delta, sheet.element(following.weights.name, k, 1)))
    side = "above" if k == 1 else "anchor=north east,inner sep=1pt"
    return Edge(start, end, "delta", label, 0.5 if k == 1 else 0.44, side)


def _error(sheet: Sheet, stage: Stage, k: int, count: int, start: int, end: int) -> Edge:
    equation = sheet.derivation.adjoint(stage.out.name)
    label = Paint("error", sheet.at(equation.rhs, equation.indices, (k,)))
    side = "above" if count == 1 else f"anchor={'south' if k == 1 else 'north'} west,inner sep=1pt"
    return Edge(start, end, "error", label, 0.5, side)
