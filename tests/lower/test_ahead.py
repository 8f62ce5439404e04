"""What a recurrence does not need its own past for is computed before its loop; the rest keeps its value."""

import sympy as sp

from symbackprop.expressions import Index, Read, Total, tensors_read
from symbackprop.graph import Equation
from symbackprop.lower.ahead import ahead
from symbackprop.schedule import Group
from symbackprop.simplify.fusion import put_in

T, I, J, K = Index("t", 4), Index("i", 2), Index("j", 3), Index("k", 3)
INPUT = Total(Read("W", J, I) * Read("x", T, I), I)
PAST = Total(Read("U", J, K) * Read("h", T - 1, K), K)
BIAS = Read("b", J)


def group(rhs, loop=T):
    return Group((Equation("h", (T, J), rhs),), loop)


def split(rhs):
    before, rest = ahead(group(rhs))
    (equation,) = rest.equations
    for one in before:
        equation = Equation("h", equation.indices, put_in(equation.rhs, one.lhs, one.rhs))
    assert sp.expand(equation.rhs - rhs) == 0, "put back, what was taken out gives the equation again"
    return before, rest.equations[0].rhs


def test_sums_over_inputs_and_what_is_added_to_them_go_first():
    before, rest = split(INPUT + PAST + BIAS)
    assert [(one.tensor, one.indices, one.rhs) for one in before] == [("h_ahead", (T, J), INPUT + BIAS)]
    assert rest == Read("h_ahead", T, J) + PAST


def test_a_sum_inside_a_function_is_found():
    before, rest = split(sp.tanh(INPUT + PAST))
    assert before[0].rhs == INPUT
    assert rest == sp.tanh(Read("h_ahead", T, J) + PAST)


def test_several_sums_get_several_names():
    before, rest = split(sp.tanh(INPUT + PAST) * (1 + Total(Read("V", J, I) * Read("x", T, I), I)))
    assert [one.tensor for one in before] == ["h_ahead1", "h_ahead2"]
    assert set(tensors_read(rest)) == {"h_ahead1", "h_ahead2", "U", "h"}


def test_what_reads_the_past_or_is_the_same_at_each_step_stays():
    for rhs in (PAST + BIAS, PAST + Total(Read("W", J, I) * Read("c", I), I), Read("x", T, J) + PAST):
        assert ahead(group(rhs)) == ((), group(rhs))


def test_equations_outside_loops_are_left_alone():
    assert ahead(group(INPUT, loop=None)) == ((), group(INPUT, loop=None))
