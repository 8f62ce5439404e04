"""How C writes numbers, positions and sums of products."""

import pytest
import sympy as sp

from symbackprop.emit.c_language import BRACES, C, c_number, c_place
from symbackprop.emit.loops import LoopWriter
from symbackprop.emit.scalar import scalar_code
from symbackprop.expressions import Index
from symbackprop.program.algebra import compare, mul, neg, where
from symbackprop.program.nest import Declare, For, Store
from symbackprop.program.scalar import ZERO, Element, Name, Number, Op, number

N, I = sp.Symbol("N", integer=True), Index("i", 8)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (sp.Integer(3), "3"),
        (sp.Rational(1, 3), "(real)0.3333333333333333"),
        (sp.sqrt(2), "(real)1.4142135623730951"),
        (sp.S.NegativeInfinity, "(real)-HUGE_VAL"),
        (sp.Integer(-(10**30)), "(real)-1e+30"),
        (1 / N, "1 / (real)N"),
        (N / 2, "(real)N / 2"),
        ((N + 1) ** -1, "1 / (1 + (real)N)"),
        (N**2, "pow((real)N, 2)"),
        (sp.floor(N / 2), "(real)(N / 2)"),
    ],
)
def test_numbers_are_never_divided_as_whole_ones(value, code):
    assert c_number(value)[0] == code


def test_whole_numbers_are_divided_with_their_fraction():
    slope = where(compare("gt", Name("a"), ZERO), number(1), neg(number(1)))
    assert scalar_code(Op("div", (slope, number(10))), C) == "(a > 0 ? 1 : -1) / (real)10"
    assert scalar_code(Op("div", (Op("mul", (number(2), slope)), number(3))), C) == "2 * (a > 0 ? 1 : -1) / (real)3"
    assert scalar_code(Op("div", (mul(Name("a"), slope), number(10))), C) == "a * (a > 0 ? 1 : -1) / 10"


@pytest.mark.parametrize(
    ("value", "code"), [(2 * I + 1, "2 * i + 1"), (N - 1 - I, "N - i - 1"), (sp.floor((N + 1) / 2), "(N + 1) / 2")]
)
def test_places(value, code):
    assert c_place(value)[0] == code


def test_elements_and_comparisons():
    read = Element("work->a1", (Number(I), Number(2 * I)))
    assert scalar_code(mul(read, Number(N)), C) == "(real)N * work->a1[i][2 * i]"
    assert scalar_code(compare("lt", Number(I - 1), Number(N)), C) == "i - 1 < N"
    assert scalar_code(Op("place", (read, Number(sp.Integer(5)))), C) == "place(work->a1[i][2 * i], 5)"


def test_a_sum_of_products_along_rows_is_a_call():
    a, b = Element("a", (ZERO, Number(I))), Element("b", (Number(I),))
    start = Declare("sum1", ZERO, varies=True)

    def lines(value):
        return LoopWriter(BRACES, {}).lines([start, For(I, (Store(Name("sum1"), value, add=True),))])

    assert lines(mul(a, b)) == ["const real sum1 = dot(&a[0][0], &b[0], 8);"]
    across = Element("W", (Number(I), ZERO))
    assert "dot" not in " ".join(lines(mul(a, across)))
    assert "dot" not in " ".join(lines(mul(a, Element("c", (Number(I), Number(I))))))
