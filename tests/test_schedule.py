"""Equations come in an order in which each can be computed, and recurrences as loops that run the right way."""

import pytest

from symbackprop.errors import UndefinedError
from symbackprop.expressions import Index, Read, Total, Where, tensors_read
from symbackprop.graph import Equation
from symbackprop.schedule import schedule

T, J, I = Index("t", 5), Index("j", 3), Index("i", 3)


def shape(groups):
    return [([e.tensor for e in g.equations], g.loop and g.loop.name, g.reverse) for g in groups]


def test_what_is_read_comes_first():
    equations = [
        Equation("c", (J,), Read("b", J) + Read("a", J)),
        Equation("b", (J,), Read("a", J)),
        Equation("a", (J,), Read("x", J)),
    ]
    groups = schedule(equations)
    assert shape(groups) == [(["a"], None, False), (["b"], None, False), (["c"], None, False)]
    known = {"x"}
    for group in groups:
        assert set(tensors_read(group.equations[0].rhs)) <= known
        known.add(group.equations[0].tensor)


def test_an_order_that_is_right_is_kept():
    equations = [Equation(name, (J,), Read("x", J)) for name in "dacb"]
    assert [group.equations[0].tensor for group in schedule(equations)] == list("dacb")


def test_a_recurrence_is_a_loop():
    h = Equation("h", (T, J), Where(T > 0, Total(Read("W", J, I) * Read("h", T - 1, I), I), Read("h0", J)))
    assert shape(schedule([h])) == [(["h"], "t", False)]


def test_its_adjoint_runs_backwards():
    dh = Equation("dh", (T, J), Total(Read("W", I, J) * Read("dh", T + 1, I), I) + Read("dE", T, J))
    assert shape(schedule([dh])) == [(["dh"], "t", True)]


def test_several_equations_share_a_loop_in_the_order_of_one_moment():
    equations = [
        Equation("h", (T, J), Read("o", T, J) * Read("c", T, J)),
        Equation("c", (T, J), Read("c", T - 1, J) + Read("i", T, J)),
        Equation("o", (T, J), Read("h", T - 1, J) + Read("x", T, J)),
        Equation("i", (T, J), Read("h", T - 1, J) * Read("x", T, J)),
    ]
    (group,) = schedule(equations)
    place = {equation.tensor: n for n, equation in enumerate(group.equations)}
    assert (group.loop, group.reverse) == (T, False)
    assert place["i"] < place["c"] < place["h"] and place["o"] < place["h"]


def test_what_does_not_recur_stays_outside_the_loop():
    equations = [
        Equation("x2", (T, J), 2 * Read("x", T, J)),
        Equation("h", (T, J), Read("h", T - 1, J) + Read("x2", T, J)),
        Equation("y", (T, J), Read("h", T, J) ** 2),
    ]
    assert shape(schedule(equations)) == [(["x2"], None, False), (["h"], "t", False), (["y"], None, False)]


def test_the_letters_of_a_loop_are_made_one():
    u = Index("u", 5)
    equations = [
        Equation("a", (T,), Read("b", T - 1) + Read("x", T)),
        Equation("b", (u,), Read("a", u) * 2),
    ]
    (group,) = schedule(equations)
    assert {equation.indices for equation in group.equations} == {(group.loop,)}


@pytest.mark.parametrize(
    "equations",
    [
        [Equation("a", (J,), Read("a", J) + 1)],
        [Equation("a", (J,), Read("b", J)), Equation("b", (J,), Read("a", J))],
        [Equation("a", (T,), Read("a", T - 1) + Read("a", T + 1))],
        [Equation("a", (T,), Total(Read("a", I), I))],
        [Equation("a", (), Read("a"))],
    ],
    ids=["itself", "each other", "both ways", "all of itself", "a scalar"],
)
def test_a_cycle_without_an_order_is_refused_and_named(equations):
    with pytest.raises(UndefinedError, match="->") as caught:
        schedule(equations)
    assert equations[0].tensor in str(caught.value)
