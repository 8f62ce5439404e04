from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from symbackprop.network.values import DEEPEST, decimals, depth, is_name, is_size, leaves, nested_shape, plain


def found(value):
    return [problem.message for problem in plain(value)[1]]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (Decimal("0.10"), "0.10"), (np.float64(0.25), "0.25"), (1e-7, "1E-7"), (Decimal("1e3"), "1E+3")],
)
def test_a_number_keeps_its_digits(value, text):
    result, problems = plain(value)
    assert (str(result), problems) == (text, [])


def test_arrays_and_tuples_become_lists_and_paths_text():
    result, problems = plain({"w": np.array([[1.5, 2.0]]), "t": (1, 2), "file": Path("a") / "b.csv"})
    assert result == {"w": [[Decimal("1.5"), Decimal("2.0")]], "t": [1, 2], "file": str(Path("a") / "b.csv")}
    assert problems == []


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("-Infinity"), Decimal("sNaN"), np.float32("nan")]
)
def test_numbers_that_are_not_finite_are_refused_with_their_path(value):
    result, problems = plain({"sample": {"x": [1, 2]}, "training": {"tolerance": value}})
    assert [problem.path for problem in problems] == [("training", "tolerance")]
    assert result == {"sample": {"x": [1, 2]}, "training": {}}


@pytest.mark.parametrize(
    "value", [10**30, -(10**31), Decimal("1e401"), Decimal("1e-999999999"), Decimal("1." + "1" * 100), Decimal("1e350")]
)
def test_numbers_that_would_be_slow_or_leave_the_floats_are_refused(value):
    assert len(found([value])) == 1


def test_the_smallest_and_largest_floats_are_admitted():
    assert found([5e-324, 1.7976931348623157e308, 0.0, -0.0]) == []


@pytest.mark.parametrize("value", [b"bytes", 1j, {1, 2}, object(), None])
def test_values_that_no_setting_has_are_refused(value):
    result, problems = plain({"bias": value})
    assert result == {}
    assert problems[0].path == ("bias",)


def test_a_missing_value_is_not_taken_for_none():
    assert plain({"bias": None})[1][0].help == "leave it out for the default; 'false' means none"


def test_keys_must_be_words():
    assert found({1: 2}) == ["a key must be a word, got 1"]


def test_nesting_is_limited_and_a_list_in_itself_is_no_trap():
    endless: list = []
    endless.append(endless)
    assert found(endless) == [f"nested deeper than {DEEPEST} levels"]


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ((), (0,)),
        (((1, 2), (3, 4), (5, 6)), (3, 2)),
        (((1,), (2, 3)), None),
        ((1, (2,)), None),
        (np.zeros((2, 3)), (2, 3)),
    ],
)
def test_nested_shape(value, shape):
    assert nested_shape(value) == shape


def test_depth_and_leaves():
    assert (depth(1), depth((1,)), depth(((1,),)), depth(())) == (0, 1, 2, 1)
    assert list(leaves(((1, 2), (3,)))) == [((0, 0), 1), ((0, 1), 2), ((1, 0), 3)]


def test_decimals_leaves_what_is_no_number_to_be_reported():
    assert decimals([1, "2", True, [3]]) == (Decimal(1), "2", True, (Decimal(3),))
    assert isinstance(decimals([1])[0], Decimal)


@pytest.mark.parametrize("text", ["w1", "W", "gate_in", "a" * 31])
def test_names(text):
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1w",
        "_w",
        "a b",
        "a-b",
        "lambda",
        "None",
        "if",
        "a" * 32,
        "w\n",
        "é",
        r"\input{/etc/passwd}",
        "__import__('os')",
        3,
    ],
)
def test_what_is_no_name(text):
    assert not is_name(text)


def test_sizes():
    assert all(map(is_size, [1, 10**9, "n"]))
    assert not any(map(is_size, [0, -1, 10**9 + 1, True, 2.0, "2", "n-1", None]))
