"""Matrix operations as nodes: which axes they have, and what is inside them."""

from symbackprop.expressions import Index
from symbackprop.program import Det, Inverted, Leaf, children, leaves, rebuilt

B, R, C, P, Q = Index("b", 2), *(Index(letter, 3) for letter in "rcpq")


def test_an_inverse_has_new_axes_and_a_determinant_none():
    leaf = Leaf("X", (R, B, C))
    assert Inverted(leaf, R, C, (P, Q)).axes == (B, P, Q)
    assert Det(leaf, R, C).axes == (B,)


def test_what_is_inside_is_seen_and_may_be_exchanged():
    node = Det(Leaf("X", (R, C)), R, C, logarithm=True)
    assert leaves(node) == {"X"} and children(node) == (Leaf("X", (R, C)),)
    assert rebuilt(node, [Leaf("Y", (R, C))]) == Det(Leaf("Y", (R, C)), R, C, logarithm=True)
