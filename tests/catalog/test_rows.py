import pytest

from symbackprop.catalog import LOSSES, OPTIMIZERS, SCHEDULES, Layer, Loss, Option, Parameter


def test_a_parameter_has_a_key_of_its_own_in_a_file_or_its_name():
    assert Parameter("W", ("units", "n"), key="weights").file_key == "weights"
    assert Parameter("V", ("units", "n")).file_key == "V"


def test_an_option_without_default_is_obligatory():
    assert Option("size").default is None
    assert Option("number", 0.01).default == 0.01


def test_rows_of_a_user_need_equations_and_a_source_only():
    row = Layer("mine", "y[j] = x[j]", inputs={"x": ("n",)}, source="here")
    assert (row.parameters, row.options, row.ranges, row.activation) == ((), {}, {}, True)
    assert (Loss("mine", "E = sum(y[j], j)", source="here").output) == "any"


@pytest.mark.parametrize("row", [*OPTIMIZERS.values(), *LOSSES.values(), *SCHEDULES.values()], ids=lambda row: row.name)
def test_defaults_lie_where_numbers_must(row):
    assert all(option.admits(option.default) for option in row.options.values() if option.kind == "number")
