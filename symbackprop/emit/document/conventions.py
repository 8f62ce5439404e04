"""The notation with its colours, and every convention that another source may have otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.display import Apply, Paint, PartialDerivative, Relation, Row, Symbol, Tree, integer, shown
from symbackprop.emit.document.blocks import Block, Items, Key, Paragraph, Section, Text
from symbackprop.emit.document.graph_tables import graph_key
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage
from symbackprop.emit.document.values import MOST_COLUMNS, MOST_ROWS, fits
from symbackprop.emit.document.wording import layer_name
from symbackprop.expressions import Read, Where, reads
from symbackprop.notation import given

NEAR = sp.Rational(1, 10**9)  # nearer to a kink than any other one


def conventions(sheet: Sheet) -> Section:
    """The section on notation."""
    blocks: list[Block] = [Paragraph(tuple(_layers(sheet)))]
    blocks.append(_key(sheet) if sheet.stages else graph_key(sheet))
    blocks.append(Items(tuple(_conventions(sheet))))
    return Section("Notation and conventions", "sec:notation", tuple(blocks))


def _layers(sheet: Sheet) -> Iterator[Any]:
    stages = sheet.stages
    if not stages:
        yield "Every tensor is named as in the network's description; its indices are counted from 1."
        return
    if len(stages) == 1:
        yield "The network has one layer; "
    elif len(stages) <= 3:
        yield "Layer "
        for stage in stages:
            yield Relation(Symbol(given("l")), (Row("=", integer(stage.number)),))
            yield f" is the {layer_name(stage, stages)}" + (", " if stage is not stages[-1] else "; ")
    else:
        yield f"Layers are counted from 1, the first after the inputs, to {len(stages)}, the output layer; "
    yield from (
        Symbol(given("j")),
        " numbers the neuron inside a layer, ",
        Symbol(given("i")),
        " the one that it listens to",
    )
    yield from (", ", sheet.counter, " the sample.") if sheet.batched else (".",)


def _general(tree: Tree) -> Tree:
    """A symbol of one layer, for any layer."""
    assert isinstance(tree, Symbol)
    return replace(tree, sign=replace(tree.sign, layer="l") if tree.sign.layer else tree.sign)


def _key(sheet: Sheet) -> Key:
    stage = sheet.stages[-1]
    symbol = {name: _general(sheet.reader(sheet.tensors[name].read)) for name in (stage.net.name, stage.out.name)}
    z, a = symbol[stage.net.name], symbol[stage.out.name]
    weight = _general(sheet.index_form(Read(stage.weights.name, *stage.weights.indices)))
    error = sheet.reader.error()
    delta = _general(sheet.reader(sheet.tensors[sheet.adjoint(stage.net.name)].read))
    left: list[tuple[Text, Text]] = [((z,), ("net input: weighted sum plus bias",))]
    if not stage.linear:
        name = Apply(stage.function, (z,)) if stage.slope is not None else None
        left.append(((a,), ("output", *((", ", Relation(a, (Row("=", name),))) if name and _alike(sheet) else ()))))
    left.append(((weight,), ("weight from neuron ", Symbol(given("i")), " to neuron ", Symbol(given("j")))))
    target = sheet.index_form(Read("t", *sheet.tensors["t"].indices)) if "t" in sheet.tensors else None
    if target is not None:
        left.append(((target,), ("target",)))
    right: list[tuple[Text, Text]] = []
    if not stage.linear:
        right.append(((Paint("error", PartialDerivative(error, a)),), ("how the error reacts to an output",)))
        right.append(((Paint("slope", PartialDerivative(a, z)),), ("slope of the activation",)))
    right.append(((Paint("input", PartialDerivative(z, weight)),), ("what the weight multiplies",)))
    meaning = Relation(Paint("delta", delta), (Row("=", Paint("delta", PartialDerivative(error, z))),))
    right.append(((meaning,), ("error signal of a neuron",)))
    return Key(tuple(left), tuple(right))


def _alike(sheet: Sheet) -> bool:
    return len({stage.function for stage in sheet.stages}) == 1


def _conventions(sheet: Sheet) -> Iterator[Text]:
    facts = sheet.material.facts
    if sheet.stages:
        matrix = sheet.plain.whole(sheet.stages[-1].weights.name)
        gradient = PartialDerivative(sheet.reader.error(), matrix)
        yield (matrix, " has a row for each receiving neuron and a column for each sending one, and ", gradient,
               " has the shape of ", matrix, " (denominator layout).")  # fmt: skip
    if sheet.batched:
        count: Tree = Symbol(given("N"))
        if any(size.name == "N" for size in sheet.graph.sizes):
            count = Relation(count, (Row("=", integer(sheet.samples)),))
        verb = "holds" if facts.more else "is"
        lead = (sheet.reader.error(), f" {verb} the {facts.reduction} over ", count, " samples; ")
        left_out = (sheet.counter, " is left out where one sample is meant.")
        yield (*lead, *left_out) if facts.reduction else left_out
    for stage in {stage.function: stage for stage in sheet.stages}.values():
        yield from _kink(sheet, stage)
    yield from _update(sheet)
    if sheet.material.step is not None:
        text = (
            "Numbers are computed to 50 digits and printed to nine decimals; “=” is an exact value, “≈” a rounded one."
        )
        yield (text + " Every digit shown is right, so a product of rounded factors may differ in the last one.",)
        if not sheet.stages and not all(fits(value) for value in sheet.values.values()):
            most = f"more than two axes, {MOST_ROWS} rows or {MOST_COLUMNS} columns"
            yield (f"No numbers are printed of tensors with {most}; loss_and_grad in gradients.py works with all.",)


def _kink(sheet: Sheet, stage: Stage) -> Iterator[Text]:
    slopes = []
    for at, slope in _kinks(sheet, stage):
        value = shown(slope)
        row = Row("=" if value.exact else "≈", value)
        slopes.append(Relation(Apply(stage.function, (shown(at),), primes=1), (row,)))
    if len(slopes) == 2:
        yield ("Where the activation has kinks, its slopes are taken to be ", slopes[0], " and ", slopes[1], ".")
        return
    for one in slopes:
        yield ("Where the activation has a kink, its slope is taken to be ", one, ".")


def _kinks(sheet: Sheet, stage: Stage) -> Iterator[tuple[Fraction, Fraction]]:
    """Where an activation has two slopes, and which of them is stated."""
    if stage.slope is None:
        return
    output = next(equation.rhs for equation in sheet.graph.equations if equation.tensor == stage.out.name)
    for at in sorted(_boundaries(stage.slope)):
        sides = [_beside(stage.slope, output, stage, at, shift) for shift in (-NEAR, sp.S.Zero, NEAR)]
        if all(side.is_Rational for side in sides) and abs(sides[0] - sides[2]) > 1e-12:
            yield Fraction(at.p, at.q), Fraction(sides[1].p, sides[1].q)


def _boundaries(slope: Expr) -> set[sp.Rational]:
    """The numbers that the conditions of a slope compare with."""
    compared = [one for where in slope.atoms(Where) for one in where.condition.atoms(sp.core.relational.Relational)]
    return {side for one in compared for side in one.args if side.is_Rational}


def _beside(slope: Expr, output: Expr, stage: Stage, at: sp.Rational, shift: sp.Rational) -> Expr:
    """A slope at a number, on the branch that is taken a little before or behind it."""

    def taken(expr: Expr) -> Expr:
        chosen = {
            one: one.xreplace({read: at + shift for read in reads(one)})
            for where in expr.atoms(Where)
            for one in where.condition.atoms(sp.core.relational.Relational)
        }
        return expr.xreplace(chosen).xreplace({read: at for read in reads(expr) if read.tensor == stage.net.name})

    own = taken(output)
    return taken(slope).xreplace({read: own for read in reads(slope) if read.tensor == stage.out.name})


def _update(sheet: Sheet) -> Iterator[Text]:
    if sheet.material.facts.update == "sequential":
        yield ("Updates are sequential: the output layer moves first, and the layers before it use its new weights.",)
    else:
        yield ("All gradients are taken at the same point, then all parameters move at once.",)
    fixed = [tensor for tensor in sheet.graph.parameters if not tensor.trainable]
    if fixed:
        names: list[Any] = []
        for tensor in fixed:
            names += [sheet.plain.whole(tensor.name) if tensor.indices else sheet.element(tensor.name), ", "]
        verb = "is" if len(fixed) == 1 else "are"
        yield ("Gradients are derived for every parameter; ", *names[:-1], f" {verb} not updated.")
