"""Products that count in a range alone: nothing is divided by outside of it, and what is inside stays."""

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.expressions import Index, Read, Within
from symbackprop.lower.ranges import guarded

K, T = Index("k", 4), Index("t", 3)
X = Read("x", K)


def smooth(x, s):
    return np.sum(np.diff(x) ** 2 / s)


def logarithms(x, s):
    return np.sum(x[:-1] * np.log(s) + x[1:] * s**-0.5)


def heads(x, s):
    return np.sum(((x[:3] - 1) / s) ** 2) + x[3] ** 2


def backwards(x, s):
    return np.sum(x[::-1][1:] ** 2 / s)


def all_but_the_first(x, s):
    return np.log(np.sum(np.exp(x[1:]))) + np.sum(s)


def list_mle(x, s):
    return sum(np.log(np.sum(np.exp(x[i:]))) - x[i] for i in range(4)) + np.sum(s)


def total_variation(x):
    return np.sum((x[1:] - x[:-1]) ** 2) + np.sum((x[:, 1:] - x[:, :-1]) ** 2)


def spline(x, s):
    """De Boor's recursion, twice."""
    b = x
    for width in (1, 2):
        b = b[:-1] / s[:width].sum() + b[1:] / (s[0] + width)
    return np.sum(b**2)


FUNCTIONS = [smooth, logarithms, heads, backwards, all_but_the_first, list_mle, spline]
# The others take as many numbers as s has, and one more.
OF_ANY_LENGTH = [heads, all_but_the_first, spline]
GIVEN = {"x": np.array([1.0, 3.0, 2.0, 5.0]), "s": np.array([1.0, 2.0, 4.0])}


def differences(function, given, step=1e-6):
    found = {}
    for name, value in given.items():
        moved = [step * one for one in np.eye(len(value))]
        found[name] = np.array(
            [
                (function(**given | {name: value + m}) - function(**given | {name: value - m})) / (2 * step)
                for m in moved
            ]
        )
    return found


@pytest.mark.parametrize(
    ("function", "length"), [*((one, 4) for one in FUNCTIONS), *((one, "N") for one in OF_ANY_LENGTH)]
)
def test_the_gradient_is_that_of_the_function(function, length):
    d = sb.derive(function, x=(length,), s=3)
    expected = differences(function, GIVEN)
    for code in (d.compile("readable"), d.compile("fast"), d.native()):
        with np.errstate(all="raise"):
            _, found = code.loss_and_grad(GIVEN)
        for name, gradient in expected.items():
            assert found[name] == pytest.approx(gradient, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("x", [[1000.0, 0.0, -1000.0, 1.0], [-1000.0, -1000.0, -1001.0, 20000.0]])
def test_what_is_outside_may_be_large(x):
    given = {"x": np.array(x), "s": GIVEN["s"]}
    inside = np.exp(given["x"][1:] - given["x"][1:].max())
    for style in ("readable", "fast"):
        with np.errstate(over="raise", invalid="raise"):
            _, found = sb.derive(all_but_the_first, x=4, s=3).compile(style).loss_and_grad(given)
        assert found["x"] == pytest.approx([0, *inside / inside.sum()])


def test_code_is_what_a_person_would_write():
    text = sb.derive(smooth, x=4, s=3, wrt="x").stages.module_text(style="readable")
    assert "dx = 2 * (np.pad((x[:3] - x[1:]) / s, (0, 1)) + np.pad((x[1:] - x[:3]) / s, (1, 0)))" in text


def test_what_is_the_same_everywhere_is_not_padded():
    assert guarded(Read("s", T) ** 2 * Within(K - 1, 3)) is None
    assert guarded(sp.exp(Read("s", T)) * Within(K - 1, 3)) is None


def test_sums_and_differences_of_neighbours_are_slices():
    text = sb.derive(total_variation, x=("n", "m")).stages.module_text(style="readable")
    assert "window(" not in text and "np.pad(x[1:] - x[:n - 1], ((1, 0), (0, 0)))" in text


def test_a_step_of_a_loop_and_steps_of_two_keep_their_condition():
    inside = Within(K - 1, 3)
    assert guarded(X / Read("s", K - 1) * inside, loop=K).at is None
    assert guarded(X / Read("s", 2 * K - 1) * Within(2 * K - 1, 3)).at is None


def test_an_axis_may_run_backwards():
    found = guarded(sp.exp(X) * Within(3 - K, 3))
    assert found.product == sp.exp(Read("x", 3 - Index("k_in", 3))) and found.at.steps == (-1,)
