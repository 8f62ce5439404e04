"""Plain Python: the operation count of reverse mode by hand, the values of the array module, its own check."""

import ast
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbackprop as sb
from symbackprop.catalog import OPTIMIZERS
from symbackprop.errors import TooLargeError
from symbackprop.targets import floats_text

NETWORKS = ("mazur", "xor", "logistic_regression", "line", "autoencoder")


def loaded(text):
    module = ModuleType("floats")
    exec(compile(text, "floats", "exec"), module.__dict__)
    return module


def counted(text):
    """Operations in the syntax tree of the function that computes loss and gradient."""
    tree = ast.parse(text)
    (function,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "loss_and_grad_floats"]
    (body,) = [node.body for node in function.body if isinstance(node, ast.Try)] or [function.body]
    found = Counter()
    for node in (inner for statement in body for inner in ast.walk(statement)):
        if isinstance(node, ast.BinOp):
            found[type(node.op).__name__] += 1
        elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
            found["USub"] += 1
        elif isinstance(node, ast.Call):
            found[node.func.id] += 1
    return found


def formula(sizes):
    """Reverse mode by hand, one bias for each neuron: logistic units and half the squared error."""
    weights = [a * b for a, b in pairwise(sizes)]
    units, hidden, outputs = sum(sizes[1:]), sum(sizes[1:-1]), sizes[-1]
    return 2 * sum(weights) + 4 * units + 3 * outputs + sum(weights) + 2 * sum(weights[1:]) + 2 * hidden + 3 * outputs


def dense(sizes):
    layers = [sb.Dense(size, "sigmoid") for size in sizes[1:]]
    sample = {"x": [0.5] * sizes[0], "t": [0.5] * sizes[-1]}
    return sb.Network(sizes[0], *layers, loss="half_squared_error", sample=sample)


def test_mazur_takes_66_operations_with_four_exponentials():
    text = floats_text(sb.derive("mazur").stages)
    found = counted(text)
    assert sum(found.values()) == 66 and found["exp"] == 4
    assert "# operations: 66 " in text and "take 66 operations" in text


@pytest.mark.parametrize(
    ("sizes", "count"), [((2, 2, 2), 64), ((4, 8, 3), 294), ((8, 16, 4), 840), ((4, 4, 4, 4), 296)]
)
def test_published_counts(sizes, count):
    assert formula(sizes) == count
    assert sum(counted(floats_text(sb.derive(dense(sizes)).stages)).values()) == count


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=5))
def test_every_dense_network_takes_the_operations_of_reverse_mode_by_hand(sizes):
    text = floats_text(sb.derive(dense(sizes)).stages)
    assert sum(counted(text).values()) == formula(sizes)
    assert f"# operations: {formula(sizes)} " in text


@pytest.mark.parametrize("name", NETWORKS)
def test_loss_and_gradient_are_those_of_the_arrays(name):
    d = sb.derive(name)
    graph, module = d.stages.graph, loaded(floats_text(d.stages))
    rng = np.random.default_rng(4)
    params = {tensor.name: rng.standard_normal(d.stages.straight.shapes[tensor.name]) for tensor in graph.parameters}
    given = (*graph.with_role("input"), *graph.with_role("target"))
    data = [rng.uniform(0.1, 0.9, d.stages.straight.shapes[tensor.name]) for tensor in given]
    loss, grads = module.loss_and_grad(params, *data)
    expected, gradients = d.compile().loss_and_grad(params, *data)
    assert loss == pytest.approx(expected, rel=1e-12) == module.loss(params, *data)
    for key, value in gradients.items():
        assert isinstance(grads[key], float if value.ndim == 0 else list)
        assert np.asarray(grads[key]) == pytest.approx(value, rel=1e-10, abs=1e-14), key


