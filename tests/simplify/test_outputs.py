import numpy as np
import pytest
import sympy as sp

from symbackprop.calculus import differentiate
from symbackprop.expressions import Delta, Index, Read, Total, Where
from symbackprop.simplify.cost import cost
from symbackprop.simplify.outputs import isolate, through_output
from symbackprop.verify.evaluate import evaluate

Z, A = Read("z"), Read("a")
J, K = Index("j", 3), Index("k", 3)


@pytest.mark.parametrize(
    ("value", "part", "solution"),
    [
        (1 / (1 + sp.exp(-Z)), sp.exp(-Z), 1 / A - 1),
        (sp.tanh(Z), sp.tanh(Z), A),
        (3 * sp.exp(2 * Z) - 1, sp.exp(2 * Z), (A + 1) / 3),
        (sp.log(1 + sp.exp(Z)), sp.exp(Z), sp.exp(A) - 1),
        (sp.exp(-sp.tanh(Z)), sp.tanh(Z), -sp.log(A)),
        ((1 - sp.exp(Z)) / (2 + sp.exp(Z)), sp.exp(Z), (1 - 2 * A) / (1 + A)),
    ],
)
def test_isolate(value, part, solution):
    assert sp.expand(sp.together(isolate(value, part, A) - solution)) == 0


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (Z * sp.exp(Z), sp.exp(Z)),
        (sp.exp(Z) + sp.exp(2 * Z), sp.exp(Z)),
        (sp.exp(Z) ** 2 + 1, sp.tanh(Z)),
        (sp.erf(sp.tanh(Z)), sp.tanh(Z)),
        (sp.tanh(Z) ** 2, sp.tanh(Z)),
    ],
)
def test_what_cannot_be_isolated(value, part):
    assert isolate(value, part, A) is None


FORMS = [
    1 / (1 + sp.exp(-Z)),
    sp.tanh(Z),
    sp.tanh(2 * Z / 3) * 17 / 10,
    sp.log(1 + sp.exp(Z)),
    sp.exp(Z) - 1,
    Where(Z > 0, Z, 2 * (sp.exp(Z) - 1)),
    sp.exp(-sp.exp(-Z)),
    1 - sp.exp(-Z),
    Z / (1 + sp.exp(-Z)),
    sp.sin(Z),
    sp.atan(Z),
    Z**3,
]


@pytest.mark.parametrize("rhs", FORMS, ids=str)
def test_a_slope_keeps_its_value_and_costs_no_more(rhs):
    derivative = differentiate(rhs, "z", ())
    found = through_output(derivative, A, rhs, ())
    assert cost(found) <= cost(derivative)
    for z in (-2.5, -0.3, 0.7, 2.0):
        a = evaluate(rhs, (), {"z": np.array(z)}, {})
        values = {"z": np.array(z), "a": a}
        assert evaluate(found, (), values, {}) == pytest.approx(evaluate(derivative, (), values, {}))


def test_softmax_at_two_places():
    """The equation is used at the index of the output, and moved to the index of the input: S cancels."""
    rhs = sp.exp(Read("z", J)) / Total(sp.exp(Read("z", Index("m", 3))), Index("m", 3))
    off_diagonal = -rhs * rhs.xreplace({J: K})
    assert through_output(off_diagonal, Read("p", J), rhs, (K,)) == -Read("p", J) * Read("p", K)


def test_nothing_is_divided_by_that_was_not_before():
    rhs = Z * sp.log(1 + Read("c"))
    assert through_output(sp.log(1 + Read("c")), A, rhs, ()) == sp.log(1 + Read("c"))


def test_a_mask_of_zeros_is_not_divided_by():
    t, u, w = Index("t", 3), Index("u", 3), Index("w", 3)
    at = (Index("t_at0", 3), Index("u_at1", 3))

    def masked(place):
        return Where(place <= t, sp.exp(Read("S", t, place)), sp.S.Zero)

    below = Total(masked(w), w)
    slope = -masked(u) * masked(at[1]) / below**2 * Delta(t, at[0])
    found = through_output(slope, Read("P", t, u), masked(u) / below, at)
    divided = [node.base for node in sp.preorder_traversal(found) if node.is_Pow and node.exp.is_negative]
    assert not any(isinstance(base, Where) for base in divided)


def test_a_part_inside_a_branch_is_not_solved_for():
    x = Read("x")
    rhs = 1 - Where(x - Z > 0, x - Z, Z - x)
    assert isolate(rhs, x - Z, A) is None
    slope = differentiate(rhs, "z", ())
    assert through_output(slope, A, rhs, ()) == slope


def test_an_unknown_that_also_stands_inside_a_function_is_not_solved_for():
    """z cos(z) = a is no equation that is linear in z, and nothing of the attempt may stay behind."""
    value = Z * sp.cos(Z)
    for part in (sp.cos(Z), Z):
        solution = isolate(value, part, A)
        assert solution is None or not solution.atoms(sp.Dummy)
