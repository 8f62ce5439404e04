"""Trees → plain Unicode on one line."""

from __future__ import annotations

import pytest

from symbackprop.display import (
    Apply,
    BigSum,
    Boxed,
    Brace,
    Bracket,
    Compare,
    Extreme,
    Fraction,
    Logic,
    Matrix,
    Minus,
    Number,
    PartialDerivative,
    Power,
    Range,
    Reference,
    Relation,
    Row,
    Symbol,
    Tree,
    Words,
    element,
    integer,
    plus,
    text,
    times,
)
from symbackprop.notation import STANDARD, Sign, given

Z, B = Symbol(given("z")), Symbol(given("b"))
K = Symbol(Sign("k"), key="#k")
A = element(STANDARD.sign("a1", rank=1), 1)

GOLDEN: dict[str, Tree] = {
    "a₁⁽¹⁾": A,
    "∂E/∂w5": PartialDerivative(Symbol(given("E")), Symbol(given("w5"))),
    "Σₖ xₖ": BigSum(Symbol(Sign("x"), (K,)), (Range(K),)),
    "Σ_{k=1..3} xₖ": BigSum(Symbol(Sign("x"), (K,)), (Range(K, integer(3), shown=True),)),
    "argmaxₖ xₖ": Extreme(Symbol(Sign("x"), (K,)), Range(K), place=True),
    "1/(1 + exp(-z))": Fraction(integer(1), plus(integer(1), Apply("exp", (Minus(Z),)))),
    "√(z + b)": Apply("sqrt", (plus(Z, B),)),
    "|z|": Apply("abs", (Z,)),
    "σ′(z)": Apply("sigmoid", (Z,), primes=1),
    "zᶻ⁺ᵇ": Power(Z, plus(Z, B)),
    "z^{x₁}": Power(Z, Symbol(Sign("x"), (integer(1),))),
    "0.15 × 0.05": times(Number("0.15"), Number("0.05")),
    "z ⊙ b": times(Z, B, by="odot"),
    "z·(b/z)": times(Z, Fraction(B, Z)),
    "[1 2; z 4]": Matrix(((integer(1), integer(2)), (Z, integer(4)))),
    "[z ≤ b]": Bracket(Compare((Z, B), ("<=",))),
    "z > b or z = b": Logic("or", (Compare((Z, B), (">",)), Compare((Z, B), ("=",)))),
    "not (z > b)": Logic("not", (Compare((Z, B), (">",)),)),
    "from z in (eq:1)": Words(("from ", Z, " in ", Reference("eq:1"))),
    "z = b ≈ 0.5": Relation(Z, (Row("=", Brace(B, Reference("x"))), Row("≈", Boxed(Number("0.5", exact=False))))),
}


@pytest.mark.parametrize(("printed", "tree"), GOLDEN.items(), ids=list(GOLDEN))
def test_golden(printed: str, tree: Tree) -> None:
    assert text(tree) == printed


def test_a_user_sees_the_name_he_typed() -> None:
    assert text(Symbol(given("net_h1"))) == "net_h1"
