"""Statements that are the same for every parameter come once."""

import symbackprop as sb
from symbackprop.emit.float_steps import training_lines
from symbackprop.emit.floats import Writer
from symbackprop.lower.straight import update_line


def lines(**training):
    sample = {"x": [1], "t": [1]}
    d = sb.derive(sb.Network(1, sb.Dense(1), loss="mse", sample=sample, training=training))
    update = update_line(d.stages.training)
    return training_lines(Writer(d.stages.derivation, d.stages.straight), d.stages.training, update)


def test_each_parameter_has_variables_of_its_own():
    found = lines(optimizer={"type": "momentum", "learning_rate": 0.25})
    assert found["first"] == ["v_W1_11 = 0.0", "v_b1_1 = 0.0"]
    assert found["moves"][0].startswith("v_W1_11 = ") and "dW1_11" in found["moves"][0]
    assert sum("b1_1 =" in row for row in found["moves"]) == 2
    assert "learning_rate: float = 0.25" in found["settings"]


def test_a_schedule_is_computed_once_a_step():
    schedule = {"type": "cosine", "initial_learning_rate": 0.5, "decay_steps": 10}
    found = lines(optimizer={"type": "sgd", "learning_rate": schedule})
    assert sum(row.startswith("learning_rate = ") for row in found["moves"]) == 1
    assert found["counts"] and sum(row.startswith("part = ") for row in found["moves"]) == 1
    assert [row.split(" = ")[0] for row in found["moves"]][-2:] == ["W1_11", "b1_1"]
