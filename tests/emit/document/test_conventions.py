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


@pytest.mark.parametrize(
    ("equations", "said"),
    [
        ("E = mean((X @ w - t)**2)", "is the mean over"),
        ("E = sum((X @ w - t)**2)", "is the sum over"),
        ("E = mean((X @ w - t)**2) + sum(w**2)", "holds the mean over"),
        ("E = sqrt(sum((X @ w - t)**2))", ""),
    ],
)
def test_how_samples_are_combined_is_said_as_the_equation_has_it(composed, equations, said):
    shapes = {"X": ["N", "d"], "w": "d", "t": "N"}
    text = typeset(composed({"name": "p", "shapes": shapes, "wrt": ["w"], "equations": equations}))
    for one in ("is the mean over", "is the sum over", "holds the mean over", "holds the sum over"):
        assert (one in text) == (one == said)
    assert ("averaged, not added" in text) == ("sum" in said)
    assert ("added, not averaged" in text) == ("mean" in said)
    assert "is left out where one sample is meant" in text


@pytest.mark.parametrize(("formula", "told"), [("sqrt(sum((t[s, j] - y[s, j])**2, s, j))", False), ("mse", True)])
def test_errors_of_single_samples_are_told_of_where_the_loss_is_their_sum_alone(composed, formula, told):
    losses = {} if formula == "mse" else {"own": formula}
    layer = {"type": "dense", "units": 1, "weights": [[0.1, 0.4]], "bias": [0.3]}
    sample = {"x": [[0.1, 0.2], [0.3, 0.5]], "t": [[0.1], [0.2]]}
    network = {"name": "rows", "inputs": 2, "layers": [layer], "loss": next(iter(losses), "mse"), "losses": losses}
    text = typeset(composed({**network, "sample": sample}))
    assert ("E_{1} + E_{2}" in text) == told
