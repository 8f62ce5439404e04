"""Free and shifted indices."""

from symbackprop.expressions import Index
from symbackprop.graph import Tensor
from symbackprop.reading import TensorNames, read_formula
from symbackprop.verify.indices import free_keys, is_shifted


def test_a_sum_binds_its_index():
    tensors = {
        "w": Tensor("w", "parameter", (Index("j", 2), Index("k", 2))),
        "x": Tensor("x", "input", (Index("t", 4),)),
    }
    tree = read_formula(r"\sum_{k} w_{jk} x_{t + k - 1}", TensorNames(tensors))
    assert free_keys(tree) == {"#j", "#t"}
    assert is_shifted("#k", tree)
    assert is_shifted("#t", tree)
    assert not is_shifted("#j", tree)
