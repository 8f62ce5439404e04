"""Losses written down as equations: what a file may say, and what is wrong with one."""

import pytest

from symbackprop.errors import InputError
from symbackprop.network import Equations, load

FILE = """
name = "line"
shapes = { w = 2, x = [3, 2], t = 3, lam = [] }
equations = \"\"\"
r = x @ w - t
E = (sum(r**2)
     + lam * sum(w**2)) / 2   # ridge
\"\"\"
wrt = ["w"]

[values]
w = [0.1, 0.20]
"""


def test_a_file_with_equations_in_place_of_layers(tmp_path):
    path = tmp_path / "line.toml"
    path.write_text(FILE)
    found = load(path)
    assert found.shapes == {"w": (2,), "x": (3, 2), "t": (3,), "lam": ()}
    assert found.lines == ["r = x @ w - t", "E = (sum(r**2) + lam * sum(w**2)) / 2"]
    assert (found.loss, found.wrt) == ("E", ("w",))
    assert str(found.values["w"][1]) == "0.20"


def test_it_is_the_same_after_it_was_written_down():
    first = load({"shapes": {"w": 2}, "equations": "E = sum(w**2)", "sizes": {"n": 3}, "values": {"w": [1, 2]}})
    assert load(first.as_table()).as_table() == first.as_table()


def test_all_that_is_given_is_differentiated_by_if_nothing_is_said():
    made = Equations(shapes={"W": ("n", 2), "k": 3}, equations="E = sum(W[k])", integers=["k"])
    assert made.wrt == ("W",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wrt": ["v"]}, "unknown tensor 'v'"),
        ({"integers": ["w"], "wrt": ["w"]}, "holds whole numbers"),
        ({"shapes": {"w": 0}}, "wrong shape for 'w'"),
        ({"shapes": {"2w": 1}, "wrt": []}, "cannot be a name"),
        ({"values": {"w": [1, 2, 3]}}, "has shape"),
        ({"values": {"u": [1, 2, 3]}}, "has no shape"),
        ({"values": {"w": [[1, 2], [3]]}}, "equal rows"),
        ({"equations": ""}, "'equations'"),
        ({"layers": []}, "unknown key 'layers'"),
    ],
)
def test_what_is_wrong_is_said(change, message):
    with pytest.raises(InputError, match=message):
        load({"shapes": {"w": 2}, "equations": "E = sum(w**2)", "wrt": ["w"], **change})
