"""Published gradients, Hessians, products with a vector and Gauss-Newton matrices against our second derivatives."""

import numpy as np

from symbackprop.backward import backward
from symbackprop.second_order import gauss_newton_product, hessian, hessian_product
from symbackprop.simplify import simplify
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph, solve
from symbackprop.verify.fields import NUMPY

MLP = """
a[j] = sum(W1[j, i] * x[i], i)
z[j] = tanh(a[j])
y[j] = sum(W2[j, i] * z[i], i)
E = sum((y[j] - t[j])**2, j) / 2
"""
EQUATIONS = {
    "so-logistic-hessian": """
        a[s] = sum(X[s, i] * w[i], i)
        E = sum(log(1 + exp(a[s])) - t[s] * a[s], s) + lam / 2 * sum(w[i]**2, i)
        """,
    "so-softmax-ce-hessian": "E = -sum(Yt[j] * (z[j] - log(sum(exp(z[k]), k))), j)",
    "so-mlp-exact-hessian": MLP,
    "so-mlp-gauss-newton": MLP,
    "so-rosenbrock": "f = 100 * (y - x**2)**2 + (1 - x)**2",
    "so-linreg-hessian": "RSS = sum((y[s] - sum(X[s, i] * b[i], i))**2, s)",
}


class Second:
    """A case at its point: our matrices over all its parameters, row by row as they lie in memory."""

    def __init__(self, case, graph):
        self.names = case["wrt"]
        self.graph = graph
        self.derivation = simplify(backward(graph, self.names))
        self.values = {name: np.array(value, dtype=float) for name, value in case["inputs"].items()}
        self.sizes = [self.values[name].size for name in self.names]

    def loss(self):
        return evaluate_graph(self.graph, self.values)[self.graph.loss.name]

    def gradient(self):
        found = evaluate_adjoints(self.derivation, self.values)
        return np.concatenate([np.ravel(found[self.derivation.adjoint_of[name]]) for name in self.names])

    def solved(self, second, **more):
        return solve((*second.forward, *second.equations), self.values | more, {}, NUMPY)

    def hessian(self):
        return np.block([[self.block(a, b) for b in self.names] for a in self.names])

    def block(self, a, b):
        second = hessian(self.derivation, a, b)
        shape = (self.values[a].size, self.values[b].size)
        if not second.results:
            return np.zeros(shape)
        full = np.broadcast_to(self.solved(second)[second.results[b]], (*self.values[a].shape, *self.values[b].shape))
        return full.reshape(shape)

    def product(self, second, vector):
        pieces = np.split(np.asarray(vector, dtype=float), np.cumsum(self.sizes)[:-1])
        parts = {
            second.vectors[name]: piece.reshape(self.values[name].shape)
            for name, piece in zip(self.names, pieces, strict=True)
        }
        found = self.solved(second, **parts)
        return np.concatenate([np.ravel(found[second.results[name]]) for name in self.names])

    def gauss_newton(self):
        second = gauss_newton_product(self.derivation, self.names)
        return np.stack([self.product(second, unit) for unit in np.eye(sum(self.sizes))], axis=1)


def test_second_order(second_order_case, graph_of, record_property):
    case = second_order_case
    record_property("collection", "second order")
    extra = case.get("extra") or {}
    graph = graph_of(EQUATIONS[case["id"]], case["shapes"], case["wrt"], extra.get("gn_output", ""))
    ours, expected = Second(case, graph), case["expected"]
    found = {"loss": ours.loss(), "grad": ours.gradient(), "hessian": ours.hessian()}
    if "hv" in expected:
        found["hv"] = ours.product(hessian_product(ours.derivation, case["wrt"]), extra["v"])
    if "gauss_newton" in expected:
        found["gauss_newton"] = ours.gauss_newton()
    assert set(found) == set(expected)
    for key, value in expected.items():
        scale = max(1.0, np.abs(value).max())
        np.testing.assert_allclose(
            np.reshape(found[key], np.shape(value)), value, rtol=0, atol=1e-11 * scale, err_msg=key
        )
