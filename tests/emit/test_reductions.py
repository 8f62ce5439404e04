"""Sums and maxima print with the axes as they are stored, and count truth values in the precision of numbers."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.emit.numpy import PRECISION, numpy_code
from symbackprop.expressions import Index
from symbackprop.program import Const, Contract, Leaf, Map, Position, Reduce

I, J, K = Index("i", 3), Index("j", 2), Index("k", 4)
X = Leaf("x", (I, J, K))
LABEL = Leaf("t", (I,))
ONE_HOT = Map("eq", (LABEL, Position(K)))
MASK = Map("where", (ONE_HOT, Const(sp.S.One), Const(sp.S.Zero)))
ARRAYS = {"x": np.arange(24.0).reshape(3, 2, 4), "t": np.array([2, 0, 5]), "np": np}


@pytest.mark.parametrize(
    ("node", "order", "code"),
    [
        (Reduce("sum", X, (J,)), (I, K), "np.sum(x, axis=1)"),
        (Reduce("sum", X, (J,)), (K, I), "np.sum(x.transpose(1, 2, 0), axis=0)"),
        (Reduce("max", X, (I, K)), (J,), "np.max(x, axis=(0, 2))"),
        (Reduce("sum", X, (I, J, K)), (), "np.sum(x)"),
        (Reduce("logsumexp", X, (K,)), (I, J), "logsumexp(x, axis=2)"),
        (Reduce("sum", ONE_HOT, (K,)), (I,), "np.sum((t[:, None] == np.arange(4)).astype(float), axis=1)"),
        (Reduce("sum", MASK, (K,)), (I,), "np.sum((t[:, None] == np.arange(4)).astype(float), axis=1)"),
        (Contract(Position(K), X, (K,)), (I, J), "x @ np.arange(4).astype(float)"),
    ],
)
def test_a_reduction_reads_as_written_by_hand(node, order, code):
    assert numpy_code(node, order) == code


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_counts_have_the_precision_of_what_is_given(kind):
    names = {PRECISION: "x.dtype"}
    arrays = {**ARRAYS, "x": ARRAYS["x"].astype(kind)}
    counted = eval(numpy_code(Reduce("sum", ONE_HOT, (K,)), (I,), names), arrays)
    assert counted.dtype == kind and counted.tolist() == [1, 1, 0]
    weighted = eval(numpy_code(Contract(Position(K), X, (K,)), (I, J), names), arrays)
    assert weighted.dtype == kind
    assert weighted == pytest.approx(arrays["x"] @ np.arange(4))
