import inspect

import pytest

import symbackprop.network as network
from symbackprop.catalog import LAYERS
from symbackprop.errors import InputError
from symbackprop.network import FACTORIES, Dense, Layer
from symbackprop.network.factories import class_name


@pytest.mark.parametrize("row", LAYERS)
def test_every_row_has_a_factory_that_makes_its_layer(row):
    factory = FACTORIES[class_name(row)]
    assert getattr(network, class_name(row)) is factory
    signature = inspect.signature(factory)
    obligatory = [p.name for p in signature.parameters.values() if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    assert obligatory == [key for key, option in LAYERS[row].options.items() if option.default is None]
    layer = factory(*[2] * len(obligatory))
    assert layer.type == row
    assert all(line.strip() in factory.__doc__ for line in LAYERS[row].equations.splitlines())


def test_dense():
    layer = Dense(2, "sigmoid", weights=[[0.1]], bias=False, name="hidden")
    assert (layer.type, layer.options, layer.activation.type, layer.name) == (
        "dense",
        {"units": 2},
        "sigmoid",
        "hidden",
    )
    assert layer == Layer("dense", units=2, activation="sigmoid", weights=[[0.1]], bias=False, name="hidden")
    assert Dense(units=2, activation=None) == Dense(2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(2, "relu", 3), "Dense takes 2 arguments without a key, got 3"),
        (lambda: Dense(2, units=3), "Dense got 'units' twice"),
        (lambda: Dense(2, bias=None), "'bias' has no value"),
        (lambda: Dense(2, bias=float("nan")), "'bias' must be a finite number"),
        (lambda: Dense(2, activation=3), "'activation' must be a table, got 3"),
        (lambda: Dense(2, name=3), "'name' must be text"),
        (lambda: Dense(2, trainable="weights"), "'trainable' must be true, false, or a list"),
        (lambda: Dense(2, initializer=3), "'initializer' must be a name"),
        (lambda: Dense(2, names="w"), "'names' must be a table"),
        (lambda: Dense(2, inputs=[3]), "'inputs"),
    ],
)
def test_what_no_layer_can_have_is_refused_at_once(make, message):
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        make()


def test_names_that_are_no_factory():
    with pytest.raises(AttributeError, match="Dens"):
        _ = network.Dens
    assert "Dense" in dir(network)
