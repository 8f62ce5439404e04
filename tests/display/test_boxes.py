"""Boxes stand behind what they read, in rows that fit a page, and every link is drawn once."""

from itertools import combinations

import pytest

from symbackprop.display.boxes import GAP, HEIGHT, WIDTH, Box, boxes_drawing, label_width, most_across
from symbackprop.display.labels import POINT
from symbackprop.display.tikz import tikz

PAGE = 16.0


def chain(count):
    return [Box("input", ("x",)), *(Box("hidden", (f"{n}",), (n - 1,)) for n in range(1, count))]


BRANCHED = [
    Box("input", ("x",)), Box("hidden", ("q",), (0,)), Box("hidden", ("k",), (0,)), Box("hidden", ("v",), (0,)),
    Box("hidden", ("mix",), (1, 2, 3)), Box("hidden", ("add",), (4, 0)), Box("loss", ("E",), (5,)),
]  # fmt: skip


@pytest.mark.parametrize("boxes", [chain(2), chain(6), chain(7), chain(13), BRANCHED])
def test_boxes_fit_the_page_and_do_not_overlap(boxes):
    drawing = boxes_drawing(boxes)
    xs = [node.x for node in drawing.nodes]
    assert max(xs) - min(xs) + WIDTH <= PAGE
    for one, other in combinations(drawing.nodes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT


@pytest.mark.parametrize("name", ["2 dense", "2 global average pooling", "11 one that has a very long name"])
def test_what_stands_in_a_box_fits_it(name):
    drawing = boxes_drawing([*chain(3), Box("hidden", (name, "+ a second line that is long, too"), (2,))])
    boxes = {node.width for node in drawing.nodes}
    assert len(boxes) == 1
    wide = boxes.pop()
    assert max(label_width(name) * 0.9, label_width("+ a second line that is long, too") * 0.8) * POINT < wide - 0.2
    assert (len(drawing.nodes)) == 4
    rows = {node.y for node in drawing.nodes}
    assert max(node.x for node in drawing.nodes) + wide <= PAGE + 0.01
    assert len(rows) == 1 + (most_across(wide) < 4)


def test_rows_are_of_about_the_same_length():
    rows = {}
    for node in boxes_drawing(chain(most_across(WIDTH) + 1)).nodes:
        rows.setdefault(node.y, []).append(node)
    assert sorted(map(len, rows.values())) == [3, 4]


def test_every_link_is_drawn():
    drawing = boxes_drawing(BRANCHED)
    assert len(drawing.lines) == sum(len(box.sources) for box in BRANCHED)


def test_a_line_that_skips_a_box_goes_over_it():
    drawing = boxes_drawing(BRANCHED)
    (over,) = [line for line in drawing.lines if len(line.points) == 4]
    between = [node.y for node in drawing.nodes[1:5]]
    assert max(y for _, y in over.points) > max(between) + HEIGHT / 2


def test_a_layer_that_reads_itself_has_a_loop():
    box = Box("hidden", ("lstm",), (0,), loops=True)
    (loop,) = [line for line in boxes_drawing([Box("input", ("x",)), box]).lines if len(line.points) == 4]
    assert {x for x, _ in loop.points} == {WIDTH + GAP - WIDTH / 4, WIDTH + GAP + WIDTH / 4}


def test_tikz_prints_boxes_with_their_lines():
    text = tikz(boxes_drawing([Box("input", ("x", "2 × 3")), Box("plain", ("a_b",), (0,))]))
    assert r"\node[sbp box,sbp input box,minimum width=2.2cm" in text
    assert r"a\_b" in text
    assert r"\draw[sbp flow] (1.100,0.000) -- (1.620,0.000);" in text
