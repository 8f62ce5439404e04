"""JAX and PyTorch take the derived gradient for their own, where they are installed."""

import ast

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.pipeline import loaded
from symbackprop.targets import framework_text
from symbackprop.trials import trial

NAMES = ("mazur", "xor", "lstm", "attention", "cnn")


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_the_text_is_python_that_needs_its_library_alone(library):
    for name in ("mazur", "lstm", "transformer"):
        text = framework_text(sb.derive(name).stages, library)
        ast.parse(text)
        assert "array_namespace" not in text and f"import {library}" in text
        assert ("custom_vjp" in text) is (library == "jax") and ("autograd.Function" in text) is (library == "torch")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("library", ["jax", "torch"])
def test_gradients_are_those_of_the_module(library, name):
    pytest.importorskip(library)
    found = trial(sb.derive(name).stages, library)
    assert found.check is not None and found.check.difference < 1e-11


def test_jax_compiles_and_scales_it():
    jax = pytest.importorskip("jax")
    d = sb.derive("3 -> 4 tanh -> 2, loss=mse")
    module = loaded(framework_text(d.stages, "jax"), "jax")
    params = {name: np.asarray(value, dtype=np.float32) for name, value in d.compile().initialize(1).items()}
    rng = np.random.default_rng(2)
    x, t = rng.standard_normal((5, 3)).astype(np.float32), rng.standard_normal((5, 2)).astype(np.float32)
    value, grads = jax.jit(jax.value_and_grad(lambda p: 3 * module.loss(p, x, t)))(params)
    loss, expected = d.compile().loss_and_grad(params, x, t)
    assert float(value) == pytest.approx(3 * loss, rel=1e-5)
    for name, array in expected.items():
        assert np.asarray(grads[name]) == pytest.approx(3 * array, rel=1e-4, abs=1e-6)


def test_jax_derives_what_stands_before_it():
    """A network before the loss gets its gradient through ours, as it does from what JAX derives itself."""
    jax = pytest.importorskip("jax")
    d = sb.derive("3 -> 2 sigmoid, loss=mse")
    module = loaded(framework_text(d.stages, "jax"), "jax")
    params = d.compile().initialize(1)
    rng = np.random.default_rng(2)
    x, V, t = rng.standard_normal((5, 4)), rng.standard_normal((4, 3)), rng.standard_normal((5, 2))

    def plain(V, t):
        return module.loss_and_grad(params, jax.numpy.tanh(x @ V), t)[0]

    def ours(V, t):
        return module.loss(params, jax.numpy.tanh(x @ V), t)

    with jax.enable_x64(True):
        for got, expected in zip(jax.grad(ours, (0, 1))(V, t), jax.grad(plain, (0, 1))(V, t), strict=True):
            assert np.asarray(got) == pytest.approx(np.asarray(expected), rel=1e-9, abs=1e-12)
        assert module.loss(params, np.arange(15).reshape(5, 3), t).dtype == np.float64, "whole numbers are converted"


def test_torch_checks_it_itself():
    torch = pytest.importorskip("torch")
    d = sb.derive("3 -> 2 sigmoid, loss=mse")
    module = loaded(framework_text(d.stages, "torch"), "torch")
    values = d.compile().initialize(1)
    data = {"x": torch.ones((4, 3), dtype=torch.float64), "t": torch.zeros((4, 2), dtype=torch.float64)}
    given = [torch.tensor(values[name], requires_grad=True) for name in module.PARAMETERS]
    given += [array.requires_grad_() for array in data.values()]
    names = [*module.PARAMETERS, *data]

    def loss(*arrays):
        every = dict(zip(names, arrays, strict=True))
        return module.loss({name: every[name] for name in module.PARAMETERS}, every["x"], every["t"])

    assert torch.autograd.gradcheck(loss, given)
    (slope,) = torch.autograd.grad(loss(*given), given[:1], create_graph=True)
    with pytest.raises(RuntimeError, match="require grad"):
        slope.sum().backward()


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_inputs_may_be_called_as_the_module_calls_its_own(library):
    net = sb.Network({"values": {"shape": [2]}, "ctx": {"shape": [2]}}, {"type": "add", "inputs": ["values", "ctx"]},
                     sb.Dense(1), loss="mse")  # fmt: skip
    # The parser takes two arguments of one name, the compiler does not.
    compile(framework_text(sb.derive(net).stages, library), library, "exec")
