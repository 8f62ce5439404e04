"""The backward pass with numbers, layer by layer from the output: one weight in full, error signals, all gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from symbackprop.display import (
    Boxed,
    Brace,
    Number,
    Paint,
    PartialDerivative,
    Product,
    Reference,
    Relation,
    Row,
    Sum,
    Symbol,
    Tree,
    Words,
    equality,
    shown,
    times,
)
from symbackprop.display.tree import walk
from symbackprop.emit.document.blocks import Block, Display, Heading, Paragraph, Piece, Section, Stress, Table, Text
from symbackprop.emit.document.concrete import by_factors, chain, numeric, term_values
from symbackprop.emit.document.flow import DRAWN, flow, mention
from symbackprop.emit.document.gradients import gradients, weight_over_samples
from symbackprop.emit.document.local import (
    ERROR,
    INPUT,
    delta_steps,
    error_line,
    input_line,
    reasons_from,
    slope_label,
    slope_line,
)
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage, is_product
from symbackprop.emit.document.wording import cardinal, layer_name
from symbackprop.expressions import Read

MOST_PATHS = 4


def backward(sheet: Sheet) -> Iterator[Section]:
    """One section for each layer, the output layer first."""
    for stage in reversed(sheet.stages):
        name = layer_name(stage, sheet.stages)
        blocks: list[Block] = []
        drawing = flow(sheet) if stage is sheet.stages[-1] else None
        sheet.known |= {drawing.label} if drawing else set()
        if stage is sheet.stages[-1]:
            blocks += _local(sheet, stage)
        else:
            blocks += _paths(sheet, stage)
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


def _factors(sheet: Sheet, stage: Stage, j: int) -> tuple[Tree, Tree]:
    """∂E/∂a and ∂a/∂z of one neuron, with its symbols."""
    error = sheet.derivation.adjoint(stage.out.name)
    return sheet.at(error.rhs, error.indices, (j,)), sheet.at(stage.slope, stage.out.indices, (j,))


def _paths(sheet: Sheet, stage: Stage) -> Iterator[Block]:
    following = sheet.stages[stage.number]
    count = sheet.units(following.net)
    a = sheet.element(stage.out.name, 1)
    several = count > 1
    yield Heading(("What changes: paths add up" if several else "What changes: one layer earlier",))
    many = "both" if count == 2 else f"all {cardinal(count)}"
    text: Text = ("The output ", a, " feeds the one neuron of the next layer, and reaches the error through it:")
    if several:
        shown_in = mention() if DRAWN in sheet.known else ()
        text = ("The output ", a, " feeds ", Stress(many), " neurons of the next layer, so the error reacts to it along ",
                Stress(many), *shown_in, ":")  # fmt: skip
    yield Paragraph(text)
    yield Display((_path_sum(sheet, stage, following, count),))
    if not stage.linear and slope_label(stage) not in sheet.known:
        yield Paragraph(("The activation of this layer has a slope of its own:",))
        sheet.known.add(slope_label(stage))
        yield Display((slope_line(sheet, stage),))


def _path_sum(sheet: Sheet, stage: Stage, following: Stage, count: int) -> Relation:
    equation = sheet.derivation.adjoint(stage.out.name)
    a = sheet.element(stage.out.name, 1)
    symbolic = _delta_painted(sheet.at(equation.rhs, equation.indices, (1,)))
    error = sheet.reader.error()
    label = sheet.labelled(equation.tensor, (1,))
    paths = []
    for k in range(1, count + 1):
        z = sheet.element(following.net.name, k)
        paths.append(Product((Paint("delta", PartialDerivative(error, z)), PartialDerivative(z, a)), "cdot"))
    first = Row("=", paths[0] if count == 1 else Sum(tuple(paths)), "sum over paths" if count > 1 else "chain rule")
    z = sheet.index_form(following.net.read)
    second = Row("=", symbolic, Words((z, " is linear in ", a)), label=label)
    with_numbers = numeric(symbolic, sheet.number)
    deltas = sheet.adjoint(following.net.name)
    sources = [sheet.labels[deltas, (k,)] for k in range(1, count + 1) if (deltas, (k,)) in sheet.labels]
    rows = [Row(equality(*walk(with_numbers)), with_numbers, reasons_from(sources[:MOST_PATHS]))]
    terms = term_values(symbolic, lambda term: shown(sheet.value(term)))
    value = shown(sheet.value(symbolic))
    if terms is not None:
        rows.append(Row("≈" if equality(*walk(with_numbers), *walk(terms)) == "≈" else "=", terms))
    rows.append(Row(_after(rows[-1], value), Paint("error", value)))
    shown_first = [first] if count <= MOST_PATHS else []
    lhs = PartialDerivative(error, a)
    painted: Tree = Paint("error", lhs) if not stage.linear else Paint("delta", lhs)
    return chain(painted, *shown_first, second, *rows)


def _after(row: Row, value: Number) -> Any:
    """The sign between a row of numbers and its value."""
    return "=" if row.operator == "=" and value.exact and equality(*walk(row.tree)) == "=" else "≈"


def _delta_painted(tree: Tree) -> Tree:
    """The error signals of a formula in their colour."""
    from symbackprop.emit.document.concrete import mapped

    if isinstance(tree, Symbol) and tree.role == "adjoint":
        return Paint("delta", tree)
    return mapped(tree, _delta_painted)


def _by_product(sheet: Sheet, stage: Stage) -> Iterator[Block]:
    """Three factors: the error's reaction, the slope, the input."""
    if not sheet.batched:
        weight = sheet.element(stage.weights.name, 1, 1)
        yield Heading(("One weight in full: ", weight))
        yield Paragraph(tuple(_lead(sheet, stage, weight)))
        yield Display((_in_full(sheet, stage),))
        sheet.labels[sheet.adjoint(stage.weights.name), (1, 1)] = _full_label(sheet, stage)
    yield Heading((f"Error signal of each {_kind(sheet, stage)} neuron",))
    first = stage is sheet.stages[-1]
    if sheet.batched:
        lead = "How the error reacts to an output, times the slope there:"
    elif first:
        lead = (
            "The first two factors are the same for every weight that enters a neuron. Naming their product once saves \
repeating it:"
        )
    else:
        lead = "Again the first two factors belong to the neuron, not to the weight:"
    yield Paragraph((lead,))
    yield Display(tuple(_delta(sheet, stage, j) for j in range(1, sheet.units(stage.net) + 1)))
    yield from _after_deltas(sheet, stage)


