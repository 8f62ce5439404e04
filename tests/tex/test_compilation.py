"""A PDF is the same every time, sees nothing of the machine, and says what is wrong where it cannot be made."""

import re
import stat
import sys

import pytest

from symbackprop.errors import InputError, UnsupportedError
from symbackprop.tex import Engine, compilation, compiled, engines, pdf

PAGE = "\\documentclass{article}\n\\pdftrailerid{}\n\\begin{document}\n%s\n\\end{document}\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="makes a program of a shell script")


def script(folder, text):
    path = folder / "engine"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Engine("scripted", (str(path),))


@posix
def test_it_runs_until_references_are_stable(tmp_path):
    engine = script(tmp_path, "echo x >> runs; echo PDF > derivation.pdf; cat runs > /dev/null\n"
                    "if [ $(wc -l < runs) -lt 3 ]; then echo 'Rerun to get references right' > derivation.log;"
                    " else wc -l < runs > derivation.log; fi")  # fmt: skip
    done = compiled("", engine)
    assert (done.pdf, done.log.strip()) == (b"PDF\n", "3")


@posix
def test_the_machine_is_out_of_reach(tmp_path):
    engine = script(tmp_path, "echo $openin_any$openout_any $SOURCE_DATE_EPOCH > derivation.log; pwd > derivation.pdf")
    done = compiled("", engine)
    assert done.log.split() == ["pp", compilation.DATE]
    assert str(tmp_path) not in done.pdf.decode()


@posix
def test_an_endless_run_is_stopped(tmp_path):
    done = compiled("", script(tmp_path, "exec sleep 60"), seconds=0.3)
    assert done.pdf == b""
    assert "stopped after 0.3 seconds" in done.found.errors[0]


@posix
def test_errors_of_the_log_are_in_the_message(tmp_path, monkeypatch):
    engine = script(tmp_path, "echo './derivation.tex:7: Undefined control sequence.' > derivation.log; exit 1")
    monkeypatch.setattr(compilation, "engines", lambda: iter([engine]))
    with pytest.raises(UnsupportedError, match=r"Undefined control sequence"):
        pdf("")


def test_without_an_engine_both_ways_to_get_one_are_named(monkeypatch):
    monkeypatch.setattr(compilation, "engines", lambda: iter(()))
    with pytest.raises(InputError) as caught:
        pdf("")
    assert 'pip install "symbackprop[pdf]"' in str(caught.value)
    assert "apt-get install" in str(caught.value)


@pytest.mark.needs("pdflatex")
def test_the_same_source_gives_the_same_bytes():
    first = pdf(PAGE % "Hello")
    assert first.startswith(b"%PDF")
    assert first == pdf(PAGE % "Hello")
    assert first != pdf(PAGE % "World")


@pytest.mark.needs("pdflatex")
def test_tex_opens_no_file_outside(tmp_path):
    secret = tmp_path / "secret.tex"
    secret.write_text("secret")
    done = compiled(PAGE % rf"\input{{{secret}}}", next(engines()))
    assert done.pdf == b""
    assert re.search("not found|secret", "".join(done.found.errors))


@pytest.mark.needs("pdflatex")
def test_tex_starts_no_program(tmp_path):
    done = compiled(PAGE % rf"\immediate\write18{{touch {tmp_path}/started}}x", next(engines()))
    assert done.pdf
    assert not (tmp_path / "started").exists()
