"""The backward pass with numbers, layer by layer from the output: one weight in full, error signals, all gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbackprop.display import Boxed, Paint, Product, Relation, Row, Symbol, equality, shown
from symbackprop.display.tree import walk
from symbackprop.emit.document.blocks import Block, Display, Heading, Paragraph, Section, Table, Text
from symbackprop.emit.document.concrete import by_factors, chain, final_sign, signals_painted
from symbackprop.emit.document.flow import flow
from symbackprop.emit.document.forward import MOST_ROWS
from symbackprop.emit.document.gradients import gradients, weight_over_samples
from symbackprop.emit.document.local import ERROR, INPUT, delta_steps, error_line, input_line, slope_label, slope_line
from symbackprop.emit.document.one_weight import factors, full_label, lead, three_factors, two_factors, wanted
from symbackprop.emit.document.paths import paths
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage, is_product
from symbackprop.emit.document.wording import cardinal, layer_name


def backward(sheet: Sheet) -> Iterator[Section]:
    """One section for each layer, the output layer first."""
    for stage in reversed(sheet.stages):
        if sheet.only is not None and not any(
            sheet.wants(tensor.name)
            for earlier in sheet.stages[: stage.number]
            for tensor in (earlier.weights, earlier.bias)
            if tensor is not None
        ):
            break
        name = layer_name(stage, sheet.stages)
        blocks: list[Block] = []
        drawing = flow(sheet) if stage is sheet.stages[-1] and not sheet.brief else None
        sheet.known |= {drawing.label} if drawing else set()
        if sheet.brief:
            pass
        elif stage is sheet.stages[-1]:
            blocks += _local(sheet, stage)
        else:
            blocks += paths(sheet, stage)
        if is_product(sheet.derivation, stage):
            blocks += _by_product(sheet, stage)
        else:
            blocks += _by_steps(sheet, stage)
        blocks += gradients(sheet, stage)
        blocks += [drawing] if drawing else []
        yield Section(f"Backward pass: {name}", f"sec:backward-{stage.number}", tuple(blocks))


def _local(sheet: Sheet, stage: Stage) -> Iterator[Block]:
    lines = []
    if not stage.linear:
        lines.append(error_line(sheet, stage))
        lines.append(slope_line(sheet, stage))
        sheet.known |= {ERROR, slope_label(stage)}
    lines.append(input_line(sheet, stage))
    sheet.known.add(INPUT)
    yield Heading((f"{cardinal(len(lines)).capitalize()} local derivative{'' if len(lines) == 1 else 's'}",))
    yield Paragraph(("Every factor of the gradients below is one line of calculus:",))
    yield Display(tuple(lines))


def _by_product(sheet: Sheet, stage: Stage) -> Iterator[Block]:
    """Three factors: the error's reaction, the slope, the input."""
    for j, i in [] if sheet.batched else wanted(sheet, stage):
        weight = sheet.element(stage.weights.name, j, i)
        yield Heading(("One weight in full: ", weight))
        if (j, i) == (1, 1):
            yield Paragraph(tuple(lead(sheet, stage, weight)))
        yield Display((three_factors(sheet, stage, j, i),))
        sheet.labels[sheet.adjoint(stage.weights.name), (j, i)] = full_label(sheet, stage, j, i)
    yield Heading((f"Error signal of each {_kind(sheet, stage)} neuron",))
    first = stage is sheet.stages[-1]
    if sheet.batched:
        text = "How the error reacts to an output, times the slope there:"
    elif first:
        text = (
            "The first two factors are the same for every weight that enters a neuron. "
            "Naming their product once saves repeating it:"
        )
    else:
        text = "Again the first two factors belong to the neuron, not to the weight:"
    yield Paragraph((text,))
    yield Display(tuple(_delta(sheet, stage, j) for j in range(1, sheet.units(stage.net) + 1)))
    yield from _after_deltas(sheet, stage)


def _kind(sheet: Sheet, stage: Stage) -> str:
    return "output" if stage is sheet.stages[-1] else "hidden"


