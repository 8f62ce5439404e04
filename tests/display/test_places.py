"""Index expressions, counted from 0, → trees that count from 1."""

from __future__ import annotations

import pytest
import sympy as sp

from symbackprop.display import Tree, build, latex, text
from symbackprop.display.places import from_one, place_tree
from symbackprop.display.tree import Symbol
from symbackprop.expressions import ArgPeak, Delta, Index, Read
from symbackprop.notation import Sign

T = sp.Symbol("T", integer=True)
STRIDE = sp.Symbol("stride", integer=True)
I, K, TIME = Index("i", 3), Index("k", 3), Index("t", T)


def place(expr: sp.Expr) -> Tree:
    return place_tree(expr, lambda index: Symbol(Sign(str(index)), key=f"#{index}"), lambda read: Symbol(Sign("r")))


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
    ],
)
def test_printed_places(expr: sp.Expr, printed: str) -> None:
    assert text(place(expr)) == printed


def test_division_rounds_down() -> None:
    assert "floor" in latex(place(sp.floor(I / 2)))


def test_from_one_moves_every_index() -> None:
    assert from_one(I + 2 * TIME) == I + 2 * TIME - 3


def test_the_place_of_a_maximum_keeps_its_own_index():
    t, p = Index("t", 4), Index("p", 3)
    inner = ArgPeak(Read("x", 2 * t + p), p)
    place = build(Delta(2 * t + inner, Index("k", 9)))
    assert text(place) == "[argmaxₚ x_{p+2·t-2} + 2·t - 2 = k]"
