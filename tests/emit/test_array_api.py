"""One module for every library of the array API standard: NumPy, the standard to the letter, and dask."""

from types import ModuleType

import dask.array as da
import numpy as np
import pytest

import symbackprop as sb
from symbackprop.catalog import ACTIVATIONS, LOSSES
from symbackprop.targets import array_api_text
from symbackprop.verify.points import random_point

strict = pytest.importorskip("array_api_strict")
pytest.importorskip("array_api_compat")
LIBRARIES = {
    "numpy": (np.asarray, np.asarray),
    "strict": (strict.asarray, lambda array: np.asarray(array._array)),
    "dask": (lambda array: da.from_array(array, chunks=-1), lambda array: np.asarray(array.compute())),
}
BUNDLED = ("mazur", "xor", "line", "lstm", "cnn", "autoencoder", "logistic_regression", "attention", "transformer")


def loaded(d):
    module = ModuleType("array_api")
    exec(compile(array_api_text(d.stages), "array_api", "exec"), module.__dict__)
    return module


def agree(d, params, data, library, tolerance=1e-11):
    there, back = LIBRARIES[library]
    loss, gradients = d.compile().loss_and_grad(params, *data)
    module = loaded(d)
    given = {name: there(np.asarray(value)) for name, value in params.items()}
    arrays = [there(np.asarray(value)) for value in data]
    found, grads = module.loss_and_grad(given, *arrays)
    assert float(back(found)) == pytest.approx(loss, rel=tolerance, abs=1e-12)
    assert float(back(module.loss(given, *arrays))) == float(back(found))
    size = max(float(np.max(np.abs(value))) for value in gradients.values())
    for name, expected in gradients.items():
        got = back(grads[name])
        assert got.shape == expected.shape and got.dtype == expected.dtype, name
        assert got == pytest.approx(expected, rel=tolerance, abs=tolerance * size + 1e-30), name


def point_of(d):
    graph = d.stages.graph
    values = random_point(graph, np.random.default_rng(5)).values
    whole = {t.name for t in graph.tensors.values() if t.is_whole}
    given = (*graph.with_role("input", "constant"), *graph.with_role("target"))
    data = [values[t.name].astype(int) if t.name in whole else values[t.name] for t in given]
    return {tensor.name: values[tensor.name] for tensor in graph.parameters}, data


# On dask, which is slow, those that have every kind of operation between them.
PAIRS = [(name, library) for name in BUNDLED for library in LIBRARIES if library != "dask" or name in BUNDLED[:5]]


@pytest.mark.parametrize(("name", "library"), PAIRS)
def test_bundled_networks(name, library):
    d = sb.derive(name)
    agree(d, *point_of(d), library)


def test_axes_of_length_one_are_positions_too():
    net = sb.Network({"shape": [1, 1]}, {"type": "conv1d", "filters": 1, "kernel_size": 1}, sb.Dense(2), loss="mse")
    d = sb.derive(net)
    agree(d, *point_of(d), "strict")


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_slopes_of_whole_numbers_without_an_axis_have_the_type_of_the_parameters(precision):
    lines = "z = W @ x - b\nh = maximum(z, 0.3)\nE = sum(softmax(V @ h) * t)"
    shapes = {"W": [1, 3], "x": [3], "b": [1], "V": [1, 1], "t": [1]}
    d = sb.derive({"shapes": shapes, "equations": lines, "wrt": ["W", "b", "V"]})
    params, data = point_of(d)
    params = {name: value.astype(precision) for name, value in params.items()}
    agree(d, params, [value.astype(precision) for value in data], "strict", 1e-5)


