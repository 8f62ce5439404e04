"""Sums of exponentials whose logarithms are read: divided by in the form of their logarithms."""

from functools import lru_cache

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.expressions import Delta, Index, Read, Total
from symbackprop.graph import Equation
from symbackprop.lower.logged import logged
from tests.lower.exact import exact

T, J, U, S = Index("t", 5), Index("j", 3), Read("u"), Read("s")


def rows(*equations):
    return [str(equation) for equation in logged(equations)]


def test_what_no_logarithm_is_read_of_stays():
    softmax = [Equation("s", (), 1 + sp.exp(U)), Equation("p", (), sp.exp(U) / S)]
    assert logged(softmax) == tuple(softmax)


def test_what_may_be_negative_or_is_no_sum_stays():
    for rhs in (sp.exp(U) - 1, U**2, U * sp.exp(U), sp.exp(U) + S):
        equations = [Equation("s", (), rhs), Equation("E", (), sp.log(S)), Equation("g", (), 1 / S)]
        assert logged(equations) == tuple(equations)


def test_names_that_are_taken_stay():
    given = Equation("s", (), sp.exp(U) + 1), Equation("E", (), sp.log(S)), Equation("g", (), 1 / S)
    own = Equation("y", (), Read("s_log") ** 2)
    assert logged((*given, own)) == (*given, own)
    assert len(logged(given)) == 4


def test_sums_over_an_index_and_powers():
    own = Equation("s", (T,), Total(sp.exp(Read("z", T, J)), J))
    reader = Equation("E", (), Total(sp.log(Read("s", T)), T))
    found = rows(own, reader, Equation("g", (T,), Read("s", T) ** -2 + Read("s", T) ** 2))
    assert found[1] == "s_log[t] = logsumexp(z[t, j], j)"
    assert found[2:] == ["E = sum(s_log[t], t)", "g[t] = s[t]**2 + exp(-2*s_log[t])"]


def carrying(step, before):
    """A loop that goes on with the sum of the step before, or with one that was there at first."""
    carried = Equation("c", (T,), Delta(T, step) * S + Read("b", before))
    difference = Equation("l", (T,), sp.log(Read("c", T)) - Read("d", T))
    return rows(Equation("s", (), sp.exp(U)), carried, Equation("b", (T,), sp.exp(Read("l", T))), difference)


@pytest.mark.parametrize(("step", "before"), [(0, T - 1), (4, T + 1)])
def test_what_a_loop_carries_is_carried_as_a_logarithm(step, before):
    logs = [row for row in carrying(step, before) if "_log" in row]
    assert logs == ["s_log = u", "b_log[t] = l[t]", f"l[t] = [t = {step}]*s_log + b_log[{before}] - d[t]"]


@pytest.mark.parametrize(("step", "before"), [(1, T - 1), (0, T + 1), (0, T - 2)])
def test_what_is_0_at_a_step_has_no_logarithm(step, before):
    assert not any("_log" in row for row in carrying(step, before))


def test_a_sum_of_gradients_has_a_name_where_it_is_divided():
    given = Equation("s", (), sp.exp(U) + 1), Equation("q", (), sp.exp(Read("v")) + 1)
    loss = Equation("E", (), sp.log(S) + sp.log(Read("q")))
    error = Equation("dq", (), Read("x") / Read("q"))
    found = rows(*given, loss, error, Equation("ds", (), (sp.exp(Read("l")) * Read("dq") + Read("y")) / S))
    assert found[-2:] == ["ds_by_log = exp(l)*dq + y", "ds = exp(-s_log)*ds_by_log"]
    # A quotient that no gradient is in is taken together with what it is divided by.
    assert rows(*given, loss, Equation("p", (), (sp.exp(U) + Read("y")) / S))[-1] == "p = (exp(u) + y)*exp(-s_log)"


def soft_distance(D):
    """The soft minimum of the lengths of all paths: M. Cuturi, M. Blondel, Soft-DTW, ICML (2017)."""
    R, (n, m) = {}, D.shape
    for i in range(n):
        for j in range(m):
            before = [R[at] for at in ((i - 1, j), (i, j - 1), (i - 1, j - 1)) if at in R]
            R[i, j] = D[i, j] - np.log(sum(np.exp(-r) for r in before)) if before else D[i, j]
    return R[n - 1, m - 1]


def soft_edits(D):
    """The same of an edit distance: a step down costs 1, one to the right 2."""
    R, (n, m) = {(0, 0): D[0, 0]}, D.shape
    for i, j in list(np.ndindex(n, m))[1:]:
        costs = {(i - 1, j): 1, (i, j - 1): 2, (i - 1, j - 1): D[i, j]}
        R[i, j] = -np.log(sum(np.exp(-(R[at] + cost)) for at, cost in costs.items() if at in R))
    return R[n - 1, m - 1]


def soft_maxima(D):
    """Of the first entries of rows, and 0, each of which is asked for."""
    found = [D[0, 0]]
    for row in D[1:]:
        found.append(np.log(np.exp(found[-1]) + np.exp(row[0]) + 1))
    return sum(value**2 for value in found) / 1000


@lru_cache
def derived(rows, columns, function):
    return sb.derive(function, D=(rows, columns))


# Of twelve columns the steps along a row are alike: they are a loop that carries sums, over arrays of several lengths.
CASES = [(4, 4, soft_distance), (3, 12, soft_distance), (12, 2, soft_distance), (4, 4, soft_edits), (5, 1, soft_maxima)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("style", ["readable", "fast"])
def test_soft_minima_of_paths_are_finite_and_right(style, size, case):
    d, D = derived(*case), size * np.random.default_rng(size).normal(size=case[:2])
    for kind, tolerance in ((np.float64, 1e-9), (np.float32, 1e-2 if size > 1 else 1e-5)):
        given = {"D": D.astype(kind)}
        loss, gradient = exact(d.stages.derivation, given, digits=60)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            found, own = d.compile(style).loss_and_grad(given)
        assert found == pytest.approx(loss, rel=tolerance)
        assert own["D"] == pytest.approx(gradient["D"], rel=tolerance, abs=tolerance)


def test_the_weights_are_what_is_printed_of_them():
    text = derived(4, 4, soft_distance).stages.module_text(style="readable")
    assert "dl13 * np.exp(l10 - e10_log)" in text
    assert "# logarithm of e⁽⁵⁾ = exp(l⁽¹⁾) + exp(l⁽²⁾)" in text
