"""Quotients of indices become digits, and every place stays the one it was."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.expressions import Index, Read, Total
from symbackprop.lower import lower_expression
from symbackprop.lower.digits import in_digits
from symbackprop.program import Accumulate, Window, nodes
from symbackprop.verify.evaluate import evaluate

N = sp.Symbol("N", integer=True, positive=True)
O, I, K = Index("o", 4), Index("i", 12), Index("k", 2)
HALF = sp.floor(O / 2)
SPLIT = (sp.floor(I / 6), sp.floor(I / 2) - 3 * sp.floor(I / 6), I - 2 * sp.floor(I / 2))


def test_an_index_that_is_divided_is_written_with_two_digits():
    expr, (digits,) = in_digits(Read("x", HALF))
    high, low = digits.digits
    assert (digits.index, high.size, low.size, digits.weights) == (O, 2, 2, (2, 1))
    assert expr == Read("x", high)
    assert digits.value == 2 * high + low


def test_several_quotients_make_several_digits():
    expr, (digits,) = in_digits(Read("x", *SPLIT))
    assert expr == Read("x", *digits.digits)
    assert [digit.size for digit in digits.digits] == [2, 3, 2]
    assert digits.weights == (6, 2, 1)


def test_a_sum_runs_over_the_digits():
    expr, free = in_digits(Total(Read("W", O) * Read("x", HALF), O))
    assert free == ()
    high, low = expr.bound
    assert expr.body == Read("W", 2 * high + low) * Read("x", high)


@pytest.mark.parametrize(
    "expr",
    [
        Read("x", O),
        Read("x", sp.floor(O / 3)),
        Read("x", sp.floor((O + 1) / 2)),
        sp.sin(HALF) * Read("x", O),
    ],
    ids=str,
)
def test_what_is_no_digit_is_left_alone(expr):
    assert in_digits(expr) == (expr, ())


def test_a_size_may_be_a_symbol():
    _, (digits,) = in_digits(Read("x", sp.floor(Index("o", 2 * N) / 2)))
    assert [digit.size for digit in digits.digits] == [N, 2]


@pytest.mark.parametrize(
    ("expr", "order"),
    [
        (Read("x", HALF) * Read("w", O), (O,)),
        (Read("y", *SPLIT), (I,)),
        (Total(Read("y", *SPLIT) * Read("V", I, O), I), (O,)),
        (Total(Read("A", O, K) * Read("w", 2 * HALF + K), K), (O,)),
        (Read("x", sp.floor(O / 3)), (O,)),
        (Read("x", sp.floor((O + 3) / 2)), (O,)),
        (Read("w", O - 3 * sp.floor(O / 3)), (O,)),
    ],
    ids=str,
)
def test_code_reads_the_same_places(expr, order, run_numpy):
    rng = np.random.default_rng(6)
    shapes = {"x": (2,), "w": (4,), "y": (2, 3, 2), "V": (12, 4), "A": (4, 2)}
    arrays = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    sizes = {name: tuple(map(sp.Integer, shape)) for name, shape in shapes.items()}
    found, code = run_numpy(lower_expression(expr, sizes), order, arrays, {})
    np.testing.assert_allclose(found, evaluate(expr, order, arrays, {}), atol=1e-14, err_msg=code)


def test_groups_are_a_matmul_of_what_is_reshaped():
    grouped = Total(Read("A", O, K) * Read("x", Index("s", N), 2 * HALF + K), K)
    node = lower_expression(grouped, {"A": (sp.Integer(4), sp.Integer(2)), "x": (N, sp.Integer(4))})
    assert {type(inner).__name__ for inner in nodes(node)} == {"Accumulate", "Contract", "Window", "Leaf"}
    assert isinstance(node, Accumulate)
    assert all(inner.at.digits() for inner in nodes(node) if isinstance(inner, Accumulate | Window))
