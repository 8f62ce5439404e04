"""Records of scalar code."""

import sympy as sp

from symbackprop.program.scalar import ONE, ZERO, Element, Name, Number, Op, is_truth, number, parts, within

A, B = Name("a"), Name("b")


def test_equal_values_are_equal_records():
    one, other = Op("mul", (A, B)), Op("mul", (Name("a"), Name("b")))
    assert one == other and hash(one) == hash(other)
    assert one != Op("mul", (B, A))
    assert number(0) == ZERO and Number(sp.S.One) == ONE


def test_within_visits_everything():
    value = Op("add", (A, Element("x", (B,))))
    assert list(within(value)) == [value, A, Element("x", (B,)), B]
    assert parts(Element("x", (B,))) == (B,) and parts(A) == ()


def test_truth():
    assert is_truth(Op("gt", (A, B))) and is_truth(Op("not", (Op("eq", (A, B)),)))
    assert not is_truth(Op("where", (Op("gt", (A, B)), ONE, ZERO))) and not is_truth(A)
