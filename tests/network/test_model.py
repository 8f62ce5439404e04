import pickle
from decimal import Decimal

import pytest
from pydantic import ValidationError

from symbackprop.errors import InputError, ShapeError, UnknownNameError
from symbackprop.network import Dense, Layer, Network, load

GATED = {
    "parameters": {"W": ["units", "n"], "V": ["units", "n"], "b": ["units"]},
    "equations": "g[j] = sigmoid(sum(V[j, i] * x[i], i))\ny[j] = g[j] * (sum(W[j, i] * x[i], i) + b[j])\n",
}


def messages(*layers, **fields):
    with pytest.raises(InputError) as caught:
        Network(*layers, **fields)
    return [mistake.message for mistake in caught.value.mistakes]


def test_python_and_a_table_make_the_same_network():
    built = Network(2, Dense(2, "sigmoid"), Dense(1), loss="mse", name="small")
    layers = [{"type": "dense", "units": 2, "activation": "sigmoid"}, {"type": "dense", "units": 1}]
    assert built == load({"name": "small", "inputs": 2, "layers": layers, "loss": "mse"})
    assert built != Network(2, Dense(2, "tanh"), Dense(1), loss="mse", name="small")


def test_a_network_is_frozen():
    net = Network(2, Dense(2), loss="mse")
    with pytest.raises(ValidationError):
        net.name = "other"


def test_a_network_survives_pickling_and_its_table():
    net = load("mazur")
    assert pickle.loads(pickle.dumps(net)) == net
    assert Network.from_table(net.as_table()) == net


def test_numbers_keep_the_digits_that_were_written():
    net = Network(1, Dense(1, weights=[[Decimal("0.10")]], bias=0.35), loss="mse", sample={"x": [1], "t": [0.5]})
    assert str(net.layers[0].values["weights"][0][0]) == "0.10"
    assert net.layers[0].values["bias"] == Decimal("0.35")
    assert net.sample.x == (Decimal(1),)
    assert isinstance(net.sample.x[0], Decimal)


@pytest.mark.parametrize(
    ("inputs", "shapes", "names"),
    [
        (2, {"x": (2,)}, {}),
        ("n", {"x": ("n",)}, {}),
        (["i1", "i2"], {"x": (2,)}, {"x": ("i1", "i2")}),
        ({"shape": [28, "m"]}, {"x": (28, "m")}, {}),
        ({"u": 3}, {"u": (3,)}, {}),
        ({"u": {"shape": [4, 3]}}, {"u": (4, 3)}, {}),
        ({"shape": 3}, {"shape": (3,)}, {}),
    ],
)
def test_ways_to_write_inputs(inputs, shapes, names):
    net = Network(inputs, Dense(1), loss="mse")
    assert (net.input_shapes, net.input_names) == (shapes, names)


@pytest.mark.parametrize("inputs", [0, -2, True, 2.5, [], ["a", 2], {}, {"shape": []}, {"shape": [0]}, {"u": 0}, "a b"])
def test_inputs_that_are_refused(inputs):
    assert messages(inputs, Dense(1), loss="mse")


def test_options_are_completed_by_the_defaults_of_their_rows():
    net = Network(2, Dense(2), loss="mse", training={"optimizer": "sgd"})
    assert net.training.optimizer.options == {"learning_rate": Decimal("0.01")}


def test_a_loss_is_found_by_its_synonym_and_a_users_own_comes_first():
    assert Network(2, Dense(2), loss="cross_entropy").loss.type == "categorical_crossentropy"
    net = Network(2, Dense(2), loss="cubic", losses={"cubic": "sum(abs(t[j] - y[j])**3, j)"})
    assert net.loss_row.equations == "E = sum(abs(t[j] - y[j])**3, j)"
    stated = Network(2, Dense(2), loss="cubic", losses={"cubic": "E = sum(t[j] - y[j], j)"})
    assert stated.loss_row.equations == "E = sum(t[j] - y[j], j)"


def test_a_users_activation_is_a_row():
    net = Network(2, Dense(2, "mine"), loss="mse", activations={"mine": "z * sigmoid(z)"})
    assert net.activation_row("mine").formula == "z * sigmoid(z)"
    assert ("mine", "z * sigmoid(z)") in net.formulas
    assert net.activation_row("tanh").formula == "tanh(z)"


