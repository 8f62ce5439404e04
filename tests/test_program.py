"""Axes of the nodes: what each operation leaves, by name."""

import pytest
import sympy as sp

from symbackprop.expressions import Index
from symbackprop.program import Along, Assign, Const, Contract, Leaf, Map, Position, Reduce, leaves, union

I, J, K, S = (Index(letter, size) for letter, size in zip("ijks", (2, 3, 4, 5), strict=True))
W, X, B = Leaf("W", (J, I)), Leaf("x", (S, I)), Leaf("b", (J,))


@pytest.mark.parametrize(
    ("node", "axes"),
    [
        (W, (J, I)),
        (Const(sp.Integer(2)), ()),
        (Position(K), (K,)),
        (Map("mul", (X, W)), (S, I, J)),
        (Map("add", (Const(sp.S.One), B)), (J,)),
        (Contract(X, W, (I,)), (S, J)),
        (Contract(B, B, (J,)), ()),
        (Reduce("sum", W, (J,)), (I,)),
        (Reduce("max", X, (S, I)), ()),
        (Along("softmax", X, I), (S, I)),
        (Map("add", (Contract(X, W, (I,)), B)), (S, J)),
    ],
)
def test_axes(node, axes):
    assert node.axes == axes


def test_union_keeps_the_order_of_appearance():
    assert union((J, I), (S, I), ()) == (J, I, S)
    assert union() == ()


def test_leaves_finds_every_array_that_is_read():
    node = Map("where", (Map("gt", (X, Const(sp.S.Zero))), Along("softmax", Contract(X, W, (I,)), J), Position(J)))
    assert leaves(node) == {"x", "W"}
    assert leaves(Reduce("sum", B, (J,))) == {"b"}
    assert leaves(Const(sp.S.One)) == leaves(Position(I)) == set()


def test_nodes_of_equal_parts_are_equal():
    assert Assign("z", (S, J), Contract(X, W, (I,))) == Assign("z", (S, J), Contract(Leaf("x", (S, I)), W, (I,)))
    assert hash(Map("neg", (W,))) == hash(Map("neg", (Leaf("W", (J, I)),)))
