"""Which form of the program a target is printed from."""

import pytest

import symbackprop as sb
from symbackprop.targets import c_text


@pytest.mark.parametrize(
    ("network", "pays"),
    [
        ("mazur", True),
        ("xor", False),
        ("mnist", False),
        ("n -> 2, loss=mse", False),
        (sb.Network(9, sb.Dense(20), loss="mse", sample={"x": [1] * 9, "t": [1] * 20}), False),
    ],
)
def test_straight_lines_are_for_small_networks_of_one_sample(network, pays):
    assert sb.derive(network).stages.is_small is pays


def test_c_is_loops_for_all_others():
    assert "for (int s = 0; s < XOR_N; ++s)" in c_text(sb.derive("xor").stages)
    assert "for (int" not in c_text(sb.derive("mazur").stages).split("_MAIN\n")[0]
