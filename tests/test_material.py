"""What a document is made from."""

import pytest

import symbackprop as sb
from symbackprop.display import text
from symbackprop.material import LONGEST_LISTING, material
from symbackprop.training import run


@pytest.fixture(scope="module")
def mazur():
    d = sb.derive("mazur")
    return d, d.verify()


def test_one_step_of_the_network(mazur):
    d, report = mazur
    found = material(d.stages, report)
    assert float(found.step.loss) == pytest.approx(0.291027774, abs=5e-10)
    assert float(found.step.new["w5"]) == pytest.approx(0.358916480, abs=5e-10)
    assert found.checks.differences["w1"] == pytest.approx(0.000438568, abs=5e-10)
    assert found.facts.learning_rate == "0.5"


def test_the_listing_is_the_emitted_code(mazur):
    d, report = mazur
    listing = material(d.stages, report).code
    assert "dW2 = np.outer(delta2, a1)" in listing
    assert "#" not in listing and "_checked" not in listing
    assert len(listing.splitlines()) <= LONGEST_LISTING


def test_the_count_of_steps_is_a_letter_of_which_the_first_value_is_given(mazur):
    network = sb.load("mazur").as_table()
    stages = sb.derive({**network, "training": {"optimizer": {"type": "adam"}}}).stages
    facts = material(stages, mazur[1]).facts
    assert {text(symbol): value for symbol, value in facts.settings}["n"] == "1"
    assert "beta1ⁿ" in text(facts.assignments[-1][1]) and "step" not in text(facts.assignments[-1][1])


def test_a_training_run_becomes_a_curve(mazur):
    d, report = mazur
    found = material(d.stages, report, run(d, steps=1000)).training
    assert found.curve[0][0] == 0
    assert found.curve[-1][0] == 1000
    assert len(found.curve) <= 260
    assert "1,000 simultaneous steps" in found.summary


def test_a_network_without_numbers_has_no_step():
    d = sb.derive("mnist")
    assert material(d.stages, d.verify()).step is None


@pytest.mark.parametrize(
    "optimizer", ["momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "amsgrad", "nadam"]
)
def test_the_first_step_of_every_optimizer_is_what_the_code_does(optimizer):
    table = sb.load("mazur").as_table() | {"training": {"optimizer": {"type": optimizer, "learning_rate": 0.1}}}
    d = sb.derive(table)
    found = material(d.stages, d.verify())
    after = run(d, steps=1).parameters
    assert float(found.step.new["w5"]) == pytest.approx(after["W2"][0, 0], abs=1e-12)
    assert float(found.step.new["w1"]) == pytest.approx(after["W1"][0, 0], abs=1e-12)
    assert found.facts.assignments
