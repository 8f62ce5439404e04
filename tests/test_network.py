"""The doors of the network stage: one network, however it is written."""

import json

import pytest

from symbackprop.errors import InputError
from symbackprop.network import Dense, Network, bundled, load, template, write_new

LINE = "2 -> 3 tanh -> 1 sigmoid, loss=binary_crossentropy"
TABLE = {
    "inputs": 2,
    "loss": "binary_crossentropy",
    "layers": [
        {"type": "dense", "units": 3, "activation": "tanh"},
        {"type": "dense", "units": 1, "activation": "sigmoid"},
    ],
}


def same(network, other):
    left, right = (one.as_table() | {"name": ""} for one in (network, other))
    return left == right


def test_a_line_a_table_a_file_and_python_say_the_same(tmp_path):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(TABLE))
    built = Network(2, Dense(3, "tanh"), Dense(1, "sigmoid"), loss="binary_crossentropy")
    for source in (LINE, TABLE, path, built):
        assert same(load(source), built), source


def test_every_bundled_network_loads_under_its_name():
    for name in bundled():
        assert load(name).name == name


def test_a_new_file_loads(tmp_path):
    for suffix in ("toml", "yaml", "json"):
        path = tmp_path / f"net.{suffix}"
        write_new(path)
        assert path.read_text() == template(path)
        assert load(path).layers


def test_all_mistakes_come_at_once():
    with pytest.raises(InputError) as caught:
        load({"inputs": 2, "loss": "msee", "layers": [{"type": "dens", "units": 3}, {"type": "dense"}]})
    assert len(caught.value.mistakes) == 3
