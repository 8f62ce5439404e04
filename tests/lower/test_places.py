import pytest
import sympy as sp

from symbackprop.expressions import ArgPeak, Delta, Index, Read, Within
from symbackprop.lower.places import affine, opened
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
