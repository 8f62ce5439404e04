"""How much a document tells, in which form, about which parameters."""

import pytest

from symbackprop.display import Number, latex
from symbackprop.display.tree import walk
from symbackprop.emit.document import Choices, compose
from symbackprop.emit.document.blocks import Grid, Heading, Table
from symbackprop.emit.document.inline import prose
from symbackprop.emit.document.typeset import typeset
from symbackprop.emitters import chosen_details
from symbackprop.errors import InputError, UnknownNameError, UnsupportedError

MAZUR = ["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"]


@pytest.fixture
def told(composed):
    return lambda network, **choices: composed(network, choices=Choices(**choices))


def blocks(document, kind):
    every = [*document.opening, *(block for section in document.sections for block in section.blocks)]
    return [block for block in every if isinstance(block, kind)]


def headings(document):
    return [prose(block.text) for block in blocks(document, Heading)]


def in_full(document):
    return [text.partition(": ")[2] for text in headings(document) if text.startswith("One ")]


def mentioned(document):
    source = typeset(document)
    return {
        found.partition("}")[0]
        for mark in (r"\ref{", r"\eqref{")
        for found in source.partition(r"\begin{document}")[2].split(mark)[1:]
    }, source


@pytest.mark.parametrize("network", ["mazur", "xor", "mnist", "lstm"])
@pytest.mark.parametrize("choices", [{"detail": "brief"}, {"detail": "full"}, {"form": "index"}, {"form": "matrix"}])
def test_nothing_is_referred_to_that_is_not_told(told, network, choices):
    labels, source = mentioned(told(network, **choices))
    for label in labels - {"sbp:last"}:
        assert any(f"{mark}{{{label}}}" in source for mark in (r"\label", r"\sbptable", r"\sbpcaption")), label


def test_brief_leaves_out_reasons_and_keeps_every_gradient(told):
    brief, standard = told("mazur", detail="brief"), told("mazur")
    assert len(brief.relations) < len(standard.relations)
    left = {latex(relation.lhs) for relation in brief.relations}
    assert {rf"\pd{{E}}{{{name[0]}_{{{name[1]}}}}}" for name in [*MAZUR, "b1", "b2"]} <= left
    assert in_full(brief) == []
    assert brief.sections[0].label == "sec:forward"


def test_full_derives_every_weight(told):
    assert in_full(told("mazur")) == ["$w_{5}$", "$w_{1}$"]
    assert in_full(told("mazur", detail="full")) == [f"$w_{{{n}}}$" for n in (5, 6, 7, 8, 1, 2, 3, 4)]
    assert len(in_full(told("lstm", detail="full"))) == 14


def test_only_limits_the_document(told):
    document = told("mazur", only=("w7", "b2"))
    assert in_full(document) == ["$w_{7}$"]
    assert "sec:backward-1" not in [section.label for section in document.sections]
    (table,) = [table for table in blocks(document, Table) if table.label == "tab:gradients"]
    assert [prose(row[0]) for group in table.groups for row in group] == ["$w_{7}$", "$b_{2}$"]
    (grid,) = blocks(document, Grid)
    assert [latex(one.lhs) for one in grid.relations] == [r"\pd{E}{w_{7}}"]


def test_only_what_a_parameter_needs_is_derived(told):
    assert [s.label for s in told("cnn", only=("W4",)).sections if "backward" in s.label] == ["sec:backward-4"]
    every = [s.label for s in told("cnn", only=("b1",)).sections if "backward" in s.label]
    assert every == [f"sec:backward-{n}" for n in (4, 3, 2, 1)]


def test_unknown_names_are_refused(told):
    with pytest.raises(UnknownNameError, match="no parameter 'w99'"):
        told("mazur", only=("w99",))
    with pytest.raises(UnknownNameError, match="unknown form 'vector'"):
        chosen_details(form="vector")
    with pytest.raises(UnknownNameError, match="unknown language 'xx'"):
        chosen_details(language="xx")


def test_the_index_form_has_no_numbers(told):
    document = told("mazur", form="index")
    assert not any(isinstance(node, Number) and not node.exact for one in document.relations for node in walk(one))


def test_the_scalar_form_needs_numbers(told):
    with pytest.raises(InputError, match="needs a sample"):
        told("mnist", form="scalar")


def test_the_matrix_form_is_all_there_is(told):
    labels = [section.label for section in told("mazur", form="matrix").sections]
    assert labels[:3] == ["sec:notation", "sec:matrix", "sec:update"]
    with pytest.raises(UnsupportedError, match="attention has no matrix form"):
        told("attention", form="matrix")
    for option in ({"detail": "brief"}, {"only": ("w5",)}):
        with pytest.raises(InputError, match=r"SB025.*a document with --(detail brief|only) has no matrix form"):
            told("mazur", form="matrix", **option)


def test_notations_of_other_books(material_of):
    import symbackprop as sb
    from symbackprop.material import material

    stages = sb.derive("mazur", notation="nielsen").stages
    text = " ".join(latex(one) for one in compose(material(stages, sb.derive("line").verify())).relations)
    assert r"\pd{C}{w_{5}}" in text
    assert r"\delta^{2}_{1}" in text
    assert r"a^{2}_{1} - y_{1}" in text
    assert r"\lay" not in text
