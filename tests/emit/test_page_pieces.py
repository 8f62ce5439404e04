"""Wide formulas on a page: where a browser may break them, and that they are read back as one."""

import re

import pytest

from symbackprop.display import BigSum, Boxed, Minus, Paint, Range, Relation, Row, Symbol, Tree, integer, plus, times
from symbackprop.display.mathml import MathmlPrinter
from symbackprop.emit.document.inline import breakable
from symbackprop.emit.page.pieces import LONG, pieces
from symbackprop.emit.page.prose import SHORT, Prose
from symbackprop.notation import given
from symbackprop.reading.mathml import latex_of
from symbackprop.reading.pages import read_page

E = Symbol(given("E"))
SUM = plus(*(Symbol(given(f"w{n}")) for n in range(1, 31)))
I = Range(Symbol(given("i")))
WIDE: dict[str, Tree] = {
    "a sum": SUM,
    "a colour": Paint("error", SUM),
    "a frame": Boxed(SUM),
    "a sum in a product": times(E, SUM),
    "a product in a sum": plus(E, Minus(times(E, SUM))),
    "under a sign of summation": BigSum(times(E, SUM), (I,)),
    "a sum under a sign of summation": times(integer(2), BigSum(SUM, (I,))),
}


@pytest.mark.parametrize("name", WIDE)
def test_pieces_fit_a_screen_and_are_the_formula(name):
    printer = MathmlPrinter()
    found = pieces(Row("=", WIDE[name]), printer)
    assert max(size for _, _, size in found) < LONG
    whole = latex_of(f"<math>{printer(Row('=', WIDE[name]))}</math>")
    broken = latex_of(f"<math>{''.join(text for text, _, _ in found)}</math>")
    plain = [re.sub(r"\\f?boxed|\\result|\\f[ESXD]|[{} ]", "", one) for one in (whole, broken)]
    assert plain[0] == plain[1]


def test_what_is_short_stays_whole_in_running_text():
    prose = Prose({})
    short, long = (Relation(E, (Row("=", tree),)) for tree in (plus(E, E), SUM))
    assert "<wbr>" not in prose.formula(short)
    assert prose.formula(long).count("<wbr>") > 5
    (passage,) = read_page(f"<p>{prose.formula(long)}</p>").passages
    assert passage.text.count("+") == 29
    assert SHORT < LONG


def test_running_text_on_paper_breaks_before_the_operators_of_sums():
    text = breakable(Relation(E, (Row("=", plus(E, Minus(E), E)),)))
    assert text == r"{\relpenalty=10000 $E = E \allowbreak - E \allowbreak + E$}"
    assert breakable(Relation(E, (Row("=", E),))) == "$E = E$"
