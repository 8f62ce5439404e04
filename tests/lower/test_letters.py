"""What differs in letters alone is written alike."""

import sympy as sp

from symbackprop.expressions import Index, Peak, Read, Total, Where
from symbackprop.graph import Equation
from symbackprop.lower.letters import alike, anywhere, apart

I, J, K = (Index(letter, 3) for letter in "ijk")


def test_sums_that_differ_in_letters_cancel():
    nested = Total(Read("x", J) * Total(Read("W", J, K), K), J)
    other = Total(Read("x", K) * Total(Read("W", K, I), I), K)
    assert alike(nested) == alike(other) and nested != other
    assert alike(Peak(Read("x", J), J)) == alike(Peak(Read("x", I), I))
    assert alike(Read("x", J)) == Read("x", J)


def test_free_indices_stay_apart_in_sums_and_are_one_anywhere():
    mixed = Total(Read("W", I, K), K)
    assert alike(mixed).free_symbols == {I}
    assert anywhere(Read("z", I) * Read("t", I)) == anywhere(Read("z", J) * Read("t", K))
    assert anywhere(Read("z", I)) != anywhere(Read("t", I))


def test_conditions_are_not_decided_by_what_is_put_in():
    branch = Where(sp.Ne(I, J), Read("z", I), sp.S.Zero)
    assert anywhere(branch) == anywhere(Where(sp.Ne(K, J), Read("z", K), sp.S.Zero))
    assert anywhere(branch) != anywhere(Where(sp.Eq(I, J), Read("z", I), sp.S.Zero))
    assert anywhere(Peak(Read("z", K), K)) != anywhere(Read("z", K))


def test_indices_give_way_to_what_else_has_their_letter():
    size = sp.Symbol("k", integer=True, positive=True)
    i, k, other = Index("i", 3), Index("k", size), Index("k_", 2)
    y = Equation("y", (k,), Read("x", k) * Total(Read("z", k, other), other))
    e = Equation("E", (), Total(Read("y", k) ** 2, k) + Read("v", i))
    new = apart([y, e], {"k"})
    assert str(new[0]) == "y[k_] = x[k_]*sum(z[k_, k__], k__)" and "y[k_]" in str(new[1])
    assert apart([y, e], {"n"}) == (y, e)
