"""Parts of a statement get an array where a loop would compute them again, and nowhere else."""

from symbackprop.expressions import Index
from symbackprop.lower.hoist import hoisted, inner_axis, is_reading
from symbackprop.program import Along, Assign, At, Contract, Det, Inverted, Leaf, Map, Reduce

I, J, K, S = Index("i", 4), Index("j", 3), Index("k", 2), Index("s", 5)
W, X, V = Leaf("W", (J, I)), Leaf("x", (S, I)), Leaf("V", (K, J))


def names(statement, loop=None):
    return [part.name for part in hoisted(statement, loop)]


def test_a_sum_along_rows_stays_where_the_loops_are_its_own():
    bias = Leaf("b", (J,))
    assert names(Assign("z", (S, J), Map("add", (Contract(W, X, (I,)), bias)))) == ["z"]


def test_a_sum_across_rows_gets_an_array():
    delta = Leaf("delta", (S, K))
    slope = Leaf("a", (S, J))
    parts = hoisted(Assign("d", (S, J), Map("mul", (Contract(delta, V, (K,)), slope))))
    assert [part.name for part in parts] == ["d_part1", "d"]
    assert parts[0].axes == (S, J) and parts[1].value == Map("mul", (Leaf("d_part1", (S, J)), slope))


def test_a_softmax_inside_a_formula_gets_an_array():
    z = Leaf("z", (S, J))
    assert names(Assign("E", (), Reduce("sum", Map("mul", (z, Along("log_softmax", z, J))), (S, J)))) == [
        "E_part1",
        "E",
    ]
    assert names(Assign("a", (S, J), Along("softmax", z, J))) == ["a"]


def test_a_factor_of_a_sum_is_not_computed_at_each_pass():
    grown = Map("exp", (Leaf("u", (S,)),))
    parts = hoisted(Assign("y", (J,), Contract(grown, Leaf("w", (S, J)), (S,))))
    assert [part.name for part in parts] == ["y_part1", "y"]


def test_a_total_inside_a_formula_of_other_axes_gets_an_array():
    total = Reduce("sum", X, (I,))
    assert names(Assign("y", (S, J), Map("mul", (Leaf("w", (S, J)), total)))) == ["y_part1", "y"]


def test_a_matrix_is_inverted_in_a_copy_and_once():
    square, known = Leaf("A", (S, I, J)), {}
    inverse = Inverted(square, I, J, (J, I))
    first = hoisted(Assign("E", (), Reduce("sum", inverse, (S, J, I))), None, known)
    assert [part.name for part in first] == ["E_part1", "E_part2", "E"]
    assert first[0].value == square and first[1].value.arg == Leaf("E_part1", square.axes)
    # The same one under other names, but not that of the transpose, a determinant, or one in a loop.
    other = Inverted(Leaf("A", (K, J, I)), J, I, (I, J))
    assert hoisted(Assign("d", (K, I, J), Map("exp", (other,))), None, known)[-1].value.args[0].name == "E_part2"
    for node in (Inverted(square, J, I, (J, I)), Det(square, I, J)):
        assert len(hoisted(Assign("d", node.axes, Map("exp", (node,))), None, known)) == 3
    assert len(hoisted(Assign("d", inverse.axes, Map("exp", (inverse,))), S, known)) == 3


def test_reads_are_not_stored():
    assert is_reading(At(Leaf("h", (S, J)), S, S - 1))
    assert not is_reading(At(Map("exp", (X,)), S, S - 1))


def test_the_innermost_loop_walks_along_memory():
    assert inner_axis(Contract(W, X, (I,)), (S, J)) is None
    assert inner_axis(Contract(Leaf("delta", (S, K)), V, (K,)), (S, J)) == J
    assert inner_axis(Contract(Leaf("delta", (S, K)), V, (K,)), (J, S)) is None
    assert inner_axis(Contract(Leaf("delta", (S, J)), X, (S,)), (J, I)) == I
