"""Lines of loops, and the steps that some arrays need."""

from symbackprop.emit.c_language import BRACES
from symbackprop.emit.javascript import JAVASCRIPT
from symbackprop.emit.loops import Braces, LoopWriter, needed_steps
from symbackprop.expressions import Index
from symbackprop.program.algebra import compare, mul, neg
from symbackprop.program.nest import Declare, For, Group, If, Store
from symbackprop.program.scalar import ONE, ZERO, Element, Name, Number

I, T = Index("i", 3), Index("t", 4)
PLAIN = Braces(JAVASCRIPT, ("const", "let", "const", "let"), "let")


def test_lines():
    x = Element("x", (Number(I),))
    body = (
        Declare("total", ZERO, varies=True),
        For(I, (If(compare("gt", x, ZERO), (Store(Name("total"), mul(x, x), add=True),)),)),
        Store(Element("E", (ZERO,)), Name("total")),
    )
    writer = LoopWriter(PLAIN, {"E": "out.E", "#i": "i_"}, lambda name: [f"the formula of {name}"])
    assert writer.lines([Group("E", body)]) == [
        "// the formula of E",
        "let total = 0;",
        "for (let i_ = 0; i_ < 3; ++i_) {",
        "  if (x[i_] > 0) {",
        "    total += x[i_] * x[i_];",
        "  }",
        "}",
        "out.E[0] = total;",
    ]


def test_a_position_stays_a_whole_number():
    place = Declare("place", Number(I), varies=True, whole=True)
    stores = (Store(Name("place"), Number(T)), Store(Name("top"), Number(T)))
    assert LoopWriter(BRACES, {}).lines([place, *stores]) == ["int place = i;", "place = t;", "top = (real)t;"]


def test_what_is_added_with_a_minus_is_taken_off():
    lines = LoopWriter(PLAIN, {}).lines([Store(Name("a"), neg(mul(Name("b"), Name("c"))), add=True)])
    assert lines == ["a -= b * c;"]


def test_loops_that_run_backwards_and_from_the_second_place():
    store = Store(Name("a"), ONE)
    lines = LoopWriter(PLAIN, {}).lines([For(T, (store,), reverse=True), For(I, (store,), start=1)])
    assert lines[0] == "for (let t = 4 - 1; t >= 0; --t) {" and lines[3] == "for (let i = 1; i < 3; ++i) {"


def test_only_what_is_needed_is_kept():
    def group(name, *reads):
        return Group(name, tuple(Store(Element(name, ()), Element(read, ())) for read in reads))

    steps = (group("u", "x"), group("v", "x"), For(T, (group("w", "u", "w"),)), group("E", "w"))
    assert needed_steps(steps, {"E"}) == (steps[0], steps[2], steps[3])
    assert needed_steps(steps, {"v"}) == (steps[1],)
