"""Statements: what a loop holds is found among them."""

from symbackprop.expressions import Index
from symbackprop.program import Assign, Leaf, Loop, assignments

T, J = Index("t", 4), Index("j", 3)
Z, H = Assign("z", (T, J), Leaf("x", (T, J))), Assign("h", (T, J), Leaf("z", (T, J)))


def test_assignments_are_found_inside_loops_in_order():
    after = Assign("y", (J,), Leaf("b", (J,)))
    assert assignments([Loop(T, True, (Z, H)), after]) == (Z, H, after)
    assert assignments([]) == ()


def test_statements_of_equal_parts_are_equal():
    assert Loop(T, False, (Z,)) == Loop(T, False, (Assign("z", (T, J), Leaf("x", (T, J))),))
    assert Loop(T, False, (Z,)) != Loop(T, True, (Z,))
