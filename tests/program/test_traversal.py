"""Every kind of node gives what is inside it, and takes something else in its place."""

import dataclasses
import inspect

import pytest
import sympy as sp

from symbackprop.expressions import Index
from symbackprop.program import (
    Accumulate,
    Affine,
    Along,
    Array,
    At,
    Const,
    Contract,
    FirstStep,
    Gather,
    Leaf,
    Map,
    Position,
    Reduce,
    Scatter,
    Window,
    children,
    leaves,
    nodes,
    rebuilt,
)

I, J, K, S = (Index(letter, size) for letter, size in zip("ijks", (2, 3, 4, 5), strict=True))
W, X, B, TOKEN = Leaf("W", (J, I)), Leaf("x", (S, I)), Leaf("b", (J,)), Leaf("token", (S,))
ALL = [
    W,
    Const(sp.Integer(2)),
    Position(K),
    Map("add", (W, B, Const(sp.S.One))),
    Contract(X, W, (I,)),
    Reduce("sum", X, (S,)),
    Along("softmax", X, I),
    Window(X, I, Affine((J,), (1,), sp.S.Zero)),
    Accumulate(W, K, Affine((J,), (2,), sp.S.Zero)),
    Gather(W, J, TOKEN),
    Scatter(X, J, TOKEN),
    At(X, S, sp.Integer(1)),
    FirstStep(B, W),
]


def held(node: Array) -> list[Array]:
    """The nodes in the fields of a node, found without knowing its kind."""
    values = [getattr(node, field.name) for field in dataclasses.fields(node)]
    parts = [part for value in values for part in (value if isinstance(value, tuple) else [value])]
    return [part for part in parts if isinstance(part, Array)]


def test_every_kind_is_tried():
    kinds = {
        kind for kind in vars(inspect.getmodule(Array)).values() if inspect.isclass(kind) and issubclass(kind, Array)
    }
    assert {type(node) for node in ALL} == kinds - {Array}


@pytest.mark.parametrize("node", ALL, ids=lambda node: type(node).__name__)
def test_children_are_all_nodes_inside_and_can_be_replaced(node):
    inside = children(node)
    assert list(inside) == held(node)
    assert rebuilt(node, inside) == node
    others = [Leaf(f"other{number}", part.axes) for number, part in enumerate(inside)]
    assert list(children(rebuilt(node, others))) == others
    assert leaves(rebuilt(node, others)) == ({other.name for other in others} or leaves(node))


def test_nodes_and_leaves_reach_everything():
    node = Map("where", (Map("gt", (X, Const(sp.S.Zero))), Along("softmax", Contract(X, W, (I,)), J), Position(J)))
    assert leaves(node) == {"x", "W"}
    assert [type(inner).__name__ for inner in nodes(node)] == [
        "Map", "Map", "Leaf", "Const", "Along", "Contract", "Leaf", "Leaf", "Position",
    ]  # fmt: skip
    assert leaves(Gather(W, J, TOKEN)) == {"W", "token"}
    assert leaves(Const(sp.S.One)) == leaves(Position(I)) == set()
