"""The update: every parameter with its gradient, an independent check, and its new value; the error after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from symbackprop.display import (
    Boxed,
    Minus,
    Number,
    PartialDerivative,
    Product,
    Relation,
    Row,
    Sum,
    Symbol,
    Tree,
    Words,
    integer,
    latex,
    shown,
    typed,
)
from symbackprop.display.chart import chart
from symbackprop.display.numbers import rational
from symbackprop.display.width import width
from symbackprop.emit.document.blocks import (
    Becomes,
    Block,
    Callout,
    Display,
    Figure,
    Mention,
    Paragraph,
    Section,
    Table,
    Text,
)
from symbackprop.emit.document.forward import MOST_ROWS
from symbackprop.emit.document.gradients import gradient
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.wording import cardinal
from symbackprop.graph import Tensor
from symbackprop.notation import given

# A gradient that is wider, in points, is not written into the table.
WIDEST = 150


def update(sheet: Sheet) -> Section:
    """The section on the update."""
    blocks: list[Block] = [Paragraph(tuple(_rule(sheet))), _table(sheet)]
    blocks.append(Paragraph(("A second forward pass with the new values gives",)))
    blocks.append(Display((_new_error(sheet),)))
    if sheet.material.step is not None and sheet.material.step.sweep:
        blocks += _swept(sheet)
    rows = tuple(_variants(sheet))
    if len(rows) > 1:
        lead = "The error after one step depends on choices that are easy to make without noticing:"
        blocks.append(Callout("If your own result differs.", (lead,), rows))
    return Section("Update and check", "sec:update", tuple(blocks))


def _step(sheet: Sheet) -> Any:
    assert sheet.material.step is not None and sheet.material.scalars is not None
    return sheet.material.step


def _moving(sheet: Sheet) -> list[tuple[Tensor, tuple[int, ...]]]:
    """The elements of trainable parameters, those of the output layer first."""
    elements = sheet.material.scalars.elements if sheet.material.scalars else {}
    tensors = [t for t in reversed(sheet.graph.parameters) if t.trainable and t.name in sheet.derivation.adjoint_of]
    tensors.sort(key=lambda tensor: (-tensor.layer, -len(tensor.indices)))
    return [(tensor, at) for tensor in tensors for at in elements[tensor.name]]


def descent(sheet: Sheet) -> Text:
    """What the optimizer does, in symbols."""
    facts = sheet.material.facts
    if facts.optimizer != "sgd":
        return _assigned(sheet)
    w = Symbol(given("w"))
    slope = Product((facts.rate, PartialDerivative(sheet.reader.error(), w)))
    phrase = "Gradient descent moves every parameter against its gradient, all at once: {step}. "
    if facts.update != "simultaneous":
        phrase = "Gradient descent moves every parameter against its gradient, the output layer first: {step}. "
    return sheet.say(phrase, step=Becomes(w, Sum((w, Minus(slope)))))


def _rule(sheet: Sheet) -> Iterator[Any]:
    facts = sheet.material.facts
    yield from descent(sheet)
    if facts.optimizer != "sgd":
        return
    moving = _moving(sheet)
    if moving:
        tensor, at = moving[0]
        symbol = sheet.element(tensor.name, *(n + 1 for n in at))
        value = shown(sheet.values_at(sheet.adjoint(tensor.name), at))
        numbers = Sum((sheet.number(symbol), Minus(Product((typed(facts.learning_rate), value), "times"))))
        after = _new(sheet, tensor, at)
        sign: Any = "=" if value.exact and after.exact else "≈"
        yield from sheet.say("For example {step}.", step=Becomes(symbol, Relation(numbers, (Row(sign, after),))))
    fixed = [tensor for tensor in sheet.graph.parameters if not tensor.trainable]
    if fixed:
        biases = all(len(tensor.indices) < 2 for tensor in fixed)
        kept = " The biases are left as they are."
        yield from sheet.say(kept if biases else " Parameters that are not trained stay as they are.")


def _assigned(sheet: Sheet) -> Text:
    """The equations of an optimizer with memory, for a parameter w with gradient g."""
    facts = sheet.material.facts
    steps: list[Any] = []
    for number, (left, right) in enumerate(facts.assignments):
        steps += [", " if number else "", Becomes(left, right)]
    settings: list[Any] = []
    for number, (name, value) in enumerate(facts.settings):
        settings += [", " if number else "", Relation(name, (Row("=", typed(value)),))]
    phrase = (
        "This is the first step of {optimizer}. For every parameter w with gradient g it sets, in this order, {steps}; "
        "here {settings}. What it remembers starts at its first value."
    )
    return sheet.say(phrase, optimizer=facts.optimizer, steps=tuple(steps), settings=tuple(settings))


def _new(sheet: Sheet, tensor: Tensor, at: tuple[int, ...]) -> Number:
    name = sheet.material.scalars.elements[tensor.name][at].name  # type: ignore[union-attr]
    return shown(_step(sheet).new[name])


def _table(sheet: Sheet) -> Table:
    checked = bool(sheet.material.checks.differences)
    head: list[Text] = [("",), ("Value",), ("Gradient",), ("Evaluated",)]
    head += [("Checked",)] if checked else []
    head += [("From",), ("New value",)]
    groups = []
    for layer in sorted({tensor.layer for tensor in sheet.graph.parameters}):
        rows: list[tuple[Text, ...]] = []
        for tensor in sheet.graph.parameters:
            if tensor.layer == layer and tensor.name in sheet.derivation.adjoint_of:
                rows += _rows(sheet, tensor, checked)
        groups.append(tuple(rows))
    caption: list[Any] = [
        "Every parameter: value, gradient" + (", independent check" if checked else "") + " and new value. "
    ]
    if checked and sheet.material.checks.method:
        caption.append(f"The checked column is {sheet.material.checks.method}.")
    columns = "crlr" + ("r" if checked else "") + "cr"
    return Table(columns, tuple(head), tuple(groups), tuple(caption), "tab:gradients")


def _rows(sheet: Sheet, tensor: Tensor, checked: bool) -> Iterator[tuple[Text, ...]]:
    equation = sheet.derivation.adjoint(tensor.name)
    for at, scalar in sheet.material.scalars.elements[tensor.name].items():  # type: ignore[union-attr]
        if not sheet.wants(tensor.name, at):
            continue
        place = tuple(n + 1 for n in at)
        value = sheet.given(tensor.name, at)
        label = sheet.labels.get((equation.tensor, place)) or _whole_label(sheet, equation.tensor)
        cells: list[Text] = [
            (sheet.element(tensor.name, *place),),
            (value,),
            (tree,) if width(latex(tree := gradient(sheet, equation, place))) < WIDEST else ("…",),
            (shown(sheet.values_at(equation.tensor, at)),),
        ]
        if checked:
            found = sheet.material.checks.differences.get(scalar.name)
            cells.append((_clean(shown(found)),) if found is not None else ("",))
        cells.append((Mention(label),) if label else ("",))
        cells.append((_new(sheet, tensor, at),) if tensor.trainable else (value, " (kept)"))
        yield tuple(cells)


def _whole_label(sheet: Sheet, adjoint: str) -> str:
    """The label of the equation of a whole tensor, where that is what was derived."""
    return f"eq:{adjoint}" if f"eq:{adjoint}" in sheet.known else ""


def _clean(number: Number) -> Number:
    """Zero without a sign."""
    return Number(number.text.lstrip("-"), number.exact) if not number.value else number


def _new_error(sheet: Sheet) -> Relation:
    error = sheet.reader.error()
    assert isinstance(error, Symbol)
    new = replace(error, sign=replace(error.sign, subs=(*error.sign.subs, "new"), plain=""), key="")
    before, after = sheet.value(error), _step(sheet).loss
    value = shown(after)
    reason: list[Any] = ["before: ", shown(before)]
    if rational(before) != 0:
        change = (rational(after) - rational(before)) / abs(rational(before))
        percent = shown(100 * float(abs(change)), 2).text if 0.0001 < abs(change) < 100 else ""
        verb = "a drop" if change < 0 else "a rise"
        reason.append(f", {verb} of {percent} %" if percent else "")
    return Relation(new, (Row("=" if value.exact else "≈", Boxed(value), Words(tuple(reason)), label="eq:new-error"),))


def _swept(sheet: Sheet) -> Iterator[Block]:
    """The error as a curve over the one parameter there is."""
    step = _step(sheet)
    (tensor,) = sheet.graph.parameters
    at = next(iter(sheet.material.scalars.elements[tensor.name]))  # type: ignore[union-attr]
    symbol = sheet.element(tensor.name, *(n + 1 for n in at))
    value = sheet.values_at(tensor.name, at)
    loss = sheet.graph.loss.name
    yield Paragraph(("With one parameter the whole error can be seen. At three values of ", symbol, ":"))
    yield _three(sheet, symbol, value)
    points = [(float(here), float(numbers[loss])) for here, numbers in step.sweep if abs(here - value) <= 2]
    start, end = (float(value), float(sheet.value(sheet.reader.error()))), _end(sheet, tensor, at)
    down = end[0] < start[0]
    beside, behind = ("north west", "south east") if down else ("north east", "south west")
    marks = [(start, "start", beside), (end, "after one step", behind)]
    drawing = chart(points, symbol, sheet.reader.error(), marks, [(start, end)])
    caption: Text = (
        "The error over ",
        symbol,
        ". The gradient is the slope of the curve: one step against it leads down.",
    )
    yield Figure((drawing,), caption, "fig:sweep")


def _end(sheet: Sheet, tensor: Tensor, at: tuple[int, ...]) -> tuple[float, float]:
    name = sheet.material.scalars.elements[tensor.name][at].name  # type: ignore[union-attr]
    return float(_step(sheet).new[name]), float(_step(sheet).loss)


def _three(sheet: Sheet, symbol: Tree, value: Any) -> Table:
    """Outputs, errors and the gradient at the parameter's value, one more and one less."""
    step, elements = _step(sheet), sheet.material.scalars.elements  # type: ignore[union-attr]
    output = sheet.stages[-1].out.name
    outputs = list(elements[output].items())[:MOST_ROWS]
    head: list[Text] = [(symbol,)]
    for at, _ in outputs:
        where: Text = (" at ", Relation(sheet.counter, (Row("=", integer(at[0] + 1)),))) if sheet.batched else ()
        head.append((sheet.element(output, at[-1] + 1), *where))
    head += [(sheet.reader.error(),), (PartialDerivative(sheet.reader.error(), symbol),)]
    (tensor,) = sheet.graph.parameters
    slope = next(iter(elements[sheet.adjoint(tensor.name)].values())).name
    wanted = [value, value + 1, value - 1]
    rows = []
    for want in wanted:
        numbers = next(numbers for here, numbers in step.sweep if here == want)
        cells: list[Text] = [(shown(want),)]
        cells += [(shown(numbers[scalar.name]),) for _, scalar in outputs]
        cells += [(shown(numbers[sheet.graph.loss.name]),), (shown(numbers[slope]),)]
        rows.append(tuple(cells))
    return Table("c" + "r" * (len(head) - 1), tuple(head), (tuple(rows),))


