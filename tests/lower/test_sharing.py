"""Values that occur more than once are computed once."""

from symbackprop.lower.sharing import shared
from symbackprop.program.algebra import add, mul, neg, power
from symbackprop.program.scalar import Let, Name, Op, number

A, B, C = Name("a"), Name("b"), Name("c")


def named(name):
    return name


def test_a_part_of_two_statements_gets_a_name_before_both():
    total = add(A, B)
    lets = shared([Let("u", mul(total, C)), Let("v", Op("exp", (total,)))], named)
    assert [let.name for let in lets] == ["part1", "u", "v"]
    assert lets[1].value == mul(Name("part1"), C)


def test_a_statement_is_the_name_of_its_value():
    product = mul(A, B)
    lets = shared([Let("u", product), Let("v", add(product, C)), Let("w", product)], named)
    assert [let.value for let in lets] == [product, add(Name("u"), C), Name("u")]


def test_only_the_outermost_of_nested_parts_is_named():
    inner = add(A, B)
    outer = Op("exp", (inner,))
    lets = shared([Let("u", mul(outer, C)), Let("v", mul(outer, A))], named)
    assert [let.name for let in lets] == ["part1", "u", "v"]
    assert lets[0].value == outer


def test_a_square_takes_the_sign_that_is_needed_besides():
    error = add(A, neg(B))
    for given in (error, neg(error)):
        lets = shared([Let("E", power(given, number(2))), Let("d", mul(error, C))], named)
        assert [let.name for let in lets] == ["part1", "E", "d"]
        assert lets[0].value == error
        lets = shared([Let("E", mul(C, power(given, number(2)))), Let("d", mul(error, C))], named)
        assert [let.name for let in lets] == ["part1", "E", "d"]


def test_names_that_are_taken_are_left():
    total = add(A, B)
    lets = shared([Let("u", mul(total, C)), Let("v", mul(total, A))], lambda name: f"{name}_")
    assert lets[0].name == "part1_"


def test_what_may_fail_stays_in_its_branch():
    """log(a) is computed where a > 0 alone, however often it occurs there."""
    log = Op("log", (A,))
    inside = Op("gt", (A, B))
    branch = Op("where", (inside, mul(log, log), C))
    assert [let.name for let in shared([Let("u", branch)], named)] == ["u"]
    assert [let.name for let in shared([Let("u", branch), Let("v", mul(log, C))], named)] == ["part1", "u", "v"]
    total = Op("where", (inside, mul(add(A, B), add(A, B)), C))
    assert [let.name for let in shared([Let("u", total)], named)] == ["part1", "u"]


def test_what_is_nested_in_a_branch_is_looked_at_once():
    value = A
    for _ in range(100):
        value = add(Op("tanh", (value,)), Op("abs", (value,)))
    *parts, last = shared([Let("u", Op("where", (Op("gt", (A, B)), mul(value, value), B)))], named)
    assert len(parts) == 100
    assert last.name == "u"