@pytest.mark.parametrize("name", NETWORKS)
def test_it_checks_itself(name, tmp_path):
    path = tmp_path / "floats.py"
    path.write_text(floats_text(sb.derive(name).stages), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if line.strip().startswith("# ∂E/∂w"))
    wrong = "\n".join([*lines[: place + 1], lines[place + 1].replace(",", " + 0.001,", 1), *lines[place + 2 :]])
    path.write_text(wrong, encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "WRONG" in done.stdout


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_training_is_that_of_the_arrays(optimizer):
    sample = {"x": [0.3, -0.8], "t": [0.2, 0.7]}
    net = sb.Network(2, sb.Dense(2, "tanh"), loss="mse", sample=sample, training={"optimizer": optimizer})
    d = sb.derive(net)
    module, arrays = loaded(floats_text(d.stages)), d.compile()
    start = arrays.initialize(2)
    x, t = np.array(sample["x"]), np.array(sample["t"])
    params, loss = module.train(start, x, t, steps=5)
    expected, history = arrays.train(start, x, t, steps=5)
    assert loss == pytest.approx(history[-1][1], rel=1e-10)
    for name, value in expected.items():
        assert np.asarray(params[name]) == pytest.approx(value, rel=1e-10), name


def test_ten_thousand_steps_of_mazur():
    module = loaded(floats_text(sb.derive("mazur").stages))
    params, loss = module.train(module.START, [0.05, 0.1], [0.01, 0.99], steps=10_000)
    assert loss == pytest.approx(3.510187783e-05, rel=1e-9)
    assert params["b1"] == 0.35


def test_exponentials_that_are_too_large_are_infinite():
    module = loaded(floats_text(sb.derive("mazur").stages))
    params = {"W1": [[20000, 0], [0, -20000]], "b1": 0, "W2": [[20000, 0], [0, -20000]], "b2": 0}
    loss, grads = module.loss_and_grad(params, [1, 1], [0, 1])
    assert loss == pytest.approx(0.625) and np.isfinite(grads["W1"]).all() and np.isfinite(grads["W2"]).all()
    moved, after = module.train(params, [1, 1], [0, 1], steps=2)
    assert np.isfinite(after) and moved["W2"][1][0] != 0


def test_names_that_the_module_uses_itself():
    names = {"weights": [["exp", "inf"]], "bias": ["learning_rate"]}
    net = sb.Network(
        {"steps": {"shape": [2]}}, {"type": "dense", "units": 1, "activation": "sigmoid", "names": names}, loss="mse"
    )
    d = sb.derive(net)
    module = loaded(floats_text(d.stages))
    params, x, t = {"W1": [[0.5, -0.25]], "b1": [0.125]}, [[1.0, 2.0]], [[1.0]]
    loss, grads = module.loss_and_grad(params, x, t)
    expected, gradients = d.compile().loss_and_grad(
        {k: np.array(v) for k, v in params.items()}, np.array(x), np.array(t)
    )
    assert loss == pytest.approx(expected) and np.asarray(grads["W1"]) == pytest.approx(gradients["W1"])


def test_larger_networks_are_refused():
    with pytest.raises(TooLargeError):
        floats_text(sb.derive("mnist").stages)


def test_categories_are_looked_at():
    def loss(w, x, t):
        return -np.sum(np.log(np.exp(x @ w)[np.arange(2), t - 1] / np.sum(np.exp(x @ w), axis=1)))

    d = sb.derive(loss, wrt="w", w=(2, 3), x=(2, 2), t=2, integers="t")
    module = loaded(floats_text(d.stages))
    w, x = np.ones((2, 3)), [[1, 2], [3, 4]]
    assert module.loss({"w": w}, x, [1, 3]) == pytest.approx(loss(w, np.array(x), np.array([1, 3])))
    assert module.main() == 0
    for labels, found in (([0, 1], "0"), ([1, 4], "4"), ([1, 1.5], "1.5")):
        for call in (module.loss, module.loss_and_grad):
            with pytest.raises(ValueError, match=f"t holds {found}, but should hold whole numbers from 1 to 3"):
                call({"w": w}, x, labels)


def test_golden(golden):
    golden("floats/mazur.py", floats_text(sb.derive("mazur").stages))


@pytest.mark.parametrize(
    ("params", "data", "message"),
    [
        ({"W1": np.ones((3, 2))}, {}, r"W1 has the shape \(3, 2\), but should have \(2, 3\)"),
        ({}, {"x": [0.5]}, r"x has the shape \(1,\), but should have \(3,\)"),
        ({}, {"x": []}, r"x has the shape \(0,\), but should have \(3,\)"),
        ({}, {"t": 0.5}, r"t has the shape \(\), but should have \(2,\)"),
        ({"W1": [[1, 2], [3], [4, 5, 6]]}, {}, "W1 has rows of different lengths"),
        ({"b1": ["0.5", 0]}, {}, "b1 holds '0.5', which is no number"),
        ({"b1": None}, {}, "b1 holds None, which is no number"),
        ({"b1": ...}, {}, "b1 is missing: the parameters are W1, b1"),
    ],
)
def test_wrong_arguments_are_named(params, data, message):
    module = loaded(floats_text(sb.derive(dense((3, 2))).stages))
    params = {"W1": np.ones((2, 3)).tolist(), "b1": (0, 1), **params}
    params = {name: value for name, value in params.items() if value is not ...}
    data = {"x": np.ones(3), "t": [0, 1], **data}
    for function, more in ((module.loss, {}), (module.loss_and_grad, {}), (module.train, {"steps": 1})):
        with pytest.raises(ValueError, match=message):
            function(params, **data, **more)
