"""A workspace says of arrays it is not made for which one that is, before NumPy does or keeps silent."""

import numpy as np
import pytest

import symbackprop as sb


@pytest.fixture(scope="module")
def made():
    module = sb.derive("3 -> 4 tanh -> 2, loss=mse").compile("fast")
    return module, {name: value.astype(np.float32) for name, value in module.initialize(0).items()}


def arrays(samples, kind=np.float32):
    rng = np.random.default_rng(0)
    return rng.standard_normal((samples, 3)).astype(kind), rng.standard_normal((samples, 2)).astype(kind)


@pytest.mark.parametrize("method", ["loss", "loss_and_grad"])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (arrays(5), r"x has the shape \(5, 3\), but this workspace is for \(8, 3\)"),
        ((arrays(8)[0], arrays(1)[1]), r"t has the shape \(1, 2\), but this workspace is for \(8, 2\)"),
        (arrays(8, np.float64), "x is float64, but this workspace is for float32"),
        ((arrays(8)[0], arrays(8, np.float64)[1]), "t is float64, but this workspace is for float32"),
    ],
)
def test_an_array_of_another_shape_or_precision(made, method, given, message):
    module, params = made
    with pytest.raises(ValueError, match=message):
        getattr(module.Workspace(8, np.float32), method)(params, *given)


def test_parameters_of_another_precision(made):
    module, params = made
    wide = {name: value.astype(np.float64) for name, value in params.items()}
    with pytest.raises(ValueError, match="W1 is float64, but this workspace is for float32"):
        module.Workspace(8, np.float32).loss_and_grad(wide, *arrays(8))


def test_arrays_that_fit_and_such_that_are_converted_without_loss(made):
    module, params = made
    x, t = arrays(8)
    loss, _ = module.Workspace(8, np.float32).loss_and_grad(params, x, t)
    assert loss == pytest.approx(module.loss(params, x, t), rel=1e-5)
    # A dtype that was pickled is equal, but another object.
    swapped = x.astype(x.dtype.newbyteorder("<"))
    assert module.Workspace(8, np.float32).loss(params, swapped, t) == pytest.approx(loss, rel=1e-5)
    wide = {name: value.astype(np.float64) for name, value in params.items()}
    assert module.Workspace(8).loss(wide, x.astype(float), t) == pytest.approx(loss, rel=1e-5)
