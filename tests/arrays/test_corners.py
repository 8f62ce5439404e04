"""Functions in which something is small, known, infinite or one number alone."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.errors import LanguageError

MASK = np.array([0.0, -np.inf, 0.0, 0.5, -np.inf])
FUNCTIONS = {
    "three numbers multiplied": lambda w: np.log(np.sum(w**2)) ** 2,
    "the determinant of a number": lambda w: np.log(np.linalg.det(w[:1, None] @ w[None, :1] + np.eye(1))),
    "a mask of -inf": lambda w: np.log(np.sum(np.exp(w + MASK))),
    "the mean of one number": lambda w: np.mean(w[0] + np.zeros(())) + np.sum(w**2),
    "products of matrices' entries": lambda w: np.sum(np.tanh(np.outer(w[None], w[:, None]))),
    "every second entry": lambda w: np.mean(w[::2] ** 2) * np.mean(w[1::2] ** 2),
    "the place of the only one": lambda w: w[np.argmax(w[:1] ** 2)] ** 2 * np.sum(w),
    "the largest of a named array": lambda w: named(w[:2]),
    "places that have a name": lambda w: 2 * balance(w),
    "places as numbers": lambda w: np.sum(np.argmax(np.outer(w, w[:3]), axis=1) * w),
    "places with a name as numbers": lambda w: 2 * counted(w),
    "a deviation of symbolic length": lambda w: np.mean(w) / np.std(w),
    "one and a mask": lambda w: np.sum(np.tanh(w)) + w[2],
    "a place of one alone": lambda w: w[0] * np.mean(np.array([0.5, -1.0, 2.5])) + 0.2 * np.sum(w[0] * np.ones(3)),
    "differences of a mask": lambda w: np.sum(np.diff(w * (w > 0.1))) + np.sum(w * (w > 0.1)),
}


def named(w):
    twice = np.repeat(np.abs(w), 2)
    return twice.max() ** 2 * twice[np.argmax(twice)]


def counted(w):
    k = np.argmax(np.outer(w, w[:3]), axis=1)
    return np.sum(np.sin(0.5 * k) * w + np.where(k == 1, 1.5, 2.5) * w**2) + np.sum(w[k] * k)


def balance(w):
    """What keeps experts equally busy: how often each is the largest, times its mean."""
    gates = np.outer(w, w[:3])
    k = np.argmax(gates, axis=1)
    return np.sum(np.mean(np.eye(3)[k], axis=0) * np.mean(gates, axis=0)) + np.mean(w[k] * k)


@pytest.mark.parametrize("size", [5, "n"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_styles_and_both_precisions(name, size):
    function = FUNCTIONS[name]
    derived = sb.derive(function, w=5 if name == "a mask of -inf" else size)
    w = np.array([0.4, -0.7, 1.1, 0.2, 0.9])
    steps = 1e-6 * np.eye(len(w))
    slopes = np.array([(function(w + step) - function(w - step)) / 2e-6 for step in steps])
    for style in ("readable", "fast"):
        module = derived.compile(style)
        for dtype in (np.float64, np.float32):
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                value, grads = module.loss_and_grad({"w": w.astype(dtype)})
            assert value == pytest.approx(function(w), rel=1e-5)
            assert grads["w"].dtype == dtype
            assert grads["w"] == pytest.approx(slopes, rel=1e-4, abs=1e-4)


def test_an_array_with_nan_is_refused():
    with pytest.raises(LanguageError, match="nan cannot be part"):
        sb.derive(lambda w: np.sum(w * np.array([1.0, np.nan, 3.0])), w=3)


@pytest.mark.parametrize("length", [3, 4, 5, 6])
def test_c_counts_the_entries_of_a_slice_as_numpy_does(length):
    def loss(w, x):
        return np.mean(x[::2]) * np.sum(w**2) + np.sum(x[1::3])

    derived = sb.derive(loss, w=3, x="n", wrt="w")
    w, x = np.ones(3), np.arange(1.0, length + 1)
    assert derived.native().loss({"w": w}, x) == pytest.approx(loss(w, x))


def test_sizes_are_drawn_so_that_known_places_lie_in_them():
    derived = sb.derive(lambda w: np.sum(w[np.array([4, 1, 1])] ** 2), w="n")
    assert derived.verify().passed
    assert all(other is None or abs(own - other) <= allowed for *_, own, other, allowed in derived.compile().check())


def test_entries_of_a_computed_array_that_are_read_in_pairs():
    def loss(w, x):
        a = np.outer(w, x)
        centred = a - a.mean(axis=-1, keepdims=True)
        return np.mean(centred) * np.mean(np.mean(centred, axis=0) / np.std(centred, axis=0)) * np.sum(w**2)

    derived = sb.derive(loss, w=(3, 4), x=5, wrt="w")
    rng = np.random.default_rng(0)
    w, x = rng.normal(size=(3, 4)), rng.normal(size=5)
    grads = [derived.compile(style).loss_and_grad({"w": w}, x)[1]["w"] for style in ("readable", "fast")]
    assert grads[0] == pytest.approx(grads[1], abs=1e-12)
