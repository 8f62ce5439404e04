"""Sums with deltas have the value they had before, wherever a delta, a range or a name may go wrong."""

import itertools

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Symbol

from symbackprop.contraction import Fresh, Term, collect, contract, decided, fits, letter, terms, tidy
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within, indices_of
from symbackprop.verify.evaluate import evaluate

N = Symbol("N", integer=True, positive=True)
I, J, K, M = Index("i", 3), Index("j", 3), Index("k", 3), Index("m", 3)
T, U, P, Q = Index("t", 4), Index("u", 9), Index("p", 2), Index("q", 2)
S = Index("s", N)
RNG = np.random.default_rng(31)
VALUES = {
    "x": RNG.normal(size=9),
    "y": RNG.normal(size=(3, 3)),
    "v": RNG.normal(size=3),
    "w": RNG.normal(size=2),
    "d": RNG.normal(size=4),
    "token": np.array([2.0, 0.0, 2.0, 1.0]),
}
SIZES = {N: 4}
v = lambda index: Read("v", index)  # noqa: E731
y = lambda one, two: Read("y", one, two)  # noqa: E731


def brute(expr, at):  # noqa: C901
    """The value of an expression at one place, by adding up one index after the other; knows no rule of sums."""
    if isinstance(expr, Total):
        ranges = [range(int(index.size.subs(SIZES))) for index in expr.bound]
        places = (dict(zip(expr.bound, place, strict=True)) for place in itertools.product(*ranges))
        return sum(brute(expr.body, at | place) for place in places)
    if isinstance(expr, Peak | ArgPeak):
        found = [brute(expr.body, at | {expr.bound[0]: n}) for n in range(int(expr.bound[0].size.subs(SIZES)))]
        return max(found) if isinstance(expr, Peak) else found.index(max(found))
    if isinstance(expr, Delta):
        return float(brute(expr.args[0], at) == brute(expr.args[1], at))
    if isinstance(expr, Within):
        return float(0 <= brute(expr.args[0], at) < brute(expr.args[1], at))
    if isinstance(expr, Where):
        return brute(expr.then if brute(expr.condition, at) else expr.otherwise, at)
    if isinstance(expr, Read):
        place = tuple(int(brute(index, at)) for index in expr.indices)
        array = VALUES[expr.tensor]
        return float(array[place]) if all(0 <= p < n for p, n in zip(place, array.shape, strict=True)) else 0.0
    if isinstance(expr, Index):
        return at[expr]
    if not expr.args:
        return float(expr.subs(SIZES))
    if isinstance(expr, sp.core.relational.Relational):
        return bool(expr.func(*(sp.Float(brute(arg, at)) for arg in expr.args)))
    numbers = [brute(arg, at) for arg in expr.args]
    if expr.is_Mul and 0.0 in numbers:
        # A condition that fails makes a product 0 even beside what is not defined.
        return 0.0
    with np.errstate(divide="ignore"):
        return float({sp.Add: np.sum, sp.Mul: np.prod, sp.Pow: lambda pair: np.power(*pair)}[expr.func](numbers))


def everywhere(expr, free):
    ranges = [range(int(index.size.subs(SIZES))) for index in free]
    return [brute(expr, dict(zip(free, place, strict=True))) for place in itertools.product(*ranges)]


def deltas(expr):
    return expr.atoms(Delta)


