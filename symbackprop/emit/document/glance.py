"""The first page: the network as a drawing, everything that is given, the result, and that it was checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from symbackprop.display import (
    Apply,
    Matrix,
    Number,
    Power,
    Product,
    Relation,
    Row,
    Symbol,
    Tree,
    integer,
    shown,
    typed,
)
from symbackprop.display.diagram import MOST_BIASES, Column, Drawing, network_drawing, shown_positions
from symbackprop.display.numbers import rational, rounded
from symbackprop.emit.document.blocks import Block, Facts, Figure, Mention, Text
from symbackprop.emit.document.concrete import mapped
from symbackprop.emit.document.graph_glance import given_rows, layers_figure
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage
from symbackprop.emit.document.wording import capital, cardinal, counted, layer_name, listed, sizes
from symbackprop.expressions import Index, Read
from symbackprop.graph import Tensor
from symbackprop.notation import given

# Parameters are listed one by one up to this many in a tensor, and as a matrix beyond.
MOST_LISTED = 6
MOST_SAMPLES = 12
UNNAMED = "network"  # what a network is called that was given no name


def glance(sheet: Sheet) -> tuple[Block, ...]:
    """The opening of a document."""
    blocks: list[Block] = []
    if sheet.stages and len(sheet.stages) <= 6:
        caption, blank = (tuple(_caption(sheet, told)) for told in (True, False))
        blocks.append(Figure((drawing(sheet),), caption, "fig:network", blank=blank))
    elif (figure := layers_figure(sheet)) is not None:
        blocks.append(figure)
    if not sheet.stages:
        right = (_loss(sheet), *_step_size(sheet))
        return (*blocks, Facts(tuple(given_rows(sheet)), right, tuple(_results(sheet))))
    left = (*_data(sheet), *_parameters(sheet))
    right = (*_functions(sheet), _loss(sheet), *_biases(sheet), *_step_size(sheet))
    blocks.append(Facts(left, right, tuple(_results(sheet))) if left else Facts(right, (), tuple(_results(sheet))))
    return tuple(blocks)


def drawing(sheet: Sheet, values: bool = True) -> Drawing:
    """The network as a drawing, with the values of the sample at hand."""
    worked = sheet.material.step is not None and values
    stages = sheet.stages
    columns = [_column(sheet, stages[0].source, "input", "inputs", worked)]
    for stage in stages:
        last = stage is stages[-1]
        title = "outputs" if last else "hidden" if len(stages) == 2 else f"hidden {stage.number}"
        columns.append(_column(sheet, stage.out, "output" if last else "hidden", title, worked, stage))

    def weight(layer: int, j: int, i: int) -> Tree:
        return sheet.element(stages[layer - 1].weights.name, j, i)

    error = _error_name(sheet)
    loss = _short(sheet.value(error)) if worked and not sheet.batched else ""
    return network_drawing(columns, weight if values else None, (error, loss))


def _error_name(sheet: Sheet) -> Symbol:
    tree = sheet.reader(Read(sheet.graph.loss.name))
    assert isinstance(tree, Symbol)
    return tree


def _column(sheet: Sheet, tensor: Tensor, kind: Any, title: str, worked: bool, stage: Stage | None = None) -> Column:
    size = tensor.shape[-1]
    positions = shown_positions(int(size)) if size.is_Integer else [1, 2, None, 0]
    drawn = [n for n in positions if n is not None]

    def label(n: int) -> Tree:
        if n:
            return sheet.element(tensor.name, n) if worked else _general(sheet, tensor, integer(n))
        return _general(sheet, tensor, Symbol(given(str(size))))

    biases: list[Tree] = []
    if worked and stage and stage.bias:
        biases = [sheet.element(stage.bias.name, *((n,) if stage.bias.indices else ())) for n in drawn]
    values = (
        [_short(sheet.value(label(n))) if tensor.role != "input" else sheet.number(label(n)) for n in drawn]
        if worked
        else []
    )
    notes: list[Tree] = []
    if worked and kind == "output":
        notes = [_equation(sheet, "t", n) for n in drawn]
    return Column(kind, title, [label(n) for n in drawn], values, biases, notes, None not in positions)


def _general(sheet: Sheet, tensor: Tensor, place: Tree) -> Tree:
    """An element of a tensor whose sample is not at hand."""
    letters = [Index(index.name, index.size) for index in tensor.indices]
    tree = sheet.reader(Read(tensor.name, *letters))
    assert isinstance(tree, Symbol)
    return Symbol(tree.sign, (*tree.subscripts[:-1], place), tree.key, role=tree.role)


def _equation(sheet: Sheet, tensor: str, *at: int) -> Relation:
    symbol = sheet.element(tensor, *at)
    return Relation(symbol, (Row("=", sheet.number(symbol)),))


def _short(value: Any) -> Number:
    """A value to four digits, for the inside of a neuron."""
    number = shown(value, 4)
    return Number(rounded(rational(value), 1), exact=False) if "e" in number.text else number


def _caption(sheet: Sheet, told: bool) -> Iterator[Any]:
    stages = sheet.stages
    hidden = [str(stage.units) for stage in stages[:-1]]
    parts = [f"sizes: {stages[0].source.shape[-1]} inputs"]
    parts += [f"{listed(hidden)} hidden neurons"] if hidden else []
    if all(size.is_Integer for size in (stages[0].source.shape[-1], *(stage.units for stage in stages))):
        counts = [int(stage.units) for stage in stages]
        parts = [counted(int(stages[0].source.shape[-1]), "input")]
        parts += [counted(count, "hidden neuron") for count in counts[:-1]]
        parts += [counted(counts[-1], "output neuron")]
    else:
        parts.append(f"{stages[-1].units} output neurons")
    yield capital(listed(parts)) + ". "
    if sheet.material.step is None:
        return
    which = f" for sample {sheet.sample}" if sheet.batched else " for this example"
    empty = "The outputs of empty neurons are to be written in. "
    yield f"Numbers inside the neurons are their outputs{which}. " if told else empty
    if any(stage.bias is not None and sheet.units(stage.net) > MOST_BIASES for stage in stages):
        yield f"Biases of more than {cardinal(MOST_BIASES)} neurons are not drawn. "
    shared = [one for one in stages if one.bias is not None and not one.bias.indices and sheet.units(one.net) > 1]
    for n, stage in enumerate(shared):
        assert stage.bias is not None
        kind = layer_name(stage, stages).removesuffix(" layer")
        many = "both" if sheet.units(stage.net) == 2 else f"all {cardinal(sheet.units(stage.net))}"
        yield from ("The bias " if not n else ", ", sheet.element(stage.bias.name))
        yield f" {'is shared ' if not n else ''}by {many} {kind} neurons" + ("." if stage is shared[-1] else "")


def _data(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    if sheet.material.step is None:
        size = sheet.stages[0].source.shape[-1] if sheet.stages else None
        if size is not None:
            yield ("Input",), (sheet.built(size, sheet.plain), " numbers")
            yield ("Parameters",), (_count(sheet),)
        return
    for title, tensors in (("Input", sheet.graph.with_role("input")), ("Target", sheet.graph.with_role("target"))):
        names = [tensor.name for tensor in tensors]
        if sheet.batched:
            listed_below = sheet.samples <= MOST_SAMPLES and sheet.material.choices.form != "matrix"
            place: Text = (", see ", Mention("tab:samples", "Table")) if listed_below else ()
            if title == "Input":
                yield ("Samples",), (f"{sheet.samples} samples", *place)
        else:
            yield (title,), _listing(sheet, names)


def _count(sheet: Sheet) -> str | Tree:
    total = sp.expand(sum(sp.Mul(*tensor.shape) for tensor in sheet.graph.parameters))
    return f"{int(total):,}" if total.is_Integer else sheet.built(total, sheet.plain)


def _parameters(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    if sheet.material.step is None:
        return
    for stage in sheet.stages:
        title = capital(layer_name(stage, sheet.stages)).removesuffix(" layer")
        yield (title,), _listing(sheet, [stage.weights.name])


def _biases(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    biases = [stage.bias.name for stage in sheet.stages if stage.bias is not None]
    if sheet.material.step is not None and biases:
        values = _listing(sheet, biases)
        yield ("Biases" if len(values) > 1 else "Bias",), values


def _listing(sheet: Sheet, names: Sequence[str]) -> Text:
    """The elements of some tensors with their values."""
    found: list[Any] = []
    for name in names:
        places = list(sheet.material.scalars.elements[name]) if sheet.material.scalars else []
        if len(places) > MOST_LISTED and len(places[0]) == 2:
            rows = tuple(
                tuple(sheet.given(name, (j, i)) for i in range(1 + places[-1][1])) for j in range(1 + places[-1][0])
            )
            found += [Relation(sheet.plain.whole(name), (Row("=", Matrix(rows)),)), ",  "]
        else:
            for at in places:
                found += [_equation(sheet, name, *(position + 1 for position in at)), ",  "]
    return tuple(found[:-1])


def _functions(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    """The formula of each activation, once."""
    kinds = {stage.function: stage for stage in sheet.stages[::-1] if not stage.linear}
    found: list[Any] = []
    for stage in list(kinds.values())[::-1]:
        found += [definition(sheet, stage), ",  "]
    if found:
        yield ("Activation" if len(kinds) == 1 else "Activations",), tuple(found[:-1])


def definition(sheet: Sheet, stage: Stage) -> Tree:
    """An activation as a formula in z; only its name where that is all there is.

    Where every output depends on every net input, the letters are those of the notation for both.
    """
    notation = sheet.material.notation
    net, out = notation.sign("z"), notation.sign("a")
    z = Symbol(replace(net, base="z"))
    rhs = sheet.index_form(sheet.graph.equation(stage.out.name).rhs)

    def plain(tree: Tree) -> Tree:
        if isinstance(tree, Symbol) and tree.key == stage.net.name:
            return z if stage.slope is not None else Symbol(net, tree.subscripts)
        return mapped(tree, plain)

    if stage.slope is not None:
        name, formula = Apply(stage.function, (z,)), plain(rhs)
        return name if name == formula else Relation(name, (Row("=", formula),))
    own = tuple(sheet.reader.index(index) for index in sheet.without_samples(stage.out.indices))
    return Relation(Symbol(out, own), (Row("=", plain(rhs)),))


def _loss(sheet: Sheet) -> tuple[Text, Text]:
    equation = sheet.graph.equations[-1]
    return ("Error",), (Relation(_error_name(sheet), (Row("=", _error_form(sheet, equation.rhs)),)),)


def _error_form(sheet: Sheet, rhs: Any) -> Tree:
    return sheet.built(rhs, sheet.plain)


def _step_size(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    rate = sheet.material.facts.learning_rate
    if rate:
        yield ("Learning rate",), (Relation(sheet.material.facts.rate, (Row("=", typed(rate)),)),)


def _results(sheet: Sheet) -> Iterator[tuple[Text, Text]]:
    step, checks = sheet.material.step, sheet.material.checks
    if step is not None:
        before = sheet.number(_error_name(sheet))
        after = shown(step.loss)
        verb = "lowers" if rational(step.loss) < rational(sheet.value(_error_name(sheet))) else "changes"
        yield (
            ("Result",),
            (f"one step {verb} the error from ", before, " to ", after, "  (", Mention("sec:update", "Section"), ")"),
        )
    if checks.summary:
        place = ("  (", Mention("tab:gradients", "Table"), ")") if step is not None and checks.differences else ()
        yield ("Checked" if checks.passed else "Check failed",), (*_powers(checks.summary), *place)


def _powers(text: str) -> Iterator[Any]:
    """Text with numbers such as 1e-11 as formulas."""
    for n, part in enumerate(re.split(r"(\b\d(?:\.\d+)?e[+-]?\d+)\b", text)):
        if n % 2:
            mantissa, _, power = part.partition("e")
            exponent = Power(integer(10), integer(int(power)))
            yield exponent if mantissa == "1" else Product((Number(mantissa), exponent), "times")
        else:
            yield part


def title(sheet: Sheet) -> tuple[str, str, str]:
    """The title, the subtitle and the line at the top of each page."""
    facts = sheet.material.facts
    if sheet.stages:
        network = sheet.say.words("The {sizes} network", sizes=sizes(sheet.stages))
    elif sheet.graph.name == UNNAMED:
        network = sheet.say.words("The network")
    else:
        network = sheet.say.words("The network {name}", name=sheet.graph.name)
    name = facts.title or network
    phrases = ("{name}: every gradient derived and checked", "{name}: every gradient derived")
    if sheet.material.step is not None:
        evaluated = "{name}: every gradient derived and evaluated"
        phrases = ("{name}: every gradient derived, evaluated and checked", evaluated)
    checks = sheet.material.checks
    subtitle = sheet.say.words(phrases[not (checks.summary and checks.passed)], name=name)
    return "Backpropagation, step by step", subtitle, name
