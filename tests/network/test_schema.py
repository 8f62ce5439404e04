"""The schema admits what the reader admits, and refuses what can be told without knowing the whole network."""

import json
from decimal import Decimal
from importlib.resources import files

import jsonschema
import pytest

from symbackprop.catalog import ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS, REGULARIZERS, SCHEDULES
from symbackprop.cli import main
from symbackprop.network import Network, load, template
from symbackprop.network.files import parse
from symbackprop.network.schema import file_schema, network_schema

SCHEMA = file_schema()
NETWORK = network_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
EXAMPLES = {entry.name: entry.read_text("utf-8") for entry in files("symbackprop").joinpath("examples").iterdir()}
BASE = {"inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 2}]}


def valid(table):
    return VALIDATOR.is_valid(floats(table))


def floats(value):
    if isinstance(value, dict):
        return {key: floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [floats(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def test_it_is_a_schema_of_the_draft_that_editors_know():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("draft-07/schema#")


@pytest.mark.parametrize("name", [*EXAMPLES, "new.toml"])
def test_examples_are_valid(name):
    text = EXAMPLES.get(name) or template(name)
    assert [error.message for error in VALIDATOR.iter_errors(floats(parse(text, "TOML", name)))] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_written_anew_is_valid(name):
    table = load(name.removesuffix(".toml")).as_table()
    assert valid(json.loads(json.dumps(table, default=float)))


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": ["i1", "i2"]},
        {"inputs": "n"},
        {"inputs": {"shape": [28, "m"]}},
        {"inputs": {"x": 2, "u": {"shape": [3]}}},
        {"loss": {"type": "mse", "reduction": "sum"}},
        {"loss": [{"type": "mse", "weight": 2, "target": "x"}, "mae"]},
        {"loss": "cross_entropy"},
        {"layers": [{"type": "dense", "units": 2, "bias": False, "weights": [[1, 2], [3, 4.5]]}]},
        {"layers": [{"type": "dense", "units": 2, "activation": {"type": "leaky_relu", "negative_slope": 0.1}}]},
        {"layers": [{"type": "own", "k": 3}], "layer_types": {"own": {"equations": "y[j] = x[j]"}}},
        {"layers": [{"type": "dense", "units": 2, "activation": "bent"}], "activations": {"bent": "z"}},
        {"loss": "cubic", "losses": {"cubic": "sum((y[j] - t[j])**3, j)"}},
        {"sample": {"x": [1, 2], "t": [0.5, 1]}},
        {"training": {"optimizer": {"type": "adam", "learning_rate": {"type": "cosine", "decay_steps": 10,
         "initial_learning_rate": 0.1}}}},
        {"$schema": "./symbackprop.schema.json"},
    ],
)  # fmt: skip
def test_valid_tables(change):
    assert [error.message for error in VALIDATOR.iter_errors({**BASE, **change})] == []


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": 0},
        {"inputs": -1},
        {"inputs": ["i 1"]},
        {"inputs": {"shape": []}},
        {"layers": []},
        {"layers": [{"type": "dense"}]},
        {"layers": [{"type": "dens", "units": 2}]},
        {"layers": [{"type": "dense", "units": 2.5}]},
        {"layers": [{"type": "dense", "units": 2, "activation": "sigmiod"}]},
        {"layers": [{"type": "dense", "units": 2, "unit": 2}]},
        {"layers": [{"type": "dense", "units": 2, "weights": [["a"]]}]},
        {"layers": [{"type": "dense", "units": 2, "trainable": ["weight"]}]},
        {"layers": [{"type": "dense", "units": 2, "initializer": "he"}]},
        {"layers": [{"type": "dense", "units": 2, "regularizer": {"type": "l3"}}]},
        {"layers": [{"type": "dropout", "rate": "much"}]},
        {"loss": "mse_"},
        {"loss": {"type": "mse", "reduction": "max"}},
        {"loss": {"type": "mse", "rediction": "sum"}},
        {"loss": []},
        {"los": "mse"},
        {"name": "1"},
        {"name": "a/b"},
        {"targets": "hot"},
        {"sizes": {"n": 0}},
        {"data": {"file": "x.csv"}},
        {"parameters": {"file": 3}},
        {"sample": {"t": [1]}},
        {"sample": {"x": ["a"]}},
        {"training": {"optimizer": "sdg"}},
        {"training": {"optimizer": {"type": "sgd", "learningrate": 1}}},
        {"training": {"epochs": 0}},
        {"training": {"seed": -1}},
        {"activations": {"bent": 3}},
        {"layer_types": {"own": {}}},
        {"layer_types": {"own": {"equations": "y", "equation": "y"}}},
    ],
)
def test_what_is_wrong_by_itself_is_refused_by_both(change):
    assert not valid({**BASE, **change})
    with pytest.raises(Exception, match=r"SB0\d\d"):
        load({**BASE, **change})


@pytest.mark.parametrize("key", ["inputs", "layers", "loss"])
def test_what_a_network_cannot_do_without(key):
    assert not valid({other: value for other, value in BASE.items() if other != key})


def test_every_key_and_every_row_is_in_it_and_explained():
    assert set(NETWORK["properties"]) == {"$schema", *Network.model_fields}
    unexplained = {key for key, value in NETWORK["properties"].items() if not value.get("description")}
    assert unexplained == {"$schema"}
    text = json.dumps(SCHEMA)
    for table in (LAYERS, ACTIVATIONS, LOSSES, OPTIMIZERS, REGULARIZERS, SCHEDULES):
        assert all(f'"{name}"' in text for name in table)


def test_options_of_a_row_are_completed():
    (dense,) = [
        row for row in SCHEMA["definitions"]["layer"]["anyOf"] if row["properties"]["type"].get("const") == "dense"
    ]
    assert {"units", "weights", "bias", "activation", "trainable"} <= dense["properties"].keys()
    assert dense["properties"]["units"]["description"] == "how many neurons the layer has"
    assert "W, of shape units x n" in json.dumps(dense["properties"]["weights"])


@pytest.mark.parametrize("name", ["net.toml", "net.yaml", "net.json"])
def test_a_new_file_names_the_schema_beside_it(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for arguments in (["new", f"plain_{name}"], ["schema", "-o", "symbackprop.schema.json"], ["new", name]):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 0
    assert "symbackprop.schema.json" not in (tmp_path / f"plain_{name}").read_text()
    text = (tmp_path / name).read_text()
    assert "./symbackprop.schema.json" in text.splitlines()[1 if name.endswith("json") else 0]
    assert json.loads((tmp_path / "symbackprop.schema.json").read_text()) == SCHEMA
    assert load(tmp_path / name).name == "net"


FUNCTION = {"shapes": {"W": [2, "n"], "x": "n", "t": 2}, "equations": "z = W @ x\nE = sum((t - z)**2)", "wrt": "W"}


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({}, True),
        ({"wrt": ["W", "x"], "values": {"x": [1, 2]}, "sizes": {"n": 3}, "integers": "t"}, True),
        ({"training": {"optimizer": {"type": "adam", "learning_rate": 0.1}}}, True),
        ({"shapes": {}}, False),
        ({"shapes": {"1": 2}}, False),
        ({"shapes": {"W": 0}}, False),
        ({"equation": "z = x"}, False),
        ({"values": {"x": "a"}}, False),
        ({"equations": 3}, False),
        ({"layers": []}, False),
    ],
)
def test_functions_written_as_equations(change, right):
    table = {**FUNCTION, **change}
    assert valid(table) == right
    if not right:
        with pytest.raises(Exception, match=r"SB0\d\d"):
            load(table)