def _delta(sheet: Sheet, stage: Stage, j: int) -> Relation:
    error, slope = factors(sheet, stage, j)
    name = sheet.adjoint(stage.net.name)
    symbolic = Product((Paint("error", error), Paint("slope", slope)))
    with_numbers = by_factors(symbolic, lambda tree: shown(sheet.value(tree)))
    value = shown(sheet.value(symbolic))
    row = Row(equality(*walk(with_numbers)), with_numbers)
    last = Row(final_sign(row, value), Boxed(Paint("delta", value)), label=sheet.labelled(name, (j,)))
    return chain(Paint("delta", sheet.element(name, j)), Row("=", symbolic), row, last)


def _by_steps(sheet: Sheet, stage: Stage) -> Iterator[Block]:
    """Where factors cancel, or there is no slope: the error signal first, then what it multiplies."""
    name = sheet.adjoint(stage.net.name)
    equation = sheet.derivation.adjoint(stage.net.name)
    if (stage is sheet.stages[-1] or not stage.linear) and not sheet.brief:
        yield Heading(("The error signal",))
        yield Paragraph(("For every neuron ", Symbol(sheet.reader.index(equation.indices[-1]).sign), ":"))
        yield Display((delta_steps(sheet, stage, f"eq:{name}-steps"),))
    yield Heading((f"Error signal of each {_kind(sheet, stage)} neuron",))
    relations = []
    for j in range(1, sheet.units(stage.net) + 1):
        symbolic = signals_painted(sheet.at(equation.rhs, equation.indices, (j,)))
        relation = sheet.relation(Paint("delta", sheet.element(name, j)), symbolic, sheet.labelled(name, (j,)))
        *rows, last = relation.rows
        relations.append(replace(relation, rows=(*rows, replace(last, tree=Boxed(Paint("delta", last.tree))))))
    yield Display(tuple(relations))
    yield from _after_deltas(sheet, stage)
    for j, i in [] if sheet.batched else wanted(sheet, stage):
        yield Heading(("One weight in full: ", sheet.element(stage.weights.name, j, i)))
        yield Display((two_factors(sheet, stage, j, i),))
        sheet.labels[sheet.adjoint(stage.weights.name), (j, i)] = full_label(sheet, stage, j, i)


def _after_deltas(sheet: Sheet, stage: Stage) -> Iterator[Block]:
    """With several samples a table of all error signals, and one weight in full over them."""
    if not sheet.batched:
        return
    name = sheet.adjoint(stage.net.name)
    columns = [(name, j) for j in range(1, sheet.units(stage.net) + 1)]
    sources = [(stage.source.name, i) for i in range(1, sheet.units(stage.source) + 1)]
    yield Paragraph(("For every sample, with what the weights of this layer multiply:",))
    yield signals(sheet, (*columns, *sources))
    if sheet.brief or not sheet.wants(stage.weights.name):
        return
    weight = sheet.element(stage.weights.name, 1, 1)
    yield Heading(("One weight in full: ", weight))
    yield Paragraph(("The weight ", weight, " acts on every sample, and what it does to each of them adds up:"))
    yield Display((weight_over_samples(sheet, stage),))


def signals(sheet: Sheet, columns: Sequence[tuple[str, int]]) -> Table:
    """The values of some elements for every sample."""
    at_hand, rows = sheet.sample, []
    decimals = 9 if len(columns) <= 5 else 6
    head: list[Text] = [(sheet.counter,), *((sheet.element(name, n),) for name, n in columns)]
    for number in range(1, min(sheet.samples, MOST_ROWS) + 1):
        sheet.sample = number
        cells: list[Text] = [(str(number),)]
        for name, n in columns:
            symbol = sheet.element(name, n)
            is_given = sheet.tensors[name].role == "input"
            cells.append((sheet.number(symbol) if is_given else shown(sheet.value(symbol), decimals),))
        rows.append(tuple(cells))
    sheet.sample = at_hand
    return Table("c" + "r" * len(columns), tuple(head), (tuple(rows),))
