"""Every contraction of two arrays is printed as a matmul of some kind, never as an einsum, and computes the sum."""

import re

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.emit.numpy import numpy_code, numpy_use
from symbackprop.expressions import Index
from symbackprop.program import Contract, Leaf

N = sp.Symbol("N", integer=True, positive=True)
A, B, C, D, E, F = (Index(name, size) for name, size in zip("abcdef", (N, 2, 3, 4, 5, 2), strict=True))
SIZES = {A: 6, B: 2, C: 3, D: 4, E: 5, F: 2}


def computed(node, order):
    rng = np.random.default_rng(3)
    arrays = {leaf.name: rng.normal(size=[SIZES[axis] for axis in leaf.axes]) for leaf in (node.left, node.right)}
    code = numpy_code(node, order)
    found = eval(code, {"np": np, "N": 6, **arrays})
    letters = ["".join(axis.name for axis in leaf.axes) for leaf in (node.left, node.right)]
    expected = np.einsum(f"{','.join(letters)}->{''.join(axis.name for axis in order)}", arrays["x"], arrays["y"])
    return code, found, expected


@pytest.mark.parametrize(
    ("left", "right", "over", "order", "code"),
    [
        ((A, C), (D, C), (C,), (A, D), "x @ y.T"),
        ((A, C), (D, C), (C,), (D, A), "y @ x.T"),
        ((A, C), (A, D), (A,), (C, D), "x.T @ y"),
        ((C,), (D, C), (C,), (D,), "y @ x"),
        ((C,), (C,), (C,), (), "x @ y"),
        ((A, B, C), (D, C), (C,), (A, B, D), "x @ y.T"),
        ((A, B, C), (A, B, D), (A, B), (C, D), "np.tensordot(x, y, ((0, 1), (0, 1)))"),
        ((A, B, C), (A, C, D), (C,), (A, B, D), "x @ y"),
        ((A, B, C), (A, D, C), (C,), (A, B, D), "x @ y.mT"),
        ((A, B, C), (A, D, C), (C,), (A, D, B), "y @ x.mT"),
        ((A, C), (A, C, D), (C,), (A, D), "(x[:, None] @ y)[:, 0]"),
        ((A, C), (A, C), (C,), (A,), "(x[:, None] @ y[:, :, None])[:, 0, 0]"),
        (
            (A, B, C, D),
            (B, E, C, D),
            (C, D),
            (A, B, E),
            "(x.transpose(1, 0, 2, 3).reshape(2, N, 12) @ y.transpose(0, 2, 3, 1).reshape(2, 12, 5))"
            ".transpose(1, 0, 2)",
        ),
    ],
)
def test_code_reads_as_written_by_hand(left, right, over, order, code):
    node = Contract(Leaf("x", left), Leaf("y", right), over)
    text, found, expected = computed(node, order)
    assert text == code
    np.testing.assert_allclose(found, expected, atol=1e-12)


@st.composite
def contractions(draw):
    axes = [A, B, C, D, E, F]
    left = draw(st.lists(st.sampled_from(axes), unique=True, min_size=1, max_size=4))
    right = draw(st.lists(st.sampled_from(axes), unique=True, min_size=1, max_size=4).filter(set(left).intersection))
    shared = [axis for axis in left if axis in right]
    over = draw(st.lists(st.sampled_from(shared), unique=True, min_size=1))
    node = Contract(Leaf("x", tuple(left)), Leaf("y", tuple(right)), tuple(over))
    return node, tuple(draw(st.permutations(node.axes)))


@given(contractions())
def test_any_contraction_is_a_matmul(case):
    node, order = case
    code, found, expected = computed(node, order)
    assert "einsum" not in code
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-12, err_msg=code)
    if re.search(r"\bN\b", code):
        assert numpy_use(node, order).sizes == {"N"}
