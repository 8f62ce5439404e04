from decimal import Decimal

import pytest

from symbackprop.catalog import Option
from symbackprop.network.options import complete, option_problems

OPTIONS = {
    "units": Option("size"),
    "count": Option("integer", 0),
    "rate": Option("number", 0.01),
    "mode": Option("choice", "same", choices=("same", "valid")),
}


def messages(**given):
    return [problem.message for problem in option_problems(OPTIONS, given, ("layers", 0), "it")]


@pytest.mark.parametrize(
    "given",
    [{"units": 1}, {"units": "m", "count": 0, "rate": 3, "mode": "valid"}, {"units": 2, "rate": Decimal("-1e-3")}],
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
    }
    assert str(complete({"rate": Option("number", 0.01)}, {})["rate"]) == "0.01"
