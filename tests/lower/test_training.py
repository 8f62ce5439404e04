"""What a network says of training is collected with the equations that carry it out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbackprop.catalog import OPTIMIZERS
from symbackprop.emit.numpy import numpy_code
from symbackprop.forward import forward
from symbackprop.lower.training import lower_training, lower_update
from symbackprop.network import Dense, Network, load
from symbackprop.program import leaves


def test_settings_are_those_of_the_network() -> None:
    network = load("mazur")
    training = lower_training(network, forward(network))
    assert (training.optimizer, training.settings) == ("sgd", {"learning_rate": "0.5"})
    assert (training.epochs, training.steps, training.sequential, training.seed) == (10000, None, False, 0)


def test_what_is_not_set_has_the_rows_default() -> None:
    network = Network(2, Dense(1), loss="mse")
    training = lower_training(network, forward(network))
    assert float(training.settings["learning_rate"]) == OPTIMIZERS["sgd"].options["learning_rate"].default


def test_each_parameter_has_its_rule() -> None:
    network = Network(2, Dense(1, initializer="he_normal"), Dense(1), loss="mse")
    draws = lower_training(network, forward(network)).draws
    assert {name: draw.rule for name, draw in draws.items()} == {
        "W1": "he_normal",
        "b1": "zeros",
        "W2": "glorot_uniform",
        "b2": "zeros",
    }
    assert (draws["W1"].distribution, draws["W1"].scale) == ("truncated_normal", "(2 / fan_in) ** 0.5")


def test_limits_and_order_are_passed_on() -> None:
    training = {"update": "sequential", "steps": 5, "batch_size": 2, "tolerance": 1e-3, "gradient_tolerance": 1e-4}
    network = Network(2, Dense(1), loss="mse", training=training)
    found = lower_training(network, forward(network))
    assert (found.sequential, found.steps, found.batch_size) == (True, 5, 2)
    assert (float(found.tolerance or 0), float(found.gradient_tolerance or 0)) == (1e-3, 1e-4)


def test_a_schedule_takes_the_place_of_the_learning_rate() -> None:
    rate = {"type": "step", "initial_learning_rate": 0.5, "decay_steps": 3}
    network = Network(2, Dense(1), loss="mse", training={"optimizer": {"type": "momentum", "learning_rate": rate}})
    training = lower_training(network, forward(network))
    assert list(training.settings) == ["momentum", "initial_learning_rate", "decay_steps", "decay_rate"]
    assert [statement.name for statement in training.update] == ["learning_rate", "v", "w"]
    assert (training.counts, training.remembers) == (True, True)


def test_only_what_is_read_again_is_remembered() -> None:
    for name, remembers in (("sgd", False), ("momentum", True), ("adam", True)):
        network = Network(2, Dense(1), loss="mse", training={"optimizer": name})
        training = lower_training(network, forward(network))
        assert (training.counts, training.remembers) == (name == "adam", remembers)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_row_moves_w_along_g(name: str) -> None:
    row = OPTIMIZERS[name]
    statements = lower_update(row)
    assert statements[-1].name == "w"
    read = {leaf for statement in statements for leaf in leaves(statement.value)}
    assert {"w", "g"} <= read
    assert read <= {"w", "g", "step", *row.options, *row.state, *(statement.name for statement in statements)}
    assert set(row.state) <= {statement.name for statement in statements}
    scope: dict[str, Any] = {name: np.ones(()) for name in ("w", "g")}
    scope |= {name: np.full((), first) for name, first in row.state.items()} | {"step": 1}
    scope |= {key: float(option.default or 0) for key, option in row.options.items()}
    for statement in statements:
        scope[statement.name] = eval(numpy_code(statement.value, ()), {"np": np}, scope)
    assert scope["w"] < 1.0
