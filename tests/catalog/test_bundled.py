"""The bundled networks made of more than dense layers: what they hold, and that gradients and steps are right."""

import time

import numpy as np
import pytest
import sympy as sp

from symbackprop.backward import backward
from symbackprop.forward import forward
from symbackprop.network import load
from symbackprop.simplify import simplify
from symbackprop.verify.differences import complex_step, coordinates_of, directions_for
from symbackprop.verify.equations import evaluate_adjoints
from symbackprop.verify.points import random_point
from symbackprop.verify.steps import prove_steps

COUNTS = {
    "lstm": 138,
    "cnn": 410,
    "attention": 32,
    "transformer": 235,
    "logistic_regression": 5,
    "autoencoder": 27,
    "vae": 110,
    "gpt2": 124_439_808,
}


def count(graph):
    return sum(int(sp.prod(parameter.shape)) for parameter in graph.parameters)


@pytest.mark.parametrize("name", COUNTS)
def test_parameters(name):
    assert count(forward(load(name))) == COUNTS[name]


@pytest.mark.parametrize("name", [name for name in COUNTS if name != "gpt2"])
def test_gradients_and_steps(name):
    graph = forward(load(name))
    derivation = simplify(backward(graph))
    assert_right(graph, derivation)
    assert not prove_steps(derivation).failures


def assert_right(graph, derivation):
    rng = np.random.default_rng(3)
    point = random_point(graph, rng)
    coordinates = coordinates_of([tensor.name for tensor in graph.parameters], point.values)
    directions = directions_for(coordinates.count, rng)
    adjoints = evaluate_adjoints(derivation, point.values, sizes=point.sizes)
    found = coordinates.flat({name: adjoints[derivation.adjoint_of[name]] for name in coordinates.shapes})
    expected, _ = complex_step(graph, point.values, coordinates, directions, point.sizes)
    np.testing.assert_allclose(directions @ found, expected, rtol=1e-9, atol=1e-11)


def test_gpt2_is_derived_in_seconds():
    start = time.process_time()
    graph = forward(load("gpt2"))
    derivation = simplify(backward(graph))
    assert time.process_time() - start < 5
    assert {tensor.name for tensor in graph.parameters} <= derivation.adjoint_of.keys()
    assert {equation.tensor for equation in graph.readers("wte_W")} == {"wte_y", "head_z"}
    assert "dwte_W" in str(derivation.adjoint("wte_W"))


def test_gpt2_of_small_sizes_has_right_gradients():
    small = {1024: 4, 50257: 6, 768: 4, 3072: 5, 12: 2, 64: 3}
    table = load("gpt2").as_table()
    table["inputs"] = {"tokens": {"shape": [4]}}
    keep = [layer for layer in table["layers"] if layer.get("name") not in {f"h{number}" for number in range(2, 12)}]
    table["layers"] = [
        {key: small.get(value, value) if type(value) is int else value for key, value in layer.items()}
        for layer in keep
    ]
    graph = forward(type(load("gpt2")).from_table(table))
    assert len(graph.with_role("parameter")) == 2 + 2 * 16 + 2
    assert_right(graph, simplify(backward(graph)))
