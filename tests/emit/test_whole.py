"""What gives whole numbers."""

import sympy as sp

from symbackprop.emit.whole import is_array, is_whole
from symbackprop.expressions import Index
from symbackprop.program import Const, Leaf, Map, Position, Reduce

I, J = Index("i", 3), Index("j", 2)
X, TOKEN = Leaf("x", (I, J)), Leaf("token", (I,))


def test_whole_numbers():
    two, half = Const(sp.Integer(2)), Const(sp.Rational(1, 2))
    assert is_whole(TOKEN, {"token"}) and not is_whole(X, {"token"})
    assert (
        is_whole(Position(I), ())
        and is_whole(Reduce("argmax", X, (J,)), ())
        and not is_whole(Reduce("max", X, (J,)), ())
    )
    assert is_whole(Map("add", (Position(I), two)), ()) and not is_whole(Map("mul", (Position(I), half)), ())
    inside = Map("gt", (X, two))
    assert is_whole(Map("where", (inside, two, Position(I))), ())
    assert not is_whole(Map("add", (inside, two)), ())


def test_arrays_without_axes_are_arrays_and_numbers_are_none():
    first = Leaf("b", ())
    assert is_array(X) and is_array(first) and is_array(Position(I))
    assert is_array(Map("where", (Map("gt", (first, Const(sp.S.Zero))), Const(sp.S.One), Const(sp.S.Zero))))
    assert not is_array(Map("mul", (Const(sp.S.One), Const(sp.Symbol("N")))))


def test_a_number_that_is_written_with_an_exponent_is_not_whole():
    never, none = Const(sp.Integer(-(10**30))), Const(sp.S.Zero)
    assert not is_whole(Map("where", (Map("gt", (X, none)), none, never)), ())
