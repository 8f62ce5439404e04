"""A drawing prints as SVG whose every part is inside the picture and can be found by a script."""

import math
import re
from xml.etree import ElementTree

import pytest

from symbackprop.display import Symbol
from symbackprop.display.boxes import Box, boxes_drawing
from symbackprop.display.chart import chart
from symbackprop.display.diagram import Column, Drawing, Edge, Line, lit, network_drawing
from symbackprop.display.svg import svg
from symbackprop.display.text import text
from symbackprop.notation import given

NAMES = [["w1", "w2"], ["w3", "w4"]]


def drawing():
    columns = [
        Column("input", "inputs", [Symbol(given("x1")), Symbol(given("x2"))], values=["0.05", "0.10"]),
        Column("output", "outputs", [Symbol(given("a1")), Symbol(given("a2"))], biases=[Symbol(given("b1"))] * 2),
    ]
    return network_drawing(columns, lambda layer, j, i: Symbol(given(NAMES[j - 1][i - 1])), ("E", "0.3"))


def parsed(picture) -> ElementTree.Element:
    return ElementTree.fromstring(svg(picture, "A <network>", text).replace("&#8203;", ""))


def groups(picture, kind):
    return [node for node in parsed(picture).iter("g") if kind in node.attrib["class"].split()]


def test_every_neuron_and_every_weight_has_a_name():
    assert [node.attrib.get("data-name") for node in groups(drawing(), "node")] == ["x1", "x2", "a1", "a2", None]
    assert [edge.attrib.get("data-name") for edge in groups(drawing(), "edge")] == [
        *("w1", "w2", "w3", "w4", None, None),
        *("b1", "b1"),
    ]


def test_a_weight_has_a_name_where_there_is_no_room_to_print_it():
    columns = [Column("input", "", ["x"] * 4), Column("output", "", ["a"] * 4)]
    picture = network_drawing(columns, lambda layer, j, i: Symbol(given(f"w{4 * j + i - 4}")))
    found = groups(picture, "edge")
    assert [edge.attrib["data-name"] for edge in found] == [f"w{n}" for n in range(1, 17)]
    assert not any(list(edge.iter("text")) for edge in found)


@pytest.mark.parametrize(
    "picture",
    [
        drawing(),
        lit(drawing(), {2: "delta"}, {(2, 4): Edge(2, 4, "error", "a - t", 0.5, "above", "below")}),
        chart([(0.0, 1.0), (1.0, 0.5), (2.0, 0.25)], "steps", "E", marks=[((1.0, 0.5), "here", "south west")]),
    ],
)
def test_everything_is_inside_the_picture(picture):
    root = parsed(picture)
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    points = [(float(node.attrib["x"]), float(node.attrib["y"])) for node in root.iter("text")]
    for node in root.iter("path"):
        numbers = list(map(float, re.findall(r"-?[\d.]+", node.attrib["d"])))
        points += list(zip(numbers[::2], numbers[1::2], strict=True))
    assert len(points) > 9
    assert all(left <= x <= left + width and top <= y <= top + height for x, y in points)


def test_a_line_touches_the_borders_of_its_neurons():
    edge = groups(drawing(), "edge")[0]
    x0, y0, x1, y1 = map(float, re.findall(r"-?[\d.]+", edge[0].attrib["d"]))
    circles = [
        (float(c.attrib["cx"]), float(c.attrib["cy"]), float(c.attrib["r"])) for c in parsed(drawing()).iter("circle")
    ]
    for (x, y), (cx, cy, r) in (((x0, y0), circles[0]), ((x1, y1), circles[2])):
        assert math.hypot(x - cx, y - cy) == pytest.approx(r, abs=0.2)


def test_a_path_is_walked_backwards():
    picture = lit(drawing(), {2: ""}, {(0, 2): Edge(0, 2, "input", "x", 0.5, "above")})
    (edge,) = [edge for edge in groups(picture, "edge") if edge.attrib["class"] == "edge input"]
    start, end = re.findall(r"[ML](-?[\d.]+)", edge[0].attrib["d"])
    assert float(start) > float(end)


def test_it_says_what_it_shows_and_escapes_it():
    assert parsed(drawing()).attrib["aria-label"] == "A <network>"
    assert "href" not in svg(drawing())


def test_boxes_cells_and_lines_that_go_round_are_drawn():
    boxes = boxes_drawing([Box("input", ("x", "2 × 3")), Box("plain", ("pool",), (0,)), Box("loss", ("E",), (1, 0))])
    assert [len(list(node.iter("text"))) for node in groups(boxes, "node")] == [2, 1, 1]
    assert len(groups(boxes, "flow")) == 3
    assert all(path.attrib["class"] == "tip" for flow in groups(boxes, "flow") for path in list(flow)[1:])
    cells = Drawing(lines=(Line(((0, 0), (1, 0), (1, 1), (0, 1)), "mark cell"),))
    assert [path.attrib["d"][-1] for path in parsed(cells).iter("path")] == ["Z"]
