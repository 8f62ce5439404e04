"""A node that a target has no form of is called what a user writes, and the message says who has one."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import UnsupportedError
from symbackprop.expressions import Index
from symbackprop.program import Along, Det, Inverted, Leaf, Position, Reduce
from symbackprop.program.refusals import written
from symbackprop.targets import floats_text

R, C, P, Q = (Index(letter, 3) for letter in "rcpq")
X = Leaf("X", (R, C))


@pytest.mark.parametrize(
    ("node", "name"),
    [
        (Inverted(X, R, C, (P, Q)), "np.linalg.inv"),
        (Det(X, R, C), "np.linalg.det"),
        (Det(X, R, C, True), "np.linalg.slogdet"),
        (Along("cumsum", X, R), "cumsum"),
        (Reduce("argmax", X, (R,)), "argmax"),
        (Position(R), "Position"),
    ],
)
def test_what_a_user_writes(node, name):
    assert written(node) == name


@pytest.mark.parametrize("name", ["inv", "det", "slogdet"])
def test_the_message_says_what_is_refused_and_what_to_take(name):
    function = getattr(np.linalg, name)
    d = sb.derive(lambda X: np.sum(function(X) if name != "slogdet" else function(X)[1]), X=(3, 3))
    with pytest.raises(
        UnsupportedError, match=rf"np.linalg.{name} has no form in(.|\n)*--to python, c, javascript, array_api"
    ):
        floats_text(d.stages)