def _kind(sheet: Sheet, stage: Stage) -> str:
    return "output" if stage is sheet.stages[-1] else "hidden"


def _lead(sheet: Sheet, stage: Stage, weight: Tree) -> Iterator[Piece]:
    if stage is sheet.stages[-1]:
        yield from ("The weight ", weight, " reaches ", sheet.reader.error())
        yield " along a single path"
        yield from mention() if DRAWN in sheet.known else ()
        yield ", so the chain rule gives one product:"
    else:
        later = sheet.element(sheet.stages[stage.number].weights.name, 1, 1)
        yield from ("From here the product of three factors is the same as for ", later, ", one layer earlier:")


def _full_label(sheet: Sheet, stage: Stage) -> str:
    return f"eq:{sheet.adjoint(stage.weights.name)}-full"


def _in_full(sheet: Sheet, stage: Stage) -> Relation:
    weight, error_symbol = sheet.element(stage.weights.name, 1, 1), sheet.reader.error()
    a, z = sheet.element(stage.out.name, 1), sheet.element(stage.net.name, 1)
    source = sheet.element(stage.source.name, 1)
    error, slope = _factors(sheet, stage, 1)
    ratios = (
        Paint("error", PartialDerivative(error_symbol, a)),
        Paint("slope", PartialDerivative(a, z)),
        Paint("input", PartialDerivative(z, weight)),
    )
    error_label = sheet.labels.get((sheet.adjoint(stage.out.name), (1,)), ERROR)
    braces = (
        Brace(error, Reference(error_label), "error"),
        Brace(slope, Reference(slope_label(stage)), "slope"),
        Brace(source, Reference(INPUT), "input"),
    )
    numbers = (
        Paint("error", shown(sheet.value(error))),
        Paint("slope", shown(sheet.value(slope))),
        Paint("input", sheet.number(source)),
    )
    value = shown(sheet.value(times(error, slope, source)))
    sources = [sheet.labels[stage.out.name, (1,)]]
    if stage is not sheet.stages[-1]:
        sources.append(error_label)
    elif (stage.source.name, (1,)) in sheet.labels:
        sources.insert(0, sheet.labels[stage.source.name, (1,)])
    row = Row(equality(*walk(Product(numbers))), Product(numbers, "times"), reasons_from(sources))
    return Relation(
        PartialDerivative(error_symbol, weight),
        (
            Row("=", Product(ratios, "cdot"), "chain rule"),
            Row("=", Product(braces, "cdot"), "local derivatives", label=f"{_full_label(sheet, stage)}-symbols"),
            row,
            Row(_after(row, value), Boxed(value), label=_full_label(sheet, stage)),
        ),
    )