def test_a_users_layer_type_is_a_row_whose_free_sizes_are_options():
    net = Network(2, Layer("gated", units=3, b=False, V=[[1, 2]] * 3), loss="mse", layer_types={"gated": GATED})
    row = net.layer_row(net.layers[0])
    assert list(row.options) == ["units"]
    assert [(parameter.name, parameter.shape) for parameter in row.parameters][2] == ("b", ("units",))
    assert net.layers[0].options == {"units": 3}
    assert net.layers[0].values["b"] is False
    assert net.layers[0].values["V"][0] == (Decimal(1), Decimal(2))


def test_expressions_and_defaults_of_a_users_layer_type():
    kind = {
        "parameters": {"W": ["k"]},
        "inputs": {"x": ["n"]},
        "ranges": {"t": "max(n - k, 1) // stride + 1"},
        "options": {"stride": 1, "beta": 0.5},
        "equations": "y[t] = beta * sum(W[k] * x[stride * t + k], k)",
    }
    net = Network(8, Layer("window", k=3), loss="mse", layer_types={"window": kind})
    assert net.layers[0].options == {"k": 3, "stride": 1, "beta": Decimal("0.5")}


def test_trainable_and_initializers():
    net = Network(2, Dense(2, trainable=["weights"], initializer="he_normal"), Dense(1, trainable=False), loss="mse")
    first, second = net.layers
    assert (first.is_trainable("weights"), first.is_trainable("bias")) == (True, False)
    assert not second.is_trainable("weights")
    assert (first.initializer_of("weights"), first.initializer_of("bias")) == ("he_normal", "")


def test_sources_follow_the_order_or_the_names():
    net = Network(
        {"a": 2, "b": 2}, Dense(2, inputs="b", name="hidden"), Dense(1), Dense(1, inputs=["hidden"]), loss="mse"
    )
    assert [net.sources(number) for number in (1, 2, 3)] == [("b",), (1,), (1,)]


@pytest.mark.parametrize(
    ("sample", "single", "rows"),
    [
        ({"x": [1, 2], "t": [3]}, True, ([(1, 2)], [(3,)])),
        ({"x": [1, 2], "t": 3}, True, ([(1, 2)], [(3,)])),
        ({"x": [[1, 2]], "t": [[3]]}, False, ([(1, 2)], [(3,)])),
        ({"x": [[1, 2], [4, 5]], "t": [[3], [6]]}, False, ([(1, 2), (4, 5)], [(3,), (6,)])),
    ],
)
def test_samples_are_one_or_rows(sample, single, rows):
    net = Network(2, Dense(1), loss="mse", sample=sample)
    assert (net.sample.single, net.sample.rows) == (single, rows)


def test_a_scalar_sample():
    net = Network(1, Dense(1), loss="mse", sample={"x": 2, "t": 3})
    assert net.sample.rows == ([(2,)], [(3,)])


def test_samples_of_several_inputs_are_tables():
    table = {"x": {"a": [[1, 2], [3, 4]], "b": [[5], [6]]}, "t": [[0], [1]]}
    net = Network({"a": 2, "b": 1}, Dense(1, inputs="a"), loss="mse", sample=table)
    assert not net.sample.single
    assert net.sample.rows[0] == [{"a": (1, 2), "b": (5,)}, {"a": (3, 4), "b": (6,)}]


def test_a_sample_of_a_matrix_is_one_sample():
    net = Network({"shape": [2, 2]}, Dense(2), loss="mse", sample={"x": [[1, 2], [3, 4]], "t": [[0, 1], [1, 0]]})
    assert net.sample.single


@pytest.mark.parametrize(
    ("t", "fact"),
    [
        ([0, 1], "one_hot"),
        ([[0, 1], [1, 0]], "one_hot"),
        ([0.01, 0.99], "distribution"),
        ([[0, 1], [0.5, 0.5]], "distribution"),
        ([0.1, 0.2], None),
        ([[0, 1], [0, 0]], None),
        ([2, -1], "distribution"),
    ],
)
def test_what_the_sample_says_of_targets(t, fact):
    x = [[1], [2]] if isinstance(t[0], list) else [1]
    assert Network(1, Dense(2), loss="mse", sample={"x": x, "t": t}).fact_of("t") == fact


def test_targets_of_one_element_and_targets_with_data_say_nothing(tmp_path):
    assert Network(1, Dense(1), loss="mse", sample={"x": [1], "t": [1]}).fact_of("t") is None
    (tmp_path / "d.csv").write_text("a,b\n1,2\n")
    data = {"file": "d.csv", "x": ["a"], "t": ["b", "a"]}
    table = {"inputs": 1, "layers": [{"type": "dense", "units": 2}], "loss": "mse", "data": data}
    assert load({**table, "sample": {"x": [1], "t": [0, 1]}}, base=tmp_path).fact_of("t") is None
    assert load({**table, "targets": "one_hot"}, base=tmp_path).fact_of("t") == "one_hot"