@pytest.mark.parametrize("loss", ["categorical_hinge", "huber"])
def test_losses_that_choose_positions(loss):
    output = {"probability": "sigmoid", "distribution": "softmax"}.get(LOSSES[loss].output, "linear")
    d = sb.derive(sb.Network(3, sb.Dense(4, output), loss=loss))
    agree(d, *point_of(d), "strict")


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "exponential"])
def test_activations_are_finite_where_exponentials_overflow(name):
    d = sb.derive(sb.Network(2, sb.Dense(2, name), loss="half_squared_error"))
    x, t = np.array([[1.0, 1.0], [-1.0, 0.5]]), np.array([[0.5, -1.0], [2.0, 0.25]])
    for size in (1000.0, 20_000.0):
        params = {"W1": np.array([[size, 0.0], [0.0, -size]]), "b1": np.zeros(2)}
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            agree(d, params, [x, t], "numpy", 1e-9)
            single = {key: value.astype(np.float32) for key, value in params.items()}
            agree(d, single, [x.astype(np.float32), t.astype(np.float32)], "numpy", 1e-4)


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy", "kl_divergence", "log_cosh"])
def test_losses_are_finite_where_exponentials_overflow(name):
    output = {"probability": "sigmoid", "distribution": "softmax"}.get(LOSSES[name].output, "linear")
    d = sb.derive(sb.Network(2, sb.Dense(2, output), loss=name))
    params = {"W1": np.array([[20_000.0, 0.0], [0.0, -20_000.0]]), "b1": np.zeros(2)}
    x, t = np.array([[1.0, 1.0], [-1.0, 0.5]]), np.array([[0.75, 0.25], [0.25, 0.75]])
    agree(d, params, [x, t], "numpy", 1e-9)


def likelihood(X, K, y):
    """Of a Gaussian whose covariances are made of parameters, of several of them at once."""
    S = K @ K.mT + np.eye(3)
    quadratic = y @ np.linalg.inv(S[0]).T @ y + np.sum(np.linalg.inv(S + X.T) ** 2)
    return quadratic + np.sum(np.linalg.slogdet(S)[1]) + np.linalg.det(X)


@pytest.mark.parametrize("library", ["numpy", "strict"])
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_matrices_are_inverted_by_the_extension_of_the_standard(library, precision):
    rng = np.random.default_rng(3)
    shapes = {"X": (3, 3), "K": (2, 3, 3), "y": (3,)}
    params = {name: rng.standard_normal(shape).astype(precision) for name, shape in shapes.items()}
    agree(sb.derive(likelihood, **shapes), params, [], library, 1e-3 if precision is np.float32 else 1e-11)


def test_a_library_without_the_extension_is_told():
    module = loaded(sb.derive(lambda A: np.linalg.det(A.T), A=(3, 3)))
    assert module.MATRICES == ("det", "inv")
    with pytest.raises(NotImplementedError, match=r"dask.array has no linalg.det: take"):
        module.loss_and_grad({"A": da.ones((3, 3))})


@pytest.mark.parametrize("library", LIBRARIES)
def test_conditions_on_the_index_of_a_loop(library):
    d = sb.derive(lambda a: np.prod(a) + np.sum(np.cumprod(a) * a), a=4)
    agree(d, {"a": np.array([0.5, -1.5, 2.0, 0.75])}, [], library)


def test_nothing_of_numpy_is_used():
    text = array_api_text(sb.derive("cnn").stages)
    assert "np." not in text and "numpy" not in text.replace("NumPy", "")
    assert ".reshape(" not in text.replace("xp.reshape(", "") and ".transpose(" not in text


def test_dask_computes_nothing_before_it_is_asked():
    d = sb.derive("3 -> 2 sigmoid, loss=mse")
    params = {name: da.from_array(value) for name, value in d.compile().initialize(1).items()}
    x, t = da.ones((10, 3), chunks=(4, 3)), da.zeros((10, 2), chunks=(4, 2))
    found, grads = loaded(d).loss_and_grad(params, x, t)
    assert isinstance(found, da.Array) and isinstance(grads["W1"], da.Array)


def test_golden(golden):
    golden("array_api/mazur.py", array_api_text(sb.derive("mazur").stages))
