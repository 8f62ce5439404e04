"""Operations of scalar code."""

from symbackprop.program.algebra import add, call, compare, mul, neg, power, where
from symbackprop.program.counting import operations
from symbackprop.program.scalar import ONE, Let, Name, number

A, B, C = Name("a"), Name("b"), Name("c")


def count(value):
    return dict(operations([Let("u", value)]))


def test_each_operation_counts_once():
    assert count(add(A, B, C)) == {"add": 2}
    assert count(add(A, neg(B))) == {"sub": 1}
    assert count(add(A, number(-2))) == {"sub": 1}
    assert count(mul(A, add(ONE, neg(A)), B)) == {"mul": 2, "sub": 1}
    assert count(neg(mul(A, B))) == {"neg": 1, "mul": 1}
    assert count(power(A, number(-2))) == {"div": 1, "mul": 1}
    assert count(call("sigmoid", A)) == {"div": 1, "add": 1, "exp": 1, "neg": 1}


def test_a_choice_costs_nothing_itself():
    assert count(where(compare("gt", A, B), mul(A, B), call("exp", A))) == {"mul": 1, "exp": 1}
