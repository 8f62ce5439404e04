"""Branches are turned round where a known number would stand in for what is no number."""

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.expressions import Index
from symbackprop.lower.branches import branch, turned
from symbackprop.program import Assign, Const, Leaf, Loop, Map, Position

J = Index("j", 3)
Z, T = Leaf("z", (J,)), Leaf("t", (J,))
ZERO, ONE = Const(sp.S.Zero), Const(sp.S.One)
ABOVE, BELOW = Map("gt", (Z, ZERO)), Map("le", (Z, ZERO))
SQUARE = Map("mul", (Z, Z))


def where(*args):
    return Map("where", args)


def test_the_computed_branch_is_what_is_taken_where_nothing_compares():
    assert branch(where(ABOVE, SQUARE, ZERO), ["t"]) == where(BELOW, ZERO, SQUARE)
    assert branch(where(BELOW, ZERO, SQUARE), ["t"]) == where(BELOW, ZERO, SQUARE)
    assert branch(where(ABOVE, where(BELOW, ONE, ZERO), ZERO), []).args[0] == BELOW  # as a1 asks, so does its slope
    inside = where(ABOVE, where(Map("lt", (Z, ONE)), SQUARE, ONE), ZERO)
    assert branch(inside, []) == where(BELOW, ZERO, where(Map("ge", (Z, ONE)), ONE, SQUARE))


def test_what_has_no_such_branch_stays_the_same_record():
    first = Map("gt", (Position(J), ONE))
    mask, relu = where(ABOVE, ONE, ZERO), where(ABOVE, Z, ZERO)
    for node in (mask, relu, where(first, SQUARE, ZERO), where(ABOVE, SQUARE, T), SQUARE):
        assert branch(node, []) is node
    for condition in (Map("gt", (T, ZERO)), Map("eq", (Z, ONE)), Map("and", (ABOVE, BELOW))):
        assert branch(where(condition, SQUARE, ZERO), ["t"]).args[0] is condition


def test_what_is_made_of_data_alone_is_data_and_loops_are_looked_into():
    known = Assign("k", (J,), Map("mul", (T, T)))
    ask = Map("gt", (Leaf("k", (J,)), ZERO))
    loop = Loop(J, False, (Assign("a", (J,), where(ABOVE, SQUARE, ZERO)),))
    forward, backward = turned((known, loop), (Assign("da", (J,), where(ask, Z, ZERO)),), ["t"])
    assert forward[0] is known and forward[1].body[0].value == where(BELOW, ZERO, SQUARE)
    assert backward[0].value.args[0] == ask


@pytest.mark.parametrize("style", ["readable", "fast"])
def test_missing_data_can_still_be_left_out_by_a_condition_on_them(style):
    d = sb.derive(lambda w, x, t: np.sum(np.where(t >= 0, (w * x - t) ** 2, 0)), w=3, x=3, t=3, wrt=["w"])
    loss, _ = d.compile(style).loss_and_grad({"w": np.ones(3)}, np.ones(3), np.array([2.0, np.nan, 0.5]))
    assert loss == 1.25
