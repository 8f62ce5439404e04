"""Logarithms of saturated functions are computed from their arguments."""

from __future__ import annotations

import pytest
import sympy as sp

from symbackprop.emit.numpy import numpy_code
from symbackprop.emit.stable import stable_logs
from symbackprop.expressions import Index
from symbackprop.program import Along, Array, Assign, Const, Leaf, Loop, Map, Reduce

J, K = Index("j", 3), Index("k", 3)
Z, A = Leaf("z", (J,)), Leaf("a", (J,))
ONE, MINUS = Const(sp.S.One), Const(sp.S.NegativeOne)
SOFTMAX, SIGMOID = Along("softmax", Z, J), Map("sigmoid", (Z,))
COMPLEMENT = Map("add", (ONE, Map("mul", (MINUS, A))))


def code(activation: Array, node: Array) -> str:
    statements = stable_logs([Assign("a", (J,), activation), Assign("E", node.axes, node)])
    last = statements[-1]
    assert isinstance(last, Assign)
    return numpy_code(last.value, last.axes)


@pytest.mark.parametrize(
    ("activation", "node", "text"),
    [
        (SOFTMAX, Map("log", (A,)), "log_softmax(z)"),
        (SIGMOID, Map("log", (A,)), "log_sigmoid(z)"),
        (SIGMOID, Map("log", (COMPLEMENT,)), "log_sigmoid(-z)"),
        (SIGMOID, Map("log", (SIGMOID,)), "log_sigmoid(z)"),
        (SOFTMAX, Reduce("sum", Map("mul", (A, Map("log", (A,)))), (J,)), "np.sum(a * log_softmax(z))"),
        (SOFTMAX, Map("log", (COMPLEMENT,)), "np.log(1 - a)"),
        (Map("tanh", (Z,)), Map("log", (A,)), "np.log(a)"),
        (SOFTMAX, Map("log", (Leaf("x", (J,)),)), "np.log(x)"),
    ],
)
def test_a_logarithm_is_taken_of_the_argument_where_that_helps(activation: Array, node: Array, text: str) -> None:
    assert code(activation, node) == text


def test_the_axis_is_that_of_the_reading() -> None:
    other = Map("log", (Leaf("a", (K,)),))
    found = stable_logs([Assign("a", (J,), SOFTMAX), Assign("y", (K,), other)])[-1]
    assert found == Assign("y", (K,), Along("log_softmax", Leaf("z", (K,)), K))


def test_loops_stay_as_they_are() -> None:
    loop = Loop(J, False, (Assign("a", (J,), Map("log", (Z,))),))
    assert stable_logs([loop]) == (loop,)
