"""Published losses and gradients against ours, from the programs as they are written: at their point and at others."""

import numpy as np
import pytest

from symbackprop.verify.differences import coordinates_of, high_precision
from symbackprop.verify.equations import evaluate_graph, known_sizes


def near(found, wanted, rtol=1e-9):
    scale = max(1.0, float(np.max(np.abs(wanted))))
    return np.shape(found) == np.shape(wanted) and np.all(np.abs(np.asarray(found) - wanted) <= rtol * scale)


def moved(case, seed):
    """Another point nearby, the same each time."""
    rng = np.random.default_rng(seed)
    values = {name: np.array(value, float) for name, value in case["inputs"].items()}
    for name in case["wrt"]:
        noise = 0.02 * rng.standard_normal(values[name].shape)
        values[name] = values[name] * (1 + noise) + 0.002 * rng.standard_normal(values[name].shape)
    return values


@pytest.fixture(scope="session")
def derived(adapter):
    """Derives each case once."""
    known = {}

    def derive(case):
        if case["id"] not in known:
            known[case["id"]] = adapter.derivation_of(case)
        return known[case["id"]]

    return derive


@pytest.fixture
def held(gradients_case, record_property):
    record_property("collection", "gradients")
    return gradients_case


def test_the_published_values_come_out(held, adapter, derived):
    function = adapter.function_of(derived(held), held)
    found = function({name: np.array(value, float) for name, value in held["inputs"].items()})
    assert near(found["loss"], held["expected"]["loss"])
    for name in held["wrt"]:
        assert near(found[name], np.array(held["expected"]["grads"][name])), name


def test_at_another_point_they_are_those_of_the_equations_to_50_digits(held, adapter, derived):
    d = derived(held)
    graph, values = d.stages.graph, moved(held, 7)
    found = adapter.function_of(d, held)(values)
    everything = evaluate_graph(graph, values)
    assert near(found["loss"], everything[graph.loss.name])
    coordinates = coordinates_of(held["wrt"], values)
    directions = np.random.default_rng(3).standard_normal((2, coordinates.count))
    slopes = high_precision(graph, values, coordinates, directions, known_sizes(graph.tensors, values, {}))
    assert near(directions @ coordinates.flat(found), slopes, 1e-8)


def test_what_is_not_written_in_array_notation_is_refused(adapter):
    case = {"id": "a", "shapes": {"x": [2]}, "wrt": ["x"], "loss": "E", "program": ["E = spline(x)"]}
    with pytest.raises(NotImplementedError, match="unknown function 'spline'"):
        adapter.adapt(case)
