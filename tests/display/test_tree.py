"""Nodes of the display tree: what a number is worth, what lies inside a tree."""

from __future__ import annotations

from fractions import Fraction as Q

from symbackprop.display.tree import (
    Boxed,
    Brace,
    Number,
    Paint,
    Product,
    Reference,
    Relation,
    Row,
    Sum,
    Symbol,
    Words,
    bare,
    children,
    integer,
    plus,
    times,
    walk,
)
from symbackprop.notation import given

A, B = Symbol(given("a")), Symbol(given("b"))


def test_a_number_is_worth_the_text_that_is_shown() -> None:
    assert Number("0.10").value == Q(1, 10)
    assert Number("-3.5e-05").value == Q(-7, 200000)


def test_the_unit_is_that_of_the_last_digit_shown() -> None:
    assert Number("0.10").unit == Q(1, 100)
    assert Number("12").unit == 1
    assert Number("3.510e-05").unit == Q(1, 10**8)


def test_one_term_or_factor_is_itself() -> None:
    assert plus(A) is A
    assert times(A) is A
    assert plus(A, B) == Sum((A, B))
    assert times(A, B, by="odot") == Product((A, B), "odot")


def test_bare_takes_off_colour_brace_and_box() -> None:
    assert bare(Boxed(Paint("delta", Brace(A, Reference("x"))))) is A


def test_walk_sees_labels_and_reasons() -> None:
    relation = Relation(A, (Row("=", Brace(B, Reference("eq:b")), reason=Words(("as ", integer(3)))),))
    inside = walk(relation)
    assert [node for node in inside if isinstance(node, Reference | Number)] == [Reference("eq:b"), integer(3)]
    assert children(Product((A, B))) == (A, B)


def test_without_a_place_of_its_own_a_symbol_is_at_its_subscripts() -> None:
    assert Symbol(given("a"), (integer(2),)).place == (integer(2),)
    assert Symbol(given("w5"), at=(integer(1), integer(1))).place == (integer(1), integer(1))
