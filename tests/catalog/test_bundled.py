"""The bundled networks made of more than dense layers: what they hold, and that gradients and steps are right."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.backward import backward
from symbackprop.forward import forward
from symbackprop.network import Network, load
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
    table = {size: sp.Integer(value) for size, value in graph.sizes.items()}
    return sum(int(sp.prod(parameter.shape).xreplace(table)) for parameter in graph.parameters)


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


def test_every_weight_of_gpt2_has_a_gradient():
    graph = forward(load("gpt2"))
    derivation = simplify(backward(graph))
    assert {tensor.name for tensor in graph.parameters} <= derivation.adjoint_of.keys()
    assert {equation.tensor for equation in graph.readers("wte_W")} == {"wte_y", "head_z"}
    assert "dwte_W" in str(derivation.adjoint("wte_W"))


def test_two_blocks_of_gpt2_have_right_gradients_at_small_sizes():
    table = load("gpt2").as_table()
    left_out = {f"h{number}" for number in range(2, 12)}
    table["layers"] = [layer for layer in table["layers"] if layer.get("name") not in left_out]
    graph = forward(Network.from_table(table))
    assert len(graph.with_role("parameter")) == 2 + 2 * 16 + 2
    assert_right(graph, simplify(backward(graph)))
