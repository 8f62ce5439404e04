import warnings

import numpy as np
import pytest
import sympy as sp
from sympy import Symbol

from symbackprop.errors import ShapeError, UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.verify import evaluate as module
from symbackprop.verify.evaluate import evaluate
from symbackprop.verify.fields import NUMPY, Field, mpmath_field

N = Symbol("N")
S, I, J, K = Index("s", N), Index("i", 2), Index("j", 3), Index("k", 3)
RNG = np.random.default_rng(7)
X, W, B = RNG.normal(size=(4, 2)), RNG.normal(size=(3, 2)), RNG.normal(size=3)
VALUES = {"x": X, "W": W, "b": B, "token": np.array([2.0, 0.0, 2.0, 1.0])}
SIZES = {N: 4}
x, token = Read("x", S, I), Read("token", S)
net = Total(Read("W", J, I) * x, I) + Read("b", J)

CASES = {
    "dense": (net, (S, J), X @ W.T + B),
    "transposed": (net, (J, S), (X @ W.T + B).T),
    "elementwise": (1 / (1 + sp.exp(-net)), (S, J), 1 / (1 + np.exp(-X @ W.T - B))),
    "softmax": (
        sp.exp(Read("b", J)) / Total(sp.exp(Read("b", K)), K),
        (J,),
        np.exp(B) / np.exp(B).sum(),
    ),
    "two sums": (Total(x**2 / N, I, S), (), (X**2).sum() / 4),
    "sum of what has no such index": (Total(Read("b", J) + 1, S), (J,), 4 * (B + 1)),
    "sum not of a product": (Total(sp.tanh(Read("W", J, I) * x), I), (S, J), np.tanh(X[:, None] * W).sum(2)),
    "broadcast": (sp.Integer(2), (J,), np.full(3, 2.0)),
    "index as a number": (J * Read("b", J), (J,), np.arange(3) * B),
    "affine": (Total(Read("b", 2 * I + K), K), (I,), np.array([B.sum(), B[2]])),
    "before the first": (Read("b", J - 1), (J,), np.array([0, B[0], B[1]])),
    "fixed": (Read("x", S, 1), (S,), X[:, 1]),
    "diagonal": (Read("W", I, I), (I,), np.diag(W[:2])),
    "gather": (Read("b", token), (S,), B[[2, 0, 2, 1]]),
    "scatter": (Total(Delta(token, J), S), (J,), np.array([1.0, 1.0, 2.0])),
    "flattened": (Read("W", sp.floor(K / 2), sp.Mod(K, 2)), (K,), W.reshape(-1)[:3]),
    "delta": (Delta(J, K), (J, K), np.eye(3)),
    "within": (Within(2 * J - 1, 3), (J,), np.array([0.0, 1.0, 0.0])),
    "peak": (Peak(net, J), (S,), (X @ W.T + B).max(1)),
    "argpeak": (Read("b", ArgPeak(net, J)), (S,), B[(X @ W.T + B).argmax(1)]),
    "and": (Where(sp.And(J > 0, Read("b", J) < 10), sp.S.One, sp.S.Zero), (J,), np.array([0.0, 1.0, 1.0])),
    "or, not": (Where(sp.Or(sp.Not(J > 0), sp.Eq(J, 2)), J, -J), (J,), np.array([0.0, -1.0, 2.0])),
    "constants": (sp.sqrt(2) * sp.pi * Read("b", J), (J,), np.sqrt(2) * np.pi * B),
    "power by a tensor": (sp.Pow(2 + J, Read("b", J)), (J,), (2.0 + np.arange(3)) ** B),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("field", [NUMPY, mpmath_field()], ids=["numpy", "mpmath"])
def test_value_over_free_indices(name: str, field: Field) -> None:
    expr, indices, expected = CASES[name]
    found = evaluate(expr, indices, VALUES, SIZES, field)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.astype(float), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("field", [NUMPY, mpmath_field()], ids=["numpy", "mpmath"])
def test_a_branch_that_is_not_taken_neither_leaks_nor_warns(field: Field) -> None:
    b = Read("b", J)
    values = {"b": np.array([0.0, -1.0, 4.0])}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = evaluate(Where(b > 0, sp.log(b) + 1 / b + sp.sqrt(b), b), (J,), values, {}, field)
    np.testing.assert_allclose(found.astype(float), [0, -1, np.log(4) + 2.25])


@pytest.mark.parametrize("field", [NUMPY, mpmath_field()], ids=["numpy", "mpmath"])
def test_a_term_outside_a_range_is_zero_even_where_it_is_undefined(field: Field) -> None:
    values = {"b": np.array([1.0, 2.0, 4.0])}
    term = Within(J - 1, 3) * sp.log(Read("b", J - 1))
    np.testing.assert_allclose(evaluate(term, (J,), values, {}, field).astype(float), [0, 0, np.log(2)])
    assert float(evaluate(Total(term, J), (), values, {}, field)) == pytest.approx(np.log(2))


@pytest.mark.parametrize("field", [NUMPY, mpmath_field()], ids=["numpy", "mpmath"])
def test_the_first_of_equal_peaks_wins(field: Field) -> None:
    values = {"b": np.array([1.0, 3.0, 3.0])}
    assert int(evaluate(ArgPeak(Read("b", J), J), (), values, {}, field)) == 1


def test_comparisons_and_maxima_look_at_the_real_part() -> None:
    values = {"b": np.array([2 + 1e-20j, 2 + 5e-20j, 1 + 9e-20j])}
    assert evaluate(Peak(Read("b", J), J), (), values, {}) == 2 + 1e-20j
    assert evaluate(Where(Read("b", J) > 1, Read("b", J), sp.S.Zero), (J,), values, {})[2] == 0


def test_several_points_at_once_go_first() -> None:
    many = np.stack([W, 2 * W])
    found = evaluate(net, (S, J), VALUES | {"W": many}, SIZES)
    np.testing.assert_allclose(found, [X @ W.T + B, 2 * X @ W.T + B])
    gathered = evaluate(Read("W", ArgPeak(Read("W", J, 0), J), 0), (), {"W": np.stack([W, -W])}, {})
    np.testing.assert_allclose(gathered, [W[:, 0].max(), (-W[:, 0]).max()])


def test_a_sum_too_wide_to_hold_is_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    expr = Total(sp.tanh(Read("W", J, I) * x) * Total(sp.exp(Read("W", K, I)), K), I, S)
    whole = evaluate(expr, (J,), VALUES, SIZES)
    widths: list[int] = []
    original = module.contracted
    monkeypatch.setattr(module, "MOST_ELEMENTS", 6)
    monkeypatch.setattr(
        module,
        "contracted",
        lambda grids, bound: (widths.extend(g.data.size for g in grids), original(grids, bound))[1],
    )
    np.testing.assert_allclose(evaluate(expr, (J,), VALUES, SIZES), whole, rtol=1e-13)
    assert max(widths) <= 6


def test_an_inner_sum_over_the_same_index_runs_over_all_of_it() -> None:
    evaluator = module.Evaluator(VALUES, SIZES).restricted({J: np.array([1])})
    found = evaluator.array(Read("b", J) * Total(Read("b", J), J), (J,))
    np.testing.assert_allclose(found, [B[1] * B.sum()])


def test_a_wide_layer_is_contracted_without_its_product() -> None:
    wide, deep = Index("i", 3000), Index("j", 2000)
    values = {"W": np.ones((2000, 3000)), "x": np.ones((40, 3000))}
    found = evaluate(Total(Read("W", deep, wide) * Read("x", S, wide), wide), (S, deep), values, {N: 40})
    assert (found == 3000).all()


def test_what_cannot_be_evaluated_is_named() -> None:
    with pytest.raises(ShapeError, match="'i'"):
        evaluate(x, (S,), VALUES, SIZES)
    with pytest.raises(ShapeError, match="'s'"):
        evaluate(x, (S, I), VALUES, {})
    with pytest.raises(UnsupportedError, match="Abs"):
        evaluate(sp.Abs(Read("b", J)), (J,), VALUES, {})
    with pytest.raises(UnsupportedError, match="Max"):
        evaluate(sp.Max(Read("b", J), 0, evaluate=False), (J,), VALUES, {})


def test_the_result_may_be_written_to() -> None:
    found = evaluate(Read("b", J), (S, J), VALUES, SIZES)
    found += 1
    np.testing.assert_allclose(VALUES["b"], B)
