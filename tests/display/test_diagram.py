"""Where neurons stand, which lines carry labels, and what is dimmed."""

from itertools import pairwise

import pytest

from symbackprop.display.diagram import Column, Edge, lit, network_drawing, shown_positions
from symbackprop.display.labels import Labelled, crosses, label_size
from symbackprop.display.tikz import tikz
from symbackprop.display.tree import Number, Relation, Row, Symbol
from symbackprop.notation import Sign


def columns(*sizes):
    kinds = ["input", *["hidden"] * (len(sizes) - 2), "output"]
    return [Column(kind, kind, [f"n{n}" for n in range(size)]) for kind, size in zip(kinds, sizes, strict=True)]


@pytest.mark.parametrize(("count", "shown"), [(1, [1]), (6, [1, 2, 3, 4, 5, 6]), (7, [1, 2, 3, None, 7])])
def test_large_layers_are_drawn_in_part(count, shown):
    assert shown_positions(count) == shown


def test_every_pair_of_neighbouring_neurons_is_joined():
    drawing = network_drawing(columns(2, 3, 2), loss=("E", ""))
    assert len(drawing.nodes) == 2 + 3 + 2 + 1
    assert len(drawing.edges) == 2 * 3 + 3 * 2 + 2


def test_neurons_do_not_overlap():
    drawing = network_drawing(columns(6, 6, 1))
    places = sorted(node.y for node in drawing.nodes if node.x == 0)
    assert min(b - a for a, b in pairwise(places)) > 1.16


def test_layers_are_centred():
    drawing = network_drawing(columns(3, 1))
    assert drawing.nodes[-1].y == pytest.approx(drawing.nodes[1].y)


def test_weights_are_named_where_few_lines_cross():
    few, many = network_drawing(columns(2, 2), lambda *at: "w"), network_drawing(columns(4, 4), lambda *at: "w")
    assert all(edge.label == "w" for edge in few.edges)
    assert all(edge.label == "" for edge in many.edges)


def test_dots_have_no_lines():
    column = Column("input", "inputs", ["x1", "x2", "xn"], whole=False)
    drawing = network_drawing([column, *columns(2, 1)[1:]])
    (dots,) = [n for n, node in enumerate(drawing.nodes) if node.kind == "dots"]
    assert all(dots not in (edge.start, edge.end) for edge in drawing.edges)
    assert r"\vdots" in tikz(drawing)


def test_titles_stand_below_everything():
    column = Column("output", "outputs", ["a"], biases=["b"])
    drawing = network_drawing([*columns(1, 1)[:1], column])
    titles = [note.y for note in drawing.notes if note.style == "title"]
    assert max(titles) < min(node.y for node in drawing.nodes) - 0.6


@pytest.mark.parametrize("outputs", [1, 2, 3, 4, 5, 6])
def test_no_line_to_the_loss_runs_through_what_stands_beside_an_output(outputs):
    beside = [Relation(Symbol(Sign("t", subs=(str(n),))), (Row("=", Number("0.2")),)) for n in range(outputs)]
    last = Column("output", "outputs", [f"a{n}" for n in range(outputs)], notes=beside)
    drawing = network_drawing([*columns(2, 2, 1)[:2], last], loss=("E", "0.3"))
    nodes, notes = drawing.nodes, [note for note in drawing.notes if note.style == "note"]
    lines = [edge for edge in drawing.edges if nodes[edge.end].kind == "loss"]
    assert len(lines) == len(notes) == outputs
    for note in notes:
        wide, high = label_size(note.label)
        middle = (note.x + wide / 2, note.y)
        for edge in lines:
            ends = ((nodes[n].x, nodes[n].y) for n in (edge.start, edge.end))
            assert not crosses(Labelled(*ends, (0, 0), 0.5), middle, (wide / 2, high / 2))


def test_what_is_not_on_the_path_is_dimmed():
    drawing = network_drawing(columns(2, 1), loss=("E", ""))
    shown = lit(drawing, {0: "", 2: "slope"}, {(0, 2): Edge(0, 2, "input", "x", 0.5, "above", "w")})
    assert [node.dim for node in shown.nodes] == [False, True, False, False]
    assert [edge.style for edge in shown.edges] == ["faint", "faint", "input"]
    assert r"\draw[sbp input line] (n2) -- " in tikz(shown)


def test_labels_that_are_text_are_escaped():
    assert r"50\%\_" in tikz(network_drawing([Column("input", "50%_", ["x"])]))
