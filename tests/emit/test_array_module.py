"""The module of the array API standard: recurrences, names, the head."""

import symbackprop as sb
from symbackprop.emit.certificate import split_certificate
from symbackprop.targets import array_api_text


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
