"""Entries at positions: labels of a batch, lists, masks, and arrays made of sizes, as NumPy reads and makes them."""

import numpy as np
import pytest

from symbackprop import derive
from symbackprop.errors import SymbackpropError

RNG = np.random.default_rng(7)
Z, LABELS = RNG.standard_normal((5, 3)), np.array([0, 2, 1, 1, 0])


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


FUNCTIONS = {
    "pairs": lambda z, t: -np.mean(log_softmax(z)[np.arange(5), t]),
    "a range": lambda z, t: -np.mean(log_softmax(z)[range(5), t]),
    "rows that are counted": lambda z, t: -np.mean(log_softmax(z)[np.arange(z.shape[0]), t]),
    "along an axis": lambda z, t: -np.mean(np.take_along_axis(log_softmax(z), t[:, None], axis=1)),
    "along the first axis": lambda z, t: np.sum(np.take_along_axis(z, np.array([[0, 1, 2], [4, -1, 3]]), 0) ** 2),
    "along all": lambda z, t: np.sum(np.take_along_axis(z, t, axis=None) ** 2),
    "one-hot by rows": lambda z, t: -np.sum(np.eye(3)[t] * log_softmax(z)),
    "one-hot by take": lambda z, t: -np.sum(np.take(np.eye(3), t, axis=0) * log_softmax(z)),
    "one-hot by comparison": lambda z, t: -np.sum((np.arange(3) == t[:, None]) * log_softmax(z)),
    "lists": lambda z, t: np.sum(z[[0, -1, 2], [1, 1, 0]] ** 2),
    "one list": lambda z, t: np.sum(z[[0, 4]] ** 2 * z[[3, 3]]),
    "arrays that broadcast": lambda z, t: np.sum(z[np.array([[0], [1], [-1]]), np.array([[0, 2]])] ** 3),
    "a diagonal": lambda z, t: np.sum(z[np.arange(3), np.arange(3)] ** 2),
    "from the end": lambda z, t: np.sum(z[np.arange(-3, 0)] ** 2 * np.arange(3)[:, None]),
    "truth values": lambda z, t: np.sum(z[np.arange(15).reshape(5, 3) % 4 == 1] ** 2),
    "truth values of rows": lambda z, t: np.sum(z[np.array([True, False, True, True, False]), 1] ** 2),
    "one row": lambda z, t: np.sum(z[1, t] ** 2 * np.arange(5)),
    "behind a new axis": lambda z, t: np.sum(z[None, :, t] ** 2 * np.arange(5)),
    "arrays apart": lambda z, t: np.sum((z[:, None] * z[None])[np.arange(5), :, t] ** 2 * np.arange(5.0)),
    "labels that are computed": lambda z, t: np.sum(z[np.arange(5), 2 - t] ** 2),
    "an array of parts": lambda z, t: np.sum(np.array([z[0], z[3] * z[1]]) ** 3),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("style", ["readable", "fast"])
def test_loss_and_gradient_are_those_of_the_function(name, style):
    function = FUNCTIONS[name]
    d = derive(function, z=Z, t=LABELS)
    module = d.compile(style)
    data = {"t": LABELS} if "t" in module.DATA else {}
    for kind, tolerance in ((np.float64, 1e-6), (np.float32, 1e-4)):
        loss, gradients = module.loss_and_grad({"z": Z.astype(kind)}, **data)
        assert loss == pytest.approx(function(Z, LABELS), rel=tolerance)
        assert gradients["z"].dtype == kind
        assert gradients["z"] == pytest.approx(slope(function), rel=tolerance, abs=tolerance)


def slope(function, step=1e-6):
    found = np.zeros_like(Z)
    for place in np.ndindex(Z.shape):
        moved = [Z.copy(), Z.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        found[place] = (function(moved[0], LABELS) - function(moved[1], LABELS)) / (2 * step)
    return found


@pytest.mark.parametrize("name", ["rows that are counted", "along an axis", "one-hot by comparison"])
def test_labels_of_a_batch_whose_size_is_a_symbol(name):
    d = derive(FUNCTIONS[name], z=("n", 3), t="n", integers="t")
    loss, gradients = d.compile().loss_and_grad({"z": Z[:2]}, LABELS[:2])
    assert loss * 2 == pytest.approx(-sum(log_softmax(Z)[[0, 1], [0, 2]]) * (1 if "one-hot" not in name else 2))
    assert gradients["z"].shape == (2, 3)


def text(equations):
    return {"name": "n", "shapes": {"z": [5, 3], "t": [5]}, "integers": ["t"], "wrt": ["z"], "equations": equations}


@pytest.mark.parametrize(
    "line", ["z[arange(5), t]", "z[range(5), t]", "z[[0, 1, 2, 3, 4], t]", "take_along_axis(z, t[:, None], 1)"]
)
def test_the_same_in_array_notation(line):
    d = derive(text(f"E = sum({line}**2)"))
    assert d.compile().loss({"z": Z}, LABELS) == pytest.approx(np.sum(Z[np.arange(5), LABELS] ** 2))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda z, t: np.sum(z[[0, 5]]), "position 5 is outside an axis of length 5 of shape (5, 3)"),
        (lambda z, t: np.sum(z[np.arange(7), 0]), "position 6 is outside an axis of length 5"),
        (lambda z, t: np.sum(z[[-6, 0]]), "position -6 is outside"),
        (lambda z, t: np.sum(z[np.arange(4), t]), "shapes (4,) and (5,) do not broadcast"),
        (lambda z, t: np.sum(z[[0.5, 1]]), "an array of float64 cannot be an index"),
        (lambda z, t: np.sum(z[[[0, 1], [2]]]), "the rows of an index differ in length"),
        (lambda z, t: np.sum(z[np.zeros(5, bool)]), "true nowhere"),
        (lambda z, t: np.sum(z[z[:, 0] > 0]), "no whole numbers cannot be an index"),
        (lambda z, t: np.sum(z[z[:, 0]]), "cannot be an index and a parameter"),
        (lambda z, t: np.sum(np.take_along_axis(z, t, axis=1)), "need as many axes"),
        (lambda z, t: np.sum(z[t, t, t]), "3 indices for an array of shape (5, 3)"),
    ],
)
def test_what_is_no_position_is_refused(function, message):
    with pytest.raises(SymbackpropError) as caught:
        derive(function, z=Z, t=LABELS)
    assert message in caught.value.mistakes[0].message


