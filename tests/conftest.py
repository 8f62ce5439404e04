"""What every test may use: golden files, programs that may be missing, and a repeatable source of examples."""

from __future__ import annotations

import difflib
import os
import pkgutil
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import settings

import symbackprop

# A module whose package imports it would be executed again when pytest collects its doctests, and have its classes
# twice: a sigmoid of one module is then none to another.
for _found in pkgutil.walk_packages(symbackprop.__path__, "symbackprop."):
    import_module(_found.name)

GOLDEN = Path(__file__).parent / "golden"

# A shared two-core machine stalls at random, so that a deadline per example would fail for no reason of ours.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="accept the present outputs as the golden ones")


def pytest_runtest_setup(item: pytest.Item) -> None:
    wanted = [program for mark in item.iter_markers("needs") for program in mark.args]
    missing = [program for program in wanted if not any(map(shutil.which, program.split("|")))]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with `tests/golden/<name>`: `golden("python/mazur.py", text)`."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        accept = f"pytest {request.node.nodeid.split('[')[0]} --update-golden"
        if not path.is_file():
            pytest.fail(f"there is no golden file {name} yet; to write it: {accept}", pytrace=False)
        old = path.read_text(encoding="utf-8")
        if text != old:
            rows = difflib.unified_diff(old.splitlines(), text.splitlines(), f"golden/{name}", "now", lineterm="")
            pytest.fail("\n".join([*rows, f"to accept the change: {accept}"]), pytrace=False)

    return compare


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Runs the command line in an empty folder; returns exit code, standard output and standard error."""
    from symbackprop.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return run
