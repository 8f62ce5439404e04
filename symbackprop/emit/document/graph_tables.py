"""Tables for any graph: what indices count, every parameter with its gradient, and what other sources do otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from symbackprop.categories import Places, limits
from symbackprop.display import Paint, PartialDerivative, Symbol, Tree, latex
from symbackprop.display.width import width
from symbackprop.emit.document.blocks import Becomes, Block, Callout, Key, Mention, Paragraph, Section, Table, Text
from symbackprop.emit.document.graphs import painted
from symbackprop.emit.document.layers import alike, layers, outside
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.update import descent
from symbackprop.expressions import ArgPeak, Delta, Index, Within
from symbackprop.graph import SAMPLE, Tensor
from symbackprop.notation import given

WIDEST = 190
ROWS = 24
MOST_LETTERS = 6


def graph_key(sheet: Sheet) -> Key:
    """The signs of a graph's derivation, with their colours, and the letters of indices."""
    say, error = sheet.say, sheet.reader.error()
    v, c = Symbol(given("v")), Symbol(given("c"))
    right: list[tuple[Text, Text]] = [
        ((Paint("error", PartialDerivative(error, v)),), say("how the error reacts to v")),
        ((Paint("slope", PartialDerivative(c, v)),), say("local derivative: how c, which reads v, reacts")),
        ((Paint("delta", Symbol(given("delta"))),), say("error signal of a weighted sum z")),
        (
            (Paint("input", PartialDerivative(Symbol(given("z")), Symbol(given("w")))),),
            say("what the parameter multiplies"),
        ),
    ]
    if any(adjoint.rhs.has(Delta, Within, ArgPeak) for adjoint in sheet.derivation.adjoints):
        right.append((("[ ]",), say("1 where the condition inside holds, else 0")))
    return Key((*_letters(sheet), *_places(sheet)), tuple(right))


def _letters(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    """Every letter of an index, and how far it counts where that is the same everywhere."""
    ranges: dict[str, dict[sp.Expr, Index]] = {}
    for tensor in sheet.graph.tensors.values():
        for index in tensor.indices:
            ranges.setdefault(index.name, {})[index.size] = index
    far: list[Tree] = []
    for name, sizes in sorted(ranges.items(), key=lambda item: (item[0] != SAMPLE, item[0])):
        letter = sheet.reader.index(next(iter(sizes.values())))
        if name == SAMPLE:
            yield (letter,), sheet.say("the sample, 1 to {last}", last=sheet.built(next(iter(sizes)), sheet.plain))
        elif len(sizes) == 1:
            yield (letter,), sheet.say("counts from 1 to {last}", last=sheet.built(next(iter(sizes)), sheet.plain))
        else:
            far.append(letter)
    for start in range(0, len(far), MOST_LETTERS):
        some = far[start : start + MOST_LETTERS]
        yield (
            tuple(piece for letter in some for piece in (letter, ", "))[:-1],
            sheet.say("counts as far as its axis goes"),
        )


def _places(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    """Every given tensor of whole numbers that are places in others, and how it counts them."""
    ranges, say = limits(sheet.graph), sheet.say
    for tensor in sheet.graph.with_role("input", "target", "parameter"):
        places = ranges.get(tensor.name, Places(0, ()))
        sign = (sheet.plain.whole(tensor.name),)
        last = [
            sheet.built(length + (0 if tensor.from_one else places.lowest - 1), sheet.plain)
            for length in places.lengths
        ]
        if tensor.from_one:
            yield sign, say("counts from 1 to {last}", last=last[0]) if len(last) == 1 else say("counts from 1")
        elif len(last) == 1:
            first = sheet.built(sp.Integer(places.lowest), sheet.plain)
            yield sign, say("counts from {first} to {last}", first=first, last=last[0])


def parameters(sheet: Sheet) -> Section:
    """Every parameter with its shape and gradient, in tables that fit a page."""
    say = sheet.say
    head: tuple[Text, ...] = (say("Parameter"), say("Shape"), say("Gradient"), say("From"))
    groups: list[tuple[tuple[Text, ...], ...]] = []
    for owned in (outside(sheet.graph), *(group[0].parameters for group in alike(layers(sheet.graph)))):
        rows = tuple(_row(sheet, tensor) for tensor in owned if sheet.wants(tensor.name))
        if rows:
            groups.append(rows)
    blocks: list[Block] = [Paragraph(say("Every gradient has the shape of its parameter (denominator layout)."))]
    for number, page in enumerate(_pages(groups)):
        caption = say("Every parameter and where its gradient is derived.") if not number else say("Continued.")
        blocks.append(Table("llll", head, tuple(page), caption, "tab:parameters" + (f"-{number}" if number else "")))
    return Section(say.words("Every parameter"), "sec:parameters", tuple(blocks))


def _pages(groups: list[tuple[tuple[Text, ...], ...]]) -> Iterator[list[tuple[tuple[Text, ...], ...]]]:
    page: list[tuple[tuple[Text, ...], ...]] = []
    for group in groups:
        for start in range(0, len(group), ROWS):
            part = group[start : start + ROWS]
            if page and sum(map(len, page)) + len(part) > ROWS:
                yield page
                page = []
            page.append(part)
    if page:
        yield page


def _row(sheet: Sheet, tensor: Tensor) -> tuple[Text, ...]:
    sizes = " × ".join(str(size) for size in tensor.shape) or "1"
    name: Text = (sheet.plain(tensor.read),)
    if tensor.name not in sheet.derivation.adjoint_of:
        return name, (sizes,), sheet.say("0: the error does not depend on it"), ("",)
    adjoint = sheet.derivation.adjoint(tensor.name)
    tree: Tree = painted(sheet.built(adjoint.rhs, sheet.plain))
    label = f"eq:{adjoint.tensor}"
    number: Text = (Mention(label),) if label in sheet.known else ("",)
    return name, (sizes,), (tree,) if width(latex(tree)) < WIDEST else ("…",), number


def step(sheet: Sheet) -> Section:
    """What an update does with the gradients, in symbols, and what other sources do otherwise."""
    say = sheet.say
    blocks: list[Block] = [Paragraph(descent(sheet))]
    fixed = [tensor for tensor in sheet.graph.parameters if not tensor.trainable]
    if fixed:
        names: list[str | Tree | Becomes] = []
        for tensor in fixed:
            names += [", " if names else "", sheet.plain.whole(tensor.name)]
        blocks.append(Paragraph(say("Not updated: {names}.", names=tuple(names))))
    rows = tuple(differences(sheet))
    if rows:
        lead = say("Sources differ in conventions that change every number:")
        blocks.append(Callout(say.words("If your own result differs."), lead, rows))
    return Section(say.words("Update"), "sec:update", tuple(blocks))


def differences(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    """What this network's gradients would be under other conventions."""
    say = sheet.say
    if sheet.batched:
        count = sheet.built(sp.Symbol("N"), sheet.plain)
        if sheet.material.facts.reduction == "mean":
            yield say("times {count}", count=count), say("the errors of the samples added, not averaged")
        elif sheet.material.facts.reduction == "sum":
            yield say("divided by {count}", count=count), say("the errors of the samples averaged, not added")
    rows = sheet.graph.rows
    if "mse" in rows:
        yield say("halved"), say("a ½ before the squared error")
    if "half_squared_error" in rows:
        yield say("doubled"), say("no ½ before the squared error")
    if any(len(tensor.indices) == 2 for tensor in sheet.graph.parameters):
        yield say("transposed"), say("weights with a row for each sending neuron, or numerator layout")
