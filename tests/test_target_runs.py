"""What the runs of random networks in other languages would find, and how they count it."""

import importlib.util
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import TooLargeError
from symbackprop.trials import Missing
from symbackprop.verify.fields import mpmath_field


def beside(name):
    spec = importlib.util.spec_from_file_location(f"symbackprop_{name}", Path(__file__).with_name(f"{name}.py"))
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


properties = beside("test_properties")
runs = properties.target_runs
STAGES = sb.derive("2 -> 3 tanh -> 2, loss=mse").stages


def outcome(monkeypatch, run, **more):
    monkeypatch.setattr(runs, "TARGETS", {"planted": runs.Target(1, run, **more)})
    (found,) = runs.outcomes(STAGES, 3, ["planted"])
    return found


def module(stages, params, data):
    loss, gradient = stages.module.loss_and_grad(params, *data.values())
    return [float(loss)], gradient


def test_the_module_is_right_in_both_precisions(monkeypatch):
    assert outcome(monkeypatch, module) == ("planted", "right", "")


@pytest.mark.parametrize(("precision", "part"), [("float64", 1e-9), ("float32", 0.02)])
def test_a_gradient_that_is_off_is_found(monkeypatch, precision, part):
    def run(stages, params, data):
        loss, gradient = module(stages, params, data)
        return loss, {**gradient, "W2": gradient["W2"] * (1 + np.asarray(part, params["W2"].dtype))}

    found = outcome(monkeypatch, run, precisions=(precision,))
    assert found.word == "wrong" and f"{precision}, the gradient of W2 is off by" in found.why


def test_a_loss_or_shape_that_is_off_is_found(monkeypatch):
    def run(stages, params, data):
        loss, gradient = module(stages, params, data)
        return [*loss, loss[0] + 1], {**gradient, "b1": gradient["b1"][None]}

    found = outcome(monkeypatch, run)
    assert "float32, the loss is" in found.why
    assert "float64, the gradient of b1 has the shape (1, 3), not (3,)" in found.why


def test_50_digits_decide_where_the_equations_lose_digits(monkeypatch):
    stages = sb.derive(properties.network(20896)).stages
    monkeypatch.setattr(runs, "TARGETS", {"module": runs.Target(1, module, ("float64",))})
    asked = []
    monkeypatch.setattr(runs, "mpmath_field", lambda digits: asked.append(digits) or mpmath_field(digits))
    (found,) = runs.outcomes(stages, 20896, ["module"])
    assert found.word == "right" and asked == [50]


def test_a_refusal_by_name_is_no_success_and_no_failure(monkeypatch):
    def too_large(stages, params, data):
        raise TooLargeError("this is too large")

    def missing(stages, params, data):
        raise Missing("Node")

    def broken(stages, params, data):
        raise ValueError("no such thing")

    assert outcome(monkeypatch, too_large).word == "refused" and "too large" in outcome(monkeypatch, too_large).why
    assert outcome(monkeypatch, missing) == ("planted", "missing", "Node")
    assert outcome(monkeypatch, broken) == ("planted", "wrong", "ValueError: no such thing")


def test_which_targets_run_is_a_matter_of_the_number():
    assert runs.due(60) == runs.due(7, everything=True) == list(runs.TARGETS)
    assert runs.due(7) == [] and runs.due(8) == ["array_api", "floats"]


def test_counts_go_on_where_they_were_interrupted():
    counts = properties.Counts(5)
    ran = (runs.Outcome("c", "right"), runs.Outcome("floats", "refused", "random5 is too large"))
    counts.add(5, properties.Examined("right", [], ran))
    again = properties.Counts(**json.loads(json.dumps(asdict(counts))))
    again.add(6, properties.Examined("wrong", ["c: off"], (runs.Outcome("c", "wrong", "off"),)))
    assert again.next == 7 and again.wrong == {"6": ["c: off"]}
    assert list(again.lines()) == [
        "target c: 2 networks, right 1, wrong 1",
        "target floats: 1 networks, refused by target 1",
        "target floats, refused: NAME is too large, 1 times",
        "networks: 2, {'right': 1, 'wrong': 1}, wrong: ['6']",
    ]
    before = {"next": 3, "counts": {"right": 3}, "refused": {}, "wrong": {}}
    assert properties.Counts(**before).targets == {}
