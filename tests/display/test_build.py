"""SymPy expressions over our nodes → trees, pinned as a textbook prints them, and equal in value to what they print."""

from __future__ import annotations

from fractions import Fraction as Q

import pytest
import sympy as sp

from symbackprop.display import Symbol, TensorReader, build, evaluate, latex, text
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.graph import Tensor
from symbackprop.notation import given

I, J, K = Index("i", 2), Index("j", 2), Index("k", 2)
SIZE = sp.Symbol("T", integer=True)
TIME = Index("t", SIZE)
Z, BETA = sp.symbols("z beta")
N = sp.Symbol("N", integer=True)
ZERO, ONE = sp.S.Zero, sp.S.One


def R(name: str, *indices: object) -> Read:
    return Read(name, *indices)


GOLDEN = [
    (Total(R("W1", J, I) * R("x", I), I) + R("b1"), "Σᵢ wⱼᵢ⁽¹⁾·xᵢ + b1"),
    (R("W1", 0, 0) * R("x", 0) + R("W1", 0, 1) * R("x", 1) + R("b1"), "w1·x₁ + w2·x₂ + b1"),
    (Total((R("t", K) - R("a2", K)) ** 2 / 2, K), "½·Σₖ (tₖ - aₖ⁽²⁾)²"),
    ((R("t", 0) - R("a2", 0)) ** 2 / 2, "½·(t₁ - a₁⁽²⁾)²"),
    (-(R("t", K) - R("a2", K)), "aₖ⁽²⁾ - tₖ"),
    (-(R("t", K) - R("a2", K)) * R("a2", K) * (1 - R("a2", K)), "(aₖ⁽²⁾ - tₖ)·aₖ⁽²⁾·(1 - aₖ⁽²⁾)"),
    (
        Total(R("delta2", K) * R("W2", K, J), K) * R("a1", J) * (1 - R("a1", J)),
        "Σₖ δₖ⁽²⁾·wₖⱼ⁽²⁾·aⱼ⁽¹⁾·(1 - aⱼ⁽¹⁾)",
    ),
    (
        (R("delta2", 0) * R("W2", 0, 0) + R("delta2", 1) * R("W2", 1, 0)) * R("a1", 0) * (1 - R("a1", 0)) * R("x", 0),
        "(δ₁⁽²⁾·w5 + δ₂⁽²⁾·w7)·a₁⁽¹⁾·(1 - a₁⁽¹⁾)·x₁",
    ),
    (R("x", I) * R("delta1", J), "δⱼ⁽¹⁾·xᵢ"),
    (1 - R("a1", J) ** 2, "1 - (aⱼ⁽¹⁾)²"),
    (sp.exp(R("z1", J)) / Total(sp.exp(R("z1", K)), K), "exp(zⱼ⁽¹⁾)/(Σₖ exp(zₖ⁽¹⁾))"),
    (R("a2", K) * (Delta(K, J) - R("a2", J)), "([k = j] - aⱼ⁽²⁾)·aₖ⁽²⁾"),
    (-Total(R("t", K) * sp.log(R("a2", K)), K), "-Σₖ tₖ·log aₖ⁽²⁾"),
    (
        -(R("t", 0) * sp.log(R("a2", 0)) + (1 - R("t", 0)) * sp.log(1 - R("a2", 0))),
        "-(t₁·log a₁⁽²⁾ + (1 - t₁)·log(1 - a₁⁽²⁾))",
    ),
    (Total(R("z1", J), J) / N, "1/N·Σⱼ zⱼ⁽¹⁾"),
    (1 / (1 + sp.exp(-Z)), "1/(1 + exp(-z))"),
    (sp.exp(-Z) / (1 + sp.exp(-Z)) ** 2, "exp(-z)/(1 + exp(-z))²"),
    (Z * (1 + sp.erf(Z / sp.sqrt(2))) / 2, "½·z·(1 + erf(z/√2))"),
    (
        Z * (1 + sp.tanh(sp.sqrt(2 / sp.pi) * (Z + sp.Rational("0.044715") * Z**3))) / 2,
        "½·z·(1 + tanh(√(2/π)·(z + 0.044715·z³)))",
    ),
    (Where(Z > 0, Z, ZERO), "{z if z > 0; 0 otherwise}"),
    (Where(Z > 1, ONE, Where(Z > 0, Z, ZERO)), "{1 if z > 1; z if z > 0; 0 otherwise}"),
    (R("delta1", J) * Where(R("z1", J) > 0, ONE, ZERO), "δⱼ⁽¹⁾·[zⱼ⁽¹⁾ > 0]"),
    (Where(sp.Gt(TIME, 0), R("x", TIME - 1), ZERO), "{x_{τ-1} if τ > 1; 0 otherwise}"),
    (Within(TIME - 1, SIZE) * R("x", TIME - 1), "x_{τ-1}·[1 ≤ τ - 1 ≤ T]"),
    (Delta(TIME, SIZE - 1), "[τ = T]"),
    (Peak(R("z1", K), K), "maxₖ zₖ⁽¹⁾"),
    (Delta(ArgPeak(R("z1", K), K), J), "[argmaxₖ zₖ⁽¹⁾ = j]"),
    (Where(sp.And(Z > 0, Z < 1), Z, BETA), "{z if z < 1 and z > 0; beta otherwise}"),
    (sp.Max(Z, 0), "max(0, z)"),
    (sp.Abs(Z), "|z|"),
    (Z / (2 * BETA), "z/(2·beta)"),
    (BETA * (sp.exp(Z) - 1), "beta·(exp(z) - 1)"),
    (-Z - BETA, "-(beta + z)"),
    (-Z / 3, "-⅓·z"),
    (sp.Rational("0.01") * Z, "0.01·z"),
    (sp.Rational(1, 7) * Z, "1/7·z"),
    (1 / sp.sqrt(Z), "1/√z"),
    (sp.Float("0.1") * Z, "0.1·z"),
    (Total(R("z1", J), J, K), "Σⱼ Σ_{k=1..2} zⱼ⁽¹⁾"),
]


