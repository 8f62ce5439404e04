"""Every bundled network → its files, one folder each; or how the files that are there differ from them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from symbackprop.facade import derive
from symbackprop.network import bundled


def write(folder: Path, say: Callable[[str], object] = lambda line: None) -> list[str]:
    """Write the gallery.

    Args:
        folder: Where to; it gets one folder for each network.
        say: Told each line when it is done.

    Returns:
        One line for each network that was written.
    """
    lines = []
    for name in bundled():
        report = derive(name).write(folder / name)
        lines.append(f"{folder / name}: {report.summary()}")
        say(lines[-1])
    return lines


def compare(folder: Path) -> list[str]:
    """Make the gallery anew elsewhere, and name every file that is missing, differs, or is there without a network."""
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place)
        write(fresh)
        wanted = _texts(fresh)
    found = _texts(folder)
    lines = [f"{name}: missing" for name in wanted if name not in found]
    lines += [f"{name}: differs" for name in wanted if name in found and wanted[name] != found[name]]
    return sorted(lines + [f"{name}: belongs to no bundled network" for name in found if name not in wanted])


def _texts(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix in {".tex", ".py", ".json", ".html"})
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
