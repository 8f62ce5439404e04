"""One weight of a layer in full: the chain rule, the local derivatives, numbers, and the result."""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.display import (
    Boxed,
    Brace,
    Paint,
    PartialDerivative,
    Product,
    Reference,
    Relation,
    Row,
    Tree,
    Words,
    equality,
    shown,
    times,
)
from symbackprop.display.tree import walk
from symbackprop.emit.document.blocks import Piece
from symbackprop.emit.document.concrete import final_sign
from symbackprop.emit.document.flow import DRAWN, mention
from symbackprop.emit.document.local import ERROR, INPUT, reasons_from, slope_label
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage


def lead(sheet: Sheet, stage: Stage, weight: Tree) -> Iterator[Piece]:
    """The sentence before the derivation."""
    if stage is sheet.stages[-1]:
        yield from ("The weight ", weight, " reaches ", sheet.reader.error())
        yield " along a single path"
        yield from mention() if DRAWN in sheet.known else ()
        yield ", so the chain rule gives one product:"
    else:
        later = sheet.element(sheet.stages[stage.number].weights.name, 1, 1)
        yield from ("From here the product of three factors is the same as for ", later, ", one layer earlier:")


def full_label(sheet: Sheet, stage: Stage) -> str:
    """The label of the result."""
    return f"eq:{sheet.adjoint(stage.weights.name)}-full"


def three_factors(sheet: Sheet, stage: Stage) -> Relation:
    """The gradient as the error's reaction times the slope times what the weight multiplies."""
    weight, error_symbol = sheet.element(stage.weights.name, 1, 1), sheet.reader.error()
    a, z = sheet.element(stage.out.name, 1), sheet.element(stage.net.name, 1)
    source = sheet.element(stage.source.name, 1)
    error, slope = factors(sheet, stage, 1)
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
            Row("=", Product(braces, "cdot"), "local derivatives", label=f"{full_label(sheet, stage)}-symbols"),
            row,
            Row(final_sign(row, value), Boxed(value), label=full_label(sheet, stage)),
        ),
    )


def factors(sheet: Sheet, stage: Stage, j: int) -> tuple[Tree, Tree]:
    """∂E/∂a and ∂a/∂z of one neuron, with its symbols."""
    error = sheet.derivation.adjoint(stage.out.name)
    return sheet.at(error.rhs, error.indices, (j,)), sheet.at(stage.slope, stage.out.indices, (j,))


def two_factors(sheet: Sheet, stage: Stage) -> Relation:
    """The gradient as the error signal times what the weight multiplies."""
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
                label=f"{full_label(sheet, stage)}-symbols",
            ),
            row,
            Row(final_sign(row, value), Boxed(value), label=full_label(sheet, stage)),
        ),
    )
