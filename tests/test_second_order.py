"""Second derivatives, against complex step on the first derivatives of the same graph."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.backward import backward
from symbackprop.errors import UnknownNameError, UnsupportedError
from symbackprop.forward import forward
from symbackprop.network import Dense, Network
from symbackprop.second_order import gauss_newton_product, hessian, hessian_product
from symbackprop.simplify import simplify
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph, solve
from symbackprop.verify.fields import NUMPY
from symbackprop.verify.points import random_point

STEP = 1e-30
NETWORKS = {
    "softmax": Network(3, Dense(4, "tanh"), Dense(2, "softmax"), loss="categorical_crossentropy"),
    "logistic": Network(2, Dense(3, "sigmoid"), Dense(1, "sigmoid"), loss="binary_crossentropy"),
    "smooth": Network(2, Dense(2, "softplus"), Dense(2, "silu"), loss="half_squared_error"),
    "shared": Network(2, Dense(2, "tanh", names={"bias": "b"}), Dense(2), loss={"type": "mse", "reduction": "sum"}),
}


class Case:
    """A network at a random point, with its first derivatives by complex-safe evaluation."""

    def __init__(self, network):
        self.graph = forward(network)
        self.derivation = simplify(backward(self.graph))
        self.point = random_point(self.graph, np.random.default_rng(5))
        given = {tensor.name for tensor in self.graph.with_role("input", "target", "parameter")}
        self.values = {name: np.asarray(v) for name, v in self.point.values.items() if name in given}
        self.names = [tensor.name for tensor in self.graph.parameters]
        rng = np.random.default_rng(6)
        self.vector = {name: rng.normal(size=self.values[name].shape) for name in self.names}

    def gradients(self, values):
        everything = evaluate_graph(self.graph, values, sizes=self.point.sizes)
        found = evaluate_adjoints(self.derivation, everything, sizes=self.point.sizes)
        return {name: found[self.derivation.adjoint_of[name]] for name in self.names}

    def moved(self, vector):
        return {**self.values, **{name: self.values[name] + 1j * STEP * v for name, v in vector.items()}}

    def computed(self, second):
        vectors = {array: self.vector[name] for name, array in second.vectors.items()}
        return solve((*second.forward, *second.equations), {**self.values, **vectors}, self.point.sizes, NUMPY)


@pytest.fixture(params=NETWORKS, scope="module")
def case(request):
    return Case(NETWORKS[request.param])


def test_hessian_times_vector(case):
    second = hessian_product(case.derivation)
    found = case.computed(second)
    expected = case.gradients(case.moved(case.vector))
    for name in case.names:
        assert found[second.results[name]] == pytest.approx(expected[name].imag / STEP, abs=1e-12)


def test_hessian_entry_by_entry(case):
    for a in case.names:
        for b in case.names:
            second = hessian(case.derivation, a, b)
            shape = case.values[a].shape + case.values[b].shape
            found = np.broadcast_to(case.computed(second)[second.results[b]], shape)
            expected = np.zeros(shape)
            for at in np.ndindex(case.values[a].shape):
                unit = np.zeros(case.values[a].shape)
                unit[at] = 1
                expected[at] = case.gradients(case.moved({a: unit}))[b].imag / STEP
            assert found == pytest.approx(expected, abs=1e-12), (a, b)


def test_gauss_newton_is_the_hessian_without_the_curvature_of_the_network(case):
    output = next(tensor.name for tensor in case.graph.with_role("prediction"))

    def prediction(values):
        return evaluate_graph(case.graph, values, sizes=case.point.sizes)[output]

    motion = prediction(case.moved(case.vector)).imag / STEP
    curved = _loss_curvature(case, output, motion)
    second = gauss_newton_product(case.derivation)
    found = case.computed(second)
    for name in case.names:
        expected = np.zeros(case.values[name].shape)
        for at in np.ndindex(expected.shape):
            unit = np.zeros(expected.shape)
            unit[at] = 1
            expected[at] = np.sum(prediction(case.moved({name: unit})).imag / STEP * curved)
        assert found[second.results[name]] == pytest.approx(expected, abs=1e-12), name


def _loss_curvature(case, output, motion):
    """∂²E/∂y² times the motion of y, from the adjoint of y alone."""
    everything = evaluate_graph(case.graph, case.values, sizes=case.point.sizes)
    inner = {name: array for name, array in everything.items() if name != case.graph.loss.name}
    inner[output] = inner[output] + 1j * STEP * motion
    adjoint = case.derivation.adjoint(output)
    return solve((adjoint,), inner, case.point.sizes, NUMPY)[adjoint.tensor].imag / STEP


def test_a_hessian_is_symmetric(case):
    a, b = case.names[0], case.names[-1]
    one, other = hessian(case.derivation, a, b), hessian(case.derivation, b, a)
    rank = case.values[a].ndim
    left = np.asarray(case.computed(one)[one.results[b]])
    right = np.asarray(case.computed(other)[other.results[a]])
    axes = [*range(right.ndim - rank, right.ndim), *range(right.ndim - rank)]
    assert left == pytest.approx(right.transpose(axes), abs=1e-12)


def test_unknown_parameters_are_named(case):
    with pytest.raises(UnknownNameError, match="no gradient for 'W9'"):
        hessian(case.derivation, "W1", "W9")


def test_gauss_newton_of_a_function_takes_the_array_that_the_loss_reads():
    def fit(w, x, t):
        return np.sum((np.tanh(x @ w) - t) ** 2) / 2

    rng = np.random.default_rng(0)
    w, x, t, v = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=3)
    product = sb.derive(fit, w=3, x=(5, 3), t=5, wrt="w").gauss_newton()({"w": w}, {"w": v}, x, t)
    slopes = (1 - np.tanh(x @ w) ** 2)[:, None] * x
    assert product["w"] == pytest.approx(slopes.T @ slopes @ v)
    for other in (lambda w: np.sum(np.tanh(w)) + np.sum(w**2), lambda w: np.sum(w**2)):
        with pytest.raises(UnsupportedError, match=r"one array of predictions, but E is one of .*w"):
            sb.derive(other, w=3).gauss_newton()
