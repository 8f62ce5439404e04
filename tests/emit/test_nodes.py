"""What statements define, read and call, and the order in which layers can move one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy import Symbol

from symbackprop.emit import nodes
from symbackprop.expressions import Index
from symbackprop.program import (
    Affine,
    Assign,
    At,
    Const,
    Leaf,
    Loop,
    Map,
    Reduce,
    Window,
)

N, T = (Symbol(name, integer=True, positive=True) for name in "NT")
S, J, TIME = Index("s", N), Index("j", 3), Index("t", T)
A, B = Leaf("a", (S, J)), Leaf("b", (S,))


LOOP = Loop(
    TIME, False, (Assign("h", (TIME, J), Map("add", (At(Leaf("h", (TIME, J)), TIME, TIME - 1), Leaf("g", (J,))))),)
)
FIRST = Assign("g", (J,), Leaf("w", (J,)))
LAST = Assign("E", (), Map("mul", (Const(1 / N), Reduce("sum", Leaf("h", (TIME, J)), (TIME, J)))))
LONE = Assign("z", (J,), Map("sigmoid", (Leaf("g", (J,)),)))


def test_a_loop_defines_and_reads_what_its_body_does() -> None:
    assert nodes.defined(LOOP) == {"h"}
    assert nodes.read(LOOP) == {"h", "g"}
    assert nodes.all_read([FIRST, LAST]) == {"w", "h"}


def test_what_nobody_wants_is_left_out() -> None:
    assert nodes.needed([FIRST, LONE, LOOP, LAST], ["E"]) == (FIRST, LOOP, LAST)


def test_sizes_are_found_in_numbers_and_in_the_shapes_of_loops() -> None:
    assert nodes.sizes_used([LAST]) == {"N"}
    assert nodes.sizes_used([LOOP]) == {"T"}
    window = Window(A, J, Affine((TIME,), (1,), N - 1))
    assert nodes.sizes_used([Assign("y", (S, TIME), window)]) == {"N", "T"}
    assert nodes.sizes_used([FIRST]) == set()
    filled = Assign("dX", (S, Index("tau", 1), J), Leaf("r", (S, J)))
    assert nodes.sizes_used([filled]) == {"N"}, "the shape that is filled is named whole"


def test_helpers_are_named_once_and_in_order() -> None:
    assert nodes.helpers_used([LONE, LOOP, LONE]) == ["at", "sigmoid"]
    inside = Assign("y", (J,), At(Leaf("h", (TIME, J)), TIME, sp.S.Zero, inside=True))
    assert nodes.helpers_used([inside]) == []


def test_a_layers_parameters_come_before_the_layers_below_are_reached(networks: Mapping[str, Any]) -> None:
    parts = networks["mazur"]
    layers = {tensor.name: tensor.layer for tensor in parts.derivation.graph.parameters}
    found = nodes.in_layers(parts.program, layers, ["W1", "W2"])
    assert [([step.name for step in steps], moving) for steps, moving in found] == [
        (["delta2", "dW2"], ["W2"]),
        (["delta1", "dW1"], ["W1"]),
    ]


def test_sizes_that_are_numbers_are_counted() -> None:
    mean = Map("mul", (Map("pow", (Const(N), Const(sp.S.NegativeOne))), Reduce("sum", A, (S, J))))
    assert nodes.sizes_counted([Assign("E", (), mean)]) == ["N"]
    assert nodes.sizes_counted([Assign("E", (), Reduce("sum", A, (S, J)))]) == []
    assert nodes.sizes_counted([Assign("E", (), Map("mul", (Const(J / S.size), A)))]) == ["N"]
