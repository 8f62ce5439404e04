"""Every bundled network → its files, one folder each; or how the files that are there differ from them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from symbackprop.emit.files import write_file
from symbackprop.facade import Derived, derive
from symbackprop.network import bundled
from symbackprop.tex import engines, pdf

# Only networks with so many parameters, or fewer, are printed: a PDF is no text that a difference can be read from.
MOST_PRINTED = 60


def write(folder: Path, say: Callable[[str], object] = lambda line: None, *, printed: bool = True) -> list[str]:
    """Write the gallery.

    Args:
        folder: Where to; it gets one folder for each network.
        say: Told each line when it is done.
        printed: Whether small networks get a PDF as well, where TeX is installed.

    Returns:
        One line for each network that was written.
    """
    lines = []
    for name in bundled():
        derived = derive(name)
        report = derived.write(folder / name)
        if printed and _small(derived) and next(engines(), None) is not None:
            source = (folder / name / "derivation.tex").read_text(encoding="utf-8")
            write_file(folder / name / "derivation.pdf", pdf(source))
        lines.append(f"{folder / name}: {report.summary()}")
        say(lines[-1])
    return lines


def _small(derived: Derived) -> bool:
    scalars = derived.stages.scalars
    elements = scalars.elements if scalars is not None else {}
    return bool(elements) and sum(len(elements[p.name]) for p in derived.stages.graph.parameters) <= MOST_PRINTED


def compare(folder: Path) -> list[str]:
    """Make the gallery anew elsewhere, and name every file that is missing, differs, or is there without a network."""
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place)
        write(fresh, printed=False)
        wanted = _texts(fresh)
    found = _texts(folder)
    lines = [f"{name}: missing" for name in wanted if name not in found]
    lines += [f"{name}: differs" for name in wanted if name in found and wanted[name] != found[name]]
    return sorted(lines + [f"{name}: belongs to no bundled network" for name in found if name not in wanted])


def _texts(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix in {".tex", ".py", ".json", ".html"})
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
