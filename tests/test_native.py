"""C code called from Python: shapes, sizes, precision, errors, and the library that is kept."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop import native
from symbackprop.errors import CheckFailedError, InputError, ShapeError
from symbackprop.native import Bound, Native

X, T = np.array([0.05, 0.10]), np.array([0.01, 0.99])


@pytest.fixture(autouse=True)
def kept_apart(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "native"))


@pytest.mark.needs("cc|gcc|clang")
def test_mazur():
    code = sb.derive("mazur").native()
    loss, grads = code.loss_and_grad(code.parameters(), X, T)
    assert loss == pytest.approx(0.298371109, abs=5e-10)
    assert grads["W2"] == pytest.approx(np.array([[0.082167041, 0.082667628], [-0.022602540, -0.022740242]]), abs=5e-10)
    assert grads["b1"].shape == () and code.loss(code.parameters(), X, T) == loss


@pytest.mark.needs("cc|gcc|clang")
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 1e-5)])
def test_sizes_come_from_the_arrays(dtype, tolerance):
    d = sb.derive("3 -> 4 tanh -> 2 softmax, loss=categorical_crossentropy")
    code, module = d.native(dtype), d.compile()
    params = module.initialize(1)
    rng = np.random.default_rng(2)
    for count in (1, 5):
        x, t = rng.standard_normal((count, 3)), rng.dirichlet([1, 1], count)
        loss, grads = code.loss_and_grad(params, x, t)
        expected, gradients = module.loss_and_grad(params, x, t)
        assert loss == pytest.approx(expected, rel=tolerance)
        for name, value in gradients.items():
            assert grads[name].dtype == dtype
            assert grads[name] == pytest.approx(value, rel=tolerance, abs=tolerance), name


@pytest.mark.needs("cc|gcc|clang")
def test_a_bound_network_is_changed_in_place():
    code = sb.derive("mazur").native()
    bound = code.bind(code.parameters(), X, T)
    before = bound.run()
    for _ in range(10):
        bound.params -= 0.5 * bound.grads
        last = bound.run()
    assert last < before == pytest.approx(0.298371109, abs=5e-10)


@pytest.mark.needs("cc|gcc|clang")
def test_wrong_shapes_are_named():
    code = sb.derive("mazur").native()
    params = code.parameters()
    with pytest.raises(ShapeError, match=r"x has the shape \(3,\), but should have \(2,\)"):
        code.loss(params, np.ones(3), T)
    with pytest.raises(ShapeError, match=r"t has the shape \(1, 2\), but should have \(2,\)"):
        code.loss(params, X, np.ones((1, 2)))
    d = sb.derive("3 -> 2, loss=mse")
    with pytest.raises(ShapeError, match=r"t has the shape \(4, 2\), but should have \(N, 2\) with N = 5"):
        d.native().loss(d.compile().initialize(), np.ones((5, 3)), np.ones((4, 2)))
    with pytest.raises(ShapeError, match=r"x is empty: its shape is \(0, 3\)"):
        d.native().loss(d.compile().initialize(), np.ones((0, 3)), np.ones((0, 2)))
    with pytest.raises(ShapeError, match="b1 is missing: the parameters are W1, b1"):
        d.native().loss({"W1": np.ones((2, 3))}, np.ones((5, 3)), np.ones((5, 2)))
    with pytest.raises(ShapeError, match=r"the data are x, t, but given are array 1$"):
        d.native().loss(d.compile().initialize(), np.ones((5, 3)))
    with pytest.raises(ShapeError, match="the data are x, t, but given are array 1, y"):
        d.native().loss(d.compile().initialize(), np.ones((5, 3)), y=np.ones((5, 2)))
    with pytest.raises(ShapeError, match="x is an array of complex128, not of real numbers"):
        d.native().loss(d.compile().initialize(), 1j * np.ones((5, 3)), np.ones((5, 2)))


@pytest.mark.needs("cc|gcc|clang")
def test_data_may_be_given_by_name():
    code = sb.derive("mazur").native()
    assert (
        code.loss(code.parameters(), t=T, x=X)
        == code.loss(code.parameters(), X, t=T)
        == code.loss(code.parameters(), X, T)
    )


@pytest.mark.needs("cc|gcc|clang")
def test_categories_are_looked_at():
    derived = sb.derive(cross_entropy, W=(4, 3), x=3, t=(), integers="t", wrt="W")
    code = derived.native()
    for wrong in (-1, 4, 1.5):
        with pytest.raises(ShapeError, match=f"t holds {wrong}, but should hold whole numbers from 0 to 3"):
            code.loss({"W": np.ones((4, 3))}, np.ones(3), wrong)
    assert code.loss({"W": np.ones((4, 3))}, np.ones(3), 3) == pytest.approx(np.log(4))


def cross_entropy(W, x, t):
    z = W @ x
    return np.log(np.sum(np.exp(z))) - z[t]


@pytest.mark.needs("cc|gcc|clang")
def test_the_library_is_made_once(monkeypatch):
    d = sb.derive("mazur")
    first = Native(d.stages)
    assert first.loss(first.parameters(), X, T)

    def refuse(*args, **kwargs):
        raise AssertionError("compiled again")

    monkeypatch.setattr(native.subprocess, "run", refuse)
    assert Native(d.stages).loss(first.parameters(), X, T)


@pytest.mark.needs("cc|gcc|clang")
def test_what_a_compiler_says_is_passed_on():
    with pytest.raises(InputError, match="fails"):
        native.compiled("this is not C", list(native.FLAGS))


def test_without_a_compiler_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setattr(native.shutil, "which", lambda name: None)
    code = sb.derive("mazur").native()
    with pytest.raises(InputError, match=r"SB006\]: no C compiler") as caught:
        code.loss({"W1": np.ones((2, 2)), "b1": 0.0, "W2": np.ones((2, 2)), "b2": 0.0}, X, T)
    assert "Python module" in str(caught.value)


def test_other_types_are_refused():
    with pytest.raises(InputError, match="float16"):
        sb.derive("mazur").native("float16")


@pytest.mark.needs("cc|gcc|clang")
def test_a_function_without_data():
    code = sb.derive(lambda z: np.sum(z**2), z=3).native("float64")
    loss, grads = code.loss_and_grad({"z": np.array([1.0, 2.0, 3.0])})
    assert loss == 14 and grads["z"].tolist() == [2, 4, 6]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ["relu", "elu"])
@pytest.mark.parametrize("sizes", [(3, 16, 2), (18, 3, 2)])
def test_branches_in_vectors_are_right(sizes, activation, dtype):
    """A compiler that vectorises z > 0 ? a[i] : 0 wrongly, as GCC 12 does, must not be led to it."""
    inputs, hidden, outputs = sizes
    d = sb.derive(f"{inputs} -> {hidden} {activation} -> {outputs}, loss=mse")
    module, compiled = d.compile(), d.native(dtype)
    for samples in (1, 2, 5, 32):
        rng = np.random.default_rng(samples)
        params = {name: rng.normal(size=value.shape) for name, value in module.initialize().items()}
        x, t = rng.normal(size=(samples, inputs)), rng.normal(size=(samples, outputs))
        loss, grads = module.loss_and_grad(params, x, t)
        found, own = compiled.loss_and_grad(params, x, t)
        assert found == pytest.approx(loss, rel=1e-4)
        for name, gradient in grads.items():
            assert np.allclose(own[name], gradient, rtol=1e-3, atol=1e-4 * np.abs(gradient).max()), (name, samples)


@pytest.mark.needs("cc|gcc|clang")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_code_that_a_compiler_made_wrong_is_refused(dtype, monkeypatch):
    whole = Bound.loss_and_grad

    def wrong(self):
        loss, grads = whole(self)
        return loss, {**grads, "W2": 1.1 * grads["W2"]}

    d = sb.derive("3 -> 4 relu -> 2, loss=mse")
    given = d.compile().initialize(), np.ones((5, 3)), np.ones((5, 2))
    with monkeypatch.context() as patch:
        patch.setattr(Bound, "loss_and_grad", wrong)
        with pytest.raises(CheckFailedError, match="is not what was verified: the gradient by W2 is off by"):
            d.native(dtype).bind(*given)
    d.native(dtype).bind(*given)


@pytest.mark.needs("cc|gcc|clang")
def test_a_loss_that_is_no_number_at_random_points_is_compiled_all_the_same():
    d = sb.derive(lambda z: np.sum(np.log(z - 100)), z=3)
    assert d.native().loss({"z": np.full(3, 101.0)}) == 0


@pytest.mark.needs("cc|gcc|clang")
def test_memory_begins_with_a_cache_line():
    bound = (
        sb.derive("3 -> 2, loss=mse")
        .native("float32")
        .bind({"W1": np.ones((2, 3)), "b1": [0, 0]}, *(np.ones((1, n)) for n in (3, 2)))
    )
    assert bound.params.ctypes.data % 64 == bound.grads.ctypes.data % 64 == 0


@pytest.mark.needs("cc|gcc|clang")
def test_slopes_of_pairs_of_units_are_right():
    """With 512 bits GCC 12 took the slope of leaky_relu for all units from some."""
    layers = [{"type": "dense", "units": 2, "activation": "leaky_relu", "name": "left", "inputs": "x"}]
    layers += [{"type": "dense", "units": 2, "name": "right", "inputs": "left"}]
    layers += [{"type": "concatenate", "name": "met", "inputs": ["right", "left"]}, {"type": "dense", "units": 4}]
    d = sb.derive({"name": "pairs", "inputs": {"x": 3}, "layers": layers, "loss": "mse"})
    module, code = d.compile(), d.native()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        params = {name: rng.normal(size=value.shape) for name, value in module.initialize().items()}
        x, t = rng.normal(size=(2, 3)), rng.normal(size=(2, 4))
        _, grads = module.loss_and_grad(params, x, t)
        _, found = code.loss_and_grad(params, x, t)
        for name, gradient in grads.items():
            np.testing.assert_allclose(found[name], gradient, rtol=1e-9, atol=1e-9)
