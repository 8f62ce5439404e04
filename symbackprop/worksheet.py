"""A network → a problem sheet with friendly random numbers, and its answer key, both from one derivation.

The numbers are drawn anew for every seed: inputs, weights and targets with one decimal or two, so that a person can
compute with them; shapes, activations, loss and optimizer are the network's own, and if wanted its numbers, too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

from symbackprop.categories import Places, axes_pointed_into
from symbackprop.emit.document import Choices, Document, Material, compose, typeset
from symbackprop.emit.document.blocks import Block, Display, Items, Paragraph, Section
from symbackprop.emit.document.gaps import given_blocks, with_gaps
from symbackprop.emit.document.phrases import Phrases, refuse_letters
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.values import fits
from symbackprop.emit.files import write_folder
from symbackprop.emit.page import typeset as page
from symbackprop.errors import InputError, TooLargeError, UnknownNameError, UnsupportedError, did_you_mean
from symbackprop.facade import derive
from symbackprop.first_step import worked_step
from symbackprop.graph import Graph, Tensor
from symbackprop.material import material
from symbackprop.network import Equations, Network, load
from symbackprop.tex import pdf
from symbackprop.verify import Report

# More parameters than this nobody works out by hand.
MOST_PARAMETERS = 40
# Counts that point into nothing stay below this.
MOST_COUNTED = 6
WRITERS: Mapping[str, tuple[str, Callable[[Document], str | bytes]]] = {
    "latex": ("tex", typeset.typeset),
    "html": ("html", page.typeset),
    "pdf": ("pdf", lambda document: pdf(typeset.typeset(document))),
}
PARTS = ("worksheet", "answers")


def friendly(network: Network, seed: int) -> Network:
    """The network with numbers drawn anew, which are easy to compute with.

    Raises:
        TooLargeError: It has more parameters than a person works out.
        InputError: A size is a symbol.
    """
    d = derive(network)
    graph = d.stages.graph
    draw = random.Random(seed)
    table = network.as_table()
    total = 0
    for layer, spec in zip(table["layers"], network.layers, strict=True):
        formals = {parameter.name: parameter.file_key for parameter in network.layer_row(spec).parameters}
        number = table["layers"].index(layer) + 1
        for tensor in graph.parameters:
            if tensor.layer == number and tensor.label in formals:
                shape = [_size(size, tensor.name) for size in tensor.shape]
                values = _drawn(draw, shape)
                total += _count(values)
                layer[formals[tensor.label]] = values
    _refuse_days(total)
    table["sample"] = _sample(draw, graph)
    return Network.from_table(table)


def _sample(draw: random.Random, graph: Graph) -> dict[str, Any]:
    """One sample: inputs that are halves and tenths, or places in what they point into, targets that the loss takes."""
    found: dict[str, Any] = {}
    for key, tensors in (("x", graph.with_role("input")), ("t", graph.with_role("target"))):
        drawn = {tensor.name: _given(draw, graph, tensor) for tensor in tensors}
        if drawn:
            found[key] = drawn if len(drawn) > 1 else next(iter(drawn.values()))
    return found


def _refuse_days(parameters: int) -> None:
    if parameters > MOST_PARAMETERS:
        raise TooLargeError(
            f"a worksheet with {parameters:,} parameters would take days; the most is {MOST_PARAMETERS}",
            help="take a smaller network of the same kind",
        )


def _worked(network: Network) -> Network:
    """The network with its own numbers, if it has some for everything.

    Raises:
        InputError: A parameter has no values, or there is no sample.
        TooLargeError: It has more parameters than a person works out.
    """
    stages = derive(network).stages
    if worked_step(stages) is None:
        raise InputError(
            f"{network.name} has not numbers for everything",
            code="SB026",
            help="give it weights and a [sample], or leave --own-numbers out for random ones",
        )
    _refuse_days(sum(prod(_size(size, tensor.name) for size in tensor.shape) for tensor in stages.graph.parameters))
    return network


def _size(size: Any, name: str) -> int:
    if not size.is_Integer:
        raise InputError(
            f"{name} has the size {size}, which is a symbol",
            code="SB026",
            help="a worksheet needs numbers for all sizes",
        )
    return int(size)


def _drawn(draw: random.Random, shape: Sequence[int]) -> Any:
    """Numbers of one decimal, none of them 0."""
    return _filled(shape, lambda: draw.choice([-1, 1]) * draw.randint(1, 9) / 10)


def _filled(shape: Sequence[int], number: Callable[[], Any]) -> Any:
    return [_filled(shape[1:], number) for _ in range(shape[0])] if shape else number()


def _count(values: Any) -> int:
    return sum(map(_count, values)) if isinstance(values, list) else 1


def _given(draw: random.Random, graph: Graph, tensor: Tensor) -> Any:
    sizes = [_size(size, tensor.name) for size in tensor.shape if str(size) != "N"]
    if tensor.is_whole:
        places = axes_pointed_into(graph).get(tensor.name, Places(0, ()))
        count = min((_size(length, tensor.name) for length in places.lengths), default=MOST_COUNTED)
        return _filled(sizes, lambda: draw.randrange(places.lowest, places.lowest + count))
    if tensor.role == "input":
        return _drawn(draw, sizes)
    kinds = {fact.kind for fact in tensor.facts}
    if kinds & {"one_hot", "sums_to_one"} or graph.rows[-1].startswith("categorical"):
        chosen = draw.randrange(sizes[-1])
        return [float(n == chosen) for n in range(sizes[-1])]
    if "crossentropy" in graph.rows[-1]:
        return [float(draw.randint(0, 1)) for _ in range(sizes[-1])]
    return [draw.randint(1, 9) / 10 for _ in range(sizes[-1])] if len(sizes) == 1 else _drawn(draw, sizes)


def documents(
    network: Network, seed: int = 0, blanks: bool = False, language: str = "en", own_numbers: bool = False
) -> tuple[Document, Document, Report]:
    """The problem sheet, its answer key, and what was checked of it.

    Args:
        network: Whose shapes, activations and loss are taken.
        seed: Of the numbers.
        blanks: Whether the sheet leads through the computation with gaps; else it states the problem alone.
        language: Of the text.
        own_numbers: Whether the network's own numbers are kept; the seed is of no matter then.

    Raises:
        InputError: The network has no numbers to keep.
        TooLargeError: It has more parameters than a person works out.

    Example:
        >>> sheet, answers, report = documents(load("mazur"), seed=7)
        >>> sheet.title, answers.title, len(sheet.sections) < len(answers.sections)
        ('Worksheet 7', 'Worksheet 7: answers', True)
    """
    say = Phrases(language)
    stages = derive(_worked(network) if own_numbers else friendly(network, seed)).stages
    report = stages.verification(seed)
    made = material(stages, report, choices=Choices(language=language))
    _refuse_unprinted(made)
    key = compose(made)
    number = network.name if own_numbers else seed
    title = say.words("Worksheet {number}", number=number)
    subtitle = say.words("Every gradient of one network, by hand")
    sheet = with_gaps(key, title, subtitle)
    if not blanks:
        sheet = replace(sheet, sections=(*sheet.sections[:1], _problems(say, given_blocks(sheet))))
    return sheet, replace(key, title=say.words("Worksheet {number}: answers", number=number), subtitle=subtitle), report


def _refuse_unprinted(made: Material) -> None:
    """A solver has to be given every number, and only dense networks list theirs one by one."""
    sheet = Sheet(made)
    given = sheet.graph.with_role("input", "target", "parameter", "constant")
    names = [tensor.name for tensor in given if not fits(tensor.value)]
    if names and not sheet.stages:
        raise UnsupportedError(
            f"a worksheet has no room for the numbers of {', '.join(names)}",
            help="they have more than two axes, or too many rows or columns: take a smaller network of the same kind",
        )


def _problems(say: Phrases, given: Sequence[Block]) -> Section:
    asked = (
        say("Compute every weighted sum and every output, and the error."),
        say("Derive the error signal of every output neuron, then of the neurons before it."),
        say("Compute the gradient of the error with respect to every parameter."),
        say("Make one update step, and compute the error again."),
        say("Check one of your gradients: change its parameter by a little, and see how the error follows."),
    )
    lead = (Paragraph(say("Given are the numbers:")),) if any(isinstance(block, Display) for block in given) else ()
    blocks = (*lead, *given, Paragraph(say("Round to nine decimals.")), Items(asked))
    return Section(say.words("Problems"), "sec:problems", blocks)


def write(
    network: Network | Equations | str,
    folder: Path,
    formats: Sequence[str] = ("latex",),
    seed: int = 0,
    blanks: bool = False,
    language: str = "en",
    own_numbers: bool = False,
) -> tuple[list[str], Report]:
    """Write the sheet and its answers in some formats; names of files end with the language where it is not English.

    Returns:
        The names of the files, and what was checked of the answers.

    Raises:
        InputError: A format is unknown or has not the letters of the language; or nobody works the network out by hand.
    """
    for name in formats:
        if name not in WRITERS:
            raise UnknownNameError(f"unknown format {name!r}", help=did_you_mean(name, list(WRITERS)))
    refuse_letters(formats, language)
    found = load(network)
    if not isinstance(found, Network):
        raise UnsupportedError("a worksheet needs a network of layers", help="name a network file or a bundled network")
    *made, report = documents(found, seed, blanks, language, own_numbers)
    mark = "" if language == "en" else f"-{language}"
    files: dict[str, str | bytes] = {}
    for part, document in zip(PARTS, made, strict=True):
        for name in formats:
            suffix, printed = WRITERS[name]
            files[f"{part}{mark}.{suffix}"] = printed(document)
    write_folder(folder, files, {"network": found.name} if own_numbers else {"network": found.name, "seed": seed})
    return list(files), report