def _delta(sheet: Sheet, stage: Stage, j: int) -> Relation:
    error, slope = _factors(sheet, stage, j)
    name = sheet.adjoint(stage.net.name)
    symbolic = Product((Paint("error", error), Paint("slope", slope)))
    with_numbers = by_factors(symbolic, lambda tree: shown(sheet.value(tree)))
    value = shown(sheet.value(symbolic))
    row = Row(equality(*walk(with_numbers)), with_numbers)
    last = Row(_after(row, value), Boxed(Paint("delta", value)), label=sheet.labelled(name, (j,)))
    return chain(Paint("delta", sheet.element(name, j)), Row("=", symbolic), row, last)


def _by_steps(sheet: Sheet, stage: Stage) -> Iterator[Block]:
    """Where factors cancel, or there is no slope: the error signal first, then what it multiplies."""
    name = sheet.adjoint(stage.net.name)
    equation = sheet.derivation.adjoint(stage.net.name)
    if stage is sheet.stages[-1] or not stage.linear:
        yield Heading(("The error signal",))
        yield Paragraph(("For every neuron ", Symbol(sheet.reader.index(equation.indices[-1]).sign), ":"))
        yield Display((delta_steps(sheet, stage, f"eq:{name}-steps"),))
    yield Heading((f"Error signal of each {_kind(sheet, stage)} neuron",))
    relations = []
    for j in range(1, sheet.units(stage.net) + 1):
        symbolic = _delta_painted(sheet.at(equation.rhs, equation.indices, (j,)))
        relation = sheet.relation(Paint("delta", sheet.element(name, j)), symbolic, sheet.labelled(name, (j,)))
        *rows, last = relation.rows
        relations.append(replace(relation, rows=(*rows, replace(last, tree=Boxed(Paint("delta", last.tree))))))
    yield Display(tuple(relations))
    yield from _after_deltas(sheet, stage)
    if not sheet.batched:
        yield Heading(("One weight in full: ", sheet.element(stage.weights.name, 1, 1)))
        yield Display((_two_factors(sheet, stage),))
        sheet.labels[sheet.adjoint(stage.weights.name), (1, 1)] = _full_label(sheet, stage)


def _two_factors(sheet: Sheet, stage: Stage) -> Relation:
    weight, error = sheet.element(stage.weights.name, 1, 1), sheet.reader.error()
    z, source = sheet.element(stage.net.name, 1), sheet.element(stage.source.name, 1)
    delta = sheet.element(sheet.adjoint(stage.net.name), 1)
    ratios = (Paint("delta", PartialDerivative(error, z)), Paint("input", PartialDerivative(z, weight)))
    symbols = (Paint("delta", delta), Paint("input", source))
    numbers = (Paint("delta", shown(sheet.value(delta))), Paint("input", sheet.number(source)))
    value = shown(sheet.value(times(delta, source)))
    row = Row(equality(*walk(Product(numbers))), Product(numbers, "times"))
    return Relation(
        PartialDerivative(error, weight),
        (
            Row("=", Product(ratios, "cdot"), "chain rule"),
            Row(
                "=",
                Product(symbols, "cdot"),
                Words(("by ", Reference(INPUT))),
                label=f"{_full_label(sheet, stage)}-symbols",
            ),
            row,
            Row(_after(row, value), Boxed(value), label=_full_label(sheet, stage)),
        ),
    )


def _after_deltas(sheet: Sheet, stage: Stage) -> Iterator[Block]:
    """With several samples a table of all error signals, and one weight in full over them."""
    if not sheet.batched:
        return
    name = sheet.adjoint(stage.net.name)
    columns = [(name, j) for j in range(1, sheet.units(stage.net) + 1)]
    sources = [(stage.source.name, i) for i in range(1, sheet.units(stage.source) + 1)]
    yield Paragraph(("For every sample, with what the weights of this layer multiply:",))
    yield signals(sheet, (*columns, *sources))
    weight = sheet.element(stage.weights.name, 1, 1)
    yield Heading(("One weight in full: ", weight))
    yield Paragraph(("The weight ", weight, " acts on every sample, and what it does to each of them adds up:"))
    yield Display((weight_over_samples(sheet, stage),))


def signals(sheet: Sheet, columns: Sequence[tuple[str, int]]) -> Table:
    """The values of some elements for every sample."""
    from symbackprop.emit.document.forward import MOST_ROWS
    from symbackprop.notation import given

    at_hand, rows = sheet.sample, []
    decimals = 9 if len(columns) <= 5 else 6
    head: list[Text] = [(Symbol(given("s")),), *((sheet.element(name, n),) for name, n in columns)]
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


def whole_delta(sheet: Sheet, stage: Stage) -> Tree:
    """The error signals of a layer in index form."""
    name = sheet.adjoint(stage.net.name)
    return sheet.index_form(Read(name, *sheet.tensors[name].indices))
