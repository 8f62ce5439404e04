"""Every regulariser against NumPy, and its gradient beside that of a loss."""

import numpy as np
import pytest

from symbackprop.backward import backward
from symbackprop.catalog import REGULARIZER_SYNONYMS, REGULARIZERS
from symbackprop.forward import forward
from symbackprop.language import parse_formula
from symbackprop.network import Dense, Network
from symbackprop.simplify import simplify
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph

EXPECTED = {
    "l1": ({"rate": 0.3}, lambda w: 0.3 * np.abs(w).sum(), lambda w: 0.3 * np.sign(w)),
    "l2": ({"rate": 0.3}, lambda w: 0.3 * (w**2).sum(), lambda w: 0.6 * w),
    "l1_l2": (
        {"l1": 0.2, "l2": 0.3},
        lambda w: 0.2 * np.abs(w).sum() + 0.3 * (w**2).sum(),
        lambda w: 0.2 * np.sign(w) + 0.6 * w,
    ),
}


def evaluated(regularizer):
    chosen = {"regularizer": regularizer} if regularizer else {}
    graph = forward(Network(3, Dense(2, "tanh", **chosen), Dense(1), loss="mse"))
    rng = np.random.default_rng(2)
    values = {p.name: rng.normal(size=tuple(map(int, p.shape))) for p in graph.parameters}
    values |= {"x": rng.normal(size=(4, 3)), "t": rng.normal(size=(4, 1))}
    values["W1"][0, 1] = 0.0
    adjoints = evaluate_adjoints(simplify(backward(graph)), values)
    return values, evaluate_graph(graph, values)["E"], adjoints


@pytest.mark.parametrize("name", REGULARIZERS)
def test_what_it_adds(name):
    options, cost, slope = EXPECTED[name]
    values, loss, adjoints = evaluated({"type": name, **options})
    _, plain, without = evaluated(None)
    assert loss - plain == pytest.approx(cost(values["W1"]), rel=1e-12)
    np.testing.assert_allclose(adjoints["dW1"] - without["dW1"], slope(values["W1"]), atol=1e-14)
    for other in ("db1", "dW2", "db2"):
        np.testing.assert_array_equal(adjoints[other], without[other])


def test_each_parameter_may_have_its_own():
    values, loss, _ = evaluated({"weights": "l2", "bias": {"type": "elastic_net", "l1": 1, "l2": 0}})
    _, plain, _ = evaluated(None)
    assert loss - plain == pytest.approx(0.01 * (values["W1"] ** 2).sum() + np.abs(values["b1"]).sum(), rel=1e-12)


def test_rows_and_synonyms():
    assert set(EXPECTED) == set(REGULARIZERS)
    assert set(REGULARIZER_SYNONYMS.values()) <= set(REGULARIZERS)
    assert not set(REGULARIZER_SYNONYMS) & set(REGULARIZERS)
    for name, row in REGULARIZERS.items():
        assert row.name == name and row.source
        assert parse_formula(row.formula) is not None
