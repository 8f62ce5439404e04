"""Trees → the content of an SVG text element."""

from xml.etree import ElementTree

import pytest

from symbackprop.display import (
    Minus,
    Number,
    Paint,
    PartialDerivative,
    Power,
    Relation,
    Row,
    Symbol,
    element,
    integer,
    plus,
    times,
)
from symbackprop.display.svg_text import svg_text
from symbackprop.notation import STANDARD, Sign, given

A = element(STANDARD.sign("a1", rank=1), 1)
Z = Symbol(given("z"))


def parsed(tree) -> ElementTree.Element:
    return ElementTree.fromstring(f"<text>{svg_text(tree, 10)}</text>".replace("&#8203;", ""))


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (A, "a(1)1"),
        (Relation(Symbol(given("t1")), (Row("=", Number("-0.5")),)), "t1 = −0.5"),
        (times(A, plus(integer(1), Minus(A))), "a(1)1\N{THIN SPACE}(1 − a(1)1)"),
        (Minus(Z), "−z"),
        (Symbol(STANDARD.sign("delta2", rank=1)), "𝛿(2)"),
        (PartialDerivative(Symbol(given("E")), Z), "∂E/∂z"),
        (Number("1.5e-05"), "1.5·10−5"),
        (Power(Z, integer(2)), "z2"),
        ("a < b", "a < b"),
        (Symbol(Sign("h"), (Symbol(given("T")),)), "hT"),
        (Symbol(Sign("h"), (plus(Symbol(Sign("tau")), Minus(integer(1))), Symbol(Sign("j")))), "hτ−1,j"),
    ],
)
def test_what_is_read(tree, text):
    assert "".join(parsed(tree).itertext()) == text


@pytest.mark.parametrize("tree", [A, Power(Z, integer(2)), Symbol(given("w5")), Symbol(Sign("x"), (integer(12),))])
def test_the_line_goes_on_where_it_was(tree):
    shifts = [float(node.attrib.get("dy", 0)) for node in parsed(tree).iter()]
    assert len(shifts) > 2
    assert abs(sum(shifts)) < 0.15


def test_a_subscript_stands_below_its_superscript():
    _, _, above, below, _ = parsed(A).iter()
    assert float(below.attrib["dx"]) < 0 < float(below.attrib["dy"])
    assert float(above.attrib["dy"]) < 0


def test_colours_are_classes():
    assert parsed(Paint("delta", Z))[0].attrib == {"class": "delta"}
