"""Lines of text for each element say what the scalar equations say."""

import math
from time import thread_time

import pytest

import symbackprop as sb
from symbackprop.errors import UnsupportedError
from symbackprop.unroll.lines import gradient_lines

NETWORKS = {
    "mazur": "mazur",
    "relu": "3 -> 4 relu -> 2 softmax, loss=categorical_crossentropy",
    "deep": "2 -> 3 tanh -> 3 softplus -> 2 sigmoid, loss=mse",
    "convolution": {
        "name": "small",
        "inputs": {"x": {"shape": [5, 1]}},
        "loss": "mse",
        "layers": [
            {"type": "conv1d", "filters": 2, "kernel_size": 2, "activation": "tanh", "padding": "same"},
            {"type": "flatten2d"},
            {"type": "dense", "units": 2},
        ],
    },
}


@pytest.mark.parametrize("name", NETWORKS)
def test_lines_are_the_scalar_equations(name):
    d = sb.derive(NETWORKS[name])
    scalars = d.stages.needed_scalars()
    equations = {equation.symbol.name: equation.rhs for equation in scalars.adjoints}
    names = {symbol: 0.3 + 0.01 * number for number, symbol in enumerate(sorted(_symbols(scalars)))}
    functions = {"where": lambda c, a, b: a if c else b, "exp": math.exp, "tanh": math.tanh, "log": math.log}
    compared = 0
    for line in d.lines(*d.stages.derivation.adjoint_of):
        left, right = line.split(" = ")
        if left in equations:
            expected = float(equations[left].subs(names))
            assert eval(right, {**functions, **names}) == pytest.approx(expected), line
            compared += 1
    assert compared == len(equations)


def _symbols(scalars):
    return {symbol.name for tensor in scalars.elements.values() for symbol in tensor.values()}


def test_a_hundred_thousand_in_a_moment():
    d = sb.derive("784 -> 128 relu -> 10 softmax, loss=categorical_crossentropy")
    assert d.stages.derivation
    start = thread_time()
    lines = list(d.lines())
    assert thread_time() - start < 3, "0.3 s where nothing else runs"
    assert len(lines) == 101_770
    assert lines[0] == "dW1_1_1 = delta1_1*x1"
    assert lines[-1] == "db2_10 = delta2_10"


def test_sizes_that_are_symbols_have_no_lines():
    with pytest.raises(UnsupportedError, match="the size n is a symbol"):
        list(gradient_lines(sb.derive("n -> 2, loss=mse").stages.derivation))
