"""Whatever is handed in, the answer is a network or a mistake of the user's, and every mistake lies in the text."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.errors import InputError
from symbackprop.network import Network, load, template
from symbackprop.network.files import parse
from symbackprop.network.layers import LayerSpec, LayerType
from symbackprop.network.parts import Training
from symbackprop.network.positions import mistakes
from symbackprop.network.problems import ProblemsFound

TEXTS = {
    "TOML": files("symbackprop").joinpath("examples", "mazur.toml").read_text("utf-8"),
    "YAML": template("net.yaml"),
    "JSON": template("net.json"),
}
KEYS = sorted(
    {*Network.model_fields, *LayerSpec.model_fields, *LayerType.model_fields, *Training.model_fields}
    | {"x", "t", "file", "units", "weights", "bias", "type", "reduction", "learning_rate", "shape", "W"}
)
WORDS = st.sampled_from(
    [*KEYS, "dense", "relu", "mse", "sgd", "n", "one_hot", "z * 2", "w.npz", "d.csv", "__class__", ""]
)
SCALARS = st.one_of(WORDS, st.integers(-1, 3), st.floats(), st.booleans(), st.none(), st.text(max_size=5))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


def answered(text, kind):
    try:
        table = parse(text, kind, "net")
        Network.from_table(table)
    except InputError as error:
        found = error.mistakes
    except ProblemsFound as error:
        found = mistakes(error.problems, text, kind, "net")
    else:
        return
    lines = text.split("\n")
    for mistake in found:
        assert mistake.message
        assert mistake.line <= len(lines)
        assert not mistake.line or 1 <= mistake.column <= len(lines[mistake.line - 1]) + 1


@pytest.mark.parametrize("kind", TEXTS)
@given(data=st.data())
def test_damaged_files(kind, data):
    text = TEXTS[kind]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        put = data.draw(
            st.one_of(st.text(max_size=4), st.sampled_from(["[", "]", "{", "}", '"', "=", ":", "\n", ",", "0", "-"]))
        )
        text = text[:start] + put + text[start + length :]
    answered(text, kind)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_tables_of_anything(table):
    base = {"inputs": 2, "layers": [{"type": "dense", "units": 2}], "loss": "mse"}
    for given_table in (table, {**base, **table}, {**base, "layers": [{**base["layers"][0], **table}]}):
        try:
            network = load(given_table)
        except InputError:
            continue
        assert load(network.as_table()) == network


LAYER_TYPES = st.fixed_dictionaries(
    {"equations": st.one_of(st.just("y[i] = x[i]"), st.just("y[j] = sum(W[j, i] * x[i], i)"), st.text(max_size=9))},
    optional={key: VALUES for key in LayerType.model_fields if key != "equations"},
)


@given(LAYER_TYPES, st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3), VALUES, VALUES)
def test_layer_types_and_samples_of_anything(kind, layer, x, t):
    table = {"inputs": 2, "layers": [{**layer, "type": "own"}], "loss": "mse", "layer_types": {"own": kind}}
    for sample in ({}, {"sample": {"x": x, "t": t}}):
        try:
            network = load({**table, **sample})
        except InputError:
            continue
        assert load(network.as_table()) == network


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_mistakes_of_json_have_places(table):
    answered(
        json.dumps({"inputs": 2, "layers": [{"type": "dense", "units": 2}], "loss": "mse", **table}, indent=1), "JSON"
    )


@given(
    st.lists(
        st.sampled_from(["2", "->", " ", "relu", "n", ",", "loss=mse", "loss", "=", "name=a", "→", "0", "-"]),
        max_size=12,
    )
)
def test_lines_of_anything(words):
    line = "->" + "".join(words) if "->" not in words else "".join(words)
    try:
        load(line)
    except InputError as error:
        assert all(mistake.message and 0 <= mistake.column <= len(line) + 1 for mistake in error.mistakes)


@pytest.mark.parametrize("where", ["", "training."])
def test_an_empty_key_is_unknown(where):
    table = {"inputs": 2, "layers": [{"type": "dense", "units": 2}], "loss": "mse"}
    more = {"training": {"": 1}} if where else {"": 1}
    with pytest.raises(InputError, match=f"unknown key '{where}'"):
        load({**table, **more})
