"""Modules in fast style: equal to the readable ones to rounding, in memory that is set aside once."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from scipy.special import digamma, gammaln

import symbackprop as sb
from symbackprop.catalog import OPTIMIZERS
from symbackprop.verify.emitted import Emitted
from symbackprop.verify.points import random_point

BUNDLED = ["attention", "autoencoder", "cnn", "line", "logistic_regression", "lstm", "mazur", "mnist", "transformer"]
BUNDLED += ["vae", "xor"]


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_networks(name):
    d = sb.derive(name)
    readable, fast = d.compile(), d.compile("fast")
    point = random_point(d.stages.graph, np.random.default_rng(1))
    emitted = Emitted(d.stages.graph, readable, point)
    for kind, error in ((np.float64, 1e-10), (np.float32, 1e-3)):
        params = {name: value.astype(kind) for name, value in emitted.parameters.items()}
        data = [value.astype(kind) if value.dtype.kind == "f" else value for value in emitted.arguments]
        loss, grads = readable.loss_and_grad(params, *data)
        for _ in range(2):
            found, fast_grads = fast.loss_and_grad(params, *data)
            assert found == pytest.approx(loss, rel=error)
        largest = max(np.max(np.abs(grad)) for grad in grads.values())
        for key, grad in grads.items():
            assert fast_grads[key].dtype == kind
            assert fast_grads[key].shape == grad.shape
            assert np.allclose(fast_grads[key], grad, rtol=error, atol=error * largest), key


def test_verified_like_the_readable_style(tmp_path):
    d = sb.derive("xor", style="fast")
    assert d.write(tmp_path, ["python"]).passed
    text = (tmp_path / "gradients.py").read_text()
    assert "class Workspace:" in text
    assert "# check: complex step on the graph" in text


def test_the_check_of_the_module_sees_a_wrong_gradient(tmp_path):
    d = sb.derive("xor", style="fast")
    text = d.stages.module_text()
    path = tmp_path / "gradients.py"
    path.write_text(text)
    assert subprocess.run([sys.executable, path], capture_output=True, check=False).returncode == 0
    assert "self.delta1 *= " in text
    path.write_text(text.replace("self.delta1 *= ", "self.delta1 += "))
    result = subprocess.run([sys.executable, path], capture_output=True, check=False, text=True)
    assert result.returncode == 1
    assert "WRONG" in result.stdout


def test_what_a_workspace_allocates():
    d = sb.derive("784 -> 128 relu -> 10 softmax, loss=cross_entropy")
    module = d.compile("fast")
    rng = np.random.default_rng(0)
    params = {name: value.astype(np.float32) for name, value in module.initialize().items()}
    x = rng.standard_normal((64, 784)).astype(np.float32)
    t = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 64)]
    work = module.Workspace(64, np.float32)
    work.loss_and_grad(params, x, t)
    tracemalloc.start()
    loss, grads = work.loss_and_grad(params, x, t)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000, "no array of the size of the weights is made anew"
    again, same = work.loss_and_grad(params, x, t)
    assert again == loss
    assert same["W1"] is grads["W1"]


def test_the_text_of_a_small_network(golden):
    text = sb.derive("mazur").stages.module_text(style="fast")
    start, stop = text.index("class Workspace"), text.index("def update(")
    golden("python/mazur-fast.py.txt", text[start:stop])


def test_each_group_stands_under_its_formula():
    text = sb.derive("lstm").stages.module_text(style="fast")
    body = text[text.index("def loss_and_grad(self") : text.index("_workspaces =")]
    rows = [row.strip() for row in body.splitlines()]
    gates = rows.index("np.dot(self.lstm_U_ifog, lstm_h_before, out=self.lstm_z_ifog)")
    assert [row[:6] for row in rows[gates - 5 : gates]] == ["# z_{i", "# z_{f", "# z_{o", "# z_{g", "if ste"]


def test_gradients_that_are_handed_out_are_not_written_over():
    module = sb.derive("xor").compile("fast")
    params = module.initialize(1)
    x, t = np.array([[0.0, 1.0]]), np.array([[1.0]])
    _, first = module.loss_and_grad(params, x, t)
    kept = {name: value.copy() for name, value in first.items()}
    module.loss_and_grad(params, x + 1, t)
    for name, value in first.items():
        assert np.array_equal(value, kept[name])


def test_arrays_of_the_workspace_have_names_of_their_own():
    """Names that the workspace would give to numbers, ones and zeros, given to arrays of the network."""

    def function(W, b, x):
        number_1 = np.maximum(x @ W, 0)
        zeros_3 = np.tanh(number_1 + b)
        ones_n = 1 - zeros_3
        return np.sum(ones_n**2)

    d = sb.derive(function, W=(2, 3), b=3, x=("n", 2), wrt=["W", "b"])
    text = d.stages.module_text(style="fast")
    assert "self.number_1_ = np.array(1, dtype)" in text
    rng = np.random.default_rng(0)
    params = {"W": rng.standard_normal((2, 3)), "b": rng.standard_normal(3)}
    x = rng.standard_normal((5, 2))
    loss, grads = d.compile().loss_and_grad(params, x)
    found, fast = d.compile("fast").loss_and_grad(params, x)
    assert found == pytest.approx(loss)
    for name, gradient in grads.items():
        assert fast[name] == pytest.approx(gradient)


def test_one_product_a_matrix_and_sums_as_products():
    text = sb.derive("mnist").stages.module_text(style="fast")
    assert "np.dot(self.delta1.T, x, out=self.dW1)" in text
    assert "np.dot(self.ones_N, self.delta1, out=self.db1)" in text
    assert "np.maximum(self.z1, self.zeros_128, out=self.a1)" in text
    assert "log_softmax(self" not in text


def test_a_bias_of_all_steps_is_repeated_along_the_samples_once():
    text = sb.derive("lstm").stages.module_text(style="fast")
    body = text[text.index("def loss_and_grad(self") : text.index("_workspaces =")]
    rows = [row.strip() for row in body.splitlines()]
    added = next(n for n, row in enumerate(rows) if row.startswith("self.lstm_z_ifog_ahead += "))
    spread = rows[added].split(" += ")[1]
    assert f"{spread}[...] = self.lstm_b_ifog[:, None]" in rows[:added]


def test_truth_values_that_only_multiply_are_stored_as_numbers():
    layers = [{"type": "dense", "units": 2, "activation": "tanh"}, {"type": "last"}]
    network = {"name": "net", "inputs": {"x": {"shape": ["T", 3]}}, "loss": "mse", "layers": layers}
    text = sb.derive(network).stages.module_text(style="fast")
    (row,) = [row.strip() for row in text.splitlines() if "np.ascontiguousarray(T" in row]
    assert row.endswith("np.arange(T), dtype)")


def test_a_pool_of_two_takes_pairs_and_gives_the_rest_to_the_second():
    """Neither truth values that are negated, nor a second product with them; the filters' sums are made transposed."""
    layers = [
        {"type": "conv2d", "filters": 10, "kernel_size": 3, "activation": "relu"},
        {"type": "max_pooling2d"},
        {"type": "flatten"},
        {"type": "dense", "units": 3},
    ]
    described = {"name": "pooled", "inputs": {"x": {"shape": [8, 8, 2]}}, "layers": layers, "loss": "mse"}
    text = sb.derive(described).stages.module_text(style="fast")
    body = text[text.index("def loss_and_grad(self") : text.index("_workspaces =")]
    assert "first_largest" not in body and "logical" not in body and "maximum.reduce" not in body
    assert body.count("np.greater_equal(") == body.count("np.subtract(self.delta1") == 2
    assert "self.dW1.reshape(10, 18)[...] = np.dot(" in body
    # The relu of the maximum is compared with zeros that are stored.
    assert "np.maximum(self.y2, self.zeros_3_N, out=self.y2)" in body


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_optimizers(name, kind):
    network = sb.Network(3, sb.Dense(4, "tanh"), sb.Dense(2), loss="mse", training={"optimizer": {"type": name}})
    d = sb.derive(network)
    readable, fast = d.compile(), d.compile("fast")
    rng = np.random.default_rng(2)
    params = {key: value.astype(kind) for key, value in readable.initialize(3).items()}
    x, t = rng.standard_normal((5, 3)).astype(kind), rng.standard_normal((5, 2)).astype(kind)
    before = {key: value.copy() for key, value in params.items()}
    expected, curve = readable.train(params, x, t, steps=7)
    found, fast_curve = fast.train(params, x, t, steps=7)
    error = 1e-9 if kind is np.float64 else 1e-3
    for key in params:
        assert np.array_equal(params[key], before[key]), "training leaves the first values as they are"
        assert found[key].dtype == kind
        assert found[key] == pytest.approx(expected[key], rel=error, abs=error), key
        assert not np.array_equal(found[key], before[key])
    assert [loss for _, loss in fast_curve] == pytest.approx([loss for _, loss in curve], rel=error)
    _, grads = fast.loss_and_grad(params, x, t)
    moved = fast.update(params, grads, {})
    for key, value in readable.update(params, grads, {}).items():
        assert moved[key] == pytest.approx(value, rel=error, abs=error)
        assert np.array_equal(params[key], before[key])


