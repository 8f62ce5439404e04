"""Every target has the loss and the gradient of the equations: on many networks, and where exponentials overflow."""

import json
import subprocess
from types import ModuleType

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.catalog import ACTIVATIONS
from symbackprop.native import Native
from symbackprop.targets import array_api_text, floats_text, javascript_text
from symbackprop.verify.points import random_point
from tests.lower.exact import SATURATED, exact, saturated, saturated_loss

BUNDLED = ("mazur", "xor", "line", "mnist", "lstm", "cnn", "autoencoder", "logistic_regression")
BUNDLED += ("attention", "transformer", "vae")
TARGETS = [
    pytest.param("c", marks=pytest.mark.needs("cc|gcc|clang")),
    pytest.param("javascript", marks=pytest.mark.needs("node")),
]
RUN = """
const network = require(process.argv[1]);
const written = require("fs").readFileSync(0, "utf8").replaceAll("NaN", '"NaN"');
const given = JSON.parse(written, (key, value) => (value === "NaN" ? NaN : value));
const { loss, gradients } = network.lossAndGrad(given.params, given.data);
const text = (key, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value);
console.log(JSON.stringify({ loss, gradients }, text));
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Calls the code of a target: `run(target, derived, params, data, dtype)` gives loss and gradients."""
    folder = tmp_path_factory.mktemp("targets")

    def in_c(d, params, data, dtype):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(folder))
            flags = ("-O0", "-Wall", "-Wextra", "-Werror", "-pedantic")
            return Native(d.stages, dtype, flags).loss_and_grad(params, *data.values())

    def in_javascript(d, params, data, dtype):
        path = folder / "network.js"
        path.write_text(javascript_text(d.stages), encoding="utf-8")
        given = json.dumps({"params": params, "data": data}, default=lambda value: np.asarray(value).tolist())
        command = ["node", "-e", RUN, str(path)]
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        return found["loss"], {name: np.asarray(value, dtype=float) for name, value in found["gradients"].items()}

    def in_floats(d, params, data, dtype):
        """Code for one sample, so that the mean is taken over the samples here."""
        module = ModuleType("floats")
        exec(compile(floats_text(d.stages), "floats", "exec"), module.__dict__)
        samples = list(zip(*(array[:, None] for array in data.values()), strict=True))
        found = [module.loss_and_grad(params, *sample) for sample in samples]
        mean = {name: np.mean([grads[name] for _, grads in found], axis=0) for name in params}
        return float(np.mean([loss for loss, _ in found])), mean

    def in_array_api(d, params, data, dtype):
        pytest.importorskip("array_api_compat")
        strict = pytest.importorskip("array_api_strict")
        module = ModuleType("array_api")
        exec(compile(array_api_text(d.stages), "array_api", "exec"), module.__dict__)
        given, arrays = {name: strict.asarray(v) for name, v in params.items()}, map(strict.asarray, data.values())
        loss, grads = module.loss_and_grad(given, *arrays)
        return float(loss), {name: np.asarray(value) for name, value in grads.items()}

    runners = {"c": in_c, "javascript": in_javascript, "floats": in_floats, "array_api": in_array_api}
    return lambda target, d, params, data, dtype="float64": runners[target](d, params, data, dtype)


def point_of(d, seed=5):
    """Parameters and data at a random point."""
    graph = d.stages.graph
    values = random_point(graph, np.random.default_rng(seed)).values
    params = {tensor.name: values[tensor.name] for tensor in graph.parameters}
    given = (*graph.with_role("input", "constant"), *graph.with_role("target"))
    whole = {tensor.name for tensor in given if tensor.is_whole}
    return params, {t.name: values[t.name].astype(int) if t.name in whole else values[t.name] for t in given}


def agree(found, expected, tolerance):
    assert found[0] == pytest.approx(expected[0], rel=tolerance, abs=1e-12)
    size = max(float(np.max(np.abs(value), initial=0)) for value in expected[1].values())
    for name, value in expected[1].items():
        assert np.shape(found[1][name]) == value.shape, name
        assert found[1][name] == pytest.approx(value, rel=tolerance, abs=tolerance * size + 1e-30), name


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_networks(run, target, name):
    d = sb.derive(name)
    params, data = point_of(d)
    expected = d.compile().loss_and_grad(params, *data.values())
    agree(run(target, d, params, data), expected, 1e-11)


@pytest.mark.parametrize("target", TARGETS)
def test_two_blocks_of_gpt2_at_small_sizes(run, target):
    table = sb.load("gpt2").as_table()
    left_out = {f"h{number}" for number in range(2, 12)}
    table["layers"] = [layer for layer in table["layers"] if layer.get("name") not in left_out]
    d = sb.derive(sb.Network.from_table(table))
    params, data = point_of(d)
    agree(run(target, d, params, data), d.compile().loss_and_grad(params, *data.values()), 1e-11)


# Its values overflow there.
FORMULAS = [name for name in ACTIVATIONS if name != "exponential"]
# In single precision too; a library is compiled for each.
SINGLE = {"sigmoid", "tanh", "softplus", "softmax", "gelu", "elu"}


