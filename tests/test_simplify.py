"""The textbook's formulas come out, each step keeps its value, and gradients stay what they were."""

import itertools

import numpy as np
import pytest
import sympy as sp

from symbackprop.backward import backward
from symbackprop.expressions import Delta, Index, Read, Total, Where, tensors_read
from symbackprop.forward import SAMPLES, forward
from symbackprop.network import Dense, Network
from symbackprop.simplify import CANCEL, PUT_IN, REWRITES, TARGETS_SUM, THROUGH_OUTPUT, simplify
from symbackprop.verify.equations import evaluate_adjoints
from symbackprop.verify.points import random_point
from symbackprop.verify.steps import prove_steps

S, J, K = Index("s", SAMPLES), Index("j", 3), Index("k", 3)
A, T, Z = Read("a1", S, J), Read("t", S, J), Read("z1", S, J)

FORMULAS = {
    "sigmoid": "1 / (1 + exp(-z))",
    "steeper": "1 / (1 + exp(-1.7 * z))",
    "tanh": "tanh(z)",
    "tanh of exponentials": "(exp(z) - exp(-z)) / (exp(z) + exp(-z))",
    "softplus": "log(1 + exp(z))",
    "exponential": "exp(z)",
    "elu": "where(z > 0, z, exp(z) - 1)",
    "relu": "where(z > 0, z, 0)",
    "softsign": "z / (1 + abs(z))",
    "swish": "z * sigmoid(z)",
    "gelu": "z * (1 + erf(z / sqrt(2))) / 2",
    "arctan": "arctan(z)",
    "square": "z ** 2",
    "softmax": "exp(z[j]) / sum(exp(z[k]), k)",
    "softmax, one letter": "exp(z[j]) / sum(exp(z[j]), j)",
    "cold softmax": "exp(3 * z[j]) / sum(exp(3 * z[k]), k)",
    "log-softmax": "z[j] - logsumexp(z[k], k)",
    "log-sum-exp times z": "logsumexp(z[j], j) * z[k]",
    "length one": "z[j] / norm(z[k], k)",
    "centred": "z[j] - mean(z[k], k)",
    "largest": "z[j] - max(z[k], k)",
}


def network(formula, **settings):
    settings = {"loss": "mse"} | settings
    return Network(2, Dense(3, "mine"), Dense(2), activations={"mine": formula}, **settings)


def last(activation, loss, **settings):
    return simplify(backward(forward(Network(2, Dense(3, activation), loss=loss, **settings))))


def test_rewrites_are_applied_in_order():
    derivation = backward(forward(network("1 / (1 + exp(-z))")))
    expected = derivation
    for rewrite in REWRITES:
        expected = rewrite(expected)
    assert simplify(derivation).adjoints == expected.adjoints != derivation.adjoints


@pytest.mark.parametrize("name", FORMULAS)
def test_every_step_keeps_its_value(name):
    proof = prove_steps(simplify(backward(forward(network(FORMULAS[name])))))
    assert proof.count >= 7
    assert not proof.failures, "\n".join(map(str, proof.failures))


@pytest.mark.parametrize("name", FORMULAS)
def test_gradients_stay_what_they_were(name):
    graph = forward(network(FORMULAS[name]))
    derivation = backward(graph)
    values = random_point(graph, np.random.default_rng(5)).values
    before, after = evaluate_adjoints(derivation, values), evaluate_adjoints(simplify(derivation), values)
    for adjoint in ("dW1", "db1", "dW2", "db2"):
        np.testing.assert_allclose(after[adjoint], before[adjoint], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("sigmoid", A * (1 - A)),
        ("steeper", 17 * A * (1 - A) / 10),
        ("tanh", 1 - A**2),
        ("exponential", A),
        ("elu", Where(Z > 0, 1 + 0 * A, A + 1)),
        ("relu", Where(Z > 0, A**0, 0 * A)),
        ("square", 2 * Z),
    ],
)
def test_textbook_slopes(name, slope):
    """Nothing is known of any activation: the slope in the output is found by solving its formula."""
    assert simplify(backward(forward(network(FORMULAS[name])))).partials["a1", "z1"].slope == slope


def test_softplus_has_the_slope_of_its_output_alone():
    slope = simplify(backward(forward(network(FORMULAS["softplus"])))).partials["a1", "z1"].slope
    assert tensors_read(slope) == ("a1",)


