"""Cases about matrices are chosen entry by entry, as those about numbers are chosen."""

from fractions import Fraction

import pytest

from symbackprop.display.choosing import NoValueError, by_entry
from symbackprop.display.evaluate import Evaluator
from symbackprop.display.tree import Bracket, Cases, Compare, Logic, Minus, Symbol, integer
from symbackprop.notation import given

Z = Symbol(given("z"), key="z")
ABOVE, BELOW = Compare((Z, integer(0)), (">",)), Compare((Z, integer(0)), ("<",))


def entries(value):
    return [[Fraction(entry.middle) for entry in row] for row in value]


def test_a_matrix_is_chosen_entry_by_entry():
    evaluator = Evaluator({"z": [[3, -2, 0], [0, 5, -1]]})
    modulus = Cases(((Z, ABOVE), (Minus(Z), BELOW), (integer(7), None)))
    assert entries(evaluator(modulus)) == [[3, 2, 7], [7, 5, 1]]


def test_conditions_are_joined_entry_by_entry():
    evaluator = Evaluator({"z": [[3, -2, 0]]})
    some = Cases(((integer(1), Logic("or", (ABOVE, BELOW))), (integer(0), None)))
    assert entries(evaluator(some)) == [[1, 1, 0]]
    none = Cases(((integer(1), Logic("not", (ABOVE,))), (integer(0), None)))
    assert entries(evaluator(none)) == [[0, 1, 1]]


def test_a_number_stays_a_number():
    evaluator = Evaluator({"z": Fraction(-3, 2)})
    assert evaluator.scalar(Cases(((Z, ABOVE), (integer(4), None)))).middle == 4
    assert evaluator.scalar(Bracket(BELOW)).middle == 1


def test_no_case_that_applies_is_said():
    with pytest.raises(NoValueError, match="no case applies"):
        by_entry(Evaluator({"z": [[1, -1]]}), Cases(((Z, ABOVE),)))
