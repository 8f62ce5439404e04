"""∂E/∂a of a hidden neuron: the error reaches it along every line to the next layer, and the paths add up."""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.display import (
    Paint,
    PartialDerivative,
    Product,
    Relation,
    Row,
    Tree,
    Words,
    equality,
    plus,
    shown,
)
from symbackprop.display.tree import walk
from symbackprop.emit.document.blocks import Block, Display, Heading, Paragraph, Stress, Text
from symbackprop.emit.document.concrete import chain, final_sign, numeric, signals_painted, term_values
from symbackprop.emit.document.flow import DRAWN, mention
from symbackprop.emit.document.local import reasons_from, slope_label, slope_line
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage
from symbackprop.emit.document.wording import cardinal

# More paths than these are not written as products one by one.
MOST_PATHS = 4


def paths(sheet: Sheet, stage: Stage) -> Iterator[Block]:
    """How the error reacts to the first neuron of a hidden layer, and the slope of its activation if that is new."""
    following = sheet.stages[stage.number]
    count = sheet.units(following.net)
    a = sheet.element(stage.out.name, 1)
    several = count > 1
    yield Heading(("What changes: paths add up" if several else "What changes: one layer earlier",))
    many = "both" if count == 2 else f"all {cardinal(count)}"
    text: Text = ("The output ", a, " feeds the one neuron of the next layer, and reaches the error through it:")
    if several:
        shown_in = mention() if DRAWN in sheet.known else ()
        text = (
            "The output ",
            a,
            " feeds ",
            Stress(many),
            " neurons of the next layer, so the error reacts to it along ",
        )
        text = (*text, Stress(many), *shown_in, ":")
    yield Paragraph(text)
    yield Display((_path_sum(sheet, stage, following, count),))
    if not stage.linear and slope_label(stage) not in sheet.known:
        yield Paragraph(("The activation of this layer has a slope of its own:",))
        sheet.known.add(slope_label(stage))
        yield Display((slope_line(sheet, stage),))


def _path_sum(sheet: Sheet, stage: Stage, following: Stage, count: int) -> Relation:
    equation = sheet.derivation.adjoint(stage.out.name)
    a = sheet.element(stage.out.name, 1)
    symbolic = signals_painted(sheet.at(equation.rhs, equation.indices, (1,)))
    error = sheet.reader.error()
    label = sheet.labelled(equation.tensor, (1,), f"{equation.tensor}-paths")
    products = []
    for k in range(1, count + 1):
        z = sheet.element(following.net.name, k)
        products.append(Product((Paint("delta", PartialDerivative(error, z)), PartialDerivative(z, a)), "cdot"))
    first = Row("=", plus(*products), "sum over paths" if count > 1 else "chain rule")
    z = sheet.index_form(following.net.read)
    second = Row("=", symbolic, Words((z, " is linear in ", a)), label=label)
    with_numbers = numeric(symbolic, sheet.number)
    deltas = sheet.adjoint(following.net.name)
    sources = [sheet.labels[deltas, (k,)] for k in range(1, count + 1) if (deltas, (k,)) in sheet.labels]
    rows = [Row(equality(*walk(with_numbers)), with_numbers, reasons_from(sources[:MOST_PATHS]))]
    terms = term_values(symbolic, lambda term: shown(sheet.value(term)))
    value = shown(sheet.value(symbolic))
    if terms is not None:
        rows.append(Row(equality(*walk(with_numbers), *walk(terms)), terms))
    rows.append(Row(final_sign(rows[-1], value), Paint("delta" if stage.linear else "error", value)))
    shown_first = [first] if count <= MOST_PATHS else []
    lhs = PartialDerivative(error, a)
    painted: Tree = Paint("error", lhs) if not stage.linear else Paint("delta", lhs)
    return chain(painted, *shown_first, second, *rows)
