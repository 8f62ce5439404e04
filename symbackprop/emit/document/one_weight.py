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


def wanted(sheet: Sheet, stage: Stage) -> list[tuple[int, int]]:
    """The weights of a layer that are derived in full, by receiving and sending neuron, counted from 1."""
    assert sheet.material.scalars is not None
    places = [(at[0] + 1, at[1] + 1) for at in sheet.material.scalars.elements[stage.weights.name]]
    if sheet.only is not None:
        return [place for place in places if sheet.wants(stage.weights.name, (place[0] - 1, place[1] - 1))]
    return [] if sheet.brief else places if sheet.full else places[:1]


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


def full_label(sheet: Sheet, stage: Stage, j: int = 1, i: int = 1) -> str:
    """The label of the result."""
    return f"eq:{sheet.adjoint(stage.weights.name)}-full" + ("" if j == i == 1 else f"-{j}-{i}")


def three_factors(sheet: Sheet, stage: Stage, j: int = 1, i: int = 1) -> Relation:
    """The gradient as the error's reaction times the slope times what the weight from i to j multiplies."""
    weight, error_symbol = sheet.element(stage.weights.name, j, i), sheet.reader.error()
    a, z = sheet.element(stage.out.name, j), sheet.element(stage.net.name, j)
    source = sheet.element(stage.source.name, i)
    error, slope = factors(sheet, stage, j)
    ratios = (
        Paint("error", PartialDerivative(error_symbol, a)),
        Paint("slope", PartialDerivative(a, z)),
        Paint("input", PartialDerivative(z, weight)),
    )
    error_label = sheet.labels.get((sheet.adjoint(stage.out.name), (j,)), "")
    if stage is sheet.stages[-1]:
        error_label = error_label or ERROR
    braces = (
        Brace(error, Reference(error_label), "error") if error_label else Paint("error", error),
        Brace(slope, Reference(slope_label(stage)), "slope"),
        Brace(source, Reference(INPUT), "input"),
    )
    numbers = (
        Paint("error", shown(sheet.value(error))),
        Paint("slope", shown(sheet.value(slope))),
        Paint("input", sheet.number(source)),
    )
    value = shown(sheet.value(times(error, slope, source)))
    sources = [sheet.labels[stage.out.name, (j,)]]
    if stage is not sheet.stages[-1]:
        sources += [error_label] if error_label else []
    elif (stage.source.name, (i,)) in sheet.labels:
        sources.insert(0, sheet.labels[stage.source.name, (i,)])
    row = Row(equality(*walk(Product(numbers))), Product(numbers, "times"), reasons_from(sources))
    return Relation(
        PartialDerivative(error_symbol, weight),
        (
            Row("=", Product(ratios, "cdot"), "chain rule"),
            Row("=", Product(braces, "cdot"), "local derivatives", label=f"{full_label(sheet, stage, j, i)}-symbols"),
            row,
            Row(final_sign(row, value), Boxed(value), label=full_label(sheet, stage, j, i)),
        ),
    )


def factors(sheet: Sheet, stage: Stage, j: int) -> tuple[Tree, Tree]:
    """∂E/∂a and ∂a/∂z of one neuron, with its symbols."""
    error = sheet.derivation.adjoint(stage.out.name)
    return sheet.at(error.rhs, error.indices, (j,)), sheet.at(stage.slope, stage.out.indices, (j,))


def two_factors(sheet: Sheet, stage: Stage, j: int = 1, i: int = 1) -> Relation:
    """The gradient as the error signal times what the weight from i to j multiplies."""
    weight, error = sheet.element(stage.weights.name, j, i), sheet.reader.error()
    z, source = sheet.element(stage.net.name, j), sheet.element(stage.source.name, i)
    delta = sheet.element(sheet.adjoint(stage.net.name), j)
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
                label=f"{full_label(sheet, stage, j, i)}-symbols",
            ),
            row,
            Row(final_sign(row, value), Boxed(value), label=full_label(sheet, stage, j, i)),
        ),
    )
