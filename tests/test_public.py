"""Our nodes become SymPy's own, with the assumptions that are promised."""

from __future__ import annotations

import pickle

import pytest
import sympy as sp
from sympy import IndexedBase, KroneckerDelta, Piecewise, Sum, Symbol

from symbackprop import expressions
from symbackprop.backward import backward
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.forward import forward
from symbackprop.network import load
from symbackprop.public import public, public_equation
from symbackprop.simplify import simplify

J, K = Index("j", 2), Index("k", 3)
N = Symbol("N", integer=True, positive=True)
S = Index("s", N)
j, k, s = (Symbol(name, integer=True) for name in "jks")
x, y = IndexedBase("x"), IndexedBase("y")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (J, j),
        (Read("E"), Symbol("E")),
        (Read("x", J, K + 1), x[j, k + 1]),
        (Total(Read("x", J, K), J, K), Sum(x[j, k], (k, 0, 2), (j, 0, 1))),
        (Total(Read("x", S), S), Sum(x[s], (s, 0, N - 1))),
        (Where(Read("x", J) > 0, Read("x", J), sp.S.Zero), Piecewise((x[j], x[j] > 0), (0, True))),
        (
            Where(sp.And(Read("x", J) > 0, sp.Gt(J, 0)), sp.S.One, sp.Integer(2)),
            Piecewise((1, (x[j] > 0) & (j > 0)), (2, True)),
        ),
        (Delta(J, K), KroneckerDelta(j, k)),
        (Within(J - 1, 3), Piecewise((1, (j - 1 >= 0) & (j - 1 <= 2)), (0, True))),
        (Peak(Read("x", K), K), sp.Max(x[0], x[1], x[2])),
        (Peak(Read("x", S), S), sp.Function("max_over")(x[s], s, 0, N - 1)),
        (ArgPeak(Read("x", K), K), sp.Function("argmax_over")(x[k], k, 0, 2)),
        (sp.exp(-Read("x", J)) / N, sp.exp(-x[j]) / N),
    ],
)
def test_each_node_becomes_what_sympy_has_for_it(ours: sp.Expr, theirs: sp.Expr) -> None:
    assert public(ours) == theirs


def test_an_equation_is_not_decided() -> None:
    equation = public_equation(Read("x", J), Read("x", J))
    assert isinstance(equation, sp.Eq)
    assert equation.lhs == equation.rhs == x[j]


@pytest.mark.parametrize("name", ["mazur", "mnist", "xor"])
def test_nothing_of_ours_is_left_in_a_network(name: str) -> None:
    derivation = simplify(backward(forward(load(name))))
    own = tuple(kind for kind in vars(expressions).values() if isinstance(kind, type) and issubclass(kind, sp.Basic))
    own = tuple(kind for kind in own if kind.__module__ == expressions.__name__)
    for equation in (*derivation.graph.equations, *derivation.adjoints):
        found = public_equation(equation.lhs, equation.rhs)
        assert not found.has(*own)
        assert pickle.loads(pickle.dumps(found)) == found
