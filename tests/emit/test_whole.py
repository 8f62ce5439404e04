"""What gives whole numbers."""

import sympy as sp

from symbackprop.emit.whole import is_whole
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
