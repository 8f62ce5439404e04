"""The derivation in index form, for networks of any size: one neuron stands for all, and nothing is evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbackprop.display import (
    Apply,
    BigSum,
    Paint,
    PartialDerivative,
    Product,
    Range,
    Relation,
    Row,
    Tree,
    Words,
)
from symbackprop.emit.document.blocks import Block, Display, Heading, Paragraph, Section
from symbackprop.emit.document.gradients import coloured
from symbackprop.emit.document.local import (
    ERROR,
    INPUT,
    delta_steps,
    error_line,
    input_line,
    reason,
    slope_label,
    slope_line,
)
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage
from symbackprop.emit.document.wording import capital, layer_name
from symbackprop.expressions import Index, Read
from symbackprop.graph import Equation

# Of a longer row of layers of one kind, one is shown for all.
MOST_ALIKE = 2


def forward(sheet: Sheet) -> Section:
    """The forward pass, an equation for one neuron of each layer."""
    blocks: list[Block] = [Paragraph((_letters(sheet),))]
    if not sheet.stages:
        blocks.append(Display(tuple(_equation(sheet, equation) for equation in sheet.graph.equations)))
        return Section("Forward pass", "sec:forward", tuple(blocks))
    for group in _groups(sheet.stages):
        stage = group[0]
        blocks.append(Heading((_name(sheet, group),)))
        blocks += _alike(group, "raised")
        lines = [_equation(sheet, sheet.graph.equation(stage.net.name))]
        if not stage.linear:
            lines.append(_activation(sheet, stage))
        blocks.append(Display(tuple(lines)))
    blocks += [Heading(("Error",)), Display((_equation(sheet, sheet.graph.equations[-1]),))]
    return Section("Forward pass", "sec:forward", tuple(blocks))


def _letters(sheet: Sheet) -> str:
    if sheet.batched:
        return "One neuron stands for all neurons of its layer, and one sample for all samples:"
    return "One neuron stands for all neurons of its layer:"


def _groups(stages: Sequence[Stage]) -> list[Sequence[Stage]]:
    """Hidden layers of one kind together, where there are many; the first and the last stand alone."""
    groups: list[list[Stage]] = []
    for stage in stages:
        inner = 1 < stage.number < len(stages)
        if inner and groups and groups[-1][0].number > 1 and _kind(groups[-1][0]) == _kind(stage):
            groups[-1].append(stage)
        else:
            groups.append([stage])
    return [part for group in groups for part in ([group] if len(group) > MOST_ALIKE else [[one] for one in group])]


def _kind(stage: Stage) -> tuple[str, bool, bool]:
    return stage.function, stage.bias is not None, stage.bias is not None and bool(stage.bias.indices)


def _name(sheet: Sheet, group: Sequence[Stage]) -> str:
    if len(group) > 1:
        return f"Hidden layers {group[0].number} to {group[-1].number}"
    return capital(layer_name(group[0], sheet.stages))


def _alike(group: Sequence[Stage], direction: str) -> Iterator[Block]:
    if len(group) > 1:
        first, following, last = group[0].number, group[1].number, group[-1].number
        rest = f"{following} to {last}" if following < last else f"{following} down to {last}"
        text = f"These layers are of one kind. This is layer {first}; layers {rest} have the same equations, "
        yield Paragraph((f"{text}with the number of every layer {direction}:",))


def _equation(sheet: Sheet, equation: Equation) -> Relation:
    # Where an equation sums over samples, as the loss does, their index has to be seen.
    reader = sheet.reader_for(equation.rhs)
    return Relation(reader(equation.lhs), (Row("=", sheet.built(equation.rhs, reader), label=f"eq:{equation.tensor}"),))


def _activation(sheet: Sheet, stage: Stage) -> Relation:
    equation = sheet.graph.equation(stage.out.name)
    a = sheet.index_form(equation.lhs)
    rows = [Row("=", sheet.index_form(equation.rhs), label=f"eq:{equation.tensor}")]
    if stage.slope is not None:
        named: Tree = Apply(stage.function, (sheet.index_form(stage.net.read),))
        rows = [Row("=", named), *rows] if named != rows[0].tree else rows
    return Relation(a, tuple(rows))


def backward(sheet: Sheet) -> Iterator[Section]:
    """The backward pass, an equation for one neuron of each layer."""
    if not sheet.stages:
        yield _by_equation(sheet)
        return
    output, hidden = sheet.stages[-1], list(reversed(sheet.stages[:-1]))
    yield _section(sheet, [output])
    groups: list[list[Stage]] = []
    for stage in hidden:
        if groups and _kind(groups[-1][0]) == _kind(stage):
            groups[-1].append(stage)
        else:
            groups.append([stage])
    for group in groups:
        for part in [group] if len(group) > MOST_ALIKE else [[one] for one in group]:
            yield _section(sheet, part)


def _section(sheet: Sheet, group: Sequence[Stage]) -> Section:
    stage = group[0]
    title = layer_name(stage, sheet.stages)
    if len(group) > 1:
        title = f"hidden layers {group[0].number} to {group[-1].number}"
    blocks: list[Block] = list(_alike(group, "lowered"))
    lines = [] if sheet.brief else list(_local(sheet, stage))
    if lines:
        blocks += [Heading(("Local derivatives",)), Display(tuple(lines))]
    blocks += [Heading(("Error signal",)), Display((delta_steps(sheet, stage, f"eq:{sheet.adjoint(stage.net.name)}"),))]
    both = [tensor for tensor in (stage.weights, stage.bias) if tensor is not None and sheet.wants(tensor.name)]
    found = [tensor for tensor in both if tensor.name in sheet.derivation.adjoint_of]
    if found:
        blocks.append(Heading(("Gradients",)))
        blocks.append(Display(tuple(_gradient(sheet, sheet.derivation.adjoint(tensor.name)) for tensor in found)))
    return Section(f"Backward pass: {title}", f"sec:backward-{stage.number}", tuple(blocks))


def _local(sheet: Sheet, stage: Stage) -> Iterator[Relation]:
    output = stage is sheet.stages[-1]
    if output and not stage.linear:
        sheet.known.add(ERROR)
        yield error_line(sheet, stage)
    if not output and not stage.linear:
        yield _paths(sheet, stage)
    if not stage.linear and slope_label(stage) not in sheet.known:
        sheet.known.add(slope_label(stage))
        yield slope_line(sheet, stage)
    if output:
        sheet.known.add(INPUT)
        yield input_line(sheet, stage)


def _paths(sheet: Sheet, stage: Stage) -> Relation:
    """∂E/∂a of a hidden layer: a sum over the neurons that listen to it."""
    following = sheet.stages[stage.number]
    equation = sheet.derivation.adjoint(stage.out.name)
    letter = Index("k", following.units)
    lead = [index for index in following.net.indices[:-1]]
    z = sheet.index_form(Read(following.net.name, *lead, letter))
    a, error = sheet.index_form(stage.out.read), sheet.reader.error()
    each = Product((Paint("delta", PartialDerivative(error, z)), PartialDerivative(z, a)), "cdot")
    lhs = Paint("error", PartialDerivative(error, a))
    result = Paint("error", sheet.index_form(equation.rhs))
    first = Row("=", BigSum(each, (Range(sheet.reader.index(letter)),)), "sum over paths")
    sheet.known.add(f"eq:{equation.tensor}")
    return Relation(lhs, (first, Row("=", result, Words((z, " is linear in ", a)), label=f"eq:{equation.tensor}")))


def _gradient(sheet: Sheet, equation: Equation) -> Relation:
    tree = coloured(sheet.built(equation.rhs, sheet.plain))
    return Relation(sheet.plain(equation.lhs), (Row("=", tree, label=f"eq:{equation.tensor}"),))


def _by_equation(sheet: Sheet) -> Section:
    """Every adjoint with the steps that led to it, for graphs that are no chain of layers."""
    relations = []
    for equation in sheet.derivation.adjoints:
        rows: list[Row] = []
        for step in sheet.derivation.steps.get(equation.tensor, ()):
            tree = sheet.built(step.after, sheet.plain)
            if not rows or rows[-1].tree != tree:
                rows.append(Row("=", tree, Words(tuple(reason(sheet, step)))))
        rows = rows or [Row("=", sheet.built(equation.rhs, sheet.plain))]
        rows[-1] = Row("=", rows[-1].tree, rows[-1].reason, f"eq:{equation.tensor}")
        lhs = sheet.plain(equation.lhs)
        relations.append(Relation(Paint("delta", lhs) if "delta" in equation.tensor else lhs, tuple(rows)))
    return Section("Backward pass", "sec:backward", (Display(tuple(relations)),))
