"""Numbers that a function brings along are defaults of what is emitted, and can be given in their place."""

import runpy

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.pipeline import loaded
from symbackprop.targets import array_api_text
from symbackprop.trials import trial

TABLE = np.array([[0.13, -0.13, 0.64, 0.5], [-0.54, 0.36, 1.3, -0.2]])
ORDER = np.array([2, 0, 1, 1])


def loss(w, x):
    return np.sum((TABLE @ w[ORDER] * x) ** 2)


W, X = np.array([0.5, -1.0, 2.0]), np.array([1.0, -0.5])


@pytest.fixture(scope="module")
def derived():
    return sb.derive(loss, w=3, x=2, wrt=["w"])


@pytest.mark.parametrize("style", ["readable", "fast"])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_they_need_not_be_given_and_take_the_precision_of_what_is(derived, style, kind):
    module = derived.compile(style)
    given = {"w": W.astype(kind)}, X.astype(kind)
    found, gradients = module.loss_and_grad(*given)
    assert found == pytest.approx(loss(W, X), rel=1e-6)
    assert module.loss(*given) == pytest.approx(found, rel=1e-6)
    assert gradients["w"].dtype == kind
    assert np.array_equal(module.CONSTANTS["C1"], ORDER)


@pytest.mark.parametrize("style", ["readable", "fast"])
def test_others_can_be_given_in_their_place(derived, style):
    module = derived.compile(style)
    other = np.array([1, 1, 0, 0])
    found = module.loss({"w": W}, X, C1=other)
    assert found == pytest.approx(np.sum((TABLE @ W[other] * X) ** 2))


def test_the_written_module_checks_itself(derived, tmp_path):
    derived.write(tmp_path, ["python"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(next(tmp_path.rglob("*.py"))), run_name="__main__")
    assert not ended.value.code


def test_c_takes_them_too(derived):
    found, _ = derived.native().loss_and_grad({"w": W}, X)
    assert found == pytest.approx(loss(W, X))


def test_many_numbers_are_given_at_every_call(monkeypatch):
    monkeypatch.setattr("symbackprop.emit.brought.MOST_NUMBERS", 5)
    module = sb.derive(lambda w, x: 2 * loss(w, x), w=3, x=2, wrt=["w"]).compile()
    assert not hasattr(module, "CONSTANTS")
    assert module.loss({"w": W}, X, ORDER, TABLE) == pytest.approx(2 * loss(W, X))


def test_second_derivatives_have_them(derived):
    found = derived.hvp()({"w": W}, {"w": np.ones(3)}, X)
    step = 1e-5
    ahead, behind = (derived.compile().loss_and_grad({"w": W + sign * step}, X)[1]["w"] for sign in (1, -1))
    assert found["w"] == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)


@pytest.mark.parametrize("target", ["array_api", "floats", "javascript"])
def test_no_target_asks_for_them(target):
    def weighted(w, x):
        return np.sum(TABLE[:, ORDER] * (w * x)[:, None] ** 3)

    report = trial(sb.derive(weighted, w=2, x=2, wrt=["w"]).stages, target)
    assert report.check is None or report.check.passed, report


def test_the_array_api_module_has_them_in_the_precision_of_what_is_given(derived):
    pytest.importorskip("array_api_compat", reason="array-api-compat is not installed")
    module = loaded(array_api_text(derived.stages), "constants")
    assert "C1" not in module.DATA
    found, _ = module.loss_and_grad({"w": W.astype(np.float32)}, X.astype(np.float32))
    assert found == pytest.approx(loss(W, X), rel=1e-5) and found.dtype == np.float32
