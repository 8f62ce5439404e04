"""All gradients of a layer with their values, and one of them in full over several samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from symbackprop.display import (
    BigSum,
    Boxed,
    Paint,
    PartialDerivative,
    Product,
    Range,
    Relation,
    Row,
    Symbol,
    Tree,
    Words,
    equality,
    latex,
    shown,
)
from symbackprop.display.tree import walk
from symbackprop.display.width import width
from symbackprop.emit.document.blocks import Block, Display, Grid, Paragraph, Text
from symbackprop.emit.document.concrete import chain, mapped, numeric, term_values
from symbackprop.emit.document.local import INPUT, reasons_from
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage
from symbackprop.emit.document.wording import cardinal, layer_name
from symbackprop.graph import SAMPLE, Equation, Tensor

LINE = 455.0
MOST_SAMPLES = 4


def gradients(sheet: Sheet, stage: Stage) -> Iterator[Block]:
    """The gradients of a layer's weights and biases."""
    if stage.weights.name in sheet.derivation.adjoint_of and sheet.wants(stage.weights.name):
        yield Paragraph((f"so that the gradients of the {layer_name(stage, sheet.stages)} are",))
        yield grid(sheet, stage.weights)
    bias = stage.bias
    if bias is None or bias.name not in sheet.derivation.adjoint_of or not sheet.wants(bias.name):
        return
    if bias.indices:
        what = "the sum of its neuron's error signals" if sheet.batched else "the error signal of its neuron"
        yield Paragraph((f"A bias multiplies 1, so its gradient is {what}:",))
        yield grid(sheet, bias)
        return
    symbol = sheet.element(bias.name)
    count = sheet.units(stage.net)
    paths = "both neurons" if count == 2 else f"all {cardinal(count)} neurons" if count > 1 else "one neuron"
    text: Text = ("The bias ", symbol, f" multiplies 1 in {paths}, so its gradient is")
    if count > 1:
        ways = f" along {cardinal(count)} paths, and paths add:"
        text = ("The bias ", symbol, f" multiplies 1 in {paths}. It reaches ", sheet.reader.error(), ways)
    yield Paragraph(text)
    yield Display((_shared(sheet, bias),))


def _shared(sheet: Sheet, bias: Tensor) -> Relation:
    equation = sheet.derivation.adjoint(bias.name)
    symbolic = gradient(sheet, equation, ())
    label = sheet.labelled(equation.tensor, ())
    lhs = PartialDerivative(sheet.reader.error(), sheet.element(bias.name))
    if sheet.batched and sheet.samples > MOST_SAMPLES:
        return Relation(lhs, (Row("=", symbolic), Row("≈", shown(sheet.value(symbolic)), label=label)))
    written = sheet.at(equation.rhs, equation.indices, (), "all")
    with_numbers = numeric(written, sheet.number)
    value = shown(sheet.value(written))
    before = equality(*walk(with_numbers))
    after = Row("=" if before == "=" and value.exact else "≈", value, label=label)
    return chain(lhs, Row("=", symbolic), Row(before, with_numbers), after)


def gradient(sheet: Sheet, equation: Equation, at: Sequence[int]) -> Tree:
    """The formula of one gradient, its factors in their colours; sums over samples stay sums."""
    return coloured(sheet.at(equation.rhs, equation.indices, at, "index"))


def coloured(tree: Tree) -> Tree:
    """A formula with error signals and inputs in their colours."""
    if isinstance(tree, Symbol):
        return Paint("delta" if tree.role == "adjoint" else "input", tree)
    if isinstance(tree, PartialDerivative):
        return Paint("error", tree)
    if isinstance(tree, BigSum | Range):
        return replace(tree, body=coloured(tree.body)) if isinstance(tree, BigSum) else tree
    return mapped(tree, coloured)


def grid(sheet: Sheet, tensor: Tensor) -> Grid:
    """Every element's gradient, two beside each other where they fit."""
    equation = sheet.derivation.adjoint(tensor.name)
    every = sheet.material.scalars.elements[tensor.name]  # type: ignore[union-attr]
    places = [tuple(n + 1 for n in at) for at in every if sheet.wants(tensor.name, at)]
    relations = []
    for at in places:
        symbolic = gradient(sheet, equation, at)
        value = shown(sheet.value(symbolic))
        numbers = [node for node in walk(symbolic) if isinstance(node, Symbol) and node.key]
        sign: Any = "=" if value.exact and numbers else "≈"
        lhs = PartialDerivative(sheet.reader.error(), sheet.element(tensor.name, *at))
        relations.append(chain(lhs, Row("=", symbolic), Row(sign, value)))
    widest = max(width(latex(relation)) for relation in relations)
    across = 2 if len(relations) > 1 and 2 * widest + 75 < LINE else 1
    rows = []
    for n in range(0, len(relations), across):
        label = f"eq:{equation.tensor}-row{n // across + 1}"
        for at in places[n : n + across]:
            sheet.labels[equation.tensor, at] = label
        *before, last = relations[n : n + across]
        *members, final = last.rows
        rows.append((*before, replace(last, rows=(*members, replace(final, label=label)))))
    return Grid(tuple(rows))


def weight_over_samples(sheet: Sheet, stage: Stage) -> Relation:
    """The gradient of a layer's first weight as a sum over samples."""
    equation = sheet.derivation.adjoint(stage.weights.name)
    label = f"eq:{equation.tensor}-full"
    error = sheet.reader.error()
    weight = sheet.element(stage.weights.name, 1, 1)
    symbolic = gradient(sheet, equation, (1, 1))
    written = sheet.at(equation.rhs, equation.indices, (1, 1), "all")
    z = _first_net(sheet, stage)
    ratios = Product(
        (Paint("delta", PartialDerivative(error, z)), Paint("input", PartialDerivative(z, weight))), "cdot"
    )
    summed = BigSum(ratios, (Range(_sample_sign(sheet)),))
    rows = [Row("=", summed, "chain rule for each sample"), Row("=", symbolic, reasons(INPUT))]
    value = shown(sheet.value(written))
    if sheet.samples <= MOST_SAMPLES:
        with_numbers = numeric(written, sheet.number)
        rows.append(Row(equality(*walk(with_numbers)), with_numbers))
        terms = term_values(written, lambda term: shown(sheet.value(term)))
        if terms is not None:
            rows.append(Row(equality(*walk(with_numbers), *walk(terms)), terms))
    settled = all(equality(*walk(row.tree)) == "=" for row in rows) and value.exact
    rows.append(Row("=" if settled else "≈", Boxed(value), label=label))
    return chain(PartialDerivative(error, weight), *rows)


def reasons(label: str) -> Words | str:
    """That a line follows from another."""
    found = reasons_from([label])
    return Words(("by ", *found.parts[1:])) if isinstance(found, Words) else found


def _first_net(sheet: Sheet, stage: Stage) -> Tree:
    return sheet.at(stage.net.read, stage.net.indices, (1,), "index")


def _sample_sign(sheet: Sheet) -> Symbol:
    tensor = sheet.graph.with_role("input")[0]
    return sheet.plain.index(next(index for index in tensor.indices if index.name == SAMPLE))
