"""Index expressions, counted from 0, → trees that count from 1."""

from __future__ import annotations

import pytest
import sympy as sp

from symbackprop.display import Tree, build, latex, text
from symbackprop.display.places import from_one, place_tree
from symbackprop.display.reader import TensorReader
from symbackprop.display.tree import Symbol
from symbackprop.expressions import ArgPeak, Delta, Index, Read, Total, Where
from symbackprop.graph import Fact, Tensor
from symbackprop.notation import Sign

T = sp.Symbol("T", integer=True)
STRIDE = sp.Symbol("stride", integer=True)
I, K, TIME = Index("i", 3), Index("k", 3), Index("t", T)


def place(expr: sp.Expr) -> Tree:
    index = lambda index: Symbol(Sign(str(index)), key=f"#{index}")  # noqa: E731
    return place_tree(expr, index, lambda read: Symbol(Sign("r")), counted)


def counted(read: Read) -> bool:
    return read.tensor == "token"


@pytest.mark.parametrize(
    ("expr", "printed"),
    [
        (I, "i"),
        (sp.Integer(0), "1"),
        (sp.Integer(4), "5"),
        (TIME - 1, "t - 1"),
        (TIME + 1, "t + 1"),
        (T - 1, "T"),
        (I + K, "i + k - 1"),
        (2 * I + K, "2·i + k - 2"),
        (T - 1 - TIME, "T - t + 1"),
        (STRIDE * I, "stride·i - stride + 1"),
        (Read("token", I), "r"),
        (Read("token", I) - 1, "r - 1"),
        (Read("number", I), "r + 1"),
        (Read("number", I) - 1, "r"),
    ],
)
def test_printed_places(expr: sp.Expr, printed: str) -> None:
    assert text(place(expr)) == printed


def test_division_rounds_down() -> None:
    assert "floor" in latex(place(sp.floor(I / 2)))


def test_from_one_moves_every_index() -> None:
    assert from_one(I + 2 * TIME, counted) == I + 2 * TIME - 3


@pytest.mark.parametrize(
    ("condition", "from_one", "printed"),
    [
        (sp.Eq(Read("t", I), K), True, "tᵢ = k"),
        (sp.Eq(Read("t", I), K), False, "tᵢ = k - 1"),
        (sp.Eq(Read("t", I), 0), True, "tᵢ = 1"),
        (sp.Eq(Read("t", I), 0), False, "tᵢ = 0"),
        (sp.Gt(Read("t", I), K), False, "tᵢ ≥ k"),
        (sp.Le(Read("t", I), K), False, "tᵢ < k"),
        (sp.Gt(Read("x", I), K), False, "xᵢ > k - 1"),
        (sp.Gt(I, K), False, "i > k"),
        (sp.Gt(I, K - 1), False, "i ≥ k"),
    ],
)
def test_conditions_on_whole_numbers(condition: sp.Basic, from_one: bool, printed: str) -> None:
    whole = Tensor("t", "input", (I,), facts=(Fact("integer"),), from_one=from_one)
    reader = TensorReader({"t": whole, "x": Tensor("x", "input", (I,))})
    assert text(build(Where(condition, sp.Integer(1), sp.Integer(0)) * Read("z", I, K), reader)) == f"zᵢₖ·[{printed}]"


def test_limits_are_printed_where_nothing_tells_them() -> None:
    # Neither a shifted place tells them, nor an axis that goes further; one of a tensor that nobody knows is believed.
    few, reader = Index("i", 2), TensorReader({"x": Tensor("x", "input", (I,))})
    windows = Total(Read("z", 2 * few), few)
    assert text(build(windows + Total(Read("x", I), I), reader)) == "Σᵢ xᵢ + Σ_{i=1..2} z_{2·i-1}"
    assert text(build(windows, reader)) == "Σ_{i=1..2} z_{2·i-1}"
    assert text(build(Total(Read("x", few) * Read("x", few + 1), few), reader)) == "Σ_{i=1..2} xᵢ·xᵢ₊₁"
    assert text(build(Total(Read("z", few), few), reader)) == "Σᵢ zᵢ"


def test_the_place_of_a_maximum_keeps_its_own_index():
    t, p = Index("t", 4), Index("p", 3)
    inner = ArgPeak(Read("x", 2 * t + p), p)
    place = build(Delta(2 * t + inner, Index("k", 9)))
    assert text(place) == "[argmax_{p=1..3} x_{p+2·t-2} + 2·t - 2 = k]"
