import io
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from symbackprop.errors import InputError
from symbackprop.network import bundled, load, template

BAD = {
    ".toml": 'inputs = 2\nloss = "mse"\n[[layers]]\ntype = "dense"\nunits = 2\nactivation = "sigmiod"\n',
    ".yaml": "inputs: 2\nloss: mse\nlayers:\n  - type: dense\n    units: 2\n    activation: sigmiod\n",
    ".json": '{"inputs": 2,\n"loss": "mse",\n"layers": [{\n"type": "dense",\n"units": 2,\n"activation": "sigmiod"}]}\n',
}
GOOD = {suffix: text.replace("sigmiod", "sigmoid") for suffix, text in BAD.items()}


def refused(source, **keys):
    with pytest.raises(InputError) as caught:
        load(source, **keys)
    return caught.value.mistakes


@pytest.fixture
def stdin(monkeypatch):
    def give(text):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return "-"

    return give


@pytest.mark.parametrize("suffix", GOOD)
def test_files_of_all_formats_make_one_network(suffix, tmp_path):
    path = tmp_path / f"net{suffix}"
    path.write_text(GOOD[suffix])
    expected = load({"inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 2, "activation": "sigmoid"}]})
    assert load(path) == load(str(path)) == expected


@pytest.mark.parametrize("suffix", [".toml", ".yaml", ".yml", ".json"])
def test_a_mistake_has_file_line_column_and_caret(suffix, tmp_path):
    text = BAD.get(suffix, BAD[".yaml"])
    path = tmp_path / f"net{suffix}"
    path.write_text(text)
    (mistake,) = refused(path)
    line = text.splitlines()[5]
    assert (mistake.source, mistake.line, mistake.text) == (str(path), 6, line)
    assert line[mistake.column - 1 :][: mistake.length].strip('"') == "sigmiod"
    assert mistake.help.startswith("did you mean 'sigmoid'")
    assert f"--> {path}:6:{mistake.column}" in str(mistake)


@pytest.mark.parametrize("suffix", GOOD)
def test_standard_input_of_all_formats(suffix, stdin):
    assert load(stdin(GOOD[suffix])).layers[0].options == {"units": 2}
    (mistake,) = refused(stdin(BAD[suffix]))
    assert (mistake.source, mistake.line) == ("<stdin>", 6)


def test_a_line_on_standard_input(stdin):
    assert load(stdin("2 -> 1, loss=mse\n")).name == "net-2-1"


def test_broken_toml_on_standard_input_is_reported_as_toml(stdin):
    (mistake,) = refused(stdin("inputs = 2\nloss = \n"))
    assert mistake.message.startswith("not valid TOML")
    assert mistake.line == 2


def test_a_network_is_returned_as_it_is():
    net = load("mazur")
    assert load(net) is net


def test_every_bundled_network_loads_and_has_a_title():
    names = bundled()
    assert {"line", "mazur", "mnist", "xor"} <= names.keys()
    for name, title in names.items():
        net = load(name)
        assert (net.name, net.title) == (name, title)
        assert type(net).from_table(net.as_table()) == net


@pytest.mark.parametrize("name", ["mazur", "line", "xor", "mnist"])
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_bundled_networks_survive_other_formats(name, suffix, tmp_path):
    path = tmp_path / f"net{suffix}"
    path.write_text(json.dumps(load(name).as_table(), default=float))
    assert load(path) == load(name)


def test_what_is_not_there_names_what_is_near(tmp_path):
    (tmp_path / "iris.toml").write_text(GOOD[".toml"])
    assert refused("mazurr")[0].help == "did you mean 'mazur'?"
    assert "iris.toml" in refused(tmp_path / "irsi.toml")[0].help
    assert "mazur" in refused(tmp_path / "no" / "such" / "folder.toml")[0].help


@pytest.mark.parametrize("name", ["w.pkl", "model.pt", "model.pth", "w.npy", "net.PICKLE"])
def test_pickles_are_refused_by_name_and_not_opened(name, tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    (tmp_path / name).write_bytes(pickle.dumps(Trap()))
    assert refused(tmp_path / name)[0].code == "SB003"
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "source", ["", "a\0b.toml", "a" * 5000, "x\ny", "../../etc/passwd", ".", "/dev/null", "/dev/zero"]
)
def test_sources_that_are_no_network(source):
    assert refused(source)[0].message


def test_other_objects_are_refused():
    assert "got int" in refused(3)[0].message
    assert "got list" in refused([1])[0].message


def test_folders_and_other_suffixes_are_refused(tmp_path):
    (tmp_path / "net.toml").mkdir()
    assert "is not a file" in refused(tmp_path / "net.toml")[0].message
    (tmp_path / "net.txt").write_text(GOOD[".toml"])
    assert "net.toml" in refused(tmp_path / "net.txt")[0].help


def test_data_is_looked_for_beside_the_file(tmp_path):
    text = GOOD[".toml"] + '[data]\nfile = "table.csv"\nx = ["a", "b"]\nt = ["c", "d"]\n'
    path = tmp_path / "net.toml"
    path.write_text(text)
    (mistake,) = refused(path)
    assert (mistake.line, mistake.column, mistake.message) == (8, 8, "there is no file 'table.csv'")
    (tmp_path / "table.csv").write_text("a,b,c,d\n1,2,3,4\n")
    x, t = load(path).read_data()
    assert (x["x"].tolist(), t["t"].tolist()) == ([[1, 2]], [[3, 4]])


def test_a_table_may_name_its_folder(tmp_path):
    (tmp_path / "table.csv").write_text("a,c\n1,3\n")
    table = {"inputs": 1, "loss": "mse", "layers": [{"type": "dense", "units": 1}]}
    net = load({**table, "data": {"file": "table.csv", "x": "a", "t": "c"}}, base=tmp_path)
    assert net.read_data()[1]["t"].tolist() == [[3]]


def test_a_key_of_python_only_is_no_key_of_a_file():
    assert [m.message for m in refused({**load("line").as_table(), "base": "/"})] == ["unknown key 'base'"]


def test_no_sympy_and_no_numpy_are_imported():
    code = (
        "import sys, symbackprop.network as n; n.load('mazur'); n.load('2 -> 1, loss=mse');"
        "print([m for m in ('sympy', 'numpy', 'yaml', 'symbackprop.network.positions') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() in ("[]", "['symbackprop.network.positions']")


@pytest.mark.parametrize("suffix", [".toml", ".yaml", ".yml", ".json"])
def test_the_new_file_loads(suffix, tmp_path):
    path = tmp_path / f"spiral{suffix}"
    path.write_text(template(path))
    assert load(path).name == "spiral"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("2-3-1", "2 -> 3 sigmoid -> 1, loss=mse"),
        ("784, 128, 64, 10", "784 -> 128 sigmoid -> 64 sigmoid -> 10, loss=mse"),
        ("3x4", "3 -> 4, loss=mse"),
    ],
)
def test_widths_alone_are_answered_with_a_line_that_loads(text, line):
    with pytest.raises(InputError) as caught:
        load(text)
    assert f'"{line}"' in caught.value.mistakes[0].help
    assert load(line).layers


def test_files_beside_are_named_where_their_names_are_near_alone(tmp_path):
    for name in ("mine.toml", "container_info.json"):
        (tmp_path / name).write_text("")
    with pytest.raises(InputError) as near:
        load(tmp_path / "mien.toml")
    assert f"did you mean '{tmp_path / 'mine.toml'}'" in str(near.value)
    with pytest.raises(InputError) as far:
        load(tmp_path / "x")
    assert "container_info" not in str(far.value) and "known: " in str(far.value)
