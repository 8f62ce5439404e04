"""A derivation and what other stages found about it → a document that derives every gradient, as LaTeX.

The parts of a document are built first, as relations of display trees whose every number carries the text it shows;
a template then only prints them. So what a reader sees can be evaluated and checked before it is printed.
"""

from __future__ import annotations

from symbackprop.display.chart import chart
from symbackprop.emit.document import (
    backward,
    conventions,
    forward,
    general,
    glance,
    graph_tables,
    graphs,
    typeset,
    update,
)
from symbackprop.emit.document.blocks import Block, Document, Figure, Listing, Paragraph, Section
from symbackprop.emit.document.chosen import places_of
from symbackprop.emit.document.material import DETAILS, FORMS, Checks, Choices, Facts, Material, Training
from symbackprop.emit.document.matrix import matrix_form
from symbackprop.emit.document.phrases import ENGLISH, can_show, languages, refuse_letters
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.translation import translated
from symbackprop.errors import InputError, SymbackpropError, UnsupportedError

__all__ = [
    "DETAILS",
    "FORMS",
    "Checks",
    "Choices",
    "Document",
    "Facts",
    "Material",
    "Training",
    "can_show",
    "compose",
    "document",
    "languages",
    "places_of",
    "refuse_letters",
]

# Beyond these a document shows one neuron for all, and no numbers.
WIDEST = 12
MOST_PARAMETERS = 60


def document(material: Material) -> str:
    """The LaTeX source of the document on a network.

    Args:
        material: The derivation, and what the other stages found.

    Returns:
        Source that pdfLaTeX compiles with a lean installation (amsmath, bm, xcolor, tikz, hyperref).
    """
    return typeset.typeset(compose(material))


def compose(material: Material) -> Document:
    """The document on a network, before it is typeset."""
    sheet = _sheet(material)
    heading, subtitle, running = glance.title(sheet)
    opening = glance.glance(sheet)
    sections = _sections(sheet)
    language = material.choices.language
    made = Document(heading, subtitle, running, material.facts.authors, opening, tuple(sections), language)
    return made if language == ENGLISH else translated(made, sheet.say)


def _sheet(material: Material) -> Sheet:
    """With numbers where they are wanted and few enough.

    Raises:
        InputError: The scalar form is asked for, and there are no numbers.
    """
    sheet = Sheet(material)
    form = material.choices.form
    if form == "scalar" and (material.step is None or material.scalars is None):
        raise InputError(
            "the scalar form needs a sample and values of all parameters",
            code="SB026",
            help="give the network a [sample] and weights, or take --form index",
        )
    if form == "scalar" or (form != "index" and _worked(sheet)):
        return sheet
    plain = Sheet(_without_numbers(material))
    # Where no single element is told about, its tensor is.
    plain.only = sheet.only and dict.fromkeys(sheet.only)
    return plain


def _without_matrix_form(sheet: Sheet) -> SymbackpropError:
    """Why there is none: other choices leave it out, or nobody knows how to write it."""
    for left_out, option in ((sheet.brief, "--detail brief"), (sheet.only is not None, "--only")):
        if left_out:
            help = f"leave one of them out, or take --form index with {option}"
            return InputError(f"a document with {option} has no matrix form", code="SB025", help=help)
    return UnsupportedError(f"{sheet.graph.name} has no matrix form", help="take --form index")


def _sections(sheet: Sheet) -> list[Section]:
    choices = sheet.material.choices
    matrix = matrix_form(sheet) if sheet.only is None and not sheet.brief else None
    if choices.form == "matrix":
        if matrix is None:
            raise _without_matrix_form(sheet)
        return [conventions.conventions(sheet), matrix, *_update(sheet), *_code(sheet)]
    sections = [] if sheet.brief else [conventions.conventions(sheet)]
    if not sheet.stages:
        sections += [graphs.forward(sheet), *graphs.backward(sheet), graph_tables.parameters(sheet)]
    elif sheet.material.step is not None:
        sections += [forward.forward(sheet), *backward.backward(sheet)]
    else:
        sections += [general.forward(sheet), *general.backward(sheet)]
    sections += [matrix] if matrix else []
    return [*sections, *_update(sheet), *_training(sheet), *(() if sheet.brief or sheet.only else _code(sheet))]


def _update(sheet: Sheet) -> list[Section]:
    if not any(tensor.trainable for tensor in sheet.graph.parameters):
        return []
    return [update.update(sheet) if sheet.material.step is not None else graph_tables.step(sheet)]


def _worked(sheet: Sheet) -> bool:
    """Whether the network is small enough to be worked through with numbers, and has them."""
    material = sheet.material
    if material.step is None or material.scalars is None:
        return False
    count = sum(len(material.scalars.elements[tensor.name]) for tensor in sheet.graph.parameters)
    if not sheet.stages:
        return count <= MOST_PARAMETERS
    inputs = sheet.units(sheet.stages[0].source)
    return count <= MOST_PARAMETERS and max(inputs, *(sheet.units(stage.net) for stage in sheet.stages)) <= WIDEST


def _without_numbers(material: Material) -> Material:
    fields = {name: getattr(material, name) for name in material.__dataclass_fields__}
    return Material(**{**fields, "scalars": None, "step": None})


def _training(sheet: Sheet) -> list[Section]:
    training = sheet.material.training
    if len(training.curve) < 2:
        return []
    points = [(float(step), float(loss)) for step, loss in training.curve]
    figure = Figure((chart(points, "steps", sheet.reader.error()),), ("The error during training.",), "fig:training")
    text = training.summary or f"The same update, {training.curve[-1][0]:,} times:"
    return [Section("Training", "sec:training", (Paragraph((text,)), figure))]


def _code(sheet: Sheet) -> list[Section]:
    material = sheet.material
    if not material.code:
        return []
    blocks: list[Block] = [
        Paragraph(("These lines are generated from the same equations and compute the same gradients:",)),
        Listing(material.code),
    ]
    if material.output:
        blocks += [Paragraph(("Output:",)), Listing(material.output)]
    return [Section("Check it yourself", "sec:code", tuple(blocks))]
