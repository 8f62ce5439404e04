"""The files that are made of a network."""

import hashlib
import json
from dataclasses import replace

import pytest

import symbackprop as sb
from symbackprop.emit.files import is_whole
from symbackprop.emitters import EMITTERS, STANDARD, SYNONYMS, Findings, chosen_formats
from symbackprop.errors import InputError

FILES = [EMITTERS[name].file for name in STANDARD]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("mazur")
    sb.derive("mazur").write(place)
    return place


def test_all_files_are_written(folder):
    assert {path.name for path in folder.iterdir()} == {*FILES, "verification.json"}


def test_the_record_holds_the_hashes_of_the_files(folder):
    record = json.loads((folder / "verification.json").read_text())
    assert record["passed"] is True
    for name, expected in record["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
    assert is_whole(folder)


def test_the_same_network_gives_the_same_bytes(folder, tmp_path):
    sb.derive("mazur").write(tmp_path)
    for name in [*FILES, "verification.json"]:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_the_document_has_the_published_digits(folder):
    text = (folder / "derivation.tex").read_text()
    forward = ("0.593269992", "0.596884378", "0.751365070", "0.772928465", "0.298371109")
    for digits in (*forward, "0.082167041", "0.000438568"):
        assert digits in text, digits
    for weight in ("0.149780716", "0.199561432", "0.249751144", "0.299502287"):
        assert weight in text, weight
    for weight in ("0.358916480", "0.408666186", "0.511301270", "0.561370121", "0.291027774"):
        assert weight in text, weight


def test_code_says_which_checks_it_has_passed(folder):
    text = (folder / "gradients.py").read_text()
    assert "# check: complex step on the graph" in text


def test_certificate_leaves_out_what_failed():
    report = sb.derive("line").verify()
    failed = replace(report, checks=tuple(replace(check, passed=False) for check in report.checks))
    assert Findings(report).checks
    assert Findings(failed).checks == []


def test_formats_are_chosen_by_name():
    assert chosen_formats([]) == STANDARD
    assert chosen_formats([" python", "latex", "python"]) == ("python", "latex")
    with pytest.raises(InputError, match="unknown format 'pyton'") as caught:
        chosen_formats(["pyton"])
    assert "python" in str(caught.value)


def test_a_format_that_cannot_be_made_leaves_the_others(tmp_path, monkeypatch):
    def refuse(source):
        raise InputError("a PDF needs a TeX engine, and none is installed")

    monkeypatch.setattr("symbackprop.emitters.pdf", refuse)
    with pytest.raises(InputError, match=r"derivation\.pdf is not written: a PDF needs a TeX engine"):
        sb.derive("line").write(tmp_path, ("latex", "pdf"))
    assert {path.name for path in tmp_path.iterdir()} == {"derivation.tex", "verification.json"}
    assert is_whole(tmp_path)


def test_bytes_are_written_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr("symbackprop.emitters.pdf", lambda source: b"%PDF-1.5\r\n\xff")
    sb.derive("line").write(tmp_path, ("pdf",))
    assert (tmp_path / "derivation.pdf").read_bytes() == b"%PDF-1.5\r\n\xff"
    assert is_whole(tmp_path)


def test_chinese_is_for_the_page_alone(tmp_path):
    assert chosen_formats([], "zh") == tuple(name for name in STANDARD if name != "latex")
    for formats in (("latex",), ("pdf", "html")):
        with pytest.raises(InputError, match="cannot be written in the language 'zh'"):
            sb.derive("line").write(tmp_path / "none", formats, language="zh")
    assert not (tmp_path / "none").exists()
    report = sb.derive("mazur").write(tmp_path, ("html",), language="zh")
    text = (tmp_path / "derivation.html").read_text()
    assert '<html lang="zh-Hans">' in text and "反向传播，逐步推导" in text
    assert report.passed and "the document, read back" in {check.method for check in report.checks}
    assert {path.name for path in tmp_path.iterdir()} == {"derivation.html", "verification.json"}


@pytest.mark.parametrize(("name", "meant"), [("numpy", "python"), ("C", "c"), ("PyTorch", "torch"), ("tex", "latex")])
def test_what_others_call_a_format_is_understood(name, meant):
    with pytest.raises(InputError, match=f"did you mean '{meant}'") as caught:
        chosen_formats([name])
    assert set(SYNONYMS.values()) <= set(EMITTERS) and name in str(caught.value)
