"""The forward pass of the sample at hand: symbols, numbers, value, line by line; and a table of all samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.display import (
    Apply,
    Boxed,
    Cases,
    Fraction,
    Product,
    Relation,
    Row,
    Symbol,
    Tree,
    Words,
    equality,
    integer,
    plus,
    shown,
)
from symbackprop.display.tree import walk
from symbackprop.emit.document.blocks import Block, Display, Heading, Paragraph, Section, Table, Text
from symbackprop.emit.document.concrete import chain, distributed, final_sign, numeric, term_values
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage
from symbackprop.emit.document.wording import LOSSES, capital, layer_name
from symbackprop.expressions import Total
from symbackprop.graph import SAMPLE
from symbackprop.notation import given

MOST_ROWS = 12


def forward(sheet: Sheet) -> Section:
    """The section on the forward pass."""
    blocks: list[Block] = []
    if sheet.batched:
        blocks.append(Paragraph(tuple(_sample(sheet))))
    for stage in sheet.stages:
        blocks.append(Heading((capital(layer_name(stage, sheet.stages)),)))
        blocks.append(Paragraph(tuple(_introduction(sheet, stage))))
        blocks.append(Display(tuple(_neurons(sheet, stage))))
    blocks += [Heading(("Error",)), *_error(sheet)]
    return Section("Forward pass", "sec:forward", tuple(blocks))


def _sample(sheet: Sheet) -> Iterator[Any]:
    yield f"Every sample goes through the same formulas. Here is sample {sheet.sample}, with "
    names = [tensor.name for tensor in (*sheet.graph.with_role("input"), *sheet.graph.with_role("target"))]
    for name in names:
        for n in range(1, sheet.units(sheet.tensors[name]) + 1):
            symbol = sheet.element(name, n)
            yield Relation(symbol, (Row("=", sheet.number(symbol)),))
            yield ", " if (name, n) != (names[-1], sheet.units(sheet.tensors[names[-1]])) else ""
    yield "; its number is not written."


def _introduction(sheet: Sheet, stage: Stage) -> Iterator[Any]:
    if stage.number > 1:
        yield "The outputs of the layer before are the inputs of this one:"
        return
    yield "Each neuron weighs its inputs" + (", adds the bias" if stage.bias else "")
    if stage.linear:
        yield ":"
    else:
        z = Symbol(given("z"))
        name = Apply(stage.function, (z,)) if stage.slope is not None else Words((stage.function,))
        yield from (" and applies ", name, ":")


def _neurons(sheet: Sheet, stage: Stage) -> Iterator[Relation]:
    net = sheet.graph.equation(stage.net.name)
    outs: list[Relation] = []
    for j in range(1, sheet.units(stage.net) + 1):
        symbolic = sheet.at(net.rhs, net.indices, (j,))
        yield sheet.relation(sheet.element(stage.net.name, j), symbolic, sheet.labelled(stage.net.name, (j,)))
        if stage.linear:
            continue
        relation = activated(sheet, stage, j)
        if stage.slope is not None:
            yield relation
        else:
            outs.append(relation)
    # Where each output reads every net input, all of those come first.
    yield from outs


def activated(sheet: Sheet, stage: Stage, j: int) -> Relation:
    """The output a = f(z) with its value; the first neuron of a layer shows the formula of f with numbers."""
    equation = sheet.graph.equation(stage.out.name)
    symbolic = sheet.at(equation.rhs, equation.indices, (j,))
    lhs, label = sheet.element(stage.out.name, j), sheet.labelled(stage.out.name, (j,))
    with_numbers = numeric(symbolic, sheet.number)
    telling = not any(isinstance(node, Cases) for node in walk(symbolic)) and (j == 1 or stage.slope is None)
    value = shown(sheet.value(symbolic))
    row = Row(equality(*walk(with_numbers)), with_numbers)
    after = final_sign(row, value)
    middle = row if telling else None
    if stage.slope is None:
        return chain(lhs, Row("=", symbolic) if j == 1 else None, middle, Row(after, value, label=label))
    z = sheet.element(stage.net.name, j)
    function = Apply(stage.function, (z,))
    named = Apply(stage.function, (sheet.number(z),))
    if with_numbers == named or not telling:
        middle = replace(row, tree=named) if j == 1 else None
    return chain(lhs, Row("=", function), middle, Row(after, value, label=label))


def per_sample(rhs: Expr) -> tuple[Expr, Expr]:
    """A loss over samples as a factor before the sum and the loss of one sample.

    Returns:
        The factor, 1 or 1/N, and the rest with its sum over samples left out.
    """
    total = next((node for node in rhs.atoms(Total) if any(index.name == SAMPLE for index in node.bound)), None)
    if total is None:
        return sp.S.One, rhs
    samples = next(index for index in total.bound if index.name == SAMPLE)
    rest = tuple(index for index in total.bound if index is not samples)
    factor = 1 / samples.size if rhs.has(1 / samples.size) else sp.S.One
    return factor, rhs / total / factor * Total(total.body, *rest)


def _error(sheet: Sheet) -> Iterator[Block]:
    equation = sheet.graph.equations[-1]
    factor, one = per_sample(equation.rhs)
    meaning, joined = LOSSES.get(sheet.graph.rows[-1] if sheet.graph.rows else "", ("the loss", ""))
    several = joined and sheet.units(sheet.stages[-1].out) > 1
    yield Paragraph((capital(meaning) + (f", {joined} over the outputs:" if several else ":"),))
    symbolic = distributed(sheet.at(one, (), ()))
    if not sheet.batched:
        yield Display((_summed(sheet, sheet.reader.error(), symbolic, sheet.labelled("E", ()), box=True),))
        return
    yield Display((_summed(sheet, sample_error(sheet, sheet.sample), symbolic, sheet.labelled("E", (sheet.sample,))),))
    yield from _all_samples(sheet, factor, one)


def sample_error(sheet: Sheet, number: int | str) -> Symbol:
    """The symbol of the error of one sample."""
    error = sheet.reader.error()
    assert isinstance(error, Symbol)
    return replace(error, sign=replace(error.sign, subs=(*error.sign.subs, str(number)), plain=""), key="")


def _summed(sheet: Sheet, lhs: Tree, symbolic: Tree, label: str, box: bool = False) -> Relation:
    """A sum of terms: with numbers, with the value of each term, and its own value."""
    first, last = sheet.settled(numeric(symbolic, sheet.number), symbolic, label, box=box)
    terms = term_values(symbolic, lambda term: shown(sheet.value(term)))
    middle = None
    if terms is not None:
        exact = equality(*walk(first.tree), *walk(terms))
        middle = Row("=" if first.operator == exact == "=" else "≈", terms)
    return chain(lhs, Row("=", symbolic), first, middle, last)


def _all_samples(sheet: Sheet, factor: Expr, one: Expr) -> Iterator[Block]:
    shown_samples = min(sheet.samples, MOST_ROWS)
    yield Paragraph(
        ("The same for every sample:" if sheet.samples <= MOST_ROWS else f"The first {MOST_ROWS} samples:",)
    )
    yield sample_table(sheet, one, shown_samples)
    errors = []
    at_hand = sheet.sample
    for number in range(1, sheet.samples + 1):
        sheet.sample = number
        errors.append(shown(sheet.value(sheet.at(one, (), ()))))
    sheet.sample = at_hand
    symbolic = plus(*(sample_error(sheet, n) for n in range(1, sheet.samples + 1)))
    sum_of = plus(*errors)
    if factor != 1:
        scale = Fraction(integer(1), integer(sheet.samples))
        symbolic, sum_of = Product((scale, symbolic)), Product((scale, sum_of))
    value = sheet.number(sheet.reader.error())
    before = equality(*walk(sum_of))
    rows = [
        Row(before, sum_of),
        Row("=" if before == "=" and value.exact else "≈", Boxed(value), label=sheet.labelled("E", ())),
    ]
    if sheet.samples <= MOST_ROWS:
        yield Paragraph((f"The {sheet.material.facts.reduction} over the samples is",))
        yield Display((Relation(sheet.reader.error(), (Row("=", symbolic), *rows)),))
    else:
        yield Paragraph((f"The {sheet.material.facts.reduction} over all {sheet.samples} samples is",))
        formula = sheet.built(sheet.graph.equations[-1].rhs, sheet.plain)
        yield Display((Relation(sheet.reader.error(), (Row("=", formula), rows[-1])),))


def sample_table(sheet: Sheet, one: Expr, count: int) -> Table:
    """What every sample's outputs and error are."""
    stages = sheet.stages
    tensors = [*sheet.graph.with_role("input"), *sheet.graph.with_role("target")]
    outs = [stage.out for stage in stages]
    given_columns = [(t.name, n) for t in tensors for n in range(1, sheet.units(t) + 1)]
    value_columns = [(t.name, n) for t in outs for n in range(1, sheet.units(t) + 1)]
    if len(value_columns) > 6:
        value_columns = [(outs[-1].name, n) for n in range(1, sheet.units(outs[-1]) + 1)][:6]
    decimals = 9 if len(value_columns) <= 3 else 6
    head: list[Text] = [(sheet.counter,)]
    head += [(sheet.element(name, n),) for name, n in (*given_columns, *value_columns)]
    head.append((sample_error(sheet, sheet.counter.sign.base),))
    at_hand, rows = sheet.sample, []
    for number in range(1, count + 1):
        sheet.sample = number
        cells: list[Text] = [(str(number),)]
        cells += [(sheet.number(sheet.element(name, n)),) for name, n in given_columns]
        cells += [(shown(sheet.value(sheet.element(name, n)), decimals),) for name, n in value_columns]
        cells.append((shown(sheet.value(sheet.at(one, (), ())), decimals),))
        rows.append(tuple(cells))
    sheet.sample = at_hand
    columns = "c" + "r" * (len(head) - 1)
    return Table(
        columns,
        tuple(head),
        (tuple(rows),),
        ("Every sample: its inputs, its target, what comes out, and its error.",),
        "tab:samples",
    )
