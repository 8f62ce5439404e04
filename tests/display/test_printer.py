"""Where parentheses stand, in both printers: precedence, signs, and what a sum in front would swallow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbackprop.display import (
    HALF,
    Apply,
    BigSum,
    Cases,
    Compare,
    Fraction,
    Minus,
    Number,
    Paint,
    Power,
    Product,
    Range,
    Sum,
    Symbol,
    Transpose,
    Tree,
    integer,
    latex,
    plus,
    text,
    times,
)
from symbackprop.display.latex import LatexPrinter
from symbackprop.display.printer import captures
from symbackprop.display.text import TextPrinter
from symbackprop.notation import STANDARD, Sign, given

A, B, C = (Symbol(given(name)) for name in "abc")
NEGATIVE = Number("-0.038")
K = Symbol(Sign("k"), key="#k")
OVER_K = BigSum(Symbol(Sign("w"), (K,)), (Range(K),))


@pytest.mark.parametrize(
    ("tree", "printed"),
    [
        (plus(Number("0.138"), NEGATIVE), "0.138 + (-0.038)"),
        (plus(integer(1), Minus(Number("-0.5"))), "1 - (-0.5)"),
        (plus(NEGATIVE, A), "-0.038 + a"),
        (plus(A, Minus(plus(B, C))), "a - (b + c)"),
        (plus(A, Minus(plus(B, Minus(C)))), "a - (b - c)"),
        (plus(Minus(A), B), "-a + b"),
        (plus(A, times(NEGATIVE, Number("0.50"), by="times")), "a + (-0.038) × 0.50"),
        (times(NEGATIVE, Number("0.50"), by="times"), "-0.038 × 0.50"),
        (times(Number("0.50"), NEGATIVE, by="times"), "0.50 × (-0.038)"),
        (times(Paint("error", NEGATIVE), Number("2")), "-0.038 × 2"),
        (times(A, plus(integer(1), Minus(A))), "a·(1 - a)"),
        (Minus(times(A, B)), "-a·b"),
        (Minus(Minus(A)), "-(-a)"),
        (Minus(plus(A, B)), "-(a + b)"),
        (times(HALF, Power(plus(A, Minus(B)), integer(2))), "½·(a - b)²"),
        (Power(NEGATIVE, integer(2)), "(-0.038)²"),
        (Power(Minus(A), integer(2)), "(-a)²"),
        (Power(Power(A, integer(2)), integer(3)), "(a²)³"),
        (Power(Symbol(Sign("a", layer="1")), integer(2)), "(a⁽¹⁾)²"),
        (Power(Apply("log", (A,)), integer(2)), "(log a)²"),
        (Power(Number("3e-05"), integer(2)), "(3×10⁻⁵)²"),
        (Fraction(plus(A, B), times(A, B)), "(a + b)/(a·b)"),
        (Fraction(A, Fraction(B, C)), "a/(b/c)"),
        (Apply("exp", (Minus(A),)), "exp(-a)"),
        (times(plus(A, Cases(((A, Compare((A, B), (">",))), (B, None)))), C), "(a + ({a if a > b; b otherwise}))·c"),
        (Transpose(plus(A, B)), "(a + b)ᵀ"),
        (times(Apply("log", (A,)), B), "(log a)·b"),
        (times(B, Apply("log", (A,))), "b·log a"),
    ],
)
def test_parentheses(tree: Tree, printed: str) -> None:
    assert text(tree) == printed


def test_a_sum_stands_free_before_factors_that_do_not_mention_its_index() -> None:
    assert text(times(OVER_K, A)) == "Σₖ wₖ·a"
    assert text(times(OVER_K, Symbol(Sign("v"), (K,)))) == "(Σₖ wₖ)·vₖ"
    assert text(times(OVER_K, OVER_K)) == "(Σₖ wₖ)·Σₖ wₖ"
    assert text(plus(OVER_K, B)) == "Σₖ wₖ + b"
    assert text(Power(OVER_K, integer(2))) == "(Σₖ wₖ)²"
    assert text(BigSum(plus(A, B), (Range(K),))) == "Σₖ (a + b)"


def test_captures_asks_only_about_what_follows() -> None:
    assert captures(OVER_K, [OVER_K])
    assert not captures(OVER_K, [])
    assert not captures(A, [OVER_K])


def test_a_layer_above_stands_where_an_exponent_would() -> None:
    whole = Symbol(STANDARD.sign("W2", rank=2, whole=True))
    assert latex(Transpose(whole)) == r"\bigl(\mat{W}\lay{2}\bigr)\T"
    assert latex(Transpose(Symbol(STANDARD.sign("x", rank=1, whole=True)))) == r"\vect{x}\T"


def test_a_power_of_the_letter_e_is_no_exponential() -> None:
    e, x = Symbol(given("e")), Symbol(given("x"))
    assert latex(Power(e, Number("2"))) == "(e)^{2}"
    assert latex(Power(Symbol(Sign("e"), (K,)), Number("2"))) == "e_{k}^{2}"
    assert latex(Apply("exp", (x,))) == "e^{x}"


def test_a_factor_sigma_is_no_function_of_a_parenthesis() -> None:
    sigma = Symbol(given("sigma"))
    assert latex(times(sigma, plus(A, B))) == r"\sigma \cdot (a + b)"
    assert latex(times(sigma, A)) == r"\sigma a"
    assert latex(times(Symbol(Sign("sigma"), (K,)), plus(A, B))) == r"\sigma_{k} (a + b)"


def test_where_a_bare_number_above_is_a_layer_an_exponent_stands_behind_parentheses() -> None:
    two, sign = Number("2"), replace(given("a"), brackets=False, plain="")
    assert latex(Power(Symbol(sign), two)) == "(a)^{2}"
    assert text(Power(Symbol(sign), two)) == "(a)²"
    assert latex(Power(Symbol(given("a")), two)) == "a^{2}"
    assert latex(Transpose(Symbol(replace(sign, shape="vector")))) == r"\vect{a}\T"


def test_every_node_is_printed_by_both() -> None:
    names = {node.__name__.lower() for node in Tree.__subclasses__()} - {"paint", "brace"}
    assert "bigsum" in names
    for printer in (LatexPrinter, TextPrinter):
        assert {name for name in names if not hasattr(printer, name)} == set()


def test_a_product_keeps_its_order() -> None:
    assert text(Product((C, A, B))) == "c·a·b"
    assert text(Sum((C, A, B))) == "c + a + b"
