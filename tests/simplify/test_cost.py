import pytest
import sympy as sp

from symbackprop.expressions import Index, Peak, Read, Total
from symbackprop.simplify.cost import SUM, cost

A, Z = Read("a"), Read("z")
I, J = Index("i", 3), Index("j", 3)


@pytest.mark.parametrize("expr", [A, sp.Integer(2), I, Read("W", J, I), sp.pi])
def test_what_is_there_costs_nothing(expr):
    assert cost(expr) == 0


@pytest.mark.parametrize(
    ("cheaper", "dearer"),
    [
        (A * (1 - A), sp.exp(-Z) / (1 + sp.exp(-Z)) ** 2),
        (1 - A**2, 1 - sp.tanh(Z) ** 2),
        (A - Z, A + 2 * Z),
        (A**2, A**5),
        (A * Total(Read("x", I), I), Total(A * Read("x", I), I)),
        (Total(Read("x", I), I), Total(Read("W", J, I), J, I)),
        (A + Z, Total(Read("x", I), I)),
    ],
    ids=str,
)
def test_order(cheaper, dearer):
    assert cost(cheaper) < cost(dearer)


def test_a_sum_counts_its_body_as_often_as_it_runs():
    assert cost(Total(A * Read("x", I), I)) == SUM * 2
    assert cost(Peak(Read("x", I), I)) == SUM


def test_a_difference_costs_what_a_sum_costs():
    assert cost(A - Z) == cost(A + Z) == 1
