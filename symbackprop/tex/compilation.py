"""LaTeX source → the bytes of a PDF, by an engine that can read and write nothing but its own temporary folder.

The same source gives the same bytes on the same engine: the date inside is fixed, and the document sets no identifier.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from symbackprop.errors import InputError, UnsupportedError
from symbackprop.tex.engine import PACKAGE, Engine, engines
from symbackprop.tex.log import Complaints, complaints

MOST_RUNS = 4
SECONDS = 120
# 1 January 2000; any fixed date will do, since a PDF records the date on which it was made.
DATE = "946684800"
JOB = "derivation"
MOST_ERRORS = 5
# p: nothing outside the folder and the distribution is opened, and no file whose name begins with a dot.
SAFE = {"openin_any": "p", "openout_any": "p", "SOURCE_DATE_EPOCH": DATE, "FORCE_SOURCE_DATE": "1", "TZ": "UTC"}
BOTH_WAYS = (
    'either pip install "symbackprop[pdf]", which brings a small TeX of 48 MB, or install a TeX distribution, '
    "on Debian: apt-get install --no-install-recommends texlive-latex-recommended texlive-pictures lmodern; "
    "derivation.tex and the other formats need none"
)


@dataclass(frozen=True)
class Compiled:
    """What a run of TeX left behind.

    Attributes:
        engine: The name of the engine.
        pdf: The document, or nothing where there is none.
        found: What TeX complains about.
        log: The log itself.
    """

    engine: str
    pdf: bytes
    found: Complaints
    log: str


def pdf(source: str) -> bytes:
    """Typeset LaTeX source with the first engine there is.

    Raises:
        InputError: No engine is installed; the message names two ways to get one.
        UnsupportedError: TeX fails or takes too long; the message has the errors of its log.
    """
    engine = next(engines(), None)
    if engine is None:
        raise InputError("a PDF needs a TeX engine, and none is installed", code="SB006", help=BOTH_WAYS)
    done = compiled(source, engine)
    if not done.pdf:
        errors = "; ".join(done.found.errors[:MOST_ERRORS]) or "it says nothing in its log"
        remedy = (
            f"the source is derivation.tex (--to latex); a fuller TeX may know more packages: {PACKAGE} is the least"
        )
        raise UnsupportedError(f"{engine.name} cannot typeset the document: {errors}", help=remedy)
    return done.pdf


def compiled(source: str, engine: Engine, seconds: float = SECONDS) -> Compiled:
    """Run an engine in a temporary folder until references are stable.

    Args:
        source: LaTeX source.
        engine: One of `engines()`.
        seconds: How long all runs together may take.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / f"{JOB}.tex").write_text(source, encoding="utf-8", newline="\n")
        found, log = Complaints(), ""
        for _ in range(1 if engine.settles else MOST_RUNS):
            failure = _run(engine, folder, seconds)
            path = folder / f"{JOB}.log"
            log = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
            found = complaints(log)
            if failure:
                errors = found.errors or (failure,)
                return Compiled(engine.name, b"", Complaints(errors=errors), log)
            if not found.unstable:
                break
        result = folder / f"{JOB}.pdf"
        return Compiled(engine.name, result.read_bytes() if result.is_file() else b"", found, log)


def _run(engine: Engine, folder: Path, seconds: float) -> str:
    """Run an engine once; what went wrong, or an empty string."""
    environment = {**os.environ, **SAFE}
    command = [*engine.command, f"{JOB}.tex"]
    try:
        done = subprocess.run(
            command,
            check=False,
            cwd=folder,
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return f"it was stopped after {seconds:g} seconds"
    except OSError as error:
        return f"it cannot be started: {error.strerror or error}"
    last = done.stdout.decode(errors="replace").strip().splitlines()[-1:] or [f"it ended with code {done.returncode}"]
    return last[0] if done.returncode else ""
