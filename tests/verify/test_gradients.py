from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from symbackprop.verify.differences import given
from symbackprop.verify.emitted import Emitted
from symbackprop.verify.gradients import (
    BY_COMPLEX_STEP,
    BY_DIFFERENCES,
    BY_PRECISION,
    compared,
    form_checks,
    gradient_checks,
    loss_check,
    shape_checks,
)
from symbackprop.verify.points import measured, random_point


def emitted(
    nets: SimpleNamespace, sizes: tuple[int, ...], kind: str, fault: Callable[[Any], None] = lambda g: None
) -> Emitted:
    graph = nets.dense(sizes, kind)
    return Emitted(graph, nets.Code(len(sizes) - 1, kind, fault), random_point(graph, np.random.default_rng(4)))


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("sizes", [(2, 2, 2), (5, 6, 4), (12, 20, 3)])
@pytest.mark.parametrize("kind", ["sigmoid", "relu", "softmax"])
def test_right_code_passes(nets: SimpleNamespace, sizes: tuple[int, ...], kind: str) -> None:
    code = emitted(nets, sizes, kind)
    checks = [*shape_checks(code), loss_check(code), *gradient_checks(code, rng())]
    assert [str(check) for check in checks if not check.passed] == []
    assert {BY_DIFFERENCES, BY_COMPLEX_STEP, BY_PRECISION} <= {check.method for check in checks}


def sign(gradient: Any) -> None:
    gradient["W1"] = -gradient["W1"]


def per_mille(gradient: Any) -> None:
    gradient["W1"][0, 1] *= 1.001


def transposed(gradient: Any) -> None:
    gradient["W1"] = gradient["W1"].T


def dropped(gradient: Any) -> None:
    gradient["W1"] = gradient["W1"] - 1e-6 * np.sign(gradient["W1"])


def swapped(gradient: Any) -> None:
    gradient["W1"] = gradient["W1"][::-1]


def not_a_number(gradient: Any) -> None:
    gradient["W1"] = gradient["W1"] * np.nan


FAULTS = [sign, per_mille, transposed, dropped, swapped, not_a_number]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("sizes", [(3, 3, 2), (15, 15, 3)])
def test_a_planted_error_is_found_by_every_method_and_named(nets: SimpleNamespace, fault: Any, sizes: Any) -> None:
    checks = gradient_checks(emitted(nets, sizes, "sigmoid", fault), rng())
    failed = [check for check in checks if not check.passed]
    assert {BY_DIFFERENCES, BY_COMPLEX_STEP} <= {check.method for check in failed}
    assert {check.subject for check in failed} - {"all parameters"} == {"W1"}
    note = next(check.note for check in failed if check.subject == "W1")
    assert "emitted" in note
    if sizes == (3, 3, 2):
        assert "50 digits" in note
        assert "W1[" in note


def test_a_gradient_of_another_shape_or_none_is_named(nets: SimpleNamespace) -> None:
    (check,) = shape_checks(emitted(nets, (2, 3, 2), "sigmoid", transposed))
    assert (check.subject, check.passed) == ("W1", False)
    assert "(2, 3)" in check.note
    (check,) = shape_checks(emitted(nets, (2, 3, 2), "sigmoid", lambda gradient: gradient.pop("b2")))
    assert (check.subject, check.passed) == ("b2", False)


def test_a_wrong_loss_is_found(nets: SimpleNamespace) -> None:
    code = emitted(nets, (2, 2), "sigmoid")
    assert loss_check(code).passed
    wrong = nets.Code(1, "sigmoid")
    right = wrong.loss
    wrong.loss = lambda *arguments: right(*arguments) * (1 + 1e-9)
    check = loss_check(replace(code, compiled=wrong))
    assert not check.passed
    assert "emitted" in check.note


def test_fifty_digits_decide_where_a_witness_is_wrong(nets: SimpleNamespace) -> None:
    code = emitted(nets, (2, 2), "sigmoid")
    witness = code.gradient.copy()
    witness[0] += 0.1
    checks = compared(code, np.eye(6), BY_COMPLEX_STEP, witness)
    assert all(check.passed for check in checks)
    assert [check.note for check in checks] == ["decided by 50 digits", ""]
    unsure = compared(code, np.eye(6), BY_DIFFERENCES, code.gradient, success=np.arange(6) > 0)
    assert unsure[0].note == "decided by 50 digits"


def test_a_witness_may_be_wrong_everywhere(nets: SimpleNamespace) -> None:
    code = emitted(nets, (5, 5), "sigmoid")
    assert all(check.passed for check in compared(code, np.eye(30), BY_COMPLEX_STEP, code.gradient + 0.1))
    wrong = emitted(nets, (5, 5), "sigmoid", transposed)
    (weights, _) = compared(wrong, np.eye(30), BY_COMPLEX_STEP, code.gradient)
    assert not weights.passed


def test_an_error_that_the_witness_claims_itself_is_allowed_for(nets: SimpleNamespace) -> None:
    code = emitted(nets, (2, 2), "sigmoid")
    checks = compared(code, np.eye(6), BY_DIFFERENCES, code.gradient + 1e-5, 1e-4)
    assert all(check.passed and not check.note for check in checks)


def test_at_a_kink_nothing_is_tested_and_that_is_said(nets: SimpleNamespace) -> None:
    code = emitted(nets, (2, 2), "relu")
    values = {name: 0 * array for name, array in given(code.graph, code.point.values).items()}
    point = measured(code.graph, "the origin", values, code.point.sizes)
    (check,) = gradient_checks(replace(code, point=point), rng())
    assert check.passed
    assert "the origin lies on a kink of a1" in check.note


def test_a_saturated_softmax_is_settled_by_fifty_digits(nets: SimpleNamespace) -> None:
    code = emitted(nets, (2, 3), "softmax")
    values = given(code.graph, code.point.values)
    values["b1"] = np.array([1000.0, 999.0, 998.0])
    code = replace(code, point=measured(code.graph, "far out", values, code.point.sizes))
    checks = [loss_check(code), *gradient_checks(code, rng())]
    assert [str(check) for check in checks if not check.passed] == []
    assert "decided by 50 digits" in {check.note for check in checks}


@pytest.mark.parametrize("fault", FAULTS[:2])
def test_forms_are_compared_element_by_element(nets: SimpleNamespace, fault: Any) -> None:
    code = emitted(nets, (2, 3, 2), "sigmoid")
    form = {name: array.copy() for name, array in code.loss_and_gradient[1].items()}
    assert all(check.passed for check in form_checks(code, "scalar form", form))
    spoilt = dict(form)
    spoilt["W1"] = spoilt["W1"].copy()
    fault(spoilt)
    failed = [check for check in form_checks(code, "scalar form", spoilt) if not check.passed]
    assert [check.subject for check in failed] == ["W1"]
    assert "W1[" in failed[0].note
    settled = form_checks(code, "scalar form", spoilt, lambda: form)
    assert all(check.passed for check in settled)
    assert settled[0].note == "decided by 50 digits"
    del spoilt["b2"]
    assert "b2" in {check.subject for check in form_checks(code, "scalar form", spoilt) if not check.passed}
