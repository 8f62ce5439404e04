"""The local derivatives: each is one line of calculus, and every gradient is a product of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.display import (
    Apply,
    Bracket,
    Paint,
    PartialDerivative,
    Product,
    Reference,
    Relation,
    Row,
    Symbol,
    Tree,
    Words,
    latex,
)
from symbackprop.display.width import width
from symbackprop.emit.document.concrete import chain, mapped
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import CANCELLED, Stage, own_indices
from symbackprop.emit.document.wording import RULES, derivative_of
from symbackprop.expressions import Delta, Index, Read, Total
from symbackprop.graph import Step

ERROR, SLOPE, INPUT = "eq:local-error", "eq:local-slope", "eq:local-input"
THROUGH_OUTPUT = "slope through the output"
# A loss that is wider than this is not written out again.
WIDEST = 150
PUT_IN = "put in the adjoint"
KNOWN = ("a sum that is known", "a part that is known")


def slope_label(stage: Stage) -> str:
    """The label of the line that derives a layer's activation."""
    return f"{SLOPE}-{stage.function}"


def error_line(sheet: Sheet, stage: Stage) -> Relation:
    """∂E/∂a of the output layer in index form."""
    equation = sheet.derivation.adjoint(stage.out.name)
    a = sheet.index_form(stage.out.read)
    lhs = Paint("error", PartialDerivative(sheet.reader.error(), a))
    term = _own_term(sheet.graph.equations[-1].rhs, stage.out.indices)
    middle = None
    if term is not None:
        inside = sheet.index_form(term)
    if term is not None and width(latex(inside)) < WIDEST:
        middle = Row("=", Product((PartialDerivative(None, a), inside)))
    reason = Words(("only one term of ", sheet.reader.error(), " contains ", a)) if term is not None else "chain rule"
    result = Paint("error", sheet.index_form(equation.rhs))
    return chain(lhs, middle, Row("=", result, reason, label=ERROR))


def _own_term(rhs: Expr, own: Sequence[Index]) -> Expr | None:
    """The term of a sum that contains one element, where the indices of the sum are those of the tensor."""
    totals = [node for node in rhs.atoms(Total) if set(node.bound) == set(own)]
    return rhs.xreplace({totals[0]: totals[0].body}) if len(totals) == 1 else None


def slope_line(sheet: Sheet, stage: Stage) -> Relation:
    """∂a/∂z of a layer, from the formula of its activation to the form that is used."""
    local = sheet.derivation.partials[stage.out.name, stage.net.name]
    label = slope_label(stage)
    if stage.slope is None:
        return _matrix_of_slopes(sheet, stage, label)
    a, z = (_unlayered(sheet.index_form(tensor.read)) for tensor in (stage.out, stage.net))
    lhs = Paint("slope", PartialDerivative(a, z))
    primed = Apply(stage.function, (z,), primes=1)
    result = Paint("slope", _unlayered(sheet.index_form(stage.slope)))
    derived = Words(derivative_of(stage.function, sheet.say))  # type: ignore[arg-type]
    raw = None
    if local.steps:
        before = _without_deltas(local.steps[0].before).xreplace(own_indices(local, stage.out))
        raw = Row("=", _unlayered(sheet.index_form(before)), derived)
    known = Words(("written with ", Relation(a, (Row("=", Apply(stage.function, (z,))),))))
    reason: str | Words = known if raw else derived
    if isinstance(result.body, Bracket):
        reason = "1 where the condition holds, else 0"
    return chain(lhs, Row("=", primed), raw, Row("=", result, reason, label=label))


