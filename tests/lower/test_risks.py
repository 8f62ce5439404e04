"""What overflows, divides by what vanishes, or is rounded before its logarithm is found, and nothing else."""

import sympy as sp

from symbackprop.expressions import Index, Peak, Read, Total, Where, Within
from symbackprop.graph import Equation
from symbackprop.lower.exponentials import NEVER
from symbackprop.lower.risks import Risks, Unit, read_outside

J, K = Index("j", 4), Index("k", 4)
Z, V, A, E, S, W = (Read(name, J) for name in ("z", "v", "a", "e", "s", "w"))
TOTAL = Total(sp.exp(Read("z", K)), K)


def known(*equations):
    found = Risks()
    for name, rhs in equations:
        found.add(Equation(name, (J,), rhs))
    return found


def test_a_divisor_that_may_vanish_is_one_that_is_rounded_to_0():
    risks = known(("a", 1 / (1 + sp.exp(-Z))), ("s", sp.sqrt(1 + A**2)))
    assert risks.own(V / A) == risks.own(V / (1 - A)) == 1
    assert risks.own(V / (1 + A)) == risks.own(V / S) == risks.own(V / Z) == 0


def test_a_logarithm_is_of_what_was_rounded():
    risks = known(("a", 1 / (1 + sp.exp(-Z))))
    assert risks.logarithms(sp.log(A) + sp.log(V)) == [sp.log(A)]
    assert risks.logarithms(sp.log(A + 1)) == []


def test_risks_are_passed_on_until_a_weight_is_met():
    risks = known(("e", sp.exp(Z)), ("s", 1 + E), ("w", V + V * Read("m", J) * Z * E))
    assert {"e", "s"} <= risks.risky
    assert "w" not in risks.risky
    assert risks.number(V * E) == 1
    assert risks.to_open(V / S) == ["s"]


def test_a_weighted_sum_of_exponentials_is_as_risky_as_they_are():
    assert known(("e", sp.exp(Z)), ("w", V * E)).risky == {"e", "w"}


def test_an_exponential_that_a_mask_keeps_is_as_risky_as_it_is():
    risks = known(("e", sp.exp(Z)), ("m", Where(V > 0, E, sp.S.Zero)))
    assert risks.risky == {"e", "m"} and set(risks.equations) == {"e", "m"}


def test_a_weighted_sum_may_vanish_with_what_it_is_a_sum_of():
    risks = known(("a", 1 / (1 + sp.exp(-Z))), ("y", Total(V * Read("a", J), J)))
    assert risks.vanishing == {"a", "y"} and risks.saturating == {"a"}
    assert risks.to_open(1 / Read("y", J)) == ["y"]


def test_an_exponent_is_small_when_the_largest_is_taken_off_under_a_name():
    above = sp.log(Total(sp.exp(Read("z", K) + Read("T", K, J)), K)) + V
    risks = known(("a", above), ("m", Peak(Read("z", K), K)), ("n", -2 * above))
    step = sp.exp(Read("z", K) + Read("T", K, J) + V - A)
    assert risks.own(step) == risks.own(sp.exp(Z - Read("m", J))) == 0
    assert risks.own(sp.exp(Read("z", K) + Read("T", K, J) + V + Read("n", J) / 2)) == 0
    assert risks.own(step * sp.exp(V)) == risks.own(sp.exp(A - Z)) == risks.own(sp.exp(Z + Read("m", J))) == 1


def test_nothing_is_taken_off_beyond_the_last_step():
    before, after = (Read("a", J + shift) for shift in (-1, 1))
    risks = known(("a", sp.log(sp.exp(before) + sp.exp(Z)) + V))
    assert risks.own(sp.exp(before + V - A)) == 0
    exponent = A + Read("v", J + 1) - after
    assert risks.own(sp.exp(exponent)) == 1
    assert risks.own(sp.exp(Where(J + 1 < 4, exponent, NEVER))) == 0


def test_branches_and_recurrences_are_put_nowhere():
    before = Read("a", J - 1)
    risks = known(("a", sp.exp(before)), ("e", Where(Z > 0, sp.exp(Z), Z)))
    assert risks.equations == {}
    assert known(("a", sp.exp(Z))).to_open(V / before) == []


def test_a_sum_with_its_largest_term_is_not_rounded_to_0():
    unit = Read("u", J, K)
    own = Total(unit, K)
    for body, divisor, risks in ((own, own, 0), (own, Total(unit, J), 1), (own, Total(unit * Z, K), 1)):
        found = Risks({"u": Unit(frozenset({1}), frozenset({"w"}))})
        found.add(Equation("u", (J, K), sp.exp(Read("z", J, K) - Read("m", J))))
        assert found.own(V / divisor) - found.own(V / body) == risks
    assert found.own(V / Total(unit * Read("w", J, K) / 7, K)) == found.own(V / own)


def test_the_logarithm_of_such_a_sum_is_never_much_below_0():
    found = Risks({"u": Unit(frozenset({0}), frozenset())})
    found.add(Equation("m", (), Peak(Read("z", J), J)))
    found.add(Equation("u", (J,), sp.exp(Read("z", J) - Read("m"))))
    found.add(Equation("r", (), sp.log(Total(Read("u", J), J)) + Read("m")))
    assert found.own(sp.exp(Read("m") - Read("r"))) == 0
    assert found.own(sp.exp(Read("z", J) + Read("m") - Read("r"))) == 1


def test_a_place_is_in_range_if_the_axis_is_long_enough_or_a_factor_says_so():
    longer = {"s": Equation("s", (Index("j", 5),), sp.exp(Z))}
    same = {"s": Equation("s", (J,), sp.exp(Z))}
    shorter = {"s": Equation("s", (Index("j", 3),), sp.exp(Z))}
    ahead = Read("s", J + 1)
    assert not list(read_outside(ahead, longer))
    assert list(read_outside(ahead, same)) == ["s"]
    assert not list(read_outside(V * (ahead + 1) * Within(J + 1, 4), same))
    assert list(read_outside(V * ahead + Within(J + 1, 4), same)) == ["s"]
    assert list(read_outside(ahead * Within(J + 1, 4), shorter)) == list(read_outside(S, shorter)) == ["s"]


def test_what_is_put_in_is_read_in_its_range():
    risks = known(("e", sp.exp(Z)))
    behind, flag = Read("e", J + 1), Within(J + 1, 4)
    assert risks.to_open(V * behind) == []
    assert risks.to_open(V * behind * flag) == ["e"]


def test_a_multiple_of_a_tensor_is_taken_off():
    risks = known(("v", -Z))
    assert risks.own(sp.exp(Z + V)) == 0
    assert risks.own(sp.exp(Z - V)) == risks.own(sp.exp(V)) == 1