@pytest.mark.parametrize("equations", ["E = prod(z)", "E = log(prod(z**2))", "E = 1 - prod(1 - z)"])
def test_a_product_is_carried_along_one_number_at_a_time(equations):
    d = sb.derive({"name": "product", "shapes": {"z": 4}, "wrt": ["z"], "equations": equations})
    z = {"z": np.array([0.5, 1.5, -1.0, 2.0])}
    (loss, grads), (found, own) = (d.compile(style).loss_and_grad(z) for style in ("readable", "fast"))
    assert found == pytest.approx(loss)
    np.testing.assert_allclose(own["z"], grads["z"])


def test_a_slope_that_sizes_alone_decide():
    derived = sb.derive(lambda y: np.mean(y), y="m")  # noqa: PLW0108
    _, gradients = derived.compile("fast").loss_and_grad({"y": np.arange(4.0)})
    assert gradients["y"].tolist() == [0.25] * 4


def test_an_array_may_take_the_memory_of_one_that_is_seen_from_another_place():
    layers = [{"type": "simple_rnn", "units": 2}, {"type": "flatten2d"}, {"type": "dense", "units": 3}]
    d = sb.derive({"name": "two_steps", "inputs": {"shape": [2, 3]}, "layers": layers, "loss": "mse"})
    params = d.compile().initialize(0)
    x, t = np.random.default_rng(0).normal(size=(4, 2, 3)), np.ones((4, 3))
    _, expected = d.compile().loss_and_grad(params, x, t)
    _, found = d.compile("fast").loss_and_grad(params, x, t)
    assert all(found[name] == pytest.approx(expected[name]) for name in expected)


