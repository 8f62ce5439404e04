import pytest

from symbackprop.errors import InputError
from symbackprop.forward import forward
from symbackprop.network import Dense, DenseTranspose, Layer, Network


def net(tie, units=3, **fields):
    return Network(3, Dense(2, name="coder"), DenseTranspose(units, tie=tie, **fields), loss="mse")


@pytest.mark.parametrize("to", ["coder", "coder.weights"])
def test_a_tied_parameter_is_the_other_layers(to):
    graph = forward(net({"weights": to}))
    assert [tensor.name for tensor in graph.parameters] == ["coder_W", "coder_b", "b2"]
    assert "coder_W" in str(graph.equation("z2"))


def test_a_tie_to_a_tied_parameter_goes_to_the_first():
    network = Network(
        3,
        Dense(2, name="one"),
        DenseTranspose(3, name="two", tie={"weights": "one"}),
        Dense(2, tie={"weights": "two"}),
        loss="mse",
    )
    assert [tensor.name for tensor in forward(network).parameters] == ["one_W", "one_b", "two_b", "b3"]


def test_it_is_written_and_read_again():
    network = net({"weights": "coder.weights"})
    assert Network.from_table(network.as_table()) == network
    assert network.as_table()["layers"][1]["tie"] == {"weights": "coder.weights"}


@pytest.mark.parametrize(
    ("tie", "fields", "message"),
    [
        ({"kernel": "coder"}, {}, "unknown parameter 'kernel'"),
        ({"weights": "decoder"}, {}, "tied to 'decoder', which no layer before it has"),
        ({"weights": "coder.kernel"}, {}, "which no layer before it has"),
        ({"weights": "coder"}, {"units": 4}, "needs weights of shape 2 x 4, but it is tied to one of shape 2 x 3"),
        ({"weights": "coder.bias"}, {}, "tied to one of shape 2"),
        ({"weights": "coder"}, {"weights": [[1, 2, 3], [4, 5, 6]]}, "is tied and has values"),
        ({"weights": "itself"}, {"name": "itself"}, "which no layer before it has"),
    ],
)
def test_what_makes_no_sense(tie, fields, message):
    with pytest.raises(InputError, match=message):
        net(tie, **fields)


def test_shapes_that_only_symbols_know_are_compared_when_equations_are_bound():
    network = Network(
        "n",
        Layer("half"),
        Dense(2, name="one"),
        DenseTranspose("n", tie={"weights": "one"}),
        loss="mse",
        layer_types={"half": {"ranges": {"t": "n // 2"}, "equations": "y[t] = x[2 * t]"}},
    )
    with pytest.raises(InputError, match="layer 3 needs weights of shape 2 x n, one_W has 2 x floor"):
        forward(network)
