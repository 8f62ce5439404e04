"""Functions of NumPy that are made of others: value and gradient are those of the function that was traced."""

import numpy as np
import pytest

from symbackprop import derive
from symbackprop.arrays.untraced import REMEDIES
from symbackprop.errors import SymbackpropError

RNG = np.random.default_rng(5)
X, A = RNG.uniform(0.5, 1.5, 5), RNG.standard_normal((3, 4))
PLACES = np.array([0.0, 0.5, 0.75, 2.0, 2.5])
ROWS = np.arange(12.0).reshape(3, 4)
VECTORS = {
    "trapezoid": lambda x: np.trapezoid(x**2),
    "trapezoid at places": lambda x: np.trapezoid(x**2, PLACES) + np.trapezoid(PLACES, x, axis=0),
    "trapezoid of steps": lambda x: np.trapezoid(x**2, dx=0.25),
    "gradient": lambda x: np.sum(np.gradient(x) ** 3),
    "gradient of second order": lambda x: np.sum(np.gradient(x, 0.5, edge_order=2) ** 3),
    "convolve": lambda x: np.sum(np.convolve(x, [1.0, -2.0, 0.5]) ** 2),
    "convolve, same": lambda x: np.sum(np.convolve(x, x[:3], "same") ** 2),
    "convolve, valid": lambda x: np.sum(np.convolve(x[:2], x, mode="valid") ** 2),
    "convolve with one": lambda x: np.sum(np.convolve(x, x[:1]) ** 2),
    "correlate": lambda x: np.sum(np.correlate(x, x[1:3]) ** 2) + np.correlate(x, x)[0],
    "polyval": lambda x: np.sum(np.polyval(x, np.array([0.5, -1.0]))) + np.polyval([1.0, 2.0, 3.0], x[0]),
    "vander": lambda x: np.sum(np.vander(x, 3) ** 2) + np.sum(np.vander(x[:2], increasing=True)),
    "linspace": lambda x: np.sum(np.linspace(x[0], x[1] ** 2, 4) ** 2) + np.sum(np.linspace(0, x, 3, endpoint=False)),
    "meshgrid": lambda x: (
        np.sum(np.subtract(*np.meshgrid(x[:2], x)) ** 3) + np.sum(np.meshgrid(x, x, indexing="ij")[0])
    ),
    "cov": lambda x: np.cov(x) + np.sum(np.cov(x, x**2, ddof=0)[0]),
    "any and all": lambda x: np.sum(np.where(np.any(x > 1), x, 0)) + np.sum(np.where(np.all(x > 0), x**2, 0)),
    "three conditions": lambda x: (
        np.sum(np.where((x > 0.5) & (x < 1.5) & (np.sin(9 * x) > 0), x**2, x))
        + np.sum(np.where((x < 0.7) | (x > 1.3) | (np.sin(9 * x) > 0), x**3, x))
    ),
    "select": lambda x: np.sum(np.select([x > 1.2, x > 0.9], [x, x**2], 0.5)),
    "sinc": lambda x: np.sum(np.sinc(x)),
    "cbrt": lambda x: np.sum(np.cbrt(x)) + np.sum(np.cbrt(-x) ** 2),
    "fmax": lambda x: np.sum(np.fmax(x, 1) + np.fmin(x, 0.8)),
    "logical_xor": lambda x: np.sum(np.where(np.logical_xor(x > 0.8, x > 1.2), x**2, 0)),
    "ediff1d": lambda x: np.sum(np.ediff1d(x) ** 2),
    "outer ufuncs": lambda x: np.sum(np.subtract.outer(x, x**2) ** 2) + np.sum(np.multiply.outer(x, A) ** 2),
    "insert": lambda x: np.sum(np.insert(x, 1, 2.0) * np.arange(6)) + np.sum(np.insert(x, -1, x[0])[3:]),
    "delete": lambda x: np.sum(np.delete(x, [0, -1]) ** 2) + np.sum(np.delete(x, slice(0, 3))),
    "at least": lambda x: np.sum(np.atleast_2d(x) @ x) + np.sum(np.atleast_3d(x)[0] ** 2) + np.atleast_1d(x[0])[0],
    "full_like": lambda x: np.sum(np.full_like(x, 2.0) * x),
}
MATRICES = {
    "trapezoid along an axis": lambda a: np.sum(np.trapezoid(a**2, np.array([0.0, 1.0, 3.0]), axis=0) ** 2),
    "gradient along each axis": lambda a: sum(np.sum(g**3) for g in np.gradient(a)),
    "gradient along one axis": lambda a: np.sum(np.gradient(a, 0.5, axis=1) ** 3),
    "cov of rows": lambda a: np.sum(np.cov(a) ** 2) + np.sum(np.cov(a, rowvar=False, bias=True) * 0.5),
    "corrcoef": lambda a: np.sum(np.corrcoef(a) ** 2),
    "rot90": lambda a: np.sum(np.rot90(a) * ROWS.T + np.rot90(a, 3) * ROWS.T) + np.sum(np.rot90(a, 2) * ROWS),
    "dstack": lambda a: np.sum(np.dstack([a, a**2])[:, :, 1] * ROWS),
    "block": lambda a: np.sum(np.block([[a, a**2], [a[:1], 2 * a[1:2]]]) ** 2) + np.sum(np.block([a[0], a[1]]) ** 3),
    "insert a row": lambda a: np.sum(np.insert(a, 1, a[0] ** 2, axis=0) ** 2),
    "multi_dot": lambda a: np.sum(np.linalg.multi_dot([a, a.T, a]) ** 2),
    "any along an axis": lambda a: np.sum(np.where(np.any(a > 1, axis=0), a, 0) ** 2),
}


def slope(function, x, step=1e-6):
    found = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        change = np.zeros_like(x)
        change[place] = step
        found[place] = (function(x + change) - function(x - change)) / (2 * step)
    return found


@pytest.mark.parametrize("name", [*VECTORS, *MATRICES])
def test_value_and_gradient(name):
    function, x = (VECTORS[name], X) if name in VECTORS else (MATRICES[name], A)
    derived = derive(function, x=x.shape) if name in VECTORS else derive(function, a=x.shape)
    (parameter,) = derived.stages.graph.parameters
    for style in ("readable", "fast"):
        loss, gradients = derived.compile(style).loss_and_grad({parameter.name: x})
        assert loss == pytest.approx(function(x))
        assert gradients[parameter.name] == pytest.approx(slope(function, x), rel=1e-6, abs=1e-6)
    assert derived.verify().passed


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: 2 * np.median(x), "argmax"),
        (lambda x: np.linalg.cholesky(x[:, None]), "inv, solve"),
        (lambda x: np.sum(np.fft.fft(x)), "cos and sin"),
        (lambda x: 2 * np.nanmean(x), "missing"),
        (lambda x: np.convolve(x, x, "half"), "full, same, valid"),
        (lambda x: np.convolve(x[None], x), "two vectors"),
        (lambda x: np.sum(np.gradient(x, x)), "one distance"),
        (lambda x: np.sum(np.select([], [])), "select"),
    ],
)
def test_what_is_refused_says_what_to_write(function, words):
    with pytest.raises((SymbackpropError, ValueError), match=words):
        derive(function, x=5)


def test_remedies_are_for_functions_that_are_not_traced():
    from symbackprop.arrays.operations import known_names

    assert not set(REMEDIES) & set(known_names())
