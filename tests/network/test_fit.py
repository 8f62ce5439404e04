import pytest

from symbackprop.errors import InputError, ShapeError
from symbackprop.network import Dense, Layer, Network


def mistakes(inputs, *layers, **fields):
    with pytest.raises(InputError) as caught:
        Network(inputs, *layers, **{"loss": "mse", **fields})
    return caught.value.mistakes


def test_transposed_weights_are_recognised():
    with pytest.raises(ShapeError) as caught:
        Network(3, Dense(2, weights=[[1, 2], [3, 4], [5, 6]]), loss="mse")
    (mistake,) = caught.value.mistakes
    assert mistake.message == "layer 1 needs weights of shape 2 x 3 (units x inputs), got 3 x 2"
    assert mistake.help == "rows are neurons, columns are the neurons they listen to; this looks transposed"


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            Dense(2, weights=[[1, 2, 3], [4, 5]]),
            "layer 1 needs weights of shape 2 x 3 (units x inputs), got rows of different",
        ),
        (Dense(2, weights=[1, 2]), "layer 1 needs weights of shape 2 x 3 (units x inputs), got 2"),
        (Dense(2, bias=[1, 2, 3]), "layer 1 needs bias of shape 2 (units), got 3"),
        (Dense(2, bias=[[1, 2]]), "layer 1 needs bias of shape 2 (units), got 1 x 2"),
        (Dense(2, name="first", bias=[1]), "layer 1 ('first', dense) needs bias of shape 2 (units), got 1"),
        (Dense(2, weights=[["0.1", 2, 3], [4, 5, 6]]), "weights of layer 1 must be numbers, got '0.1'"),
        (Dense(2, weights=[[True, 2, 3], [4, 5, 6]]), "weights of layer 1 must be numbers, got true"),
        (Dense(2, bias="none"), "bias of layer 1 must be numbers, got 'none'"),
        (Dense(2, weights=False), "layer 1 cannot do without weights: only a vector can be left out"),
        (Dense("m", bias=[1, 2]), "layer 1 needs bias of shape m (units), got 2"),
        (Dense(2, names={"weights": [["a", "b"]]}), "names of the weights of layer 1 need the shape 2 x 3, got 1 x 2"),
        (Dense(2, names={"bias": ["a", "b", "c"]}), "names of the bias of layer 1 need the shape 2, got 3"),
        (Dense(2, bias=1, names={"bias": ["a", "b"]}), "bias of layer 1 is one number, so it has one name, not a list"),
        (Dense(2, bias=[1, 2], names={"bias": "b"}), "bias of layer 1 is 2 numbers, so it needs as many names"),
        (Dense(2, bias=False, names={"bias": "b"}), "bias of layer 1 has names but is switched off"),
        (Dense(2, names={"bias": ["a", "a"]}), "'a' names two things: bias of layer 1 and bias of layer 1"),
        (Dense(2, names={"bias": ["a", "i1"]}), "'i1' names two things: input x and bias of layer 1"),
        (Dense(2, names={"bias": ["a", "import"]}), "'import' cannot name an element of bias of layer 1"),
        (Dense(2, names={"bias": ["a", r"\input{x}"]}), r"'\\input{x}' cannot name an element of bias of layer 1"),
        (Dense(2, names={"bias": ["a", 3]}), "3 cannot name an element of bias of layer 1"),
    ],
)
def test_values_and_names_that_do_not_fit(layer, message):
    (mistake,) = mistakes(["i1", "i2", "i3"], layer)
    assert mistake.message.startswith(message)


@pytest.mark.parametrize(
    "layer",
    [
        Dense(2, weights=0.5, bias=0.1, names={"weights": "w", "bias": "b"}),
        Dense(2, weights=True, bias=True),
        Dense(2, bias=True, names={"bias": "b"}),
        Dense(2, bias=False),
        Dense("m", bias=0.35),
        Dense(2, names={"bias": ["b1", "b2"]}),
    ],
)
def test_values_that_fit(layer):
    assert Network(3, layer, loss="mse").layers[0].names == layer.names


def test_sizes_flow_from_layer_to_layer():
    (mistake,) = mistakes(2, Dense(3), Dense(4), Dense(1, weights=[[1, 2, 3]]))
    assert mistake.message == "layer 3 needs weights of shape 1 x 4 (units x inputs), got 1 x 3"


def test_sizes_flow_through_a_users_layer():
    kind = {"parameters": {"W": ["n"]}, "equations": "y[i] = W[i] * x[i]"}
    (mistake,) = mistakes(3, Layer("scale"), Dense(1, weights=[[1, 2]]), layer_types={"scale": kind})
    assert mistake.message == "layer 2 needs weights of shape 1 x 3 (units x inputs), got 1 x 2"


