"""Gradients over chunks of samples: equal to the one-piece result, for sums and means, in bounded memory."""

import subprocess
import sys
from pathlib import Path

import dask.array as da
import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import ShapeError, UnsupportedError
from symbackprop.samples import reduction_over_samples

RNG = np.random.default_rng(8)
X, T = RNG.standard_normal((103, 3)), RNG.standard_normal((103, 2))
# The peak that `resource` tells would be that of the process which started this one, if it was larger.
MILLION = """
import re
import dask, dask.array as da, numpy as np
import symbackprop as sb

d = sb.derive("20 -> 32 tanh -> 1, loss=mse")
x = da.random.default_rng(1).standard_normal((1_000_000, 20), chunks=(20_000, 20))
t = da.sin(x.sum(axis=1))[:, None]
with dask.config.set(scheduler="threads", num_workers=2):
    loss, grads = sb.loss_and_grad_in_chunks(d, d.compile().initialize(1), x, t)
assert np.isfinite(loss) and grads["W1"].shape == (32, 20)
print(int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""


@pytest.fixture(scope="module", params=["mean", "sum"])
def derived(request):
    """A network with a penalty on its weights, which belongs to the loss once."""
    penalised = sb.Dense(4, "tanh", regularizer={"type": "l2"})
    return sb.derive(sb.Network(3, penalised, sb.Dense(2), loss={"type": "mse", "reduction": request.param}))


def agree(found, expected):
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    for name, value in expected[1].items():
        assert found[1][name].shape == value.shape
        assert found[1][name] == pytest.approx(value, rel=1e-11, abs=1e-13), name


@pytest.mark.parametrize("rows", [1, 10, 50, 103, 1000])
def test_arrays_in_chunks_of_any_size(derived, rows):
    params = derived.compile().initialize(2)
    expected = derived.compile().loss_and_grad(params, X, T)
    agree(sb.loss_and_grad_in_chunks(derived, params, X, T, rows=rows), expected)


@pytest.mark.parametrize("chunks", [(25, 3), ((1, 60, 42), 3), (-1, 1)])
def test_dask_arrays_in_their_own_chunks(derived, chunks):
    params = derived.compile().initialize(2)
    expected = derived.compile().loss_and_grad(params, X, T)
    x, t = da.from_array(X, chunks=chunks), da.from_array(T, chunks=(40, 2))
    agree(sb.loss_and_grad_in_chunks(derived, params, x, t), expected)


def test_memory_maps(derived, tmp_path):
    np.save(tmp_path / "x.npy", X)
    params = derived.compile().initialize(2)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    agree(sb.loss_and_grad_in_chunks(derived, params, x, T, rows=20), derived.compile().loss_and_grad(params, X, T))


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="this system does not tell a process its memory")
def test_a_million_rows_in_bounded_memory():
    done = subprocess.run([sys.executable, "-c", MILLION], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 400


def test_a_recurrence_is_chunked_too():
    d = sb.derive("lstm")
    params = d.compile().initialize(1)
    x, t = RNG.standard_normal((7, 4, 3)), RNG.dirichlet([1, 1], 7)
    agree(sb.loss_and_grad_in_chunks(d, params, x, t, rows=3), d.compile().loss_and_grad(params, x, t))


def test_networks_that_mix_samples_are_refused_by_name():
    d = sb.derive(sb.Network(3, sb.Dense(2), {"type": "batch_normalization"}, loss="mse"))
    with pytest.raises(UnsupportedError, match="mixes samples"):
        sb.loss_and_grad_in_chunks(d, d.compile().initialize(1), X, T)


def test_a_loss_that_is_no_sum_is_refused():
    losses = {"rms": "sqrt(sum((t[s, j] - y[s, j])**2, s, j))"}
    d = sb.derive(sb.Network(3, sb.Dense(2), loss="rms", losses=losses))
    with pytest.raises(UnsupportedError, match="mixes samples"):
        reduction_over_samples(d.stages.graph)


def test_a_single_sample_has_no_chunks():
    with pytest.raises(UnsupportedError, match="fixed number of samples"):
        reduction_over_samples(sb.derive("mazur").stages.graph)


def test_lengths_must_agree(derived):
    with pytest.raises(ShapeError, match="equally many samples, and have 103 in x, 102 in t"):
        sb.loss_and_grad_in_chunks(derived, derived.compile().initialize(1), X, T[1:])


@pytest.mark.parametrize("rows", [0, -3, 2.5])
def test_a_chunk_has_samples(derived, rows):
    with pytest.raises(ShapeError, match="rows is a positive whole number, not"):
        sb.loss_and_grad_in_chunks(derived, derived.compile().initialize(0), X, T, rows=rows)


def test_data_must_be_there(derived):
    params = derived.compile().initialize(0)
    with pytest.raises(ShapeError, match="the data are x, t, but given are 1 arrays"):
        sb.loss_and_grad_in_chunks(derived, params, X)
    with pytest.raises(ShapeError, match="x has no axis of samples: NoneType"):
        sb.loss_and_grad_in_chunks(derived, params, None, T)


def test_there_must_be_samples(derived):
    with pytest.raises(ShapeError, match="no samples"):
        sb.loss_and_grad_in_chunks(derived, derived.compile().initialize(1), X[:0], T[:0])


@pytest.mark.parametrize("style", ["readable", "fast"])
@pytest.mark.parametrize("layers", [[], [{"type": "lstm", "units": 2}, {"type": "last"}]])
def test_sums_in_chunks_in_both_styles(layers, style):
    """What parameters alone add to a sum is found without a sample, which no module may refuse there."""
    inputs = {"x": {"shape": ["T", 3]}} if layers else 3
    network = sb.Network(inputs, *layers, sb.Dense(2), loss={"type": "mse", "reduction": "sum"})
    d = sb.derive(network, style=style)
    params = d.compile().initialize(0)
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((7, 4, 3) if layers else (7, 3)), rng.standard_normal((7, 2))
    loss, grads = sb.loss_and_grad_in_chunks(d, params, x, t, rows=3)
    expected, whole = d.compile().loss_and_grad(params, x, t)
    assert loss == pytest.approx(expected)
    for name, grad in whole.items():
        np.testing.assert_allclose(grads[name], grad, rtol=1e-9, atol=1e-12)


WEIGHTS = np.array([0.5, 0.2, 0.3])


def ridge(w, lam, x, t):
    return np.mean((x @ w - t) ** 2) + lam * np.sum(w**2)


def labels(w, x, t):
    z = x @ w
    return -np.sum(WEIGHTS[t] * (z - np.log(np.sum(np.exp(z), axis=1, keepdims=True)))[np.arange(len(x)), t])


@pytest.mark.parametrize("rows", [1, 4, 100])
def test_functions_are_chunked_too(rows):
    rng = np.random.default_rng(0)
    x, t, c = rng.standard_normal((11, 2)), rng.standard_normal(11), rng.integers(0, 3, 11)
    for derived, shape, data in (
        (sb.derive(ridge, w="d", lam=(), x=("n", "d"), t="n", wrt="w"), 2, (0.1, x, t)),
        (sb.derive(labels, w=("d", 3), x=("n", "d"), t="n", wrt="w", integers="t"), (2, 3), (x, c)),
    ):
        params = {"w": rng.standard_normal(shape)}
        loss, gradients = sb.loss_and_grad_in_chunks(derived, params, *data, rows=rows)
        expected, slopes = derived.compile().loss_and_grad(params, *data)
        assert loss == pytest.approx(expected) and gradients["w"] == pytest.approx(slopes["w"])


def test_a_loss_that_knows_the_number_of_a_row_is_refused():
    derived = sb.derive(lambda w, x: np.sum((x @ w) * np.arange(x.shape[0])), w=2, x=("n", 2), wrt="w")
    with pytest.raises(UnsupportedError, match="mixes samples"):
        sb.loss_and_grad_in_chunks(derived, {"w": np.ones(2)}, np.ones((3, 2)))


def test_which_rows_are_samples_must_be_clear():
    derived = sb.derive(lambda w, x, y: np.sum(x @ w) + np.sum(y @ w), w=2, x=("n", 2), y=("m", 2), wrt="w")
    with pytest.raises(UnsupportedError, match="n and m rows"):
        sb.loss_and_grad_in_chunks(derived, {"w": np.ones(2)}, np.ones((3, 2)), np.ones((4, 2)))
    derived = sb.derive(lambda w, x: np.sum((x @ w - np.mean(x @ w)) ** 2), w=2, x=("n", 2), wrt="w")
    with pytest.raises(UnsupportedError, match="mixes samples"):
        sb.loss_and_grad_in_chunks(derived, {"w": np.ones(2)}, np.ones((3, 2)))
