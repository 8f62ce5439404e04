"""The true values of a network, and what certifies its adjoints."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from symbackprop.facade import derive
from symbackprop.verify.points import random_point, worked_point
from symbackprop.verify.truth import Truth, exact_values, index_sizes


@pytest.fixture(scope="module")
def mazur() -> Truth:
    derivation = derive("mazur").stages.derivation
    point = worked_point(derivation.graph)
    return Truth(derivation, point, {"x": exact_values(derivation.graph.tensors["x"], point)}, {"eta": Fraction(1, 2)})


def test_given_decimals_are_exact(mazur: Truth) -> None:
    assert mazur.arrays["x"][0].low == Fraction("0.05")
    assert mazur.arrays["eta"].item().low == Fraction(1, 2)


def test_adjoints_are_borne_out_by_differences_of_the_forward_pass(mazur: Truth) -> None:
    assert mazur.doubtful() == ""


@pytest.mark.parametrize("network", ["mazur", "lstm", "vae", "transformer"])
def test_one_wrong_element_is_noticed(network: str) -> None:
    derivation = derive(network).stages.derivation
    point = random_point(derivation.graph, np.random.default_rng(1), {})
    truth = Truth(derivation, point, {}, {})
    assert truth.doubtful() == ""
    name = sorted(derivation.adjoint_of.values())[3]
    truth.values[name] = truth.values[name].copy()
    truth.values[name].flat[-1] = truth.values[name].flat[-1] * (1 + 1e-9) + 1e-12
    assert "differences" in truth.doubtful()


def test_local_derivatives(mazur: Truth) -> None:
    slope = mazur.partial("a1", "z1")
    a = mazur.values["a1"][0]
    assert abs(slope((0,), (0,)) - a * (1 - a)) < 1e-40
    assert slope((0,), (1,)) == 0
    assert mazur.partial("a1", "W1") is None


def test_functions_are_those_of_the_network(mazur: Truth) -> None:
    assert abs(mazur.functions["sigmoid"](0) - 0.5) < 1e-40
    assert mazur.stated_slope("sigmoid", 0) == pytest.approx(0.25)


def test_the_loss_of_each_sample() -> None:
    derivation = derive("xor").stages.derivation
    truth = Truth(derivation, worked_point(derivation.graph), {}, {})
    mean = sum(one.low for one in truth.each_loss) / 4
    assert abs(mean - truth.values["E"].item()) < 1e-40


def test_how_far_indices_run() -> None:
    derivation = derive("vae").stages.derivation
    point = random_point(derivation.graph, np.random.default_rng(0), {})
    assert index_sizes(derivation, point.sizes)["E2"]["j"] == {2}


def test_values_with_a_given_derivation_can_be_replaced(mazur: Truth) -> None:
    assert replace(mazur, more={}).more == {}