CASES = {
    "fixes": (Total(Delta(I, K) * v(I), I), (K,), 0),
    "fixes from the right": (Total(Delta(K, I) * v(I), I), (K,), 0),
    "a number": (Total(Delta(I, 2) * v(I), I), (), 0),
    "two": (Total(Delta(I, K) * Delta(J, M) * y(I, J), I, J), (K, M), 0),
    "a chain": (Total(Delta(I, J) * Delta(J, K) * y(I, J), I, J), (K,), 0),
    "both bound": (Total(Delta(I, J) * y(I, J), I, J), (), 0),
    "twice the same": (Total(Delta(I, K) * Delta(I, M) * v(I), I), (K, M), 1),
    "nothing fixed": (Delta(I, K) * v(I), (I, K), 1),
    "shifted": (Total(Delta(J, T - 1) * v(J), J), (T,), 0),
    "reversed": (Total(Delta(J + T, 2) * v(J), J), (T,), 0),
    "of another range": (Total(Delta(J, T) * v(J), J), (T,), 0),
    "of a smaller range": (Total(Delta(T, J) * Read("d", T), T), (J,), 0),
    "stride and padding": (
        Total(Delta(2 * T + P - 1, U) * Read("d", T) * Read("w", P), T, P),
        (U,),
        0,
    ),
    "stride without a free unit": (Total(Delta(2 * T, U) * Read("d", T), T), (U,), 1),
    "window read": (Total(Delta(U, 2 * T + P - 1) * Read("x", U), U), (T, P), 0),
    "a gather": (Total(Delta(Read("token", S), K) * Read("d", S), S), (K,), 1),
    "fixed by data": (Total(Delta(Read("token", S), K) * v(K), K), (S,), 0),
    "three deep": (Total(Total(Total(Delta(I, M) * y(J, K) * v(I), K) * v(J), J), I), (M,), 0),
    "a sum beside a delta": (Total(Delta(I, K) * Total(y(I, J), J), I), (K,), 0),
    "captures nothing": (Total(Delta(I, K) * Total(y(I, K) * v(K), K), I), (K,), 0),
    "captures nothing, reversed": (Total(Delta(I, J) * Total(y(J, I) * v(J), J), I), (J,), 0),
    "powers": (Total(Delta(I, K) * v(I) ** 2, I) ** 2, (K,), None),
    "a sum of terms": (Total((Delta(I, K) + v(I)) * (v(I) - Delta(I, M)), I), (K, M), None),
    "a branch": (Total(Where(v(I) > 0, Delta(I, K) * v(I), Delta(I, M)), I), (K, M), None),
    "one branch": (Total(Where(v(I) > 0, Delta(I, K), sp.S.Zero) * v(I), I), (K,), 0),
    "the same in both": (Total(Where(v(I) > 0, 2 * Delta(I, K), 3 * Delta(I, K)) * v(I), I), (K,), 0),
    "sums in branches": (Where(v(K) > 0, Total(Delta(I, K) * v(I), I), Total(Delta(J, K) * v(J) ** 2, J)), (K,), 0),
    "a branch over places": (Total(Where(T > 0, Delta(T - 1, J), sp.S.Zero) * Read("d", T), T), (J,), 0),
    "an index as a number": (Total(Delta(I, K) * I, I), (K,), 0),
    "the largest": (Total(Delta(I, ArgPeak(v(J), J)) * Delta(I, K), I), (K,), 1),
    "read at the largest": (Total(Delta(I, ArgPeak(v(J), J)) * v(I), I), (), 0),
    "the largest of each": (Total(Delta(I, ArgPeak(y(J, M), J)) * y(I, M), I), (M,), 0),
    "no factor": (Total(Delta(I, K), I, J), (K,), 0),
    "samples": (Total(Delta(S, 0) * Read("d", S), S), (), 0),
    "the last sample": (Total(Delta(S, N - 1) * Read("d", S), S), (), 0),
    "nothing undefined leaks in": (Total(Delta(J, T - 1) / v(J), J), (T,), 0),
}


@pytest.mark.parametrize("name", CASES)
def test_collect_keeps_the_value(name):
    expr, free, left = CASES[name]
    found = collect(expr, free)
    np.testing.assert_allclose(everywhere(found, free), everywhere(expr, free), rtol=1e-12, atol=1e-12)
    if left is not None:
        assert len(deltas(found)) == left, found


@pytest.mark.parametrize("name", CASES)
def test_the_verifier_agrees_with_adding_up_one_by_one(name):
    """The evaluator that checks everything else is itself checked here."""
    expr, free, _ = CASES[name]
    found = evaluate(expr, free, VALUES, SIZES)
    np.testing.assert_allclose(found.ravel(), everywhere(expr, free), rtol=1e-12, atol=1e-12)


@st.composite
def products(draw):
    """Random products of reads and deltas, under up to three sums, with names that clash as often as they can."""
    pool = [I, J, K, T]
    index = st.sampled_from([*pool, sp.Integer(0), sp.Integer(2), T - 1, 2 * P, J + 1])
    factors = []
    for _ in range(draw(st.integers(1, 4))):
        one, two = draw(index), draw(index)
        factors.append(
            draw(st.sampled_from([Delta(one, two), v(one), y(one, two), Read("x", one), v(one) + Delta(one, two)]))
        )
    expr = sp.Mul(*factors)
    for bound in draw(st.lists(st.sampled_from([(I,), (J,), (K, T), (I, P), (T,)]), max_size=3)):
        expr = Total(expr, *bound)
        if draw(st.booleans()):
            expr = expr * draw(st.sampled_from([v(I), v(J), Delta(I, J), Delta(K, 1), Read("d", T)]))
        if draw(st.integers(0, 4)) == 0:
            expr = Where(v(K) > 0, expr, v(J) * Delta(J, K))
    return expr


@settings(max_examples=150)
@given(products())
def test_any_product_keeps_its_value(expr):
    free = sorted((index for index in expr.free_symbols if isinstance(index, Index)), key=str)
    found = collect(expr, free)
    assert found.free_symbols <= expr.free_symbols
    np.testing.assert_allclose(
        evaluate(found, free, VALUES, SIZES), evaluate(expr, free, VALUES, SIZES), rtol=1e-9, atol=1e-12
    )


@settings(max_examples=150)
@given(products())
def test_tidy_renames_and_does_nothing_else(expr):
    free = sorted((index for index in expr.free_symbols if isinstance(index, Index)), key=str)
    found = tidy(expr, free)
    np.testing.assert_allclose(evaluate(found, free, VALUES, SIZES), evaluate(expr, free, VALUES, SIZES), 1e-9, 1e-12)
    assert not clashes(found, {index.name for index in free})
    assert tidy(found, free) == found


