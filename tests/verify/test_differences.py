from types import SimpleNamespace

import numpy as np
import pytest

from symbackprop.verify.differences import (
    Coordinates,
    complex_step,
    coordinates_of,
    differences,
    directions_for,
    given,
    high_precision,
    operations,
)
from symbackprop.verify.points import random_point

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("kind", ["sigmoid", "relu", "softmax"])
def test_three_methods_agree_with_a_gradient_by_hand(nets: SimpleNamespace, kind: str) -> None:
    graph, code = nets.dense((2, 3, 2), kind), nets.Code(2, kind)
    point = random_point(graph, np.random.default_rng(1))
    coordinates = coordinates_of(["W1", "b1", "W2", "b2"], point.values)
    x, t, vector = point.values["x"], point.values["t"], coordinates.flat(point.values)
    expected = coordinates.flat(code.loss_and_grad(coordinates.tensors(vector), x, t)[1])
    directions = directions_for(len(vector), RNG)
    slopes, reaches = complex_step(graph, point.values, coordinates, directions, point.sizes)
    np.testing.assert_allclose(slopes, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        high_precision(graph, point.values, coordinates, directions, point.sizes), expected, rtol=1e-12, atol=1e-15
    )
    estimate = differences(lambda v: code.loss(coordinates.tensors(v), x, t), vector, directions, reaches=reaches)
    assert estimate.success.all()
    np.testing.assert_allclose(estimate.value, expected, rtol=0, atol=1e-9)


def test_steps_stay_on_one_side_of_a_kink() -> None:
    def loss(vector: np.ndarray) -> float:
        return float(np.where(vector > 0, np.exp(vector), 3 * vector).sum())

    point = np.array([1e-3, -1e-4])
    near = differences(loss, point, np.eye(2), reaches=np.abs(point))
    assert near.success.all()
    np.testing.assert_allclose(near.value, [np.exp(1e-3), 3], rtol=1e-7)
    blind = differences(loss, point, np.eye(2))
    assert not (blind.success.all() and np.allclose(blind.value, [np.exp(1e-3), 3], rtol=1e-7))


def test_fifty_digits_are_right_to_the_last_double(nets: SimpleNamespace) -> None:
    graph = nets.dense((1, 1), samples=1)
    values = {"x": np.array([[1.0]]), "t": np.array([[0.0]]), "W1": np.array([[0.0]]), "b1": np.array([0.0])}
    found = high_precision(graph, values, coordinates_of(["W1", "b1"], values), np.eye(2), {nets.N: 1})
    np.testing.assert_array_equal(found, [0.125, 0.125])


def test_many_parameters_get_a_few_directions_of_length_one() -> None:
    np.testing.assert_array_equal(directions_for(200, RNG), np.eye(200))
    found = directions_for(201, RNG)
    assert found.shape == (5, 201)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)


def test_coordinates_pack_and_unpack() -> None:
    coordinates = Coordinates({"a": (2, 3), "b": (), "c": (2,)})
    values = {"c": np.array([7.0, 8.0]), "a": np.arange(6.0).reshape(2, 3), "b": np.array(6.0)}
    vector = coordinates.flat(values)
    np.testing.assert_array_equal(vector, [0, 1, 2, 3, 4, 5, 6, 7, 8])
    assert {name: array.shape for name, array in coordinates.tensors(np.stack([vector] * 4)).items()} == {
        "a": (4, 2, 3),
        "b": (4,),
        "c": (4, 2),
    }
    assert coordinates.part("c") == slice(7, 9)
    assert coordinates.count == 9


def test_given_leaves_out_what_equations_define(nets: SimpleNamespace) -> None:
    graph = nets.dense((2, 2))
    point = random_point(graph, RNG)
    assert set(given(graph, point.values)) == {"x", "t", "W1", "b1"}


def test_operations_count_the_widest_product(nets: SimpleNamespace) -> None:
    assert operations(nets.dense((5, 7)), {nets.N: 3}) == 3 * 7 * 5 + 3 * 7 + 3 * 7
