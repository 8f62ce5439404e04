"""Every branch that depends on values is found, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import sympy as sp

from symbackprop.emit.kinks import kinks
from symbackprop.emit.numpy import numpy_code
from symbackprop.expressions import Index
from symbackprop.program import Affine, Assign, At, Const, Leaf, Loop, Map, Position, Reduce, Window

J, K = Index("j", 3), Index("k", 4)
Z, Y = Leaf("z", (J,)), Leaf("y", (J,))
ZERO, ONE = Const(sp.S.Zero), Const(sp.S.One)


def branch(condition: Map) -> Assign:
    return Assign("a", (J,), Map("where", (condition, ONE, ZERO)))


def test_a_comparison_with_zero_is_the_value_itself() -> None:
    assert kinks([branch(Map("gt", (Z, ZERO)))]) == [("sign", Z)]


def test_a_comparison_of_two_values_is_their_difference() -> None:
    ((kind, node),) = kinks([branch(Map("le", (Z, Y)))])
    assert (kind, numpy_code(node, (J,))) == ("sign", "z - y")


def test_a_maximum_depends_on_its_two_largest_entries() -> None:
    peak = Reduce("max", Leaf("x", (J, K)), (K,))
    assert kinks([Assign("a", (J,), peak)]) == [("gap", peak)]


def test_a_comparison_of_positions_is_no_kink() -> None:
    assert kinks([branch(Map("gt", (Position(J), ONE)))]) == []


def test_one_kink_read_twice_is_named_once() -> None:
    assert len(kinks([branch(Map("gt", (Z, ZERO))), branch(Map("gt", (Z, ZERO)))])) == 1


def test_inside_a_loop_all_positions_count() -> None:
    time = Index("t", 5)
    q = Leaf("q", (time, J))
    now, before = At(q, time, time), At(q, time, time - 1)
    loop = Loop(time, False, (Assign("h", (time, J), Map("where", (Map("gt", (now, before)), now, ZERO))),))
    ((kind, node),) = kinks([loop])
    shifted = Window(q, time, Affine((time,), (1,), sp.S.NegativeOne))
    assert (kind, node) == ("sign", Map("add", (q, Map("mul", (Const(sp.S.NegativeOne), shifted)))))


@pytest.mark.parametrize(
    ("name", "number"), [("mazur", 0), ("relu", 1), ("pooling", 1), ("recurrent", 1), ("softmax", 0)]
)
def test_networks_have_the_kinks_of_their_layers(networks: Mapping[str, Any], name: str, number: int) -> None:
    assert len(kinks(networks[name].program.forward)) == number
