"""Stages → the scalars and factors that a page works with."""

import pytest

from symbackprop.display import text
from symbackprop.explorable import explorable, explored, factors
from symbackprop.material import material
from symbackprop.network import Dense, Network, load
from symbackprop.notation import NOTATIONS, STANDARD
from symbackprop.pipeline import Stages
from symbackprop.verify.report import Report


def made(network):
    stages = Stages(network)
    return explorable(stages, material(stages, Report(network.name, ())))


@pytest.fixture(scope="module")
def mazur():
    return made(load("mazur"))


def test_every_factor_is_named_coloured_and_explained(mazur):
    found = {
        (one.of, one.wrt): (text(one.ratio), text(one.formula), one.role, text(one.reason)) for one in mazur.factors
    }
    assert len(found) == 22
    assert found["z1_1", "w1"] == ("∂z₁⁽¹⁾/∂w1", "x₁", "input", "z₁⁽¹⁾ is linear in w1")
    assert found["z1_1", "b1"][1:] == ("1", "input", "b1 is added as it is")
    assert found["z2_2", "a1_1"] == ("∂z₂⁽²⁾/∂a₁⁽¹⁾", "w7", "", "z₂⁽²⁾ is linear in a₁⁽¹⁾")
    assert found["a1_1", "z1_1"][1:] == (
        *("a₁⁽¹⁾·(1 - a₁⁽¹⁾)", "slope"),
        "derivative of the logistic function, written with a₁⁽¹⁾",
    )
    assert found["E", "a2_1"] == ("∂E/∂a₁⁽²⁾", "a₁⁽²⁾ - t₁", "error", "derivative of the error")


def test_the_fields_are_what_the_user_gave_in_his_own_digits(mazur):
    assert [title for title, _ in mazur.fields] == ["Inputs", "Targets", "Weights and biases", "Update"]
    assert [(one.name, one.value) for _, fields in mazur.fields for one in fields][:4] == [
        *(("x1", "0.05"), ("x2", "0.10")),
        *(("t1", "0.01"), ("t2", "0.99")),
    ]
    assert mazur.fields[-1][1][0].value == "0.5"
    assert mazur.choices[:3] == ["w1", "w2", "w3"]


def test_samples_are_told_apart():
    xor = made(load("xor"))
    assert xor.samples == 4
    assert [one.sample for one in xor.fields[0][1]] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert {"x", "z1", "a2", "t"} <= set(xor.batched)
    assert "W1" not in xor.batched


def test_a_kink_is_a_condition():
    derivation = Stages(Network(1, Dense(1, "relu"), loss="mse")).derivation
    scalars = Stages(Network(1, Dense(1, "relu"), loss="mse")).scalars
    (slope,) = [text(one.formula) for one in factors(derivation, scalars, STANDARD) if one.role == "slope"]
    assert slope == "[z₁⁽¹⁾ > 0]"


def test_the_notation_is_the_documents():
    stages = Stages(load("mazur"), notation_name="mazur")
    found = list(factors(stages.derivation, stages.scalars, NOTATIONS["mazur"]))
    assert text(found[2].ratio) == "∂netₕ₁/∂w1"


@pytest.mark.parametrize("network", ["mnist", "lstm", "2 -> 2 tanh -> 1, loss=mse"])
def test_large_networks_and_networks_without_numbers_have_none(network):
    assert made(load(network)) is None


def test_a_small_network_without_numbers_is_shown_with_some():
    stages = Stages(load("2 -> 2 tanh -> 1, loss=mse"))
    found = explored(stages, material(stages, Report("net", ())))
    assert found.made_up
    assert all(one.value for _, fields in found.fields for one in fields)
    assert stages.graph.tensors["W1"].value is None, "the document stays without"
    mazur = Stages(load("mazur"))
    assert not explored(mazur, material(mazur, Report("mazur", ()))).made_up
    large = Stages(load("mnist"))
    assert explored(large, material(large, Report("mnist", ()))) is None


def softplus_by_hand():
    equations = "e = exp(w * x)\na = log(1 + e)\nE = sum(a * e)"
    return load({"name": "p", "shapes": {"w": 2, "x": 2}, "wrt": ["w"], "equations": equations})


def test_what_a_user_wrote_is_called_an_equation():
    """And an exponential has its number, though the code computes log(1 + e) without it."""
    stages = Stages(softplus_by_hand())
    found = explored(stages, material(stages, Report("p", ())))
    reasons = {text(one.reason) for one in found.factors if (one.of, one.wrt) == ("e1", "w1")}
    assert reasons == {"derivative of its equation, written with e₁"}
    assert "e1" in found.places and "const e1 = Math.exp(" in found.script
