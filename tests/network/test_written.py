from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from symbackprop.network import Network, load

SIZES = st.integers(1, 3)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-10, max_value=10, places=3)


@st.composite
def tables(draw):
    widths = draw(st.lists(SIZES, min_size=2, max_size=4))
    layers = []
    for incoming, units in pairwise(widths):
        layer = {"type": "dense", "units": units}
        matrix = st.lists(st.lists(NUMBERS, min_size=incoming, max_size=incoming), min_size=units, max_size=units)
        vector = st.one_of(NUMBERS, st.just(False), st.lists(NUMBERS, min_size=units, max_size=units))
        for key, values in (
            ("weights", matrix),
            ("bias", vector),
            ("activation", st.sampled_from(["sigmoid", "tanh", {"type": "relu"}])),
            ("trainable", st.sampled_from([True, False, ["bias"]])),
            ("initializer", st.sampled_from(["he_normal", {"bias": "ones"}])),
        ):
            if draw(st.booleans()):
                layer[key] = draw(values)
        layers.append(layer)
    table = {
        "inputs": widths[0],
        "layers": layers,
        "loss": draw(st.sampled_from(["mse", {"type": "bce", "reduction": "sum"}])),
    }
    if draw(st.booleans()):
        x = st.lists(NUMBERS, min_size=widths[0], max_size=widths[0])
        t = st.lists(NUMBERS, min_size=widths[-1], max_size=widths[-1])
        rows = draw(st.integers(1, 3))
        table["sample"] = {"x": [draw(x) for _ in range(rows)], "t": [draw(t) for _ in range(rows)]}
    return table


@given(tables())
def test_a_network_written_and_read_is_the_same(table):
    network = load(table)
    again = load(network.as_table())
    assert again == network
    assert again.as_table() == network.as_table()
    assert repr(again.layers) == repr(network.layers)


def test_a_table_holds_everything_that_was_set():
    table = {
        "name": "all",
        "title": "Everything",
        "authors": ["A", "B"],
        "activations": {"mine": "z"},
        "losses": {"own": "E = sum(t[j] - y[j], j)"},
        "layer_types": {"same": {"equations": "y[i] = x[i]"}},
        "inputs": {"a": ["p", "q"], "b": {"shape": [2, "n"]}},
        "layers": [
            {"type": "same", "name": "first", "inputs": ["a"]},
            {"type": "dense", "units": 1, "activation": "mine", "names": {"bias": ["c"]}},
        ],
        "loss": "own",
        "loss_symbol": "L",
        "targets": "distribution",
        "training": {"epochs": 3, "steps": 4, "batch_size": 5, "tolerance": 0.1, "update": "sequential", "seed": 7},
    }
    network = load(table)
    written = network.as_table()
    assert Network.from_table(written) == network
    for key in ("name", "title", "authors", "activations", "losses", "inputs", "loss_symbol", "targets"):
        assert written[key] == table[key]
    assert written["training"].items() >= {"steps": 4, "batch_size": 5, "update": "sequential", "seed": 7}.items()
    assert written["layers"][0] == {"type": "same", "name": "first", "inputs": ["a"]}