def test_every_mistake_is_found_at_once():
    layer = {"type": "dense", "units": 2, "activation": "sigmiod", "bais": 1}
    found = messages(
        2,
        layers=[layer],
        loss="msee",
        title=3,
        nmae="x",
        sample={"x": [float("nan"), 1], "t": [1, 2]},
        training={"epochs": 0, "optimizer": {"type": "sgd", "rate": 1}},
    )
    assert sorted(found) == sorted(
        [
            "'sample.x[1]' must be a finite number, got nan",
            "'title' must be text in quotes, got 3",
            "unknown key 'nmae'",
            "unknown key 'bais' in layer 1 (dense)",
            "unknown activation 'sigmiod'",
            "unknown loss 'msee'",
            "'training.epochs' must be 1 or more, got 0",
            "unknown key 'rate' in optimizer sgd",
        ]
    )


def test_the_class_of_an_error_says_what_kind_of_mistake_it_is():
    with pytest.raises(UnknownNameError):
        Network(2, Dense(2, "sigmiod"), loss="mse")
    with pytest.raises(ShapeError):
        Network(2, Dense(2, bias=[1, 2, 3]), loss="mse")


def test_very_many_mistakes_are_cut_short():
    with pytest.raises(InputError) as caught:
        load({f"key{number}": 1 for number in range(500)})
    assert len(caught.value.mistakes) == 101
    assert caught.value.mistakes[-1].message == "403 more mistakes are not shown"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "1net"),
        ("name", "../etc"),
        ("name", "a" * 62),
        ("name", "x\n"),
        ("title", "a" * 301),
        ("authors", [1]),
        ("loss_symbol", "EE"),
        ("loss_symbol", "\\"),
        ("targets", "onehot"),
        ("loss", {"type": "mse", "reduction": "max"}),
        ("loss", 3),
        ("training", {"update": "both"}),
        ("training", {"epochs": 2.5}),
        ("training", {"epochs": True}),
        ("training", {"tolerance": 0}),
        ("training", {"tolerance": "0.1"}),
        ("training", {"seed": -1}),
        ("training", {"batch_size": "64"}),
        ("training", {"initializer": "xavier"}),
        ("training", {"optimizer": "sdg"}),
        ("training", {"optimizer": {"learning_rate": 0.1}}),
        ("training", {"optimizer": {"type": "sgd", "learning_rate": "fast"}}),
        ("sample", {"x": [1, 2]}),
        ("sample", 3),
        ("activations", {"mine": ""}),
        ("activations", {"mine": 3}),
        ("activations", {"mine": "z" * 2001}),
        ("activations", {"relu": "z"}),
        ("activations", {"a b": "z"}),
        ("losses", {"mse": "y"}),
        ("losses", {"bce": "y"}),
        ("layer_types", {"dense": GATED}),
        ("layer_types", {"own": {"parameters": {}}}),
        ("layer_types", {"own": {**GATED, "parameters": {"W": 3}}}),
        ("layer_types", {"own": {**GATED, "parameters": {"W": [0]}}}),
        ("layer_types", {"own": {**GATED, "parameters": {"type": ["n"]}}}),
        ("layer_types", {"own": {**GATED, "parameters": {"__class__": ["n"]}}}),
        ("layer_types", {"own": {**GATED, "options": {"beta": [[1]]}}}),
        ("layer_types", {"own": {**GATED, "equation": "y"}}),
    ],
)
def test_fields_that_are_refused(field, value):
    (message,) = messages(2, Dense(2), **{"loss": "mse", field: value})
    assert message


@pytest.mark.parametrize("missing", ["inputs", "layers", "loss"])
def test_what_a_network_cannot_do_without(missing):
    table = {"inputs": 2, "layers": [{"type": "dense", "units": 2}], "loss": "mse"}
    table.pop(missing)
    with pytest.raises(InputError, match=f"'{missing}' is missing") as caught:
        load(table)
    assert len(caught.value.mistakes) == 1
    assert caught.value.mistakes[0].help


def test_no_layers():
    assert messages(2, layers=[], loss="mse") == ["'layers' must not be empty, got []"]