def test_lengths_are_written_as_the_code_calls_them():
    layers = [{"type": "lstm", "units": 2}, {"type": "last"}, {"type": "dense", "units": 2}]
    d = sb.derive({"name": "sequence", "inputs": {"shape": ["t", 3]}, "layers": layers, "loss": "mse"})
    params = d.compile().initialize(0)
    x, t = np.random.default_rng(0).normal(size=(4, 5, 3)), np.ones((4, 2))
    _, expected = d.compile().loss_and_grad(params, x, t)
    _, found = d.compile("fast").loss_and_grad(params, x, t)
    assert all(found[name] == pytest.approx(expected[name]) for name in expected)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_workspace_has_the_constants(kind):
    d = sb.derive(lambda w, x: np.sum((np.arange(6.0).reshape(2, 3) @ w - x) ** 2), w=3, x=2, wrt="w")
    module = d.compile("fast")
    given = {"w": np.ones(3, kind)}, np.ones(2, kind)
    loss, grads = module.Workspace(dtype=kind).loss_and_grad(*given)
    assert loss == module.Workspace(dtype=kind).loss(*given) == module.loss(*given) == 125
    assert grads["w"].tolist() == [66, 92, 118] and grads["w"].dtype == kind


@pytest.mark.parametrize("style", ["readable", "fast"])
def test_what_is_no_number_stays_none(style):
    module = sb.derive("2 -> 3 relu -> 1, loss=mse").compile(style)
    params = module.initialize(0)
    params["W1"][0, 0] = np.nan
    assert np.isnan(module.loss(params, np.ones((4, 2)), np.ones((4, 1))))
    _, history = module.train(params, np.ones((4, 2)), np.ones((4, 1)), epochs=3)
    assert history.stopped == "the loss is not finite"
    clipped = sb.derive(lambda w: np.sum(np.clip(np.abs(w), 0.5, 2)) + np.sum(np.minimum(w, 3)), w=2).compile(style)
    assert np.isnan(clipped.loss({"w": np.array([1.0, np.nan])}))


@pytest.mark.parametrize("style", ["readable", "fast"])
@pytest.mark.parametrize("optimizer", ["momentum", "adam", "rmsprop"])
def test_training_goes_on_where_it_ended(style, optimizer):
    net = sb.Network(2, sb.Dense(3, "tanh"), sb.Dense(1), loss="mse", training={"optimizer": {"type": optimizer}})
    module = sb.derive(net).compile(style)
    rng = np.random.default_rng(3)
    start, x, t = module.initialize(1), rng.standard_normal((8, 2)), rng.standard_normal((8, 1))
    expected, _ = module.train(start, x, t, steps=20)
    state = {}
    half, _ = module.train(start, x, t, steps=10, state=state)
    for function in (module.train, forgetful(module.train)):
        found, _ = function(half, x, t, steps=10, state=state)
        alike = all(found[name] == pytest.approx(value, rel=1e-12) for name, value in expected.items())
        assert alike == (function is module.train)


def forgetful(train):
    return lambda params, x, t, *, steps, state: train(params, x, t, steps=steps)


def test_a_function_that_floats_lack_is_one_of_arrays():
    derived = sb.derive(lambda a: np.sum(gammaln(a) ** 2), a=3)
    a = np.array([0.5, 1.0, 3.0])
    found, expected = (derived.compile(style).loss_and_grad({"a": a}) for style in ("fast", "readable"))
    assert found[0] == pytest.approx(expected[0], rel=1e-12) == np.sum(gammaln(a) ** 2)
    assert found[1]["a"] == pytest.approx(2 * gammaln(a) * digamma(a), rel=1e-12)
