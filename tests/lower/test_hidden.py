"""Entries that nobody depends on: found where they are, and not where somebody does."""

import pytest
import sympy as sp

from symbackprop.expressions import Delta, Index, Read, Total, Where
from symbackprop.lower.hidden import at, elsewhere, hidden, tensors_in

I, J, K = Index("i", 3), Index("j", 3), Index("k", 3)
E, X, M = Read("e", I, J), Read("x", I, J), Read("M", I, J)
OWN, LATER, ZERO = sp.Eq(I, J), I < J, sp.S.Zero

HIDDEN = {
    "a factor": ([(1 - Delta(I, J)) * E], OWN),
    "in a sum": ([1 / Total((1 - Delta(I, K)) * Read("e", I, K), K)], OWN),
    "expanded": ([X * E - Delta(I, J) * Read("x", I, I) * E], OWN),
    "taken away by another sum": (
        [Total(X * E, I, J) - Total(Read("x", J, J) * Read("e", J, J), J), (1 - Delta(I, J)) * E],
        OWN,
    ),
    "a branch": ([Where(OWN, ZERO, E * X), E * Where(OWN, ZERO, sp.S.One)], OWN),
    "another branch": ([Where(LATER, ZERO, E), Where(I >= J, E, X)], LATER),
    "data": ([M * E, Total(M * E * X, J)], sp.Eq(M, 0)),
    "inside a function": ([sp.log(Total((1 - Delta(I, J)) * E, J))], OWN),
}
READ = {
    "alone": [E],
    "one of two": [(1 - Delta(I, J)) * E, X * E],
    "squared": [E**2, (1 - Delta(I, J)) * E],
    "beside": [(1 - Delta(I, J)) * X + E],
    "in a function": [sp.log(E) * Delta(I, J)],
    "beside the diagonal itself": [(1 - Delta(I, J)) * E * Read("e", I, I)],
    "beside a sum of all": [(1 - Delta(I, J)) * E * Total(Read("e", I, K), K)],
    "divided by": [(1 - Delta(I, J)) / E],
    "in a branch": [Where(I >= J, E, X), (1 - Delta(I, J)) * E],
    "another diagonal": [(1 - Delta(I, 0)) * E],
    "not taken away": [Total(X * E, I, J) - Total(Read("e", J, J), J), (1 - Delta(I, J)) * E],
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_hidden_is_found(name):
    readers, condition = HIDDEN[name]
    assert condition in hidden(readers, E)


@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_not_hidden(name):
    assert hidden(READ[name], E) == []


def test_without_readers_nothing_is_known():
    assert hidden([], E) == []


def test_a_condition_moves_to_where_the_tensor_is_read():
    assert at(OWN, E, Read("e", K, I)) == sp.Eq(K, I)
    assert at(OWN, E, Read("e", K, K)) is sp.true


def test_a_letter_that_is_bound_inside_is_another_one():
    expr = Total(Delta(I, J) * X, J)
    assert elsewhere(expr, OWN) == expr
    assert elsewhere(Delta(J, I) * X, OWN) == 0


def test_what_conditions_read():
    assert tensors_in([sp.Eq(M, 0), OWN]) == {"M"}
