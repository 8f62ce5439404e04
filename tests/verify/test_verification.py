import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.graph import Equation
from symbackprop.verify import verify


@pytest.mark.parametrize("kind", ["sigmoid", "relu", "softmax"])
def test_a_right_network_passes_every_kind_of_check(nets: SimpleNamespace, kind: str) -> None:
    derivation = nets.derived(nets.dense((2, 2, 2), kind, samples=1), kind)
    code = nets.Code(2, kind)

    def scalars(values: Any) -> Any:
        params = {name: values[name] for name in ("W1", "b1", "W2", "b2")}
        return code.loss_and_grad(params, values["x"], values["t"])[1]

    report = verify(derivation, code, scalars=scalars)
    assert report.passed, str(report)
    assert {check.method for check in report.checks} == {
        "evaluation of the graph",
        "differences (scipy) of the emitted loss",
        "complex step on the graph",
        "50 digits on the graph",
        "index form",
        "scalar form",
        "one big expression",
        "evaluation to 50 digits",
    } | ({"the stated branch, where branches meet"} if kind == "relu" else set())
    assert {check.subject for check in report.checks} == {"E", "W1", "b1", "W2", "b2", "steps"}


def test_the_json_is_the_same_every_time(nets: SimpleNamespace) -> None:
    derivation = nets.derived(nets.dense((2, 3, 2), "relu"), "relu")
    first, again = (verify(derivation, nets.Code(2, "relu")).to_json() for _ in range(2))
    assert first == again


def test_wrong_code_fails_every_form(nets: SimpleNamespace) -> None:
    def fault(gradient: Any) -> None:
        gradient["W2"][1, 0] *= 1.001

    report = verify(nets.derived(nets.dense((2, 2, 2), samples=1), "sigmoid"), nets.Code(2, "sigmoid", fault))
    assert {check.subject for check in report.failures} == {"W2"}
    assert len(report.failures) == 5
    assert "W2" in report.summary()


def test_a_wrong_index_form_is_found(nets: SimpleNamespace) -> None:
    derivation = nets.derived(nets.dense((2, 2, 2)), "sigmoid")
    wrong = tuple(Equation(e.tensor, e.indices, e.rhs * 2) if e.tensor == "db1" else e for e in derivation.adjoints)
    report = verify(replace(derivation, adjoints=wrong), nets.Code(2, "sigmoid"))
    assert {(check.subject, check.method) for check in report.failures} == {
        ("b1", "index form"),
        ("steps", "evaluation to 50 digits"),
    }


def test_a_wrong_scalar_form_is_found(nets: SimpleNamespace) -> None:
    report = verify(nets.derived(nets.dense((2, 2)), "sigmoid"), nets.Code(1, "sigmoid"), scalars=lambda values: {})
    assert {(check.subject, check.method) for check in report.failures} == {
        ("W1", "scalar form"),
        ("b1", "scalar form"),
    }


def test_a_gradient_that_is_missing_stops_the_rest(nets: SimpleNamespace) -> None:
    code = nets.Code(1, "sigmoid", lambda gradient: gradient.pop("b1"))
    report = verify(nets.derived(nets.dense((2, 2)), "sigmoid"), code)
    assert [check.subject for check in report.failures] == ["b1"]


def test_given_values_are_a_point_of_their_own(nets: SimpleNamespace) -> None:
    values = {"x": [[0.05, 0.10]], "t": [[0.01, 0.99]], "W1": [[0.15, 0.20], [0.25, 0.30]], "b1": [0.35, 0.35]}
    derivation = nets.derived(nets.dense((2, 2)), "sigmoid")
    report = verify(derivation, nets.Code(1, "sigmoid"), values={k: np.array(v) for k, v in values.items()})
    assert report.passed
    assert report.points == ("the given values", "a random point")


def test_an_mnist_network_is_verified_in_less_than_a_second(nets: SimpleNamespace) -> None:
    derivation = nets.derived(nets.dense((784, 128, 10), "softmax"), "softmax")
    start = time.perf_counter()
    report = verify(derivation, nets.Code(2, "softmax"))
    assert report.passed, str(report)
    assert time.perf_counter() - start < 3  # 0.1 s where nothing else runs

    def fault(gradient: Any) -> None:
        gradient["b1"] = gradient["b1"] * 1.001

    wrong = verify(derivation, nets.Code(2, "softmax", fault))
    assert {check.subject for check in wrong.failures} == {"all parameters", "b1"}


def test_only_what_was_derived_is_demanded(nets: SimpleNamespace) -> None:
    derivation = nets.derived(nets.dense((2, 3, 2)), "sigmoid")
    names = {old: new for old, new in derivation.adjoint_of.items() if old != "W1"}
    some = replace(
        derivation,
        adjoint_of=names,
        adjoints=tuple(equation for equation in derivation.adjoints if equation.tensor != "dW1"),
        steps={name: steps for name, steps in derivation.steps.items() if name != "dW1"},
    )
    report = verify(some, nets.Code(2, "sigmoid", lambda gradient: gradient.pop("W1")))
    assert report.passed, str(report)
    assert "W1" not in {check.subject for check in report.checks}
    report = verify(some, nets.Code(2, "sigmoid", lambda gradient: gradient.pop("b2")))
    assert "b2" in {check.subject for check in report.failures}


def test_a_point_where_all_units_are_dead_is_not_enough(nets: SimpleNamespace) -> None:
    """Of every few seeds one draws a point at which no unit of two is alive: any factor would pass there."""
    derivation = nets.derived(nets.dense((2, 2, 2), "relu", samples=1), "relu")

    def fault(gradient: Any) -> None:
        gradient["W1"] *= 1.001

    for seed in range(12):
        report = verify(derivation, nets.Code(2, "relu", fault), seed=seed)
        assert "W1" in {check.subject for check in report.failures}, seed


def test_the_step_of_a_witness_does_not_move_a_tie() -> None:
    """silu(ih) has a real part of the order of h squared, and what follows it branches at 0."""
    layers = [{"type": "maxout", "units": 2, "pieces": 2}, {"type": "dense", "units": 4, "activation": "silu"}]
    layers += [{"type": "glu"}, {"type": "prelu"}, {"type": "dense", "units": 4, "activation": "softmax"}]
    layers[1]["bias"] = False
    assert sb.derive({"name": "ties", "inputs": 4, "layers": layers, "loss": "mse"}).verify(1507).passed


def test_rounding_at_a_tie_is_no_other_branch() -> None:
    """Where the last layer sees zeros, its rounding is magnified, and differences across the kink say nothing of it."""
    layers = [
        {"type": "lora", "units": 2, "rank": 2},
        {"type": "prelu"},
        {"type": "dense", "units": 2, "activation": "hard_tanh"},
        {"type": "swiglu"},
        {"type": "dense", "units": 5, "activation": "tanh", "bias": False},
    ]
    assert sb.derive({"name": "ties", "inputs": 3, "layers": layers, "loss": "cosine_similarity"}).verify(4187).passed
