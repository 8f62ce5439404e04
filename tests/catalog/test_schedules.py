"""Every schedule against its closed form, as emitted code computes it."""

import math

import numpy as np
import pytest

from symbackprop.catalog import OPTIMIZERS, SCHEDULES
from symbackprop.emit.numpy import numpy_code
from symbackprop.expressions import tensors_read
from symbackprop.language import parse_equations
from symbackprop.lower.training import lower_update
from symbackprop.network import Dense, Network
from symbackprop.pipeline import Stages

FLOOR = {"floor": lambda value: value}
SETTINGS = {"initial_learning_rate": 0.4, "decay_steps": 10, "decay_rate": 0.5, "final_learning_rate": 0.1}
EXPECTED = {
    "constant": lambda step: 0.4,
    "step": lambda step: 0.4 * 0.5 ** ((step - 1) // 10),
    "exponential": lambda step: 0.4 * 0.5 ** ((step - 1) / 10),
    "cosine": lambda step: 0.1 + 0.3 * (1 + math.cos(math.pi * min(step - 1, 10) / 10)) / 2,
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_learning_rate_of_each_step(name):
    training = {"type": "sgd", "learning_rate": {"type": name, **_own(SETTINGS, SCHEDULES[name].options)}}
    module = Stages(Network(1, Dense(1, bias=False), loss="mse", training={"optimizer": training})).module
    params, state = {"W1": np.array([[0.0]], dtype=np.float32)}, {}
    for step in range(1, 31):
        moved = module.update(params, {"W1": np.array([[1.0]], dtype=np.float32)}, state)
        assert moved["W1"].dtype == np.float32
        assert float(params["W1"][0, 0] - moved["W1"][0, 0]) == pytest.approx(EXPECTED[name](step), rel=1e-5)
        params = moved if step % 2 else {"W1": np.zeros((1, 1), dtype=np.float32)}


def _own(settings, options):
    return {key: value for key, value in settings.items() if key in options}


def test_the_equations_of_the_schedule_come_first():
    statements = lower_update(OPTIMIZERS["sgd"], SCHEDULES["step"])
    assert [statement.name for statement in statements] == ["learning_rate", "w"]
    assert "np.floor" in numpy_code(statements[0].value, ())


def test_a_schedule_reads_its_options_the_step_and_nothing_else():
    assert set(EXPECTED) == set(SCHEDULES)
    for name, row in SCHEDULES.items():
        assert row.name == name and row.source
        assert "initial_learning_rate" in row.options
        statements = parse_equations(row.equations, FLOOR)
        assert statements[-1].tensor == "learning_rate"
        known = {"step", *row.options}
        for statement in statements:
            assert set(tensors_read(statement.rhs)) <= known
            known.add(statement.tensor)