@pytest.mark.parametrize("name", ["softmax", "softmax, one letter"])
def test_softmax_is_written_with_its_output(name):
    local = simplify(backward(forward(network(FORMULAS[name])))).partials["a1", "z1"]
    s, at = local.at
    here, there = A, Read("a1", S, at)
    expected = Delta(S, s) * (Delta(J, at) * here - here * there)
    assert (local.value - expected).expand() == 0


def test_no_new_division_by_a_read():
    """a = L z solved for L is a / z: true, cheaper, and undefined at z = 0, where the slope is not."""
    derivation = simplify(backward(forward(network(FORMULAS["log-sum-exp times z"]))))
    graph = derivation.graph
    values = dict(random_point(graph, np.random.default_rng(2)).values)
    given = {name: values[name] for name in ("x", "t", "W1", "b1", "W2", "b2")}
    given["W1"], given["b1"] = 0 * given["W1"], 0 * given["b1"]
    assert np.isfinite(evaluate_adjoints(derivation, given)["dW1"]).all()


def test_cross_entropy_after_softmax():
    delta = last("softmax", "categorical_crossentropy").adjoint("z1").rhs
    assert delta == (A * Total(Read("t", S, K), K) - T) / SAMPLES


@pytest.mark.parametrize("targets", ["one_hot", "distribution"])
def test_targets_that_sum_to_one_leave_p_minus_t(targets):
    derivation = last("softmax", "categorical_crossentropy", targets=targets)
    assert derivation.adjoint("z1").rhs == (A - T) / SAMPLES
    step = derivation.steps["delta1"][-1]
    assert (step.rule, step.given) == (TARGETS_SUM, ("the sum of t is 1",))


def test_binary_cross_entropy_after_the_logistic_function():
    derivation = last("sigmoid", "binary_crossentropy")
    assert derivation.adjoint("z1").rhs == (A - T) / (3 * SAMPLES)
    assert [step.rule for step in derivation.steps["delta1"]][-2:] == [PUT_IN, CANCEL]
    assert derivation.steps["delta1"][-1].given == ("a1 is not 0",)


def test_squared_error_after_the_logistic_function():
    assert last("sigmoid", "half_squared_error").adjoint("z1").rhs == (A - T) * A * (1 - A) / SAMPLES


def test_numbers_of_a_product_meet():
    assert last("linear", "mse").adjoint("z1").rhs == (Z - T) / SAMPLES * sp.Rational(2, 3)
    derivation = simplify(backward(forward(Network(2, Dense(2), loss="mse"))))
    j = Index("j", 2)
    assert derivation.adjoint("z1").rhs == (Read("z1", S, j) - Read("t", S, j)) / SAMPLES


def test_every_rewrite_that_fired_is_a_step_that_follows_the_one_before():
    derivation = last("softmax", "categorical_crossentropy", targets="one_hot")
    steps = derivation.steps["delta1"]
    assert [step.rule for step in steps] == ["chain rule", THROUGH_OUTPUT, PUT_IN, CANCEL, TARGETS_SUM]
    assert all(one.after == two.before for one, two in itertools.pairwise(steps))
    assert steps[-1].after == derivation.adjoint("z1").rhs


def test_steps_say_what_they_use():
    steps = last("sigmoid", "half_squared_error").steps["delta1"]
    assert {step.rule: set(step.uses) for step in steps} == {
        "chain rule": {"a1"},
        THROUGH_OUTPUT: {"a1"},
        PUT_IN: {"da1"},
    }


def test_what_has_a_second_reader_is_not_put_in():
    """∂E/∂a of a hidden layer has one reader, but is dear: it stays a name of its own."""
    derivation = simplify(backward(forward(network("z ** 2"))))
    before = backward(forward(network("z ** 2")))
    assert {equation.tensor for equation in derivation.adjoints} == {equation.tensor for equation in before.adjoints}


def test_simplifying_twice_changes_nothing():
    once = last("softmax", "categorical_crossentropy", targets="one_hot")
    assert simplify(once).adjoints == once.adjoints


def test_steep_powers_are_not_multiplied_out():
    formula = "(z + 1) ** 64"
    derivation = simplify(backward(forward(network(formula))))
    assert str(derivation.partials["a1", "z1"].slope) == "64*(z1[s, j] + 1)**63"
