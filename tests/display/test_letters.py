"""Signs, numbers and letters → MathML."""

from xml.etree import ElementTree

import pytest

from symbackprop.display.letters import bold, name, one, parenthesised, signed
from symbackprop.notation import NOTATIONS, STANDARD, given


def read(markup: str) -> str:
    return "".join(ElementTree.fromstring(f"<p>{markup}</p>").itertext())


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        (given("w5"), "w5"),
        (given("net_h1"), "neth1"),
        (given("epsilon"), "ε"),
        (STANDARD.sign("lstm_Wf", 1, rank=2), "wf(lstm)"),
        (STANDARD.sign("delta2", rank=1), "δ(2)"),
        (NOTATIONS["mazur"].sign("a1", 1, 2, rank=1), "outh"),
    ],
)
def test_a_name_is_read(sign, text):
    assert read(name(sign, [])) == text


def test_subscripts_stand_side_by_side_or_with_commas():
    digit = ("1", "<mn>1</mn>"), ("2", "<mn>2</mn>")
    long = ("1", "<mn>1</mn>"), ("12", "<mn>12</mn>")
    assert read(name(STANDARD.sign("W1", rank=2), digit)) == "w12(1)"
    assert read(name(STANDARD.sign("W1", rank=2), long)) == "w1,12(1)"


def test_bold_letters_are_characters_of_their_own():
    assert [bold(letter, "vector") for letter in "aZω"] == ["𝒂", "𝒁", "𝝎"]
    assert [bold(letter, "matrix") for letter in "aΣ1"] == ["𝐚", "𝚺", "1"]


def test_a_minus_is_an_operator():
    assert signed("-0.5") == '<mo form="prefix">−</mo><mn>0.5</mn>'


def test_several_elements_become_one():
    assert one("<mi>a</mi>") == "<mi>a</mi>"
    assert one("<mi>a</mi><mi>b</mi>") == "<mrow><mi>a</mi><mi>b</mi></mrow>"
    assert parenthesised("<mi>a</mi>", tall=True) == "<mrow><mo>(</mo><mi>a</mi><mo>)</mo></mrow>"
