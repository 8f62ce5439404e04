"""The derivation of any graph, layer by layer: the forward pass, and the backward pass from the loss.

Each layer shows its local derivatives once, the error signal of every tensor from the chain rule to the formula that is
used, one parameter in full, and the gradients of all. Where there are numbers, a tensor's values follow its formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbackprop.display import (
    Boxed,
    Paint,
    PartialDerivative,
    Relation,
    Row,
    Symbol,
    Tree,
    Words,
    latex,
)
from symbackprop.display.breaking import lay_out
from symbackprop.display.width import width
from symbackprop.emit.document.blocks import Block, Display, Figure, Grid, Heading, Paragraph, Section
from symbackprop.emit.document.chain_rule import chain_rule, local_derivatives
from symbackprop.emit.document.concrete import mapped
from symbackprop.emit.document.gradients import LINE
from symbackprop.emit.document.kinds import kind
from symbackprop.emit.document.layers import Layer, alike, layers, other_steps, outside, reads_outside, recurrent_axis
from symbackprop.emit.document.local import reason
from symbackprop.emit.document.phrases import ENGLISH
from symbackprop.emit.document.pictures import unrolled, window_pictures
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.values import given_values, values
from symbackprop.emit.document.wording import LOSSES, capital
from symbackprop.expressions import Read
from symbackprop.graph import Equation, Tensor

# Two relations stand side by side where both fit in half a line.
HALF = LINE / 2 - 38
NUMBER = 32.0


def forward(sheet: Sheet) -> Section:
    """The forward pass, layer by layer."""
    say = sheet.say
    text = say("One element stands for all elements of its tensor")
    text += say(", and one sample for all samples:") if sheet.batched else (":" if layers(sheet.graph) else ".",)
    blocks: list[Block] = [*given_values(sheet), Paragraph(text)]
    for group in alike(layers(sheet.graph)):
        layer = group[0]
        blocks += [Heading((group_title(sheet, group),)), *_alike(sheet, group)]
        words = kind(layer).forward
        blocks += [Paragraph(say(words))] if words else []
        blocks.append(Display(tuple(equation_line(sheet, equation) for equation in layer.equations)))
        blocks += _outside(sheet, reads_outside(layer.equations))
        blocks += _figures(sheet, layer)
        given = [tensor.name for tensor in layer.parameters if tensor.value is not None]
        blocks += values(sheet, (*given, *layer.tensors))
    blocks += [Heading(say("Error"))] if layers(sheet.graph) else []
    blocks += _error(sheet)
    return Section(*_headed(sheet, "Forward pass"), "sec:forward", tuple(blocks))


def _headed(sheet: Sheet, phrase: str) -> tuple[str]:
    return (sheet.say.words(phrase),)


def layer_title(sheet: Sheet, layer: Layer) -> str:
    """`Layer 3 (encoder): long short-term memory`."""
    name = f" ({layer.name})" if layer.name and layer.name != layer.kind else ""
    on_top = sheet.say.words(" with {name}", name=layer.activation.replace("_", " ")) if layer.activation else ""
    number = sheet.say.words("layer {number}", number=layer.number)
    return f"{number}{name}{sheet.say.words(': ')}{_kind(sheet, layer)}{on_top}"


def _kind(sheet: Sheet, layer: Layer) -> str:
    return sheet.say.words(kind(layer).title)


def group_title(sheet: Sheet, group: Sequence[Layer]) -> str:
    """The title of a layer, or of several that are alike."""
    if len(group) == 1:
        return capital(layer_title(sheet, group[0]))
    first, last = group[0], group[-1]
    numbers = sheet.say.words("layers {first} to {last}", first=first.number, last=last.number)
    return capital(numbers + sheet.say.words(": ") + _kind(sheet, first))


def _alike(sheet: Sheet, group: Sequence[Layer]) -> Iterator[Block]:
    if len(group) > 1:
        phrase = "These {count} layers are alike. This is layer {number}; the others have the same equations:"
        yield Paragraph(sheet.say(phrase, count=len(group), number=group[0].name or str(group[0].number)))


def equation_line(sheet: Sheet, equation: Equation) -> Relation:
    """One equation in index form; where it sums over samples, as the loss does, their index has to be seen."""
    reader = sheet.reader_for(equation.rhs)
    return Relation(reader(equation.lhs), (Row("=", sheet.built(equation.rhs, reader), label=f"eq:{equation.tensor}"),))


def _outside(sheet: Sheet, shifted: Sequence[Read]) -> Iterator[Block]:
    if shifted:
        names: list[str | Tree] = []
        for read in shifted:
            names += [", " if names else "", sheet.reader(read)]
        phrase = "What is read outside of a tensor's range is 0, here {names} where the place does not exist."
        yield Paragraph(sheet.say(phrase, names=tuple(names)))


def _figures(sheet: Sheet, layer: Layer) -> Iterator[Block]:
    axis = recurrent_axis(layer)
    if axis is not None and "fig:unrolled" not in sheet.known:
        sheet.known.add("fig:unrolled")
        text = sheet.say(
            "The layer unrolled in time: its weights are the same at every step. The error (thick) runs backwards, and "
            "at every step what comes from the output is added to what comes from the next step."
        )
        yield Figure((unrolled(sheet, layer, axis),), text, "fig:unrolled")
    pictures = window_pictures(sheet, layer)
    if pictures and "fig:windows" not in sheet.known:
        sheet.known.add("fig:windows")
        text = sheet.say(
            "Windows. Left, forwards: one place of the output and the window it sees. Right, backwards: one place of "
            "the input and every place of the output whose window holds it."
        )
        yield Figure(pictures, text, "fig:windows")


def _error(sheet: Sheet) -> Iterator[Block]:
    """The loss, or several and how they are added, with what is done over samples."""
    graph = sheet.graph
    own = [equation for equation in graph.equations if not graph.tensors[equation.tensor].layer]
    rows = dict(zip((equation.tensor for equation in graph.equations), graph.rows, strict=False))
    if _is_one_loss(sheet):
        meaning = LOSSES.get(rows.get(own[-1].tensor, ""), ("", ""))[0]
        if meaning:
            yield Paragraph((*(capital(part) for part in sheet.say.words(meaning).splitlines()), *sheet.reduced()))
    elif layers(graph):
        yield Paragraph(sheet.say("The error has several terms, each a number of its own; the last line adds them:"))
    else:
        phrase = "Every line reads what is given and the lines above it; the last is the number that is differentiated:"
        yield Paragraph(sheet.say(phrase))
    yield Display(tuple(equation_line(sheet, equation) for equation in own))
    yield from _outside(sheet, other_steps(own))
    yield from values(sheet, tuple(equation.tensor for equation in own))


def _is_one_loss(sheet: Sheet) -> bool:
    """Whether the error of a network is one loss, be it in several lines, and no sum of losses."""
    graph = sheet.graph
    own = [equation for equation in graph.equations if not graph.tensors[equation.tensor].layer]
    before = [graph.tensors[equation.tensor] for equation in own[:-1]]
    return not before or (bool(layers(graph)) and any(tensor.indices for tensor in before))


def backward(sheet: Sheet) -> Iterator[Section]:
    """The backward pass, a section for each layer from the loss on."""
    losses = [e.tensor for e in sheet.graph.equations if not sheet.tensors[e.tensor].layer]
    terms, given = tuple(_signals(sheet, losses[:-1])), tuple(_gradients_outside(sheet))
    groups = alike(layers(sheet.graph))
    if not groups and (terms or given):
        yield Section(*_headed(sheet, "Backward pass"), "sec:backward-0", (*terms, *given))
    elif terms:
        title = "Backward pass: the error" if _is_one_loss(sheet) else "Backward pass: the terms of the error"
        yield Section(*_headed(sheet, title), "sec:backward-0", terms)
    for number, group in reversed(list(enumerate(groups))):
        if sheet.only is not None and not _wanted_before(sheet, groups[: number + 1]):
            break
        blocks = [*_alike(sheet, group), *_layer(sheet, group[0])]
        if len(blocks) > (len(group) > 1):
            title = group_title(sheet, group)
            small = title[:1].lower() + title[1:] if sheet.say.language == ENGLISH else title
            name = sheet.say.words("Backward pass: {layer}", layer=small)
            yield Section(name, f"sec:backward-{group[0].number}", tuple(blocks))
    if groups and given:
        # The error reaches inputs behind all layers.
        yield Section(*_headed(sheet, "Backward pass: what is given"), "sec:backward-given", given)


def _wanted_before(sheet: Sheet, groups: Sequence[Sequence[Layer]]) -> bool:
    """Whether a layer, or one before it, has a parameter that is to be told about."""
    return any(sheet.wants(tensor.name) for group in groups for layer in group for tensor in layer.parameters)


def _layer(sheet: Sheet, layer: Layer) -> Iterator[Block]:
    active = [name for name in layer.tensors if name in sheet.derivation.adjoint_of]
    if not active:
        return
    words = kind(layer).backward
    if words and not sheet.brief:
        yield Paragraph(sheet.say(words))
    lines = () if sheet.brief else tuple(local_derivatives(sheet, layer.tensors))
    if lines:
        yield Heading(sheet.say("Local derivatives"))
        yield _paired(lines)
    yield Heading(sheet.say("Error signals"))
    if layer.recurs:
        axis = recurrent_axis(layer)
        assert axis is not None
        phrase = "For {time} from the last step down to the first; a bracket is 1 where what it says holds, else 0:"
        yield Paragraph(sheet.say(phrase, time=sheet.reader.index(axis)))
    yield from _signals(sheet, active)
    yield from _gradients(sheet, layer)


def _signals(sheet: Sheet, names: Sequence[str]) -> Iterator[Block]:
    """∂E/∂v of some tensors, in the order in which a backward pass computes them."""
    wanted = [adjoint for adjoint in sheet.derivation.adjoints if adjoint.tensor in {
        sheet.derivation.adjoint_of.get(name) for name in names}]  # fmt: skip
    forward_of = {new: old for old, new in sheet.derivation.adjoint_of.items()}
    yield from displays([derived(sheet, adjoint, sheet.tensors[forward_of[adjoint.tensor]]) for adjoint in wanted])
    yield from values(sheet, [adjoint.tensor for adjoint in wanted])


def displays(relations: Sequence[Relation]) -> Iterator[Display]:
    """Relations in one display, or in one each where a wide one would drive the reasons of all out of the margin."""
    if relations and lay_out(relations, LINE - NUMBER)[1]:
        yield from (Display((relation,)) for relation in relations)
    elif relations:
        yield Display(tuple(relations))


def derived(sheet: Sheet, adjoint: Equation, tensor: Tensor, box: bool = False) -> Relation:
    """∂E/∂v from the chain rule through every rewrite to the formula that is used."""
    leaf = tensor.role == "parameter"
    steps = sheet.derivation.steps.get(adjoint.tensor, ())
    every = (adjoint.rhs, *(step.after for step in steps))
    reader = sheet.plain if leaf else sheet.reader_for(*every)
    first = chain_rule(sheet, tensor, reader is not sheet.plain)
    rows = [Row("=", first, sheet.words("chain rule"))] if first is not None else []
    for step in steps:
        tree = painted(sheet.built(step.after, reader))
        if not rows or rows[-1].tree != tree:
            why = sheet.words("local derivatives") if step.rule == "chain rule" and rows else None
            rows.append(Row("=", tree, why or Words(tuple(reason(sheet, step)))))
    if not steps:
        rows.append(Row("=", painted(sheet.built(adjoint.rhs, reader))))
    last = replace(rows[-1], reason="") if sheet.brief else rows[-1]
    rows = rows[-1:] if sheet.brief else rows
    rows[-1] = replace(last, tree=Boxed(last.tree) if box else last.tree, label=f"eq:{adjoint.tensor}")
    lhs = reader(adjoint.lhs)
    sheet.known.add(f"eq:{adjoint.tensor}")
    return Relation(Paint("delta" if isinstance(lhs, Symbol) else "error", lhs) if not leaf else lhs, tuple(rows))


def painted(tree: Tree) -> Tree:
    """A formula with its error signals in their colours."""
    if isinstance(tree, Symbol):
        return Paint("delta", tree) if tree.role == "adjoint" else tree
    if isinstance(tree, PartialDerivative):
        return Paint("error", tree)
    return mapped(tree, painted)


def _gradients(sheet: Sheet, layer: Layer) -> Iterator[Block]:
    found = [t for t in layer.parameters if t.name in sheet.derivation.adjoint_of and sheet.wants(t.name)]
    if not found:
        return
    told = found if sheet.full else [] if sheet.brief else [max(found, key=lambda tensor: len(tensor.indices))]
    for tensor in told:
        yield Heading(sheet.say("One parameter in full: {name}", name=sheet.plain(tensor.read)))
        yield Display((derived(sheet, sheet.derivation.adjoint(tensor.name), tensor, box=True),))
    rest = [tensor for tensor in found if tensor not in told]
    if rest and sheet.brief:
        yield Heading(sheet.say("Gradients"))
        yield _paired(tuple(_result(sheet, tensor) for tensor in rest), numbered=True)
    elif rest:
        yield Paragraph(sheet.say("In the same way, for the other parameters of this layer:"))
        yield _paired(tuple(_result(sheet, tensor) for tensor in rest), numbered=True)
    yield from values(sheet, [sheet.adjoint(tensor.name) for tensor in found])


def _gradients_outside(sheet: Sheet) -> Iterator[Block]:
    """Those of parameters that no layer owns, as all of a function's are, each from the chain rule on."""
    found = [t for t in outside(sheet.graph) if t.name in sheet.derivation.adjoint_of and sheet.wants(t.name)]
    if found:
        yield Heading(sheet.say("Gradients"))
        yield from displays([derived(sheet, sheet.derivation.adjoint(t.name), t, box=not sheet.brief) for t in found])
        yield from values(sheet, [sheet.adjoint(tensor.name) for tensor in found])


def _result(sheet: Sheet, tensor: Tensor) -> Relation:
    adjoint = sheet.derivation.adjoint(tensor.name)
    sheet.known.add(f"eq:{adjoint.tensor}")
    tree = painted(sheet.built(adjoint.rhs, sheet.plain))
    return Relation(sheet.plain(adjoint.lhs), (Row("=", tree, label=f"eq:{adjoint.tensor}"),))


def _paired(relations: Sequence[Relation], numbered: bool = False) -> Block:
    """Short relations two by two; a number stands for the last of its row only, so numbered ones stay alone."""
    if numbered or len(relations) < 2 or max(width(latex(one)) for one in relations) > HALF:
        return Display(tuple(relations))
    return Grid(tuple(tuple(relations[n : n + 2]) for n in range(0, len(relations), 2)))
