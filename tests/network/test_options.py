from decimal import Decimal

import pytest

from symbackprop.catalog import Option
from symbackprop.network.options import complete, option_problems

OPTIONS = {
    "units": Option("size"),
    "count": Option("integer", 0),
    "rate": Option("number", 0.01),
    "mode": Option("choice", "same", choices=("same", "valid")),
    "share": Option("number", 0.9, interval="[0, 1)"),
    "delta": Option("number", 1, interval="(0, inf)"),
    "eta": Option("number", 1, interval="[0, inf)"),
}


def messages(**given):
    return [problem.message for problem in option_problems(OPTIONS, given, ("layers", 0), "it")]


@pytest.mark.parametrize(
    "given",
    [
        {"units": 1},
        {"units": "m", "count": 0, "rate": 3, "mode": "valid"},
        {"units": 2, "rate": Decimal("-1e-3")},
        {"units": 2, "share": 0, "eta": 0},
    ],
)
def test_options_that_are_right(given):
    assert messages(**given) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"units": 0}, "'units' of it must be a size, got 0"),
        ({"units": "a b"}, "'units' of it must be a size, got 'a b'"),
        ({"units": Decimal("2.0")}, "'units' of it must be a size, got 2.0"),
        ({"units": 2, "count": -1}, "'count' of it must be a whole number of 0 or more, got -1"),
        ({"units": 2, "count": True}, "'count' of it must be a whole number of 0 or more, got true"),
        ({"units": 2, "rate": "0.1"}, "'rate' of it must be a number, got '0.1'"),
        ({"units": 2, "rate": False}, "'rate' of it must be a number, got false"),
        ({"units": 2, "share": 1}, "'share' of it must be in [0, 1), got 1"),
        ({"units": 2, "share": Decimal("-0.1")}, "'share' of it must be in [0, 1), got -0.1"),
        ({"units": 2, "delta": 0}, "'delta' of it must be more than 0, got 0"),
        ({"units": 2, "eta": Decimal("-0.1")}, "'eta' of it must be 0 or more, got -0.1"),
        ({"units": 2, "mode": "full"}, "'mode' of it must be one of same, valid, got 'full'"),
        ({"units": 2, "mode": [1]}, "'mode' of it must be one of same, valid, got [1]"),
        ({"units": 2, "mdoe": "same"}, "unknown key 'mdoe' in it"),
        ({}, "it needs 'units'"),
    ],
)
def test_options_that_are_wrong(given, message):
    assert messages(**given) == [message]


def test_defaults_complete_what_is_given():
    assert complete(OPTIONS, {"units": "m", "rate": 2}) == {
        "units": "m",
        "count": 0,
        "rate": Decimal(2),
        "mode": "same",
        "share": Decimal("0.9"),
        "delta": Decimal(1),
        "eta": Decimal(1),
    }
    assert str(complete({"rate": Option("number", 0.01)}, {})["rate"]) == "0.01"
