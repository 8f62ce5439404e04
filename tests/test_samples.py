"""How a loss is made of its samples', read off the equations."""

import pytest

import symbackprop as sb
from symbackprop.errors import UnsupportedError
from symbackprop.samples import combined, reduction_over_samples

SHAPES = {"X": ["N", "d"], "w": "d", "t": "N", "lam": []}


def program(equations):
    return sb.derive({"name": "p", "shapes": SHAPES, "wrt": ["w"], "equations": equations}).stages.graph


@pytest.mark.parametrize(
    ("equations", "found"),
    [
        ("E = sum((X @ w - t)**2)", ("sum", False)),
        ("E = mean((X @ w - t)**2)", ("mean", False)),
        ("r = X @ w - t\nE = (mean(r**2) + lam*sum(w**2))/2", ("mean", True)),
        ("r = X @ w - t\nL = sum(r**2)\nR = sum(w**2)\nE = L + lam*R", ("sum", True)),
        ("r = X @ w - t\nE = mean(r**2) + sum(log(cosh(r)))", ("", False)),
        ("r = X @ w - t\nE = sqrt(sum(r**2))", ("", False)),
        ("r = X @ w\nm = mean(r)\nE = mean((r - m - t)**2)", ("mean", False)),
    ],
)
def test_how_samples_are_combined(equations, found):
    assert combined(program(equations)) == found


def test_a_penalty_is_more_than_the_samples():
    network = sb.Network(3, sb.Dense(2, regularizer={"type": "l2"}), loss="mse")
    assert combined(sb.derive(network).stages.graph) == ("mean", True)


def test_statistics_over_samples_may_be_read_but_not_taken_in_chunks():
    graph = sb.derive(sb.Network(3, sb.Dense(2), {"type": "batch_normalization"}, loss="mse")).stages.graph
    assert combined(graph) == ("mean", False)
    with pytest.raises(UnsupportedError, match="mixes samples"):
        reduction_over_samples(graph)


def test_a_single_sample_is_not_combined():
    assert combined(sb.derive("mazur").stages.graph) == ("", False)
