import pytest

from symbackprop.errors import InputError
from symbackprop.network import Dense, Layer, Network


def mistakes(inputs, *layers, loss="mse", **fields):
    with pytest.raises(InputError) as caught:
        Network(inputs, *layers, loss=loss, **fields)
    return caught.value.mistakes


@pytest.mark.parametrize(
    ("layer", "message", "help"),
    [
        (Layer("dens", units=2), "unknown layer type 'dens'", "did you mean 'dense'?"),
        (Layer("dense"), "layer 1 (dense) needs 'units'", "how many neurons"),
        (Layer("dense", units=2, unit=3), "unknown key 'unit' in layer 1 (dense)", "did you mean 'units'?"),
        (Layer("dense", units=2, options={"a": 1}), "unknown key 'options' in layer 1 (dense)", "known: "),
        (Layer("dense", units=2, values={"weights": 1}), "unknown key 'values' in layer 1 (dense)", "known: "),
        (Dense(2, activatoin="relu"), "unknown key 'activatoin' in layer 1 (dense)", "did you mean 'activation'?"),
        (Dense(2, name="hidden", bais=0), "unknown key 'bais' in layer 1 ('hidden', dense)", "did you mean 'bias'"),
        (Dense("2"), "'units' of layer 1 (dense) must be a size, got '2'", "whole number from 1"),
        (Dense(True), "'units' of layer 1 (dense) must be a size, got true", "whole number from 1"),
        (Dense(2, "rleu"), "unknown activation 'rleu'", "relu'"),
        (Dense(2, {"type": "relu", "slope": 1}), "unknown key 'slope' in activation relu", ""),
        (Dense(2, trainable=["weight"]), "unknown parameter 'weight' in trainable of layer 1 (dense)", "bias, weights"),
        (Dense(2, names={"W": "w"}), "unknown parameter 'W' in the names of layer 1 (dense)", "bias, weights"),
        (Dense(2, initializer="he"), "unknown initializer 'he'", ""),
        (Dense(2, initializer={"weights": "zero"}), "unknown initializer 'zero'", "zeros"),
        (Dense(2, initializer={"W": "zeros"}), "unknown parameter 'W' in the initializer of layer 1 (dense)", ""),
        (Dense(2, name="a b"), "'a b' cannot name a layer", "a name is a letter"),
        (Dense(2, name="class"), "'class' cannot name a layer", "a name is a letter"),
        (Dense(2, name="x"), "'x' names two things: input x and layer 1", ""),
        (Dense(2, inputs=["y"]), "layer 1 reads 'y', which is unknown", "known: x"),
    ],
)
def test_mistakes_in_a_layer(layer, message, help):
    (mistake,) = mistakes(2, layer)
    assert mistake.message == message
    assert help in mistake.help


def test_a_name_stands_for_one_layer_and_only_for_later_ones():
    assert [m.message for m in mistakes(2, Dense(2, name="a"), Dense(2, name="a"))] == [
        "'a' names two things: layer 1 and layer 2"
    ]
    assert [m.message for m in mistakes(2, Dense(2, inputs=["b"]), Dense(2, name="b"))] == [
        "layer 1 reads 'b', which comes after it"
    ]


def test_a_layer_with_one_input_cannot_read_two():
    (mistake,) = mistakes({"a": 2, "b": 3}, Dense(2))
    assert mistake.message == "layer 1 reads 1 inputs (x), got 2"
    assert "a, b" in mistake.help


def test_element_names_of_inputs_are_distinct():
    (mistake,) = mistakes(["i1", "i1"], Dense(2))
    assert mistake.message == "'i1' names two elements of input x"


def test_one_mistake_does_not_cause_others():
    """A layer of unknown type has no width, so nothing can be said of what the next layer needs."""
    found = mistakes(
        2, Layer("dens", units=2), Dense(3, weights=[[1, 2, 3, 4, 5]] * 3), sample={"x": [1, 2], "t": [1, 1, 1]}
    )
    assert [m.code for m in found] == ["SB020"]


def test_a_users_layer_type_must_take_an_activation_to_have_one():
    kind = {"equations": "y[i] = x[i]", "activation": False}
    (mistake,) = mistakes(2, Layer("same", activation="relu"), layer_types={"same": kind})
    assert mistake.message == "layer 1 (same) takes no activation"
