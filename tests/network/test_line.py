from decimal import Decimal

import pytest

from symbackprop.errors import InputError
from symbackprop.network import load
from symbackprop.network.line import parse_line


def mistakes(line):
    with pytest.raises(InputError) as caught:
        load(line)
    return [(mistake.column, mistake.length, mistake.message) for mistake in caught.value.mistakes]


def test_widths_activations_and_settings():
    line = "784 -> 128 relu -> 10 softmax, loss=cross_entropy, reduction=sum, targets=one_hot, learning_rate=0.10"
    net = load(line)
    assert net.input_shapes == {"x": (784,)}
    assert [(layer.options["units"], layer.activation.type) for layer in net.layers] == [(128, "relu"), (10, "softmax")]
    assert (net.loss.type, net.loss.reduction, net.targets) == ("categorical_crossentropy", "sum", "one_hot")
    assert str(net.training.optimizer.options["learning_rate"]) == "0.10"
    assert net.name == "net-784-128-10"


def test_arrows_symbols_names_and_spaces():
    net = load("  n→m tanh→ k ,  loss = mse , name=small, optimizer=sgd ")
    assert net.input_shapes == {"x": ("n",)}
    assert [layer.options["units"] for layer in net.layers] == ["m", "k"]
    assert net.layers[1].activation is None
    assert net.name == "small"


def test_a_long_chain_has_a_name_that_is_admitted():
    net = load(" -> ".join(["1000"] * 40) + ", loss=mse")
    assert len(net.name) <= 61
    assert net.name[-1].isdigit()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("2 -> 3 rleu, loss=mse", [(8, 4, "unknown activation 'rleu'")]),
        ("2 -> 3, loss=msee", [(14, 4, "unknown loss 'msee'")]),
        ("2 -> 3, lss=mse", [(9, 3, "unknown setting 'lss'")]),
        ("2 -> 3, loss=mse, loss=mse", [(19, 4, "'loss' is written twice")]),
        ("2 -> 3, loss", [(9, 4, "expected a setting such as loss=mse, got 'loss'")]),
        ("2 -> 3, loss=", [(9, 5, "expected a setting such as loss=mse, got 'loss='")]),
        ("2 -> 3,", [(8, 1, "expected a setting such as loss=mse, got ''")]),
        ("2 relu -> 3, loss=mse", [(3, 4, "the input has a width and no activation, but here is 'relu'")]),
        ("2 -> 3 relu 4, loss=mse", [(13, 1, "a layer is a width and an activation, but here is '4'")]),
        ("-> 3, loss=mse", [(1, 1, "a width is missing here")]),
        ("2 -> -> 3, loss=mse", [(6, 1, "a width is missing here")]),
        ("2 -> 3, loss=mse, learning_rate=fast", [(33, 4, "'learning_rate' must be a number, got 'fast'")]),
        ("2 -> 3, loss=mse, reduction=max", [(29, 3, "'loss.reduction' must be 'mean' or 'sum', got 'max'")]),
        ("2 -> 3, loss=mse, name=../x", [(24, 4, "'name'")]),
        ("2 -> 0, loss=mse", [(6, 1, "'units' of layer 1 (dense) must be a size, got 0")]),
        ("2 -> relu, loss=mse, targets=all", [(30, 3, "'targets' must be")]),
        ("2.5 -> 3, loss=mse", [(1, 3, "'inputs.x' must be a size")]),
        ("2 -> 3", [(7, 1, "'loss' is missing")]),
        ("x -> __import__('os'), loss=mse", [(6, 16, "'units' of layer 1 (dense) must be a size")]),
    ],
)
def test_mistakes_have_their_column(line, found):
    got = mistakes(line)
    assert [(column, length) for column, length, _ in got] == [(column, length) for column, length, _ in found]
    for (*_, message), (*_, expected) in zip(got, found, strict=True):
        assert message.startswith(expected)


def test_several_mistakes_come_in_order():
    assert [column for column, *_ in mistakes("2 -> 3 rleu -> x- tahn, loss=msee")] == [8, 16, 19, 30]


def test_the_caret_stands_under_the_mistake():
    with pytest.raises(InputError) as caught:
        load("2 -> 3 rleu, loss=mse")
    lines = str(caught.value).splitlines()
    excerpt, carets = (next(line for line in lines if mark in line) for mark in ("rleu, loss", "^"))
    assert excerpt[carets.index("^") : carets.rindex("^") + 1] == "rleu"


@pytest.mark.parametrize("line", ["2 -> 3\n, loss=mse", "2 -> " + "3 -> " * 1000 + "1, loss=mse"])
def test_one_line_is_one_short_line(line):
    with pytest.raises(InputError, match="a network in one line"):
        load(line)


def test_numbers_are_decimals():
    table = parse_line("2 -> 1, loss=mse, learning_rate=1e-3").table
    assert table["training"]["optimizer"] == {"learning_rate": Decimal("0.001"), "type": "sgd"}
