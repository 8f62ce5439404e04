"""Which form of the program a target is printed from."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.targets import c_text, javascript_text


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
    assert (sb.derive(network).stages.few is not None) is pays


def test_c_is_loops_for_all_others():
    assert "for (int s = 0; s < XOR_N; ++s)" in c_text(sb.derive("xor").stages)
    assert "for (int" not in c_text(sb.derive("mazur").stages).split("_MAIN\n")[0]


def test_sizes_and_the_indices_of_loops_have_names_of_their_own():
    layers = [{"type": "dense", "units": "j"}, {"type": "dense", "units": 2}]
    d = sb.derive({"name": "function", "inputs": "i", "layers": layers, "loss": "mse", "sizes": {"i": 2, "j": 3}})
    loops = [line.split("for (int ")[1] for line in c_text(d.stages).splitlines() if "for (int " in line]
    assert len(loops) > 4 and not any(loop.startswith("FUNCTION_") for loop in loops)
    script = javascript_text(d.stages)
    assert 'const j = sizes.get("j")' in script and "for (let j1 = " in script
    assert "for (let i = " not in script and "for (let j = " not in script


def test_what_has_no_straight_form_is_written_with_arrays():
    d = sb.derive(lambda S, v: v @ np.linalg.inv(S) @ v, S=(3, 3), v=3)
    assert d.stages.few is None
    S, v = np.eye(3) * 2 + 0.1, np.ones(3)
    expected = d.compile().loss_and_grad({"S": S, "v": v})[1]
    found = d.compile("fast").loss_and_grad({"S": S, "v": v})[1]
    assert all(found[name] == pytest.approx(expected[name]) for name in expected)