def test_what_depends_on_an_expression_is_left_to_later_stages():
    kind = {"ranges": {"t": "n // 2"}, "equations": "y[t] = x[2 * t]"}
    net = Network("m", Layer("half"), Dense(1, weights=[[1, 2, 3, 4, 5]]), loss="mse", layer_types={"half": kind})
    assert net.name == "network"


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ({"x": [1, 2, 3], "t": [1]}, "the sample's input x needs 2 numbers, got 3 numbers"),
        ({"x": [1], "t": [1]}, "the sample's input x needs 2 numbers, got 1 number"),
        ({"x": [1, 2], "t": [1, 2]}, "the sample's target needs 1 number, got 2 numbers"),
        ({"x": [[1, 2], [1]], "t": [[1], [2]]}, "the sample's input x has rows of different lengths"),
        ({"x": [], "t": [1]}, "the sample's input x is empty"),
        ({"x": [[1, 2], [3, 4]], "t": [[1]]}, "the sample has 2 rows of inputs and 1 rows of targets"),
        ({"x": [[1, 2, 3]], "t": [[1]]}, "each row of the sample's input x needs 2 numbers, got 3 numbers"),
        ({"x": [[1, 2], [3, 4]], "t": [0, 1]}, "each row of the sample's target needs 1 number, got a single number"),
        ({"x": [1, "2"], "t": [1]}, "the sample's input x must be numbers, got '2'"),
        ({"x": {"u": [1, 2]}, "t": [1]}, "the sample has an unknown input 'u'"),
    ],
)
def test_samples_that_do_not_fit(sample, message):
    assert message in [mistake.message for mistake in mistakes(2, Dense(1), sample=sample)]


def test_samples_of_one_number_written_as_a_list_get_help():
    (mistake,) = mistakes(1, Dense(1), sample={"x": [0, 1, 2], "t": 1})
    assert mistake.help == "for several samples write a row each: [[0], [1], [2]]"
    (mistake,) = mistakes(2, Dense(1), sample={"x": [[1, 2]] * 4, "t": [0, 1, 1, 0]})
    assert mistake.help == "write a row each: [[0], [1], [1], ...]"


def test_a_symbolic_size_takes_no_numbers():
    (mistake,) = mistakes("two", Dense(1), sample={"x": [1, 2], "t": [1]})
    assert mistake.message == "the sample's input x needs numbers of the symbolic size two, got 2 numbers"
    assert mistake.help == "numbers need sizes that are numbers, not symbols"


@pytest.mark.parametrize(
    ("targets", "t", "message"),
    [
        (
            "one_hot",
            [0.5, 0.5],
            "targets are declared one_hot, one 1 and otherwise 0, but these are not: ['0.5', '0.5']",
        ),
        ("one_hot", [1, 1], "targets are declared one_hot, one 1 and otherwise 0, but these are not: ['1', '1']"),
        ("distribution", [0.5, 0.4], "targets are declared a distribution, but these sum to 0.9"),
        ("distribution", [0.1, 0.90000000000000002], None),
        ("one_hot", [0, 1.0], None),
    ],
)
def test_what_is_declared_of_targets_must_hold(targets, t, message):
    fields = {"loss": "categorical_crossentropy", "targets": targets, "sample": {"x": [1], "t": t}}
    if message is None:
        assert Network(1, Dense(2, "softmax"), **fields).fact_of("t") == targets
    else:
        (mistake,) = mistakes(1, Dense(2, "softmax"), **fields)
        assert (mistake.code, mistake.message) == ("SB025", message)


def test_sums_are_exact():
    """Ten times 0.1 is not 1 in floating point."""
    net = Network(1, Dense(10), loss="mse", targets="distribution", sample={"x": [1], "t": [0.1] * 10})
    assert net.fact_of("t") == "distribution"


@pytest.mark.parametrize(
    ("sample", "help"),
    [
        ({"x": [0.2, 0.1], "t": 2}, "if 2 is a class, counted from 0, write [0, 0, 1]"),
        ({"x": [0.2, 0.1], "t": [0]}, "if 0 is a class, counted from 0, write [1, 0, 0]"),
        ({"x": [[0.2, 0.1], [0.3, 0.4]], "t": [1, 2]}, "if 1 is a class, counted from 0, write [0, 1, 0]"),
        ({"x": [0.2, 0.1], "t": 3}, ""),
        ({"x": [0.2, 0.1], "t": 0.5}, ""),
        ({"x": 1, "t": [0, 0, 1]}, ""),
    ],
)
def test_a_class_in_place_of_a_target_gets_help(sample, help):
    found = mistakes(2, Dense(3, "softmax"), loss="categorical_crossentropy", sample=sample)
    assert [mistake.help for mistake in found] == [help]
