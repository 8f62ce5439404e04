"""Functions of NumPy that move entries, and functions of two arrays: loss and gradient are those of the function."""

import numpy as np
import pytest

from symbackprop import derive
from symbackprop.errors import SymbackpropError

RNG = np.random.default_rng(11)
A, B = RNG.uniform(0.3, 1.5, (3, 4)), RNG.uniform(0.3, 1.5, (3, 4))
C = np.arange(1.0, 13.0).reshape(3, 4) / 7
WIDE = np.arange(1.0, 200.0)


def weighed(array):
    """A number in which every entry counts differently."""
    return np.sum(array**2 * WIDE[: array.size].reshape(array.shape))


FUNCTIONS = {
    "roll": lambda a, b: weighed(np.roll(a, 1, axis=1)),
    "roll back, two axes": lambda a, b: weighed(np.roll(a, (-1, 5), axis=(0, 1))),
    "roll all": lambda a, b: weighed(np.roll(a, 5)),
    "repeat": lambda a, b: weighed(np.repeat(a, 3, axis=1)),
    "repeat all": lambda a, b: weighed(np.repeat(a, 2)),
    "repeat one row": lambda a, b: weighed(np.repeat(a[:1], 3, axis=0)),
    "tile": lambda a, b: weighed(np.tile(a, (2, 3))),
    "tile with a new axis": lambda a, b: weighed(np.tile(a, (2, 1, 2))),
    "tile the last axis": lambda a, b: weighed(np.tile(a * b, 2)),
    "pad": lambda a, b: weighed(np.pad(a, 1)),
    "pad unevenly": lambda a, b: weighed(np.pad(a, ((0, 2), (1, 0)), constant_values=0.5)),
    "pad by edges": lambda a, b: weighed(np.pad(a, (1, 2), mode="edge")),
    "pad by reflection": lambda a, b: weighed(np.pad(a, 2, mode="reflect")),
    "pad around": lambda a, b: weighed(np.pad(a, ((0, 0), (2, 1)), mode="wrap")),
    "differences": lambda a, b: weighed(np.diff(a)),
    "second differences": lambda a, b: weighed(np.diff(a, 2, axis=0)),
    "append": lambda a, b: weighed(np.append(a, b)),
    "append rows": lambda a, b: weighed(np.append(a, b, axis=0)),
    "up and left": lambda a, b: weighed(np.flipud(a) + 2 * np.fliplr(b)),
    "logaddexp": lambda a, b: weighed(np.logaddexp(a, 2 * b)),
    "logaddexp over an axis": lambda a, b: weighed(np.logaddexp.reduce(a + b, axis=1)),
    "hypot": lambda a, b: weighed(np.hypot(a, b)),
    "heaviside": lambda a, b: weighed(np.heaviside(a - 1, 0.5) * b),
    "powers of two": lambda a, b: weighed(np.exp2(a)),
    "degrees": lambda a, b: weighed(np.sin(np.deg2rad(a)) + np.degrees(b) / 100),
    "average": lambda a, b: np.average(a**2) + np.average(a, weights=b),
    "average over an axis": lambda a, b: weighed(np.average(a, axis=1, weights=b[0])),
    "average, weights of all": lambda a, b: weighed(np.average(a, axis=0, weights=b)),
    "span": lambda a, b: weighed(np.ptp(a, axis=0) * b[0]),
    "vdot": lambda a, b: np.vdot(a, a * b) ** 2,
    "vecdot": lambda a, b: weighed(np.vecdot(a, b)),
    "kron": lambda a, b: weighed(np.kron(a[:, :2], b[:2])),
    "kron of vectors": lambda a, b: weighed(np.kron(a[0], b[:, 0])),
    "cross": lambda a, b: weighed(np.cross(a.T, b.T)),
    "cross with one": lambda a, b: weighed(np.cross(a.T, b[:, 0])),
    "power of a matrix": lambda a, b: weighed(np.linalg.matrix_power(a[:, :3], 3)),
    "norms": lambda a, b: np.linalg.matrix_norm(a) * np.linalg.vector_norm(b),
    "two pairs of axes joined": lambda a, b: weighed((a[:, None, :2, None] * b[None, :, None, :]).reshape(9, 8)),
    "plus": lambda a, b: weighed(+a),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_loss_and_gradient_are_those_of_the_function(name):
    function = FUNCTIONS[name]
    d = derive(function, a=(3, 4), b=(3, 4))
    for style in ("readable", "fast"):
        loss, gradients = d.compile(style).loss_and_grad({"a": A, "b": B})
        assert loss == pytest.approx(function(A, B), rel=1e-12)
        for key in gradients:
            assert gradients[key] == pytest.approx(slope(function, key), rel=1e-6, abs=1e-7), (style, key)


def slope(function, key, step=1e-6):
    given = {"a": A, "b": B}
    found = np.zeros_like(A)
    for place in np.ndindex(A.shape):
        change = np.zeros_like(A)
        change[place] = step
        found[place] = function(**{**given, key: given[key] + change}) - function(**{**given, key: given[key] - change})
    return found / (2 * step)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda a: weighed(np.pad(a, 1, mode="mean")), "pad knows the modes"),
        (lambda a: weighed(np.pad(a, -1)), "must not be negative"),
        (lambda a: weighed(np.repeat(a, 0)), "must be positive"),
        (lambda a: weighed(np.roll(a, 1, axis=2)), "no axis 2"),
        (lambda a: np.sum(np.average(a, weights=a[0])), "weights and array have the shapes"),
        (lambda a: np.sum(np.cross(a, a)), "vectors with 3 entries"),
        (lambda a: np.sum(np.kron(a, a[0])), "two vectors or two matrices"),
        (lambda a: np.sum(np.linalg.matrix_power(a[:, :3], 0)), "must be positive"),
    ],
)
def test_what_cannot_be_is_refused(function, message):
    with pytest.raises(SymbackpropError) as caught:
        derive(function, a=(3, 4))
    assert message in caught.value.mistakes[0].message


def test_sizes_may_be_symbols():
    d = derive(lambda a: np.sum(np.roll(a, 1) * np.diff(np.pad(a, (1, 0)))), a="n")
    values = np.array([1.0, -2.0, 0.5])
    expected = np.sum(np.roll(values, 1) * np.diff(np.pad(values, (1, 0))))
    assert d.compile().loss({"a": values}) == pytest.approx(expected)
    assert d.verify().passed