@pytest.mark.parametrize("target", [*TARGETS, "floats"])
@pytest.mark.parametrize("name", FORMULAS)
def test_activations_are_finite_and_right(run, target, name):
    d = sb.derive(sb.Network(2, sb.Dense(2, name), loss="half_squared_error"))
    for size in (1000, 20_000):
        params, x = saturated(size)
        data = {"x": x, "t": np.array([[0.5, -1.0], [2.0, 0.25]])}
        loss, gradient = exact(d.stages.derivation, params | data)
        expected = loss, {name: gradient[name] for name in params}
        agree(run(target, d, params, data), expected, 1e-9)
        if target == "c" and name in SINGLE:
            agree(run(target, d, params, data, "float32"), expected, 1e-4)


@pytest.mark.parametrize("target", [*TARGETS, "floats"])
@pytest.mark.parametrize("name", SATURATED)
def test_losses_are_finite_and_right(run, target, name):
    d, params, data, (loss, gradient) = saturated_loss(name, 20_000)
    agree(run(target, d, params, data), (loss, {name: gradient[name] for name in params}), 1e-9)


def gaussian(m, L, K, X):
    """The likelihood of a Gaussian with a full covariance, and a determinant, and inverses of several matrices."""
    S, r = L @ L.T + np.eye(3), X - m
    fit = np.sum(r * np.linalg.solve(S, r.T).T) / 2 + len(X) * np.linalg.slogdet(S)[1] / 2
    return fit + np.linalg.det(L) * np.sum(np.linalg.inv(K)[:, 0] ** 2)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("target", TARGETS)
def test_matrices_are_inverted(run, target, precision):
    d = sb.derive(gaussian, m=3, L=(3, 3), K=("b", 3, 3), X=("N", 3), wrt=["m", "L", "K"])
    rng = np.random.default_rng(2)
    params = {name: rng.standard_normal(shape) for name, shape in {"m": 3, "L": (3, 3), "K": (2, 3, 3)}.items()}
    params["K"][0] = [[0, 1, 2], [1, 0, 1], [3, 0, 0]]  # has no other pivots than those of other rows
    data = {"X": rng.standard_normal((4, 3))}
    single = precision == "float32" and target == "c"
    expected = d.compile().loss_and_grad(params, *data.values())
    agree(run(target, d, params, data, precision), expected, 1e-4 if single else 1e-10)


@pytest.mark.parametrize("target", TARGETS)
def test_a_determinant_that_vanishes_is_0_and_what_is_no_number_has_none(run, target):
    d = sb.derive(lambda A: np.linalg.det(A) + np.sum(A), A=(3, 3))
    matrix = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 0.0, 0.0]])
    assert run(target, d, {"A": matrix}, {})[0] == 18
    assert np.isnan(float(run(target, d, {"A": matrix * np.nan}, {})[0]))


BRANCHES = ["relu", "relu6", "hard_sigmoid", "hard_tanh", "hard_swish", "elu", "selu"]
BRANCHES += ["max(z, z**2)", "min(1 - z, z)", "abs(z - 1)", "max(exp(z), 1)", "min(max(z, -1), 1)"]
DIFFERENCES = ["mae", "huber", "quantile", "hinge", "squared_hinge", "categorical_hinge"]
EVERY = [*TARGETS, "floats", "array_api"]


def kept_as_in_numpy(run, target, d):
    """What is no number in the data is none in the loss, and in the gradient wherever it is for NumPy."""
    params, data = point_of(d)
    data = {name: array[:1] for name, array in data.items()}
    data["x"] = np.where(np.arange(data["x"].size).reshape(data["x"].shape) == 1, np.nan, data["x"])
    loss, expected = d.compile().loss_and_grad(params, *data.values())
    found, grads = run(target, d, params, data)
    assert np.isnan(loss) and np.isnan(float(found))
    for name, value in expected.items():
        assert (np.isnan(grads[name]) == np.isnan(value)).all(), name


@pytest.mark.parametrize("target", EVERY)
@pytest.mark.parametrize("name", BRANCHES)
def test_no_branch_of_an_activation_makes_a_number_of_what_is_none(run, target, name):
    own = {} if name in ACTIVATIONS else {"activations": {"own": name}}
    layers = sb.Dense(3, "own" if own else name), sb.Dense(2)
    kept_as_in_numpy(run, target, sb.derive(sb.Network(2, *layers, loss="mse", **own)))


@pytest.mark.parametrize("target", EVERY)
@pytest.mark.parametrize("name", DIFFERENCES)
def test_no_branch_of_a_loss_makes_a_number_of_what_is_none(run, target, name):
    kept_as_in_numpy(run, target, sb.derive(sb.Network(2, sb.Dense(3), loss=name)))


@pytest.mark.parametrize("target", EVERY)
def test_a_largest_entry_of_what_is_no_number_is_none(run, target):
    pooled = {"type": "max_pooling1d", "pool_size": 2}
    kept_as_in_numpy(run, target, sb.derive(sb.Network({"shape": [4, 1]}, pooled, sb.Dense(1, "relu"), loss="mse")))
