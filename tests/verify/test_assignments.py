"""Which values free indices take."""

from symbackprop.facade import derive
from symbackprop.proofreading import reader_of
from symbackprop.reading import read_relation
from symbackprop.verify.assignments import MOST_PLACES, assignments, without_numbers


def test_free_indices_take_all_values_if_they_are_few():
    reader = reader_of(derive("mazur").stages)
    relation = read_relation(r"a\lay{1}_{j} = \sigma(z\lay{1}_{j})", reader.names())
    assert assignments(relation, reader.evaluators[0]) == [{"#j": 1}, {"#j": 2}]
    many = read_relation(r"w\lay{1}_{ji} w\lay{2}_{kl} = w\lay{1}_{ji} w\lay{2}_{kl}", reader.names())
    found = assignments(many, reader.evaluators[0])
    assert len(found) == MOST_PLACES
    assert set(found[0].values()) == {1}
    assert set(found[1].values()) == {2}


def test_variables_take_numbers():
    reader = reader_of(derive("mazur").stages)
    relation = read_relation(r"\sigma(z) = 1/(1 + e^{-z})", reader.names())
    assert len(assignments(relation, reader.evaluators[0])) == 3


def test_members_that_are_numbers_are_left_out():
    relation = read_relation(r"z = w x = 0.15 \times 0.5")
    assert len(without_numbers(relation).rows) == 1
    assert without_numbers(read_relation("z = 0.3")) is None
