"""Mistakes in formulas are shown where they are in the file, all at once, and none causes a second one."""

import json

import pytest

from symbackprop.errors import InputError, SymbackpropError
from symbackprop.facade import derive
from symbackprop.network import load
from symbackprop.network.formulas import own_formulas, path_of

FILE = """\
inputs = 3
loss = "cubic"

[[layers]]
type = "gated"
units = 2
activation = "bent"

[activations]
bent = "z * sigmoid(1.7 * z)"

[losses]
cubic = "sum(abs(t[j] - y[j])**3, j)"

[layer_types.gated]
parameters = { W = ["units", "n"], V = ["units", "n"], b = ["units"] }
equations = \"\"\"
# a comment
  g[j] = sigmoid(sum(V[j, i] * x[i], i))
y[j] = g[j] * (sum(W[j, i] * x[i], i) + b[j])
\"\"\"
"""


def found(tmp_path, text, name="net.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        _ = derive(str(path)).stages.graph
    return caught.value.mistakes


def test_the_file_itself_is_right(tmp_path):
    (tmp_path / "net.toml").write_text(FILE)
    assert derive(str(tmp_path / "net.toml")).stages.graph.equations


@pytest.mark.parametrize(
    ("old", "new", "code", "wrong"),
    [
        ("z * sigmoid(", "z * sigmiod(", "SB020", "sigmiod"),
        ("1.7 * z", "1.7 * q", "SB020", "q"),
        ("1.7 * z", "1.7 * 'z'", "SB010", "'z'"),
        ("**3, j", "**3, ", "SB010", "sum(abs(t[j] - y[j])**3, )"),
        ("t[j] - y[j]", "t[j] - yy[j]", "SB020", "yy"),
        ("**3", "**99", "SB011", "abs(t[j] - y[j])**99"),
        ("sum(V[j, i] * x[i], i)", "sum(V[j, i] * x[i], i", "SB010", "("),
        ("sum(V[j, i] * x[i], i)", "sum(V[j, i] * w[i], i)", "SB020", "w"),
        ("sum(V[j, i] * x[i], i)", "V[j, i] * x[i]", "SB012", "i"),
        ("+ b[j]", "+ b[j] / 0", "SB013", "b[j] / 0"),
        ("V[j, i]", "V[i, j]", "SB030", "V"),
        ("b[j])", "b[j, k])", "SB030", "b"),
        ("x[i], i) + b", "x[i - q], i) + b", "SB031", "q"),
        ("+ b[j]", "+ b[2]", "SB032", "b"),
    ],
)
def test_a_mistake_is_where_it_is(tmp_path, old, new, code, wrong):
    (mistake,) = found(tmp_path, FILE.replace(old, new))
    assert (mistake.code, mistake.source) == (code, str(tmp_path / "net.toml"))
    line = FILE.replace(old, new).split("\n")[mistake.line - 1]
    assert line[mistake.column - 1 :][: mistake.length] == wrong


def test_all_at_once_in_the_order_of_the_file(tmp_path):
    text = FILE.replace("sigmoid(1.7", "sigmiod(1.7").replace("- y[j]", "- ").replace("x[i], i))", "x[i], i)")
    text = text.replace("+ b[j]", "+ b.j").replace('activation = "bent"', 'activation = "bend"')
    assert [(m.line, m.code) for m in found(tmp_path, text)] == [
        (7, "SB020"),
        (10, "SB020"),
        (13, "SB010"),
        (19, "SB010"),
        (20, "SB010"),
    ]


@pytest.mark.parametrize("name", ["net.yaml", "net.json"])
def test_other_formats(tmp_path, name):
    table = {"inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 2, "activation": "bent"}]}
    text = json.dumps({**table, "activations": {"bent": "z * sigmiod(z)"}}, indent=1)
    (mistake,) = found(tmp_path, text, name)
    assert mistake.text[mistake.column - 1 :].startswith("sigmiod")


def test_a_formula_that_is_written_otherwise_is_shown_as_a_whole(tmp_path):
    text = FILE.replace('"z * sigmoid(1.7 * z)"', '"z * \\u0073igmiod(z)"')
    (mistake,) = found(tmp_path, text)
    assert mistake.text[mistake.column - 1 :] == '"z * \\u0073igmiod(z)"'


def test_a_mistake_in_a_formula_is_not_one_of_those_that_call_it(tmp_path):
    text = FILE.replace("[losses]", 'other = "bent(z) + 1"\n[losses]').replace("1.7 * z", "1.7 * z.real")
    (mistake,) = found(tmp_path, text)
    assert mistake.line == 10


@pytest.mark.parametrize("key", ["type", "activation"])
def test_first_mistakes_cause_no_second_ones(tmp_path, key):
    text = FILE.replace('"gated"' if key == "type" else '"bent"', '"nothing"')
    assert [m.code for m in found(tmp_path, text)] == ["SB020"]


def test_a_misspelt_loss_leaves_the_sample_alone(tmp_path):
    text = FILE.replace('"cubic"', '"cubix"') + "[sample]\nx = [1, 2, 3]\nt = [1, 2]\n"
    (mistake,) = found(tmp_path, text)
    assert mistake.help == "did you mean 'cubic'?"


def test_shapes_that_do_not_fit_name_the_layer_and_suspect_a_transpose(tmp_path):
    (mistake,) = found(tmp_path, FILE.replace("W[j, i]", "W[i, j]"))
    assert mistake.message.startswith("layer 1 (gated): index 'i' runs over ")
    assert "transposed" in mistake.help
    (mistake,) = found(tmp_path, FILE.replace("units = 2", "units = 2\nb = [1, 2, 3]"))
    assert mistake.message == "layer 1 needs b of shape 2 (units), got 3"


def test_a_network_from_python_quotes_the_formula():
    table = {"inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 2, "activation": "bent"}]}
    with pytest.raises(InputError) as caught:
        load({**table, "activations": {"bent": "z * sigmiod(z)"}})
    assert str(caught.value).splitlines()[1:4] == [" |", " | z * sigmiod(z)", " |     ^^^^^^^"]


def test_formulas_are_found_by_their_text():
    network = load("vae")
    for path, text in own_formulas(network):
        line = text.strip().splitlines()[-1].strip()
        assert path_of(network, line), path


def test_statements_without_number_are_refused(tmp_path):
    text = FILE.replace("# a comment", "\n".join(f"a{n}[j] = {n} * x[j]" for n in range(1001)))
    assert [m.code for m in found(tmp_path, text)] == ["SB011"]


def test_later_errors_without_a_formula_are_shown_at_their_layer(tmp_path):
    text = FILE.replace("inputs = 3", "inputs = { shape = [2, 2, 3] }").replace(
        '["units", "n"], V', '["units", "m"], V'
    )
    text = text.replace("units = 2", "units = 2\nm = 4")
    with pytest.raises(SymbackpropError) as caught:
        (tmp_path / "net.toml").write_text(text)
        _ = derive(str(tmp_path / "net.toml")).stages.graph
    assert caught.value.mistakes[0].line
