import numpy as np
import pytest
import sympy as sp

from symbackprop.expressions import Index
from symbackprop.lower.order import contract_in_order
from symbackprop.program import Contract, Leaf, Map, Reduce

S, I, J, K = (Index(name, size) for name, size in (("s", sp.Symbol("N")), ("i", 7), ("j", 5), ("k", 3)))
X, W, V, D = Leaf("x", (S, I)), Leaf("W", (J, I)), Leaf("V", (K, J)), Leaf("d", (J,))
RNG = np.random.default_rng(2)
ARRAYS = {
    "x": RNG.normal(size=(4, 7)),
    "W": RNG.normal(size=(5, 7)),
    "V": RNG.normal(size=(3, 5)),
    "d": RNG.normal(size=5),
}


def operations(node, sizes):
    """Multiplications, by the axes of each pair."""
    match node:
        case Contract():
            own = np.prod([sizes[axis] for axis in {*node.left.axes, *node.right.axes}])
            return own + operations(node.left, sizes) + operations(node.right, sizes)
        case Map():
            return np.prod([sizes[axis] for axis in node.axes]) + sum(operations(arg, sizes) for arg in node.args)
        case Reduce():
            return operations(node.arg, sizes)
    return 0


def test_a_chain_of_matrices_is_multiplied_in_the_cheaper_order():
    """Vector first: (V d) costs far less than a product of matrices."""
    sizes = {S: 64, I: 7, J: 5, K: 3}
    node = contract_in_order([X, W, V, Leaf("e", (K,))], (I, J, K))
    assert node.axes == (S,)
    assert operations(node, sizes) == 3 * 5 + 5 * 7 + 64 * 7


@pytest.mark.parametrize(
    ("arrays", "over", "kind"),
    [
        ([X, W], (I,), Contract),
        ([W, D], (J,), Contract),
        ([D, D], (J,), Reduce),
        ([D, Leaf("e", (J,))], (J,), Reduce),
        ([W, Leaf("U", (J, I))], (J, I), Reduce),
        ([W], (J,), Reduce),
        ([W, D], (), Map),
        ([W, Leaf("U", (J, I))], (I,), Reduce),
    ],
)
def test_kind_of_the_last_operation(arrays, over, kind):
    node = contract_in_order(arrays, over)
    assert isinstance(node, kind)
    assert not set(node.axes) & set(over)


def test_arrays_of_the_same_axes_are_multiplied_first():
    node = contract_in_order([X, Leaf("y", (S, I)), W], (I,))
    assert isinstance(node, Contract)
    assert Map("mul", (X, Leaf("y", (S, I)))) in (node.left, node.right)


def test_an_axis_of_one_factor_is_summed_in_it():
    node = contract_in_order([X, W], (S, I))
    assert Reduce("sum", X, (S,)) in (node.left, node.right)
