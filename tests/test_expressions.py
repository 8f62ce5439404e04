"""The nodes hold what they are given, fold what is certain, and stay apart from SymPy's caches."""

import pickle

import pytest
import sympy as sp
from sympy import Symbol

from symbackprop.expressions import (
    ArgPeak,
    Delta,
    Index,
    Name,
    Peak,
    Read,
    Total,
    Where,
    Within,
    indices_of,
    parts_of,
    reads,
    tensors_read,
)
from symbackprop.graph import renaming

N = Symbol("N", integer=True, positive=True)
I, J, K, S = Index("i", 3), Index("j", 4), Index("k", 3), Index("s", N)
X = Read("x", I)


def test_indices_of_one_name_and_several_sizes_coexist():
    """SymPy's symbol cache knows the name only: the second would overwrite the size of the first."""
    three, four = Index("i", 3), Index("i", 4)
    assert three.size == 3 and four.size == 4
    assert three != four and three != Symbol("i")
    assert three == Index("i", 3) and hash(three) == hash(Index("i", 3))
    assert sp.Add(three, four).coeff(three) == 1
    assert three.is_integer and three.is_nonnegative


@pytest.mark.parametrize(
    "expr",
    [
        I,
        S,
        Name("W1"),
        X,
        Read("E"),
        Total(X**2, I),
        Peak(X, I),
        ArgPeak(X, I),
        Delta(I, K),
        Within(I - 1, 3),
        Where(X > 0, X, sp.S.Zero),
        sp.exp(Total(Read("W", J, I) * X, I)),
    ],
    ids=str,
)
def test_pickling_gives_the_same_back(expr):
    again = pickle.loads(pickle.dumps(expr))
    assert again == expr
    assert [index.size for index in indices_of(again)] == [index.size for index in indices_of(expr)]


def test_rebuilding_from_arguments_gives_the_same():
    for expr in (X, Total(X, I), Where(X > 0, X, -X), Delta(I, K), Within(I - 1, 3), Peak(X, I)):
        assert expr.func(*expr.args) == expr


def test_bound_indices_are_not_free():
    assert Total(X, I).free_symbols == set()
    assert Total(Read("W", J, I), I).free_symbols == {J}
    assert Total(Read("x", S), S).free_symbols == {N}
    assert Peak(X, I).free_symbols == ArgPeak(X, I).free_symbols == set()


def test_a_maximum_of_equal_values_is_that_value_at_the_first():
    assert Peak(X, K) == X and ArgPeak(X, K) == 0
    assert Peak(Peak(Read("W", J, I), I), I) == Peak(Read("W", J, I), I)


def test_sums_fold():
    assert Total(sp.S.Zero, I) == 0
    assert Total(X) == X
    assert Total(Total(Read("W", J, I), I), J) == Total(Read("W", J, I), J, I)


def test_sums_over_the_same_letter_stay_apart():
    """The sum over i of a sum over i is three times the inner one, not a sum over i and i."""
    assert Total(Total(X, I), I) != Total(X, I, I)
    assert Total(Total(X, I), I).bound == (I,)


def test_the_nodes_of_an_expression_are_each_there_once_in_the_order_in_which_they_appear():
    expr = sp.exp(Total(X * Read("y", I), I)) + X**2
    found = parts_of(expr)
    assert found == tuple(dict.fromkeys(sp.preorder_traversal(expr)))
    assert reads(expr) == [node for node in found if isinstance(node, Read)]
    assert len(reads(expr)) == 2


def test_branches_fold_where_the_condition_is_certain():
    assert Where(sp.true, X, sp.S.One) == X
    assert Where(sp.false, X, sp.S.One) == 1
    assert Where(X > 0, X, X) == X


EQUAL = [(I, I, 1), (2, 2, 1), (2, 3, 0), (2 * I + 1, 2 * I + 1, 1)]
EQUAL += [(I + 1, 0, 0), (0, I + 2, 0), (I - 1, 2, 0), (S - 1, N - 1, 0)]


@pytest.mark.parametrize(("left", "right", "expected"), EQUAL)
def test_deltas_fold(left, right, expected):
    assert Delta(left, right) == expected


@pytest.mark.parametrize(("value", "expected"), [(0, 1), (2, 1), (3, 0), (-1, 0)])
def test_ranges_fold(value, expected):
    assert Within(value, 3) == expected


def test_an_index_lies_in_its_own_range():
    assert Within(I, 3) == Within(I, 4) == Within(S, N) == Within(I + 1, 4) == Within(S + 2, N + 2) == 1
    assert Within(I, 2) != 1 and Within(S, N - 1) != 1


def test_what_is_uncertain_stays():
    for left, right in ((I, K), (I + 1, 1), (I - 1, 1), (I + 1, K), (S + 1, N - 1)):
        assert isinstance(Delta(left, right), Delta)
    for value, size in ((I - 1, 3), (I + 1, 3), (I, N), (I + 1, N)):
        assert isinstance(Within(value, size), Within)


@pytest.mark.parametrize("expr", [X, Delta(I, K), Within(I - 1, 3), Where(X > 0, I, sp.S.Zero), X * Delta(I, 0)])
def test_sympy_does_not_differentiate_our_nodes(expr):
    with pytest.raises(TypeError, match="calculus"):
        sp.diff(expr, I)


def test_a_node_is_a_constant_of_what_it_does_not_hold():
    z = Symbol("z")
    assert sp.diff(z**2 * Total(X, I), z) == 2 * z * Total(X, I)


def test_reads_and_tensors_in_order_of_appearance():
    expr = Where(Read("c") > 0, Total(Read("W", J, I) * X, I), Read("W", J, 0))
    assert set(reads(expr)) == {Read("c"), Read("W", J, I), X, Read("W", J, 0)}
    assert set(tensors_read(expr)) == {"c", "W", "x"}
    assert reads(X * X + X) == [X]
    assert set(indices_of(expr)) == {I, J}
    assert tensors_read(Read("x", Read("token", S))) == ("x", "token")


def test_renaming_reaches_reads_inside_indices():
    expr = Total(Read("x", Read("token", S)) * Read("y", S), S)
    assert tensors_read(expr.xreplace(renaming({"token": "word", "y": "y"}))) == tensors_read(
        Total(Read("x", Read("word", S)) * Read("y", S), S)
    )


def test_text():
    text = str(Where(X > 0, Total(Read("W", J, I) * Delta(I, K), I), Within(I - 1, N)))
    assert text == "where(x[i] > 0, sum([i = k]*W[j, i], i), [0 <= i - 1 < N])"
    assert str(Peak(X, I)) == "peak(x[i], i)"
    assert str(ArgPeak(X, I)) == "argpeak(x[i], i)"


def test_a_power_of_a_condition_is_the_condition():
    i, j = Index("i", 3), Index("j", 3)
    for flag in (Delta(i, j), Within(i - 1, 2)):
        assert flag * flag == flag == flag**3 == sp.sqrt(flag)
        assert (1 / flag).is_Pow