def _variants(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    step = _step(sheet)
    yield (shown(step.loss),), (*_this(sheet), " (this document)")
    seen = {shown(step.loss).text}
    fixed = [tensor for tensor in sheet.graph.parameters if not tensor.trainable]
    frozen_biases = all(len(tensor.indices) < 2 for tensor in fixed)
    words: dict[str, Text] = {
        "sequential": ("the output layer updated first, and its new weights used for the gradients before it, which "
                       "are then no longer gradients of ", sheet.reader.error(), " at one point"),
        "simultaneous": ("all gradients taken at the same point",),
        "all": ("the biases updated too" if frozen_biases else "every parameter updated",),
        "weights": ("only weights updated, biases kept",),
        "own biases": ("one separate bias for each neuron, all updated",),
        "doubled": ("every gradient doubled, because the ½ was left out before differentiating",),
        "halved": ("every gradient halved, because of a ½ put before the error when differentiating",),
        "summed": ("the gradients of the samples added, not averaged",),
        "averaged": ("the gradients of the samples averaged, not added",),
    }  # fmt: skip
    for variant in step.variants:
        text = shown(variant.loss).text
        if text not in seen and variant.kind in words:
            seen.add(text)
            yield (shown(variant.loss),), words[variant.kind]


def _this(sheet: Sheet) -> Text:
    parameters = sheet.graph.parameters
    elements = sheet.material.scalars.elements if sheet.material.scalars else {}
    matrices = [tensor for tensor in parameters if len(tensor.indices) > 1]
    count = sum(len(elements[tensor.name]) for tensor in parameters if tensor.trainable)
    only_weights = all(tensor.trainable == (len(tensor.indices) > 1) for tensor in parameters)
    together = (
        "updated together" if sheet.material.facts.update == "simultaneous" else "updated, the output layer first"
    )
    if count == 1:
        return ("the one parameter updated",)
    if only_weights and len(matrices) < len(parameters):
        return (f"all {cardinal(count)} weights {together}, biases kept",)
    kind = "weights" if len(matrices) == len(parameters) else "parameters"
    return (f"all {cardinal(count)} {kind} {together}",)
