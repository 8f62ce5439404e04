"""The array program of a whole network, statement by statement, against the indexed equations."""

import numpy as np
import pytest

from symbackprop.backward import backward
from symbackprop.emit.numpy import numpy_code
from symbackprop.forward import forward
from symbackprop.lower import lower
from symbackprop.network import Dense, Network
from symbackprop.program import Assign, leaves
from symbackprop.simplify import simplify
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph
from symbackprop.verify.points import random_point

from scipy import special  # isort: skip

HELPERS = {"np": np, "sigmoid": special.expit, "softmax": special.softmax, "erf": special.erf}
HELPERS |= {"log_sigmoid": special.log_expit, "log_softmax": special.log_softmax}
HELPERS["softmax"] = lambda x, axis=-1: special.softmax(x, axis=axis)
HELPERS |= {"softplus": lambda x: np.logaddexp(0, x), "log_cosh": lambda x: np.logaddexp(x, -x) - np.log(2)}
HELPERS["logsumexp"] = lambda x, axis=None: special.logsumexp(x, axis=axis)
HELPERS["log_softmax"] = lambda x, axis=-1: special.log_softmax(x, axis=axis)


def network(activation, last, loss, **settings):
    return Network(3, Dense(4, activation), Dense(2, last), loss=loss, **settings)


def derived(net):
    return simplify(backward(forward(net)))


@pytest.mark.parametrize("rewritten", [True, False], ids=["simplified", "raw"])
@pytest.mark.parametrize(
    ("activation", "last", "loss"),
    [
        ("sigmoid", "sigmoid", "half_squared_error"),
        ("relu", "softmax", "categorical_crossentropy"),
        ("tanh", "sigmoid", "binary_crossentropy"),
        ("softmax", "linear", "mse"),
    ],
)
def test_statements_compute_the_equations(activation, last, loss, rewritten):
    derivation = backward(forward(network(activation, last, loss)))
    derivation = simplify(derivation) if rewritten else derivation
    program, graph = lower(derivation), derivation.graph
    point = random_point(graph, np.random.default_rng(9))
    expected = evaluate_graph(graph, point.values) | evaluate_adjoints(derivation, point.values)
    known = {name: point.values[name] for name in (*program.parameters, *program.data)}
    known |= {size: known[name].shape[axis] for size, (name, axis) in program.sizes.items()}
    for statement in (*program.forward, *program.backward):
        assert isinstance(statement, Assign)
        assert leaves(statement.value) <= set(known), "read before it is computed"
        known[statement.name] = eval(numpy_code(statement.value, statement.axes), {**HELPERS, **known})
        np.testing.assert_allclose(known[statement.name], expected[statement.name], rtol=1e-10, atol=1e-13)
    assert set(program.gradients) == {"W1", "b1", "W2", "b2"}
    assert all(program.gradients[name] in known for name in program.gradients)
    assert program.loss in known


def test_what_no_gradient_needs_is_left_out():
    program = lower(derived(network("tanh", "softmax", "categorical_crossentropy", targets="one_hot")))
    assert "da2" not in {statement.name for statement in program.backward}


def test_sizes_are_told_by_the_first_array_that_has_them():
    program = lower(derived(Network("n", Dense("m", "tanh"), Dense(2), loss="mse")))
    assert program.sizes == {"N": ("x", 0), "n": ("x", 1), "m": ("W1", 0)}


def test_statements_carry_their_equation():
    program = lower(derived(network("tanh", "linear", "mse")))
    assert str(program.forward[0].equation).startswith("z1[s, j] = ")


def test_a_dense_network_needs_matmuls_only():
    program = lower(derived(network("sigmoid", "sigmoid", "half_squared_error")))
    codes = {s.name: numpy_code(s.value, s.axes) for s in (*program.forward, *program.backward)}
    assert codes["z1"] == "x @ W1.T + b1"
    assert codes["dW2"] == "delta2.T @ a1"
    assert codes["delta1"] == "delta2 @ W2 * (1 - a1) * a1" or codes["delta1"].startswith("(delta2 @ W2)")
    assert not any("einsum" in code for code in codes.values())
