"""The first step of an optimizer, worked out where there are numbers."""

import pytest

from symbackprop.facade import derive
from symbackprop.first_step import rule, setting_names, worked_step


def test_mazurs_step():
    stages = derive("mazur").stages
    assert str(rule(stages)) == "-g/2 + w"
    assert float(worked_step(stages).loss) == pytest.approx(0.291027774, abs=1e-9)


def test_without_numbers_there_is_none():
    assert worked_step(derive("lstm").stages) is None


def test_numbers_of_an_update_are_called_like_no_tensor():
    assert setting_names(derive("mazur").stages) == {"learning_rate": "eta"}
    equations = "E = sum((eta * x)**2 + eps)**2 * epsilon"
    shapes = {"x": [3], "eta": [], "eps": [], "epsilon": [], "beta1": []}
    optimizer = {"type": "adam", "learning_rate": 0.1}
    network = {"name": "f", "shapes": shapes, "wrt": ["eta", "x"], "equations": equations + " + beta1"}
    names = setting_names(derive({**network, "training": {"optimizer": optimizer}}).stages)
    assert names == {
        "learning_rate": "learning_rate", "beta1": "beta1_adam", "beta2": "beta2", "epsilon": "epsilon_adam",
        "step": "n",
    }  # fmt: skip


@pytest.mark.parametrize("equations", ["E = sum(x)**T", "E = sum(1 / (x - x[0]))", "E = sum(x**(T / 2))"])
def test_where_something_has_no_value_no_step_is_worked(equations):
    values = {"x": [0.3, -0.3], "T": 1.5}
    network = {"name": "f", "shapes": {"x": [2], "T": []}, "wrt": ["x"], "equations": equations, "values": values}
    assert worked_step(derive(network).stages) is None