def test_positions_that_would_be_a_parameter_are_refused_with_the_remedy():
    with pytest.raises(SymbackpropError) as caught:
        derive(FUNCTIONS["pairs"], z=(5, 3), t=5)
    assert caught.value.mistakes[0].help.startswith("declare it: integers=['t']")
    assert derive(FUNCTIONS["pairs"], z=(5, 3), t=5, integers="t").verify().passed


def test_numpy_is_as_it_was_after_tracing():
    before = {name: getattr(np, name) for name in ("arange", "array", "eye", "take", "zeros")}
    derive(FUNCTIONS["one-hot by rows"], z=Z, t=LABELS)
    with pytest.raises(SymbackpropError):
        derive(lambda z: np.sum(z[[7]]), z=3)
    assert before == {name: getattr(np, name) for name in before}


WEIGHTS = np.array([0.2, 0.3, 0.5])


def weights_of(t):
    return WEIGHTS[t]


def test_arrays_made_outside_are_read_at_labels_too():
    table = np.array([[1.0, 2.0], [0.5, 3.0], [2.0, -1.0]])

    def inner(t):
        return table[t]

    def loss(w, t):
        return np.sum(weights_of(t) * w**2) + np.sum(inner(t) ** 2 * w[:, None])

    derived = derive(loss, w=4, t=4, integers="t", wrt=["w"])
    w, t = np.array([1.0, -2.0, 0.5, 3.0]), np.array([2, 0, 1, 1])
    found, gradients = derived.compile().loss_and_grad({"w": w}, t)
    assert found == pytest.approx(loss(w, t))
    assert gradients["w"] == pytest.approx(2 * WEIGHTS[t] * w + (table[t] ** 2).sum(1))
    assert type(WEIGHTS) is type(table) is np.ndarray
    assert derived.verify().passed


def test_constants_that_nothing_reads_are_left_out():
    order = np.array([[0, -1, 1]])
    derived = derive(lambda x: np.sum(np.take_along_axis(x, order, axis=0) ** 2), x=(3, 3))
    (constant,) = derived.stages.graph.with_role("constant")
    assert constant.value == [[0, 2, 1]]
