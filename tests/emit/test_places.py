"""Reads and writes at computed places: slices and reshapes where they are, and helpers that do what loops would."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.emit.numpy import numpy_code, numpy_use
from symbackprop.emit.places import HELPER_CODE
from symbackprop.expressions import Index
from symbackprop.program import Accumulate, Affine, At, Gather, Leaf, Scatter, Window

N = sp.Symbol("N", integer=True, positive=True)
S, J, K, U = Index("s", N), Index("j", 3), Index("k", 12), Index("u", 7)
T, P, T_N = Index("t", 4), Index("p", 3), Index("t", N - 1)
ZERO = sp.S.Zero


def run(code, **arrays):
    names = {"np": np, "Array": np.ndarray, "N": 5, **arrays}
    for helper in HELPER_CODE.values():
        exec(helper, names)
    return eval(code, names)


@pytest.mark.parametrize(
    ("node", "order", "code"),
    [
        (Window(Leaf("x", (S, K)), K, Affine((Index("q", 12),), (1,), ZERO)), None, "x"),
        (Window(Leaf("x", (S, K)), K, Affine((T,), (1,), sp.Integer(2))), None, "x[:, 2:6]"),
        (Window(Leaf("x", (S, K)), K, Affine((T,), (3,), ZERO)), None, "x[:, ::3]"),
        (Window(Leaf("x", (S, K)), K, Affine((T,), (2,), sp.S.One)), None, "x[:, 1:8:2]"),
        (Window(Leaf("x", (S, K)), S, Affine((T_N,), (1,), sp.S.One)), None, "x[1:]"),
        (Window(Leaf("x", (S, K)), S, Affine((T_N,), (1,), ZERO)), None, "x[:N - 1]"),
        (Window(Leaf("x", (S, K)), K, Affine((P, T), (1, 3), ZERO)), (S, T, P), "x.reshape(N, 4, 3)"),
        (Window(Leaf("x", (S, K)), K, Affine((P, T), (4, 1), ZERO)), (S, T, P), "x.reshape(N, 3, 4).mT"),
        (Window(Leaf("x", (K,)), K, Affine((P, J), (1, 3), ZERO)), (J, P), "x[:9].reshape(3, 3)"),
        (Window(Leaf("x", (K,)), K, Affine((P, J), (1, 3), sp.Integer(2))), (J, P), "x[2:11].reshape(3, 3)"),
        (Window(Leaf("x", (S, K)), K, Affine((P, T), (1, 2), ZERO)), None, "window(x, 1, (3, 4), (1, 2), 0)"),
        (Window(Leaf("x", (S, K)), K, Affine((P,), (1,), -sp.S.One)), None, "window(x, 1, (3,), (1,), -1)"),
        (Accumulate(Leaf("x", (S, T, P)), K, Affine((P, T), (1, 3), ZERO)), None, "x.reshape(N, 12)"),
        (
            Accumulate(Leaf("x", (T, S, P)), K, Affine((P, T), (1, 3), ZERO)),
            (S, K),
            "x.transpose(1, 0, 2).reshape(N, 12)",
        ),
        (
            Accumulate(Leaf("x", (S, T, P)), K, Affine((P, T), (1, 2), ZERO)),
            None,
            "accumulate(x.mT, (3, 4), (1, 2), 0, 12)",
        ),
        (Gather(Leaf("x", (K, J)), K, Leaf("token", (S,))), None, "x[token]"),
        (Gather(Leaf("x", (S, K)), K, Leaf("token", (S,))), None, "x[np.arange(N), token]"),
        (Scatter(Leaf("x", (S, J)), K, Leaf("token", (S,))), None, "scatter(token, x, 12)"),
        (At(Leaf("h", (S, T, J)), T, T - 1), None, "at(h, 1, t - 1)"),
        (At(Leaf("h", (S, T, J)), T, T, inside=True), None, "h[:, t]"),
    ],
)
def test_code_reads_as_written_by_hand(node, order, code):
    assert numpy_code(node, order or node.axes) == code
    named = {name for name in HELPER_CODE if f"{name}(" in code.replace("np.", "")}
    assert numpy_use(node, order or node.axes).helpers == named
    assert numpy_use(node, order or node.axes).sizes == ({"N"} if "N" in code else set())


@st.composite
def affine_places(draw):
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    steps = [draw(st.integers(-3, 3).filter(bool)) for _ in sizes]
    indices = tuple(Index(letter, size) for letter, size in zip("pqr", sizes, strict=False))
    return Affine(indices, tuple(steps), sp.Integer(draw(st.integers(-4, 6)))), draw(st.integers(1, 9))


def visited(at):
    """Every position of the indices, and the place it stands for."""
    for where in np.ndindex(*(int(index.size) for index in at.indices)):
        yield where, int(at.start) + sum(step * n for step, n in zip(at.steps, where, strict=True))


@given(affine_places())
def test_a_window_reads_0_outside_the_range(case):
    at, length = case
    x = np.random.default_rng(1).normal(size=(2, length, 3))
    first, axis, last = Index("a", 2), Index("k", length), Index("b", 3)
    node = Window(Leaf("x", (first, axis, last)), axis, at)
    found = run(numpy_code(node, node.axes), x=x)
    assert found.shape == (2, *(int(index.size) for index in at.indices), 3)
    for where, place in visited(at):
        expected = x[:, place] if 0 <= place < length else np.zeros((2, 3))
        np.testing.assert_array_equal(found[(slice(None), *where)], expected)


@given(affine_places(), st.data())
def test_accumulate_adds_up_and_leaves_out_what_falls_outside(case, data):
    at, length = case
    present = data.draw(st.lists(st.sampled_from(at.indices), unique=True))
    kept, axis = Index("a", 2), Index("k", length)
    own = (kept, *present) if data.draw(st.booleans()) else tuple(present)
    x = np.random.default_rng(2).normal(size=[int(index.size) for index in own])
    node = Accumulate(Leaf("x", own), axis, at)
    found = run(numpy_code(node, node.axes), x=x)
    expected = np.zeros((2, length) if kept in own else (length,))
    for where, place in visited(at):
        if 0 <= place < length:
            positions = dict(zip(at.indices, where, strict=True))
            expected[..., place] += x[tuple(positions.get(index, slice(None)) for index in own)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("own", [(S, J), (J, S), (S,), (J,)])
def test_scatter_adds_up_rows(own):
    token = np.array([2, 0, 2, 6, 2])
    sizes = {S: 5, J: 3}
    x = np.random.default_rng(4).normal(size=[sizes[axis] for axis in own])
    node = Scatter(Leaf("x", own), U, Leaf("token", (S,)))
    found = run(numpy_code(node, node.axes), x=x, token=token)
    expected = np.zeros([7] + [3] * (J in own))
    for s, place in enumerate(token):
        expected[place] += x[tuple(s if axis == S else slice(None) for axis in own)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_gather_keeps_the_order_that_is_asked_for():
    x, index = np.arange(36.0).reshape(3, 12), np.array([[1, 5], [0, 7], [11, 2], [3, 3], [4, 9]])
    node = Gather(Leaf("x", (J, K)), K, Leaf("index", (S, Index("q", 2))))
    order = (J, Index("q", 2), S)
    np.testing.assert_array_equal(run(numpy_code(node, order), x=x, index=index), x[:, index].transpose(0, 2, 1))


@pytest.mark.parametrize("place", [-1, 0, 3, 4])
def test_one_step_of_a_loop_is_0_outside(place):
    h = np.arange(24.0).reshape(2, 4, 3)
    found = run(numpy_code(At(Leaf("h", (Index("a", 2), T, J)), T, Index("t", 4)), (Index("a", 2), J)), h=h, t=place)
    np.testing.assert_array_equal(found, h[:, place] if 0 <= place < 4 else np.zeros((2, 3)))


def test_precision_is_kept():
    x = np.ones((2, 5), dtype=np.float32)
    axis = Index("k", 5)
    for at in (Affine((T, P), (1, 2), sp.S.NegativeOne), Affine((T,), (1,), sp.S.One)):
        windowed = run(
            numpy_code(Window(Leaf("x", (Index("a", 2), axis)), axis, at), (Index("a", 2), *at.indices)), x=x
        )
        node = Accumulate(Leaf("w", (Index("a", 2), *at.indices)), axis, at)
        assert windowed.dtype == run(numpy_code(node, node.axes), w=windowed).dtype == np.float32
