"""The emitted module runs without us, is right, says so itself, and notices when it is not."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import symbackprop as sb
from symbackprop.catalog import OPTIMIZERS, Optimizer
from symbackprop.emit.certificate import split_certificate
from symbackprop.lower.training import lower_update
from symbackprop.network import Dense, Network, load
from symbackprop.targets import floats_text

NAMES = [
    "mazur", "xor", "relu", "binary", "softmax", "symbolic", "single", "wide", "named", "gated", "recurrent",
    "adam", "convolution", "pooling",
]  # fmt: skip
ADAM = Optimizer(
    "adam",
    "m = beta_1 * m + (1 - beta_1) * g\n"
    "v = beta_2 * v + (1 - beta_2) * g**2\n"
    "k = k + 1\n"
    "w = w - learning_rate * (m / (1 - beta_1**k)) / (sqrt(v / (1 - beta_2**k)) + epsilon)",
    source="Kingma & Ba, ICLR (2015), algorithm 1",
    state={"m": 0.0, "v": 0.0, "k": 0.0},
)
SETTINGS = {"learning_rate": "0.1", "beta_1": "0.9", "beta_2": "0.999", "epsilon": "1e-8"}


def run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=path.parent)


def differences(module: ModuleType, params: Any, arrays: Any, name: str) -> np.ndarray:
    """Central differences by every entry of one parameter, written down here on their own."""
    result = np.zeros(params[name].shape)
    for place in np.ndindex(result.shape):
        ends = []
        for sign in (1, -1):
            moved = {**params, name: params[name].copy()}
            moved[name][place] += sign * 1e-6
            ends.append(module.loss(moved, *arrays))
        result[place] = (ends[0] - ends[1]) / 2e-6
    return result


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_that_of_the_loss(modules: Mapping[str, ModuleType], name: str) -> None:
    module = modules[name]
    rng = np.random.default_rng(7)
    params, arrays = next(point for point in iter(lambda: module._random_point(rng), None) if module._usable(*point))
    value, grads = module.loss_and_grad(params, *arrays)
    assert value == module.loss(params, *arrays)
    assert list(grads) == list(params) == list(module.PARAMETERS)
    for parameter, gradient in grads.items():
        assert gradient.shape == params[parameter].shape
        np.testing.assert_allclose(gradient, differences(module, params, arrays, parameter), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_the_module_passes_its_own_check_anywhere(texts: Mapping[str, str], tmp_path: Path, name: str) -> None:
    path = tmp_path / "copied elsewhere.py"
    path.write_text(texts[name], encoding="utf-8")
    result = run(path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    assert "the gradient agrees with the differences" in result.stdout
    assert "edited" not in result.stdout


@pytest.mark.parametrize(
    ("name", "right", "wrong", "parameter"),
    [
        ("mazur", "dW1 = np.outer(delta1, x)", "dW1 = 1.001 * np.outer(delta1, x)", "W1"),
        ("mazur", "delta2 = a2 * (1 - a2) * (a2 - t)", "delta2 = a2 * (1 - a2) * (t - a2)", "W2"),
        ("mazur", "db1 = np.sum(delta1)", "db1 = delta1[0]", "b1"),
        ("softmax", "dW2 = delta2.T @ a1", "dW2 = delta2.T @ z1", "W2"),
        ("wide", "dW1 = delta1.T @ x", "dW1 = 1.001 * delta1.T @ x", "W1"),
        ("relu", "(z1 > 0)", "(z1 < 0)", "W1"),
        ("recurrent", "reversed(range(T))", "range(T)", "U1"),
    ],
)
def test_a_gradient_edited_by_hand_is_found_and_named(
    texts: Mapping[str, str], tmp_path: Path, name: str, right: str, wrong: str, parameter: str
) -> None:
    assert right in texts[name]
    path = tmp_path / "edited.py"
    path.write_text(texts[name].replace(right, wrong), encoding="utf-8")
    result = run(path)
    assert result.returncode == 1, result.stdout
    assert f"dE/d{parameter}" in "".join(row for row in result.stdout.splitlines(True) if row.startswith("WRONG"))
    assert "edited by hand" in result.stdout


def test_a_comment_edited_by_hand_is_noted_and_passes(texts: Mapping[str, str], tmp_path: Path) -> None:
    path = tmp_path / "edited.py"
    path.write_text(texts["mazur"] + "# a remark\n", encoding="utf-8")
    result = run(path, "--verbose", "--seed", "3")
    assert result.returncode == 0
    assert "edited by hand" in result.stdout
    assert "random 3: dE/dW2[2, 2] is" in result.stdout


def test_entries_at_a_kink_are_counted_not_compared(loaded: Any, emitted_with: Any, tmp_path: Path) -> None:
    network = Network(
        1, Dense(1, "relu", weights=[[1]], bias=[0]), loss="half_squared_error", sample={"x": [0], "t": [1]}
    )
    path = tmp_path / "kink.py"
    path.write_text(emitted_with(network), encoding="utf-8")
    result = run(path)
    assert result.returncode == 0, result.stdout
    assert "at a kink, where the loss has no derivative: 1 not compared" in result.stdout


def test_mazur_has_the_true_numbers(modules: Mapping[str, ModuleType]) -> None:
    module = modules["mazur"]
    params, x, t = module.parameters(), module.SAMPLE_X, module.SAMPLE_T
    value, grads = module.loss_and_grad(params, x, t)
    assert f"{value:.9f}" == "0.298371109"
    moved = module.update(params, grads)
    assert f"{module.loss(moved, x, t):.9f}" == "0.291027774"
    assert moved["b1"] is params["b1"]
    params, history = module.train(params, x, t)
    assert len(history) == 10001
    assert history[-1][0] == 10000
    assert f"{history[-1][1]:.9e}" == "3.510187783e-05"
    np.testing.assert_allclose(module.forward(params, x)[0], [0.015913620, 0.984064274], atol=5e-10)


def test_mazurs_article_moves_the_layers_one_after_the_other(modules: Mapping[str, ModuleType]) -> None:
    module = modules["mazur"]
    params, x, t = module.parameters(), module.SAMPLE_X, module.SAMPLE_T
    value, moved = module.sequential_step(params, x, t)
    assert f"{value:.9f}" == "0.298371109"
    assert f"{module.loss(moved, x, t):.9f}" == "0.291027924"
    moved, _ = module.train(params, x, t, sequential=True)
    np.testing.assert_allclose(module.forward(moved, x)[0], [0.015912196, 0.984065734], atol=5e-10)


def test_a_network_that_asks_for_it_trains_sequentially(loaded: Any, emitted_with: Any) -> None:
    module = loaded(emitted_with(load("mazur"), sequential=True, steps=1))
    _, history = module.train(module.parameters(), module.SAMPLE_X, module.SAMPLE_T)
    assert f"{history[-1][1]:.9f}" == "0.291027924"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_precision_is_kept(modules: Mapping[str, ModuleType], name: str, precision: type) -> None:
    module = modules[name]
    params, arrays = module._random_point(np.random.default_rng(1))
    params = {key: value.astype(precision) for key, value in params.items()}
    arrays = [array.astype(precision) for array in arrays]
    prediction, between = module.forward(params, *arrays[:-1])
    _, grads = module.loss_and_grad(params, *arrays)
    _, stepped = module.sequential_step(params, *arrays)
    found = {
        prediction.dtype,
        *(a.dtype for d in (between, grads, stepped, module.update(params, grads)) for a in d.values()),
    }
    assert found == {np.dtype(precision)}


@pytest.mark.parametrize("name", ["mazur", "xor", "relu", "binary", "softmax", "single", "wide"])
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_large_weights_give_finite_numbers_without_warnings(
    modules: Mapping[str, ModuleType], name: str, precision: type
) -> None:
    module = modules[name]
    params, arrays = module._random_point(np.random.default_rng(2))
    params = {key: (20000 * value).astype(precision) for key, value in params.items()}
    arrays = [array.astype(precision) for array in arrays]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, grads = module.loss_and_grad(params, *arrays)
    assert np.isfinite(value)
    assert all(np.all(np.isfinite(gradient)) for gradient in grads.values())


def test_training_stops_for_a_reason(modules: Mapping[str, ModuleType]) -> None:
    module = modules["mazur"]
    params, x, t = module.parameters(), module.SAMPLE_X, module.SAMPLE_T
    _, history = module.train(params, x, t, tolerance=0.1)
    assert history[-1][1] <= 0.1 < history[-2][1]
    assert history.stopped == "the loss is at most 0.1"
    _, history = module.train(params, x, t, gradient_tolerance=0.01)
    assert history.stopped == "the norm of the gradient is at most 0.01"
    assert len(history) < 10001
    _, history = module.train(params, x, t, callback=lambda step, E, params: step == 5)
    assert (history.stopped, len(history)) == ("the callback said so", 6)
    _, history = module.train(params, x, np.array([np.nan, 0.0]))
    assert (history.stopped, len(history)) == ("the loss is not finite", 1)
    _, history = module.train(params, x, t, steps=0)
    assert [step for step, _ in history] == [0]


def test_batches_are_shuffled_alike_for_one_seed(modules: Mapping[str, ModuleType]) -> None:
    module = modules["relu"]
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 2))
    t = np.eye(2)[(x.sum(axis=1) > 0).astype(int)]
    start = module.initialize(3)
    first, history = module.train(start, x, t, epochs=20, batch_size=8, learning_rate=0.5)
    again, _ = module.train(start, x, t, epochs=20, batch_size=8, learning_rate=0.5)
    other, _ = module.train(start, x, t, epochs=20, batch_size=8, learning_rate=0.5, seed=1)
    assert len(history) == 20 * 4 + 1
    assert history[-1][1] < 0.2 < module.loss(start, x, t)
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["W1"], other["W1"])


def test_an_optimizer_with_memory_needs_only_its_equations(loaded: Any, emitted_with: Any) -> None:
    changes = {"optimizer": "adam", "update": lower_update(ADAM), "state": ADAM.state, "settings": SETTINGS}
    module = loaded(emitted_with(load("mazur"), **changes))
    params, x, t = module.parameters(), module.SAMPLE_X, module.SAMPLE_T
    w = params["W2"].copy()
    m = v = np.zeros_like(w)
    state: dict[str, Any] = {}
    for step in range(1, 4):
        _, grads = module.loss_and_grad(params, x, t)
        m, v = 0.9 * m + 0.1 * grads["W2"], 0.999 * v + 0.001 * grads["W2"] ** 2
        w = w - 0.1 * m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        params = module.update(params, grads, state)
        np.testing.assert_allclose(params["W2"], w, rtol=1e-12)
    trained, history = module.train(module.parameters(), x, t, steps=3)
    np.testing.assert_array_equal(trained["W2"], params["W2"])
    _, one = module.sequential_step(module.parameters(), x, t, state={})
    assert not np.array_equal(one["W1"], module.parameters()["W1"])
    assert history[-1][1] < history[0][1]


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_every_optimizer_keeps_precision_and_lowers_the_loss(
    loaded: Any, emitted_with: Any, name: str, precision: type
) -> None:
    network = Network(2, Dense(3, "tanh"), Dense(1), loss="mse", training={"optimizer": name})
    module = loaded(emitted_with(network))
    params = {key: value.astype(precision) for key, value in module.initialize(1).items()}
    x = np.array([[0.5, -1.0], [1.0, 0.3], [-0.2, 0.8]], dtype=precision)
    t = np.array([[1.0], [0.0], [-1.0]], dtype=precision)
    trained, history = module.train(params, x, t, steps=20)
    assert {value.dtype for value in trained.values()} == {np.dtype(precision)}
    assert history[-1][1] < history[0][1]


def test_scipy_minimizes_through_pack_and_unpack(modules: Mapping[str, ModuleType]) -> None:
    module = modules["xor"]
    start = module.initialize(1)
    np.testing.assert_array_equal(module.unpack(module.pack(start))["W1"], start["W1"])

    def objective(vector: np.ndarray) -> tuple[float, np.ndarray]:
        value, grads = module.loss_and_grad(module.unpack(vector), module.SAMPLE_X, module.SAMPLE_T)
        return value, module.pack(grads)

    found = minimize(objective, module.pack(start), jac=True, method="L-BFGS-B")
    assert found.fun < 0.5 * objective(module.pack(start))[0]


def test_first_values_have_the_scale_of_their_rule(loaded: Any, emitted_with: Any) -> None:
    network = Network(
        300, Dense(200, "relu", initializer="he_normal"), Dense(100, "tanh", initializer="lecun_uniform"), loss="mse"
    )
    module = loaded(emitted_with(network))
    params = module.initialize(5)
    he = np.sqrt(2 / 300)
    assert abs(params["W1"].std() / he - 1) < 0.02
    assert np.abs(params["W1"]).max() < 2 * he / 0.8796
    assert 0.98 * np.sqrt(3 / 200) < np.abs(params["W2"]).max() <= np.sqrt(3 / 200)
    assert np.all(params["b1"] == 0)
    np.testing.assert_array_equal(params["W1"], module.initialize(5)["W1"])
    assert not np.array_equal(params["W1"], module.initialize(6)["W1"])


def test_a_shared_bias_is_drawn_too(loaded: Any, emitted_with: Any) -> None:
    layer = Dense(2, names={"bias": "b"}, initializer={"bias": "he_normal"})
    module = loaded(emitted_with(Network(3, layer, loss="mse")))
    assert module.initialize()["b1"].shape == ()
    assert module.initialize()["b1"] != 0


def test_given_values_are_kept_and_sizes_are_arguments(modules: Mapping[str, ModuleType]) -> None:
    assert modules["mazur"].initialize(9)["W1"].tolist() == [[0.15, 0.20], [0.25, 0.30]]
    params = modules["symbolic"].initialize(n=5)
    assert {name: value.shape for name, value in params.items()} == {"W1": (4, 5), "b1": (4,), "W2": (5, 4)}
    vector = modules["symbolic"].pack(params)
    np.testing.assert_array_equal(modules["symbolic"].unpack(vector, n=5)["W2"], params["W2"])


def test_an_input_may_be_called_like_a_function(modules: Mapping[str, ModuleType]) -> None:
    module = modules["named"]
    params = module.initialize()
    assert module.loss(params, loss_=np.ones((2, 2)), t=np.ones((2, 2))) > 0


def test_the_same_network_gives_the_same_bytes(emitted_with: Any) -> None:
    assert emitted_with(load("xor")) == emitted_with(load("xor"))


def test_the_certificate_says_what_was_checked(texts: Mapping[str, str]) -> None:
    found, _ = split_certificate(texts["mazur"])
    assert found["network"] == ("mazur",)
    assert found["network sha256"] == ("c0ffee",)
    assert found["check"] == ("gradients against differences: 1e-9",)
    assert found["operations"][0].startswith("66 ")


def test_the_text_of_mazur(texts: Mapping[str, str], golden: Callable[[str, str], None]) -> None:
    golden("python/mazur.py.txt", texts["mazur"])


def test_nothing_but_numpy_is_loaded(texts: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "emitted.py").write_text(texts["mazur"], encoding="utf-8")
    code = "import sys, emitted; print(sorted({'symbackprop', 'sympy', 'scipy', 'jinja2'} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path
    )
    assert result.stdout.strip() == "[]"


def test_the_error_function_is_the_same_without_scipy(loaded: Any, emitted_with: Any, monkeypatch: Any) -> None:
    module = loaded(emitted_with(load("3 -> 4 gelu -> 2, loss=mse")))
    params = module.initialize(0)
    x, t = np.random.default_rng(0).standard_normal((5, 3)), np.ones((5, 2))
    loss, grads = module.loss_and_grad(params, x, t)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(ImportError):
        from scipy.special import erf  # noqa: F401
    found, slopes = module.loss_and_grad(params, x, t)
    assert found == pytest.approx(loss, rel=1e-14)
    for name, grad in grads.items():
        assert slopes[name] == pytest.approx(grad, rel=1e-12, abs=1e-15), name


def test_the_gamma_function_is_the_same_without_scipy(monkeypatch: Any) -> None:
    module = sb.derive({"shapes": {"w": 3}, "equations": "E = sum(lgamma(w))", "wrt": ["w"]}).compile()
    params = {"w": np.array([0.3, 1.7, 12.0])}
    loss, grads = module.loss_and_grad(params)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    found, slopes = module.loss_and_grad(params)
    assert found == pytest.approx(loss, rel=1e-14) and loss == pytest.approx(sum(map(math.lgamma, params["w"])))
    assert slopes["w"] == pytest.approx(grads["w"], rel=1e-12)


def test_the_texts_are_formatted_and_lint_clean(texts: Mapping[str, str], tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--select", "B,C4,D,E,F,I,SIM,UP,W", "--config", "lint.pydocstyle.convention='google'"]
    for command in (["format", "--diff"], ["check", *rules, "--ignore", "D105,D107"]):
        arguments = [*ruff, *command, "--isolated", "--no-cache", "--line-length", "120", str(tmp_path)]
        result = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result.stdout + result.stderr


def test_the_texts_are_well_typed(texts: Mapping[str, str], tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "."]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("make", [lambda stages: stages.module_text(), floats_text])
def test_a_gradient_that_is_no_number_is_shown_as_such(make: Any, tmp_path: Path) -> None:
    text = make(sb.derive("mazur").stages)
    broken = """
exact = loss_and_grad{floats}


def loss_and_grad{floats}(*given):
    loss, *grads = exact(*given)
    return {result}


if __name__"""
    floats = "_floats" if "import numpy" not in text else ""
    result = "(loss, *(nan for _ in grads))" if floats else "loss, {name: np.nan * g for name, g in grads[0].items()}"
    path = tmp_path / "module.py"
    path.write_text(text.replace("\nif __name__", broken.format(floats=floats, result=result)), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    rows = [row for row in done.stdout.splitlines() if "dE/dW1" in row]
    assert len(rows) > 1 and all("nan" in row for row in rows)
