"""The conventions that a document states: which slope counts where an activation has two."""

import pytest

from symbackprop.emit.document.typeset import typeset

SLOPES = {
    "relu": ["relu}'(0) = 0$"],
    "leaky_relu": ["relu}'(0) = 0.2$"],
    "selu": [r"selu}'(0) \approx 1.758099341$"],
    "relu6": ["relu6}'(0) = 0$", "relu6}'(6) = 0$"],
    "hard_swish": [r"swish}'(-3) = 0$", r"swish}'(3) = 1$"],
    "elu": [],
    "softsign": [],
    "sigmoid": [],
}


@pytest.mark.parametrize("activation", SLOPES)
def test_the_slope_is_stated_where_there_are_two(composed, activation):
    layers = [{"type": "dense", "units": 2, "activation": activation}]
    document = composed({"name": "kinked", "inputs": 2, "layers": layers, "loss": "mse"})
    said = typeset(document).partition("Where the activation has ")[2].partition(".\n")[0]
    assert bool(said) == bool(SLOPES[activation])
    assert said.count("(") == len(SLOPES[activation])
    for slope in SLOPES[activation]:
        assert slope in f"{said}\n"
