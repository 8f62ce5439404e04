"""The tensors of a network with two layers, and how they are read."""

from __future__ import annotations

import pytest

from symbackprop.display import TensorReader
from symbackprop.expressions import Index
from symbackprop.graph import Tensor

I, J, K = Index("i", 2), Index("j", 2), Index("k", 2)


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    """A 2-2-2 network whose weights have names, with its adjoints."""
    rows = [
        Tensor("x", "input", (I,)),
        Tensor("W1", "parameter", (J, I), layer=1, names=(("w1", "w2"), ("w3", "w4"))),
        Tensor("b1", "parameter", (), layer=1, names="b1"),
        Tensor("z1", "hidden", (J,), layer=1),
        Tensor("a1", "hidden", (J,), layer=1),
        Tensor("W2", "parameter", (K, J), layer=2, names=(("w5", "w6"), ("w7", "w8"))),
        Tensor("b2", "parameter", (K,), layer=2),
        Tensor("z2", "hidden", (K,), layer=2),
        Tensor("a2", "prediction", (K,), layer=2),
        Tensor("t", "target", (K,)),
        Tensor("E", "loss"),
        Tensor("delta2", "adjoint", (K,), layer=2),
        Tensor("delta1", "adjoint", (J,), layer=1),
        Tensor("dW1", "adjoint", (J, I), layer=1),
        Tensor("da1", "adjoint", (J,), layer=1),
    ]
    return {row.name: row for row in rows}


@pytest.fixture
def reader(tensors: dict[str, Tensor]) -> TensorReader:
    return TensorReader(tensors)
