"""Trees → MathML Core: well formed, of the elements it has, with as many children as each takes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from symbackprop.display import (
    HALF,
    Apply,
    BigSum,
    Boxed,
    Brace,
    Bracket,
    Cases,
    Compare,
    Extreme,
    Fraction,
    Logic,
    Matrix,
    Minus,
    Number,
    Paint,
    PartialDerivative,
    Power,
    Range,
    Reference,
    Relation,
    Row,
    Symbol,
    Transpose,
    Tree,
    Words,
    element,
    integer,
    plus,
    times,
)
from symbackprop.display.mathml import MathmlPrinter, anchor, mathml
from symbackprop.notation import STANDARD, Sign, given

Z, B = Symbol(given("z")), Symbol(given("b"))
K = Symbol(Sign("k"), key="#k")
A = element(STANDARD.sign("a1", rank=1), 1)
W = Symbol(STANDARD.sign("W1", rank=2, whole=True))
DELTA = Symbol(STANDARD.sign("delta2", rank=1, whole=True))

# The elements of MathML Core that are used, and how many children each has where that is fixed.
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "msubsup": 3, "munderover": 3}
CORE = {"math", "mi", "mn", "mo", "mrow", "mspace", "msqrt", "mstyle", "mtable", "mtd", "mtext", "mtr", "a", *CHILDREN}

TREES: dict[str, Tree] = {
    "layer": A,
    "matrix sign": times(W, DELTA),
    "derivative": PartialDerivative(Symbol(given("E")), Symbol(given("w5"))),
    "operator": PartialDerivative(None, A),
    "sum": BigSum(Symbol(Sign("x"), (K,)), (Range(K),)),
    "limits": BigSum(Symbol(Sign("x"), (K,)), (Range(K, integer(3), shown=True),)),
    "argmax": Extreme(Symbol(Sign("x"), (K,)), Range(K), place=True),
    "logistic": Fraction(integer(1), plus(integer(1), Apply("exp", (Minus(Z),)))),
    "tall exponential": Apply("exp", (Fraction(Z, B),)),
    "root": Apply("sqrt", (plus(Z, B),)),
    "absolute": Apply("abs", (Z,)),
    "slope": Apply("sigmoid", (Z,), primes=1),
    "log": times(Z, Apply("log", (B,))),
    "power": Power(plus(Z, B), Minus(Z)),
    "half": times(HALF, Power(plus(Z, Minus(B)), integer(2))),
    "negative": plus(Number("0.1"), Number("-0.2")),
    "tiny": Number("3.5e-05"),
    "hadamard": times(Z, B, by="odot"),
    "numbers": Matrix(((integer(1), integer(2)), (Z, integer(4)))),
    "transpose": Transpose(W),
    "bracket": Bracket(Compare((Z, B), ("<",))),
    "cases": Cases(((Z, Compare((Z, integer(0)), (">",))), (integer(0), None))),
    "logic": Logic("or", (Compare((Z, B), (">",)), Logic("not", (Compare((Z, B), ("=",)),)))),
    "words": Words(("what ", Z, " & others in ", Reference("eq:a-1"))),
    "braces": times(Brace(Paint("error", plus(Z, B)), Reference("eq:a-1"), "error"), B, by="cdot"),
    "relation": Relation(Z, (Row("=", plus(Z, B)), Row("≈", Boxed(Number("0.25", exact=False))))),
}


def parsed(tree: Tree) -> ElementTree.Element:
    return ElementTree.fromstring(MathmlPrinter({"eq:a-1": "7"}).math(tree))


@pytest.mark.parametrize("name", TREES)
def test_it_is_mathml_core(name):
    for node in parsed(TREES[name]).iter():
        assert node.tag in CORE
        assert len(node) == CHILDREN.get(node.tag, len(node)), ElementTree.tostring(node, "unicode")
        assert not {"mathvariant", "fence", "columnalign"} & set(node.attrib)
        if node.tag in ("mi", "mn", "mo"):
            assert len(node) == 0
            assert (node.text or "").strip("\n")


def shown(tree: Tree) -> str:
    """What is read from left to right, without the signs that are not seen."""
    return "".join(parsed(tree).itertext()).translate({0x2061: None, 0x2062: None})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("layer", "a1(1)"),
        ("matrix sign", "𝐖(1)𝜹(2)"),
        ("derivative", "∂E∂w5"),
        ("limits", "∑k=13xk"),
        ("logistic", "11+e−z"),
        ("slope", "σ′(z)"),
        ("negative", "0.1+(−0.2)"),
        ("tiny", "3.5×10−5"),
        ("cases", "{zz>00otherwise"),
        ("bracket", "[z<b]"),
        ("words", "what z & others in (7)"),
        ("relation", "z=z+b≈0.25"),
    ],
)
def test_what_is_read(name, text):
    assert shown(TREES[name]) == text


def test_a_formula_says_in_plain_text_what_it_is():
    assert parsed(TREES["derivative"]).attrib["alttext"] == "∂E/∂w5"
    assert parsed(TREES["braces"]).attrib["alttext"] == "(z + b) · b"
    assert parsed(TREES["bracket"]).attrib["alttext"] == "[z < b]"


def test_a_reference_is_a_link_to_its_place():
    (link,) = parsed(TREES["braces"]).iter("a")
    assert (link.attrib["href"], link.text) == ("#eq-a-1", "(7)")
    assert anchor('eq:"><script>') == "eq-script-"


def test_colours_are_classes():
    painted = [node.attrib["class"] for node in parsed(TREES["braces"]).iter() if "class" in node.attrib]
    assert painted == ["error", "braced", "error"]


def test_a_sign_keeps_its_room_where_a_line_begins():
    (sign, _) = MathmlPrinter().signed_terms((Z, Minus(B)))[1].split("</mo>")
    assert sign == '<mo form="infix">−'


def test_only_tall_parentheses_grow():
    flat, tall = (mathml(Power(plus(one, B), integer(2))) for one in (Z, A))
    assert 'stretchy="false">(</mo><mi>z' in flat
    assert "<mo>(</mo><msubsup>" in tall


def test_a_display_stands_on_its_own_line():
    assert ElementTree.fromstring(mathml(Z, display=True)).attrib["display"] == "block"


def test_a_power_of_ten_has_no_mantissa_of_1() -> None:
    ten = "<msup><mn>10</mn>{}</msup>"
    down = ten.format('<mrow><mo form="prefix">−</mo><mn>5</mn></mrow>')
    assert MathmlPrinter()(Number("1e-05")) == down
    assert MathmlPrinter()(Number("-1e-05")) == f'<mo form="prefix">−</mo>{down}'
    assert MathmlPrinter()(Number("-2.5e9")).endswith(f"<mn>2.5</mn><mo>×</mo>{ten.format('<mn>9</mn>')}")
