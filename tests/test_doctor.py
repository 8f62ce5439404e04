"""A machine and a folder are examined, and what is broken is named."""

import json

import pytest

from symbackprop import doctor
from symbackprop.cli import main
from symbackprop.facade import derive


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doctor") / "m"
    derive("xor").write(folder, ("python", "expressions"))
    return folder


def test_this_machine_works():
    found = {finding.what: finding for finding in doctor.examined()}
    assert {"Python", "sympy", "BLAS", "templates", "a derivation", "terminal", "TeX", "C compiler"} <= found.keys()
    assert not any(finding.broken for finding in found.values())
    assert "gradients certified" in found["a derivation"].found


def test_a_whole_folder(written):
    assert [finding.fine for finding in doctor.examined(str(written))] == [True]
    assert [finding.fine for finding in doctor.examined(str(written / "gradients.py"))] == [True]


@pytest.mark.parametrize("damage", ["edit", "remove", "foreign", "record", "left over"])
def test_a_mixed_folder_is_recognised(written, tmp_path, damage, capsys):
    folder = tmp_path / "m"
    folder.mkdir()
    for path in written.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    match damage:
        case "edit":
            (folder / "gradients.py").write_text("# mine\n")
        case "remove":
            (folder / "gradients.py").unlink()
        case "foreign":
            (folder / "derivation.tex").write_text("")
        case "record":
            (folder / "verification.json").write_text("[]")
        case "left over":
            (folder / ".gradients.py.4194999-1.new").write_text("")
    assert any(finding.broken for finding in doctor.examined(str(folder)))
    with pytest.raises(SystemExit) as end:
        main(["doctor", "--json", str(folder)])
    assert end.value.code == 1
    printed = capsys.readouterr()
    assert any(not finding["fine"] for finding in json.loads(printed.out))
    assert "error[SB070]" in printed.err


def test_a_record_cannot_lead_out_of_its_folder(tmp_path):
    (tmp_path / "secret").write_text("x")
    inside = tmp_path / "m"
    inside.mkdir()
    names = {"../secret": "", "/dev/zero": "", "..": "", "": ""}
    (inside / "verification.json").write_text(json.dumps({"files": names}))
    found = doctor.examined(str(inside))
    assert len(found) == 4 and all("no name of a file" in f.found for f in found)


def test_a_network_is_read():
    assert doctor.examined("mazur")[0].fine
    (found,) = doctor.examined("2 -> 2 sigmiod, loss=mse")
    assert found.broken and "SB020" in found.found


def test_what_breaks_a_check_is_a_finding(monkeypatch):
    def broken():
        raise ImportError("no such library")

    finding = doctor._tried("BLAS", broken)
    assert finding.broken and "no such library" in finding.found


def test_an_unwritable_folder(tmp_path):
    finding = doctor._writable("this folder", tmp_path / "none", essential=True)
    assert finding.broken and finding.help