def _matrix_of_slopes(sheet: Sheet, stage: Stage, label: str) -> Relation:
    """Where every output depends on every net input, such as softmax."""
    local = sheet.derivation.partials[stage.out.name, stage.net.name]
    value, at = local.value, list(local.at)
    table = {index: stage.out.indices[n] for n, index in enumerate(local.at[:-1])}
    table[local.at[-1]] = other = Index("i", stage.out.indices[-1].size)
    at = [table[index] for index in at]
    value = value.xreplace(table)
    a = _unlayered(sheet.index_form(stage.out.read))
    z = _unlayered(sheet.index_form(Read(stage.net.name, *at)))
    lhs = Paint("slope", PartialDerivative(a, z))
    reason = Words(derivative_of(stage.function, sheet.say))  # type: ignore[arg-type]
    assert other in at
    return Relation(lhs, (Row("=", Paint("slope", _unlayered(sheet.index_form(value))), reason, label=label),))


def _without_deltas(value: Expr) -> Expr:
    return sp.Mul(*(f for f in value.as_ordered_factors() if not isinstance(f, Delta))) if value.is_Mul else value


def input_line(sheet: Sheet, stage: Stage) -> Relation:
    """∂z/∂w of a layer in index form."""
    net = sheet.index_form(stage.net.read)
    weight = sheet.index_form(stage.weights.read)
    lhs = Paint("input", PartialDerivative(net, weight))
    lead = stage.net.indices[:-1] if len(stage.source.indices) > 1 else ()
    value = Read(stage.source.name, *lead, stage.weights.indices[-1])
    reason = Words((net, " is linear in its weights"))
    return Relation(lhs, (Row("=", Paint("input", sheet.index_form(value)), reason, label=INPUT),))


def _unlayered(tree: Tree) -> Tree:
    """Symbols without the number of their layer: what holds in every layer."""
    if isinstance(tree, Symbol):
        return replace(tree, sign=replace(tree.sign, layer=""), key="") if tree.sign.layer else tree
    return mapped(tree, _unlayered)


def delta_steps(sheet: Sheet, stage: Stage, label: str) -> Relation:
    """δ of a layer in index form, from the chain rule through every rewrite to the formula that is used."""
    name = sheet.adjoint(stage.net.name)
    equation = sheet.derivation.adjoint(stage.net.name)
    delta = sheet.index_form(equation.lhs)
    error = PartialDerivative(sheet.reader.error(), sheet.index_form(stage.net.read))
    rows = [Row("=", error)]
    steps = sheet.derivation.steps.get(name, ())
    for step in steps:
        tree = sheet.index_form(step.after)
        if rows[-1].tree != tree:
            rows.append(Row("=", tree, Words(tuple(reason(sheet, step)))))
    rows[-1] = replace(rows[-1], label=label)
    if sheet.brief:
        rows = [replace(rows[-1], reason="")]
    return Relation(Paint("delta", delta), tuple(rows))


def reason(sheet: Sheet, step: Step) -> Iterator[str | Tree]:
    """Why a step holds, for the margin."""
    if step.rule == PUT_IN and step.uses:
        forward = next((old for old, new in sheet.derivation.adjoint_of.items() if new == step.uses[0]), "")
        yield from ("with ", sheet.plain.whole(step.uses[0]), " put in")
        if sheet.stages and forward == sheet.stages[-1].out.name and ERROR in sheet.known:
            yield from (" from ", Reference(ERROR))
        elif f"eq:{step.uses[0]}" in sheet.known:
            yield from (" from ", Reference(f"eq:{step.uses[0]}"))
        return
    if step.rule in KNOWN and step.uses:
        yield "written with "
        for number, name in enumerate(step.uses):
            yield from (", ", sheet.plain.whole(name)) if number else (sheet.plain.whole(name),)
        return
    yield RULES.get(step.rule, step.because or step.rule)
    if step.rule == CANCELLED and step.given:
        return
    for one in step.given if step.rule not in RULES else ():
        yield f", as {one}"


def reasons_from(labels: Sequence[str]) -> Words | str:
    """Where the numbers of a line come from."""
    found: list[Any] = []
    for label in dict.fromkeys(labels):
        found += [", " if found else "values from ", Reference(label)]
    return Words(tuple(found)) if found else ""
