"""Networks without numbers → the same with some that are made up."""

import pytest

from symbackprop.illustration import illustrated
from symbackprop.network import Dense, Network, load
from symbackprop.pipeline import Stages
from symbackprop.unroll import numbers


def flat(value):
    return [leaf for part in value for leaf in flat(part)] if isinstance(value, tuple) else [value]


def test_every_number_is_there_and_the_network_can_be_evaluated():
    stages = Stages(load("2 -> 3 tanh -> 2 softmax, loss=categorical_crossentropy"))
    assert illustrated(stages)
    given = stages.graph.with_role("input", "target", "parameter")
    assert all(tensor.value is not None for tensor in given)
    assert "0" not in flat(stages.graph.tensors["W1"].value)
    assert flat(stages.graph.tensors["t"].value) == ["1", "0"]
    assert float(numbers(stages.scalars)["E"]) > 0


def test_they_are_the_same_each_time():
    first, second = (Stages(load("2 -> 2 tanh -> 1, loss=mse")) for _ in range(2))
    assert illustrated(first) and illustrated(second)
    assert first.graph.tensors == second.graph.tensors


def test_what_the_user_gave_is_kept():
    network = Network(2, Dense(1, "sigmoid", weights=[[0.25, 0.75]]), loss="mse")
    stages = Stages(network)
    assert illustrated(stages)
    assert [str(one) for one in flat(stages.graph.tensors["W1"].value)] == ["0.25", "0.75"]


@pytest.mark.parametrize("network", ["mazur", "mnist", "transformer", "n -> 2, loss=mse"])
def test_nothing_is_made_up_for_these(network):
    assert not illustrated(Stages(load(network)))
