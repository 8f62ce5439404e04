"""The entry that cancels is taken out of a sum: the value stays, and no divisor is left that vanishes."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.expressions import Index, Read, Total, Where
from symbackprop.lower.diagonals import without_diagonal
from symbackprop.verify.evaluate import evaluate

I, J = Index("i", 3), Index("j", 3)
P, Q, C, D = Read("p", I), Read("p", J), Read("c", I), Read("c", J)
VALUES = {"p": np.array([0.2, 0.5, 0.3]), "c": np.array([1.0, -2.0, 0.5])}

FORMULAS = {
    "log(1 - p)": C * P / (1 - P) - P * Total(D * Q / (1 - Q), J),
    "with a sum": C * P / (1 - P) - P * Total(D * Q / (1 - Q), J) + P * Total(D, J) - C,
    "two sums": (
        C / (1 - P) - C * P / (1 - P) - P * Total(D / (1 - Q), J) + P * Total(D * Q / (1 - Q), J) + C * P / (1 - P) ** 2
        - C * P / (1 - P) ** 2
    ),
    "log(p / (1 - p))": C / (1 - P) - P * Total(D / (1 - Q), J),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_the_value_stays(name):
    expr = FORMULAS[name]
    found = without_diagonal(expr, [I])
    assert evaluate(found, [I], VALUES, {}) == pytest.approx(evaluate(expr, [I], VALUES, {}), rel=1e-12)


@pytest.mark.parametrize("name", ["log(1 - p)", "with a sum", "log(p / (1 - p))"])
def test_no_divisor_is_left_at_the_place(name):
    found = without_diagonal(FORMULAS[name], [I])
    outside = found.xreplace({where: sp.S.Zero for where in found.atoms(Where)})
    assert found.has(Where) and outside.is_polynomial(P, C)


def test_what_does_not_cancel_is_left_as_it_is():
    for expr in (P / (1 - P), C / (1 - P) - Total(D / (1 - Q), J), P * Total(D / (1 - Q), J) + C, P + Total(Q, J)):
        assert without_diagonal(expr, [I]) == expr
