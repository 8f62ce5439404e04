from decimal import Decimal

import pytest

from symbackprop.errors import InputError, Mistake, ShapeError, UnknownNameError
from symbackprop.network import load
from symbackprop.network.problems import MOST_SHOWN, Problem, ProblemsFound, dotted, input_error, shown


@pytest.mark.parametrize(
    ("codes", "cls"), [(["SB020"], UnknownNameError), (["SB030"] * 2, ShapeError), (["SB020", "SB030"], InputError)]
)
def test_the_class_is_the_narrowest_that_fits(codes, cls):
    assert type(input_error([Mistake(code, "m") for code in codes])) is cls


@pytest.mark.parametrize(
    ("value", "text"),
    [("a\x1b[31m", r"'a\x1b[31m'"), (Decimal("0.10"), "0.10"), (True, "true"), ("True", "'True'"), (["a"], "['a']")],
)
def test_values_are_shown_without_control_characters(value, text):
    assert shown(value) == text


def test_long_values_are_cut():
    assert len(shown("a" * 1000)) == 60


def test_paths_count_from_one():
    assert dotted(("layers", 1, "weights", 0)) == "layers[2].weights[1]"


def test_ten_thousand_mistakes_are_kept_but_not_shown():
    found = ProblemsFound(Problem("SB020", (), str(number)) for number in range(10_000))
    assert len(found.every) == 10_000
    assert len(found.problems) == MOST_SHOWN + 1


def test_what_was_left_out_since_it_is_wrong_is_not_missed():
    layers = [{"type": "dense", "units": 1}]
    with pytest.raises(InputError) as caught:
        load({"inputs": 2, "loss": "mse", "layers": layers, "sample": {"x": [float("nan"), 0.1], "t": [0.5]}})
    assert [mistake.message for mistake in caught.value.mistakes] == ["'sample.x[1]' must be a finite number, got nan"]


def test_a_shape_that_is_no_list_of_names_is_shown_in_its_table():
    with pytest.raises(InputError, match=r"such as \{ x = \{ shape = \[28, 28, 1\] \} \}"):
        load({"inputs": [28, 28, 1], "loss": "mse", "layers": [{"type": "flatten"}]})
