"""The module of the array API standard: recurrences, names, the head."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.emit.certificate import split_certificate
from symbackprop.targets import array_api_text, framework_text


def test_a_recurrence_is_stacked_behind_its_loop():
    text = array_api_text(sb.derive("lstm").stages)
    assert "lstm_h: dict[int, Array] = {}" in text and "lstm_h = xp.stack(" in text
    assert "lstm_h[t_ - 1] if 0 <= t_ - 1 < T else xp.zeros((N, 4), dtype=dtype)" in text


def test_names_that_the_module_uses_itself():
    net = sb.Network({"xp": {"shape": [2]}}, sb.Dense(2), loss="mse")
    text = array_api_text(sb.derive(net).stages)
    assert "def loss(params: Params, xp_: Array, t: Array)" in text


def test_helpers_are_named_in_the_head_and_written_when_they_are_used():
    text = array_api_text(sb.derive("mazur").stages)
    assert "helpers: sigmoid." in text and "def sigmoid" in text and "def softmax" not in text


def test_a_number_is_made_an_array_of_the_type_of_the_parameters():
    layers = [sb.Dense(2, name="a"), {"type": "subtract", "name": "none", "inputs": ["a", "a"]}, sb.Dense(1)]
    text = array_api_text(sb.derive(sb.Network(3, *layers, loss="mse")).stages)
    assert "none_z = xp.broadcast_to(xp.asarray(0, dtype=dtype), (N, 2))" in text


def test_the_head_is_a_certificate():
    found, body = split_certificate(array_api_text(sb.derive("mazur").stages, ["index form: 1e-9"]))
    assert found["check"] == ("index form: 1e-9",) and body.startswith('"""Loss and gradient')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p, x, t: (p, x, t[:1]), r"t has the shape \(1, 2\), but should have \(N, 2\) with N = 5"),
        (lambda p, x, t: (p, x[:0], t[:0]), r"x is empty: its shape is \(0, 3\)"),
        (lambda p, x, t: ({"W1": p["W1"]}, x, t), "b1 is missing: the parameters are W1, b1"),
        (lambda p, x, t: ({**p, "b1": [0.0, 0.0]}, x, t), "b1 is of type list, not an array"),
        (lambda p, x, t: (p, x.astype(np.uint8), t), "x is an array of uint8, but should be one of floats"),
    ],
)
def test_arrays_that_do_not_fit_are_named(change, message):
    pytest.importorskip("array_api_compat")
    d = sb.derive("3 -> 2, loss=mse")
    names: dict[str, object] = {}
    exec(split_certificate(array_api_text(d.stages))[1], names)
    given = change(d.compile().initialize(0), np.ones((5, 3)), np.ones((5, 2)))
    for function in ("loss", "loss_and_grad"):
        with pytest.raises(ValueError, match=message):
            names[function](*given)


def labels():
    def loss(w, t):
        return -np.mean(np.take_along_axis(w, t[:, None], axis=1)) + np.mean(w**2)

    return sb.derive(loss, w=("N", "K"), t="N", integers="t", wrt="w").stages


@pytest.mark.parametrize("library", ["numpy", "array_api_strict"])
def test_labels_that_are_none_are_named(library):
    pytest.importorskip("array_api_compat")
    xp = pytest.importorskip(library)
    names: dict[str, object] = {}
    exec(split_certificate(array_api_text(labels()))[1], names)
    w = xp.asarray(np.ones((3, 4)))
    assert float(names["loss"]({"w": w}, xp.asarray(np.array([0, 3, 1])))) == 0
    for wrong in (4, -1):
        for function in ("loss", "loss_and_grad"):
            with pytest.raises(ValueError, match=f"t holds {wrong}, but should hold whole numbers from 0 to 3"):
                names[function]({"w": w}, xp.asarray(np.array([0, wrong, 1])))


def test_labels_that_are_not_computed_yet_are_left_alone():
    pytest.importorskip("array_api_compat")
    dask = pytest.importorskip("dask.array")
    names: dict[str, object] = {}
    exec(split_certificate(array_api_text(labels()))[1], names)

    def computed(block):
        raise AssertionError("nothing is computed before the loss is asked for")

    lazy = dask.from_array(np.array([0, 3, 1])).map_blocks(computed, dtype=int, meta=np.array([], int))
    names["loss"]({"w": dask.from_array(np.ones((3, 4)))}, lazy)


def test_frameworks_look_at_labels_where_they_have_numbers():
    torch, jax = (framework_text(labels(), library) for library in ("torch", "jax"))
    assert "def _look_at_places" in torch and "is_lazy_array" not in torch
    assert "PLACES" not in jax
