"""Runs the NumPy code of a lowered expression."""

import numpy as np
import pytest
from scipy import special

from symbackprop.emit.numpy import numpy_code
from symbackprop.emit.places import HELPER_CODE


def namespace(arrays, sizes):
    """What emitted code may name: NumPy, the arrays, the sizes, and the helpers."""
    names = {"np": np, "Array": np.ndarray, "sigmoid": special.expit, "erf": special.erf}
    names |= {"softmax": lambda x, axis=-1: special.softmax(x, axis=axis)}
    names |= {"log_softmax": lambda x, axis=-1: special.log_softmax(x, axis=axis), "log_sigmoid": special.log_expit}
    names |= {"logsumexp": special.logsumexp, "softplus": lambda x: np.logaddexp(0, x)}
    names |= {"log_cosh": lambda x: np.log(np.cosh(x))}
    for code in HELPER_CODE.values():
        exec(code, names)
    return names | dict(arrays) | {str(size): value for size, value in sizes.items()}


def run(node, order, arrays, sizes):
    """The array of a node with its axes in this order, broadcast over the ones it lacks; and the code."""
    code = numpy_code(node, order)
    with np.errstate(all="ignore"):
        found = np.asarray(eval(code, namespace(arrays, sizes)))
    present = [axis for axis in order if axis in node.axes]
    shape = [int(axis.size.subs(sizes)) for axis in order]
    assert found.shape == tuple(int(axis.size.subs(sizes)) for axis in present), code
    spread = found[tuple(slice(None) if axis in present else None for axis in order)]
    return np.broadcast_to(spread, shape), code


@pytest.fixture
def run_numpy():
    """`run_numpy(node, order, arrays, sizes)` → the array and the code that made it."""
    return run
