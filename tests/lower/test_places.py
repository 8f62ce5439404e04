import pytest
import sympy as sp

from symbackprop.expressions import ArgPeak, Delta, Index, Read, Total, Within
from symbackprop.lower.places import Opened, Target, affine, needed_guards, opened, together, within
from symbackprop.program import Affine

N = sp.Symbol("N", integer=True, positive=True)
T, P, U, S, J, K = (Index(name, size) for name, size in zip("tpusjk", (4, 3, 9, N, 5, 5), strict=True))
token = Read("token", S)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (T, Affine((T,), (1,), sp.S.Zero)),
        (2 * T + P - 1, Affine((P, T), (1, 2), sp.Integer(-1))),
        (N - 1 - S, Affine((S,), (-1,), N - 1)),
        (sp.Integer(3), Affine((), (), sp.Integer(3))),
        (3 * (T - P) + T, Affine((P, T), (-3, 4), sp.S.Zero)),
        (T * P, None),
        (T**2, None),
        (T / 2, None),
        (token, None),
        (token + T, None),
        (ArgPeak(Read("x", P), P) + T, None),
        (sp.floor(T / 2), None),
    ],
    ids=str,
)
def test_affine(expr, expected):
    assert affine(expr) == expected


def test_a_sum_without_places_is_left_alone():
    factors = (Read("W", J, T), Read("x", T))
    assert opened((T,), factors) == ((T,), factors, ())


def test_a_delta_with_summed_indices_is_a_place():
    form = opened((T, P), (Delta(2 * T + P, U), Read("d", T), Read("f", P)))
    assert [(target.axis, target.at) for target in form.targets] == [(U, 2 * T + P)]
    assert set(form.factors) == {Read("d", T), Read("f", P)}
    assert opened((S,), (Delta(token, J), Read("y", S))).targets[0].at == token


def test_a_delta_of_free_indices_is_a_factor():
    factors = (Delta(J, K), Read("y", S, J))
    assert opened((S,), factors).targets == ()


def test_a_contracted_window_is_opened_again():
    """Σ_t [0 <= k - 2 t < 3] W[k - 2 t] d[t] is W[p] d[t], added up at k = 2 t + p."""
    place = U - 2 * T
    form = opened((T,), (Within(place, 3), Read("f", place), Read("d", T)))
    (target,) = form.targets
    (new,) = set(form.bound) - {T}
    assert (target.axis, sp.expand(target.at - 2 * T - new)) == (U, 0)
    assert set(form.factors) == {Read("f", new), Read("d", T)}
    assert new.size == 3


def test_a_range_at_which_nothing_is_read_stays_a_condition():
    factors = (Within(U - 2 * T, 3), Read("d", T))
    assert opened((T,), factors).targets == ()


O4, A5, B6 = Index("o", 4), Index("a", 5), Index("b", 6)


@pytest.mark.parametrize(
    ("place", "size", "known"),
    [
        (T, 4, True),
        (T + 1, 4, False),
        (T - 1, 4, False),
        (2 * T + P, 9, True),
        (sp.floor(O4 / 2), 2, True),
        (sp.floor(O4 / 2), 1, False),
        (O4 - 3 * sp.floor(O4 / 3), 3, True),
        (O4 - 3 * sp.floor(O4 / 3), 2, False),
        (sp.floor(O4 / 2) + 1, 3, False),
        (sp.floor((O4 - 1) / 2), 2, False),
    ],
    ids=str,
)
def test_whether_a_place_is_known_to_be_inside(place, size, known):
    assert within(place, sp.Integer(size)) is known
    values = [place.subs({index: at for index, at in zip((T, P, O4), where, strict=True)}) for where in _everywhere()]
    assert not known or all(0 <= value < size for value in values)


def _everywhere():
    return [(t, p, o) for t in range(4) for p in range(3) for o in range(4)]


def test_places_that_share_an_index_are_added_up_at_together():
    form = Opened((T, P, S), (Read("d", T),), (Target(A5, T + P), Target(B6, 2 * T), Target(U, token)))
    groups, dense = together(form)
    assert [[target.axis for target in group] for group in groups] == [[A5, B6], [U]]
    assert dense == []


def test_a_place_with_a_free_index_is_a_condition():
    form = Opened((T,), (Read("d", T),), (Target(A5, T + J), Target(B6, T)))
    groups, dense = together(form)
    assert [target.axis for target in dense] == [A5]
    assert [[target.axis for target in group] for group in groups] == [[B6]]


def test_of_axes_that_lie_flat_only_the_first_may_have_any_size():
    big, other = Index("m", N), Index("n", 2 * N)
    form = Opened((T,), (), (Target(A5, T), Target(big, T), Target(other, T)))
    groups, dense = together(form)
    assert len(groups) == 1
    assert groups[0][-1].axis == A5 and len(groups[0]) == 2
    assert len(dense) == 1


def test_conditions_that_change_nothing_are_dropped():
    shapes = {"h": (sp.Integer(4), sp.Integer(5)), "y": (N,)}
    guard = Within(T - 1, 4)
    assert needed_guards([guard, Read("h", T - 1, J)], shapes) == [Read("h", T - 1, J)]
    inside = Total(Read("h", T - 1, K) * Read("U", K, J), K)
    assert needed_guards([guard, inside], shapes) == [inside]
    assert needed_guards([Within(token, 5), Read("h", token, S)], shapes) == [Within(token, 5), Read("h", token, S)]
    for kept in (
        [guard, Read("h", T, J)],
        [Within(T - 1, 3), Read("h", T - 1, J)],
        [guard, sp.exp(Read("h", T - 1, J))],
    ):
        assert needed_guards(kept, shapes) == kept