def clashes(expr, taken):
    """Bound letters that are also bound or free further out."""
    own = {index.name for index in getattr(expr, "bound", ())}
    inner = [clashes(arg, taken | own) for arg in expr.args if arg not in getattr(expr, "bound", ())]
    return (own & taken).union(*inner)


def test_tidy_swaps_letters_without_losing_one():
    """A sum over j and k below a free j, with a sum over k inside: each of the four stays itself."""
    expr = v(J) + Total(y(J, K) * Total(v(K), K), J, K)
    assert everywhere(tidy(expr, (J,)), (J,)) == pytest.approx(everywhere(expr, (J,)))


def test_tidy_takes_letters_that_are_left_when_the_alphabet_is_used_up():
    bound = [Index(f"i_{n}", 1) for n in range(1, 21)]
    expr = sp.S.One
    for index in bound:
        expr = Total(expr * Read("x", index) + 1, index)
    names = [index.name for index in indices_of(tidy(expr, ()))]
    assert len(set(names)) == len(names) == 20


@pytest.mark.parametrize(
    ("name", "expected"), [("i_1", "i"), ("j_at0", "j"), ("t_at1_12", "t"), ("i_in", "i_in"), ("x1", "x1")]
)
def test_letter(name, expected):
    assert letter(Index(name, 3)) == expected


@pytest.mark.parametrize(
    ("value", "size", "expected"),
    [
        (I, 3, True),
        (I, 4, True),
        (I, 2, False),
        (T, 3, False),
        (I + 1, 4, True),
        (I + 1, 3, False),
        (I - 1, 3, False),
        (2 - I, 3, True),
        (2 * T + P, 8, True),
        (2 * T + P, 7, False),
        (sp.Integer(2), 3, True),
        (sp.Integer(3), 3, False),
        (sp.Integer(-1), 3, False),
        (S, N, True),
        (S, N + 1, True),
        (S + 1, N, False),
        (N - 1 - S, N, True),
        (N - 1, N, True),
        (ArgPeak(v(I), I), 3, True),
        (ArgPeak(v(I), I), 4, False),
        (Read("token", S), 3, False),
        (I * J, 9, False),
    ],
)
def test_fits_only_what_is_certain(value, size, expected):
    assert fits(value, sp.sympify(size)) is expected
    if expected and value.free_symbols <= {I, J, T, P}:
        assert all(0 <= place < size for place in everywhere(value, sorted(value.free_symbols, key=str)))


def test_a_range_stays_where_the_value_may_leave_it():
    """The transpose of a padded, strided window keeps both edges."""
    found = collect(Total(Delta(2 * T + P - 1, U) * Read("d", T) * Read("w", P), T, P), (U,))
    assert found.atoms(Within)
    assert not collect(Total(Delta(I, K) * v(I), I), (K,)).atoms(Within)


def test_a_sum_of_a_product_is_taken_apart():
    found = contract(Term((I, J), (v(I), Read("w", 0), v(J) ** 2)))
    assert found == Read("w", 0) * Total(v(I), I) * Total(v(J) ** 2, J)
    assert contract(Term((I, S), (v(I),))) == N * Total(v(I), I)
    assert contract(Term((I, J), (y(I, J), v(J)))) == Total(y(I, J) * v(J), I, J)


def test_terms_have_bound_indices_of_their_own():
    expr = Total(Delta(I, K) * v(I), I) * Total(Delta(I, K) * v(I) ** 2, I)
    ((bound, _),) = terms(expr, Fresh())
    assert len(set(bound)) == 2


def test_fresh_indices_are_all_different():
    fresh = Fresh()
    made = [fresh.like(I), fresh.like(I), fresh.like(T)]
    assert len(set(made)) == 3
    assert [index.size for index in made] == [3, 3, 4]


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        (lambda k: k < 3, "x"),
        (lambda k: k <= 2, "x"),
        (lambda k: k < 2, None),
        (lambda k: k >= 0, "x"),
        (lambda k: k > 0, None),
        (lambda k: k >= 3, "y"),
        (lambda k: 2 * k > 4, "y"),
        (lambda k: Read("z", k) > 0, None),
    ],
)
def test_conditions_on_positions_are_decided_by_their_ranges(condition, kept):
    k = Index("k", 3)
    expr = Where(condition(k), Read("x", k), Read("y", k))
    assert decided(expr) == (Read(kept, k) if kept else expr)


def test_a_place_that_a_delta_names_is_read_at_its_index():
    k, t, p, q = Index("k", 4), Index("t", 2), Index("p", 2), Index("q", 3)
    place = 2 * t + ArgPeak(Read("x", 2 * t + p), p)
    found = contract(Term((t,), (Delta(place, k), Read("y", place, q))))
    assert found == Read("y", k, q) * Total(Delta(place, k), t)