@pytest.mark.parametrize(("expr", "printed"), GOLDEN, ids=[printed for _, printed in GOLDEN])
def test_golden(reader: TensorReader, expr: sp.Expr, printed: str) -> None:
    assert text(build(expr, reader)) == printed


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (Total(R("W1", 1, I) * R("x", I), I) + R("b1"), Q("0.3925")),
        ((R("t", 0) - R("x", 0)) ** 2 / 2, Q("0.0008")),
        (R("x", 0) / R("x", 1), Q(1, 2)),
        (Total(Delta(I, J) * R("x", I), I, J), Q("0.15")),
        (Total(Where(sp.Gt(I, 0), R("x", I - 1), ZERO), I), Q("0.05")),
        (Total(Within(I + 1, 2) * R("x", I), I), Q("0.05")),
        (Total(Delta(ArgPeak(R("x", I), I), J) * R("x", J), J), Q("0.10")),
        (Total(I * R("x", I), I), Q("0.10")),
        (Peak(R("x", I), I) - sp.Rational(1, 8), Q("-0.025")),
        (sp.Max(R("x", 0), 0) * 7 / 3, Q(7, 60)),
    ],
)
def test_what_is_printed_has_the_value_of_what_was_meant(reader: TensorReader, expr: sp.Expr, value: Q) -> None:
    values = {"W1": [["0.15", "0.20"], ["0.25", "0.30"]], "x": ["0.05", "0.10"], "t": ["0.01"], "b1": "0.35"}
    assert evaluate(build(expr, reader), values) == value


def test_limits_of_sums(reader: TensorReader) -> None:
    assert latex(build(Total(R("x", I), I), reader, ranges=True)) == r"\sum_{i=1}^{2} x_{i}"


def test_a_hidden_index_is_not_summed_over() -> None:
    sample = Index("s", 1)
    reader = TensorReader({"z1": Tensor("z1", "hidden", (sample, J), layer=1)}, hidden=("s",))
    assert text(build(Total(R("z1", sample, J), sample, J), reader)) == "Σⱼ zⱼ⁽¹⁾"
    assert text(build(Total(R("z1", sample, J), sample), reader)) == "zⱼ⁽¹⁾"


def test_symbols_can_be_given_signs() -> None:
    scalar = sp.Symbol("W2_11")
    tree = Symbol(given("w5"), key="w5")
    assert text(build(2 * scalar + Z, symbols={scalar: tree})) == "2·w5 + z"


def test_what_cannot_be_printed_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be printed"):
        build(sp.I)


def test_a_condition_that_chooses_between_conditions() -> None:
    choice = sp.ITE(Z > 1, Z > 2, Z > 3)
    assert text(build(Where(choice, ONE, ZERO))) == text(
        build(Where(sp.Or(sp.And(Z > 1, Z > 2), sp.And(sp.Not(Z > 1), Z > 3)), ONE, ZERO))
    )
