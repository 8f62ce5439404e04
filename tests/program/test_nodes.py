"""Axes of the nodes: what each operation leaves, by name."""

import pytest
import sympy as sp

from symbackprop.expressions import Index
from symbackprop.program import (
    Accumulate,
    Affine,
    Along,
    Assign,
    At,
    Const,
    Contract,
    Gather,
    Leaf,
    Map,
    Position,
    Reduce,
    Scatter,
    Window,
    union,
)

N = sp.Symbol("N", integer=True, positive=True)
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
        (Window(X, I, Affine((J, K), (1, 2), sp.S.Zero)), (S, J, K)),
        (Accumulate(W, K, Affine((J,), (2,), sp.S.Zero)), (K, I)),
        (Accumulate(W, K, Affine((I, J), (2, 1), sp.S.Zero)), (K,)),
        (Gather(W, J, Leaf("token", (S,))), (S, I)),
        (Scatter(X, J, Leaf("token", (S,))), (J, I)),
        (At(X, S, sp.Integer(1)), (I,)),
    ],
)
def test_axes(node, axes):
    assert node.axes == axes


@pytest.mark.parametrize(
    "node", [Along("softmax", B, K), Reduce("max", W, (J, K)), Reduce("sum", Const(sp.S.One), (K,))]
)
def test_an_axis_that_the_argument_lacks_is_refused(node):
    with pytest.raises(TypeError, match="over k, which its argument does not have"):
        node.axes  # noqa: B018


def test_union_keeps_the_order_of_appearance():
    assert union((J, I), (S, I), ()) == (J, I, S)
    assert union() == ()


def test_nodes_of_equal_parts_are_equal():
    assert Assign("z", (S, J), Contract(X, W, (I,))) == Assign("z", (S, J), Contract(Leaf("x", (S, I)), W, (I,)))
    assert hash(Map("neg", (W,))) == hash(Map("neg", (Leaf("W", (J, I)),)))


P3 = Index("p", 3)


@pytest.mark.parametrize(
    ("at", "first", "last", "digits"),
    [
        (Affine((K, P3), (3, 1), sp.S.Zero), 0, 11, (K, P3)),
        (Affine((P3, K), (1, 3), sp.S.Zero), 0, 11, (K, P3)),
        (Affine((P3, K), (1, 2), sp.S.One), 1, 9, None),
        (Affine((P3, K), (1, -2), sp.Integer(2)), -4, 4, None),
        (Affine((P3,), (-1,), sp.Integer(2)), 0, 2, None),
        (Affine((P3,), (1,), N - 3), N - 3, N - 1, (P3,)),
    ],
)
def test_where_an_axis_is_read(at, first, last, digits):
    places = [at.start.subs(N, 9) + step for step in _steps(at)]
    assert (at.first, at.last, at.digits()) == (first, last, digits)
    assert (min(places), max(places)) == (at.first.subs(N, 9), at.last.subs(N, 9))


def _steps(at):
    totals = [0]
    for index, step in zip(at.indices, at.steps, strict=True):
        totals = [total + step * n for total in totals for n in range(index.size)]
    return totals


def test_a_place_is_inside_where_that_is_known():
    window = Affine((P3, K), (1, 2), sp.S.Zero)
    assert window.inside(sp.Integer(9))
    assert not window.inside(sp.Integer(8))
    assert Affine((P3,), (1,), N).inside(N + 3)
    assert not Affine((P3,), (1,), sp.S.NegativeOne).inside(sp.Integer(9))
    assert not Affine((P3,), (1,), sp.S.Zero).inside(N)
