"""Whatever names or holds a network → a validated `Network`: a file, a bundled example, a line, stdin, a table."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from symbackprop.budget import limited
from symbackprop.errors import InputError, Mistake, did_you_mean
from symbackprop.network.equations import Equations
from symbackprop.network.files import KINDS, LARGEST_FILE, decoded, parse, read_bytes
from symbackprop.network.model import Network
from symbackprop.network.problems import REFUSED, SYNTAX, UNREADABLE, Locate, Problem, ProblemsFound, input_error, shown

Source = Network | Equations | Mapping[str, Any] | str | os.PathLike[str]

# Widths alone, as people speak of a 2-3-1 network.
WIDTHS = re.compile(r"\s*\d+(?:\s*[-–—,;:/x× ]\s*\d+)+\s*")
_PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".joblib", ".npy", ".h5", ".keras")


@limited(20, "reading the network")
def load(source: Source, *, base: Path | None = None) -> Network | Equations:
    """Read a network from wherever it is.

    Args:
        source: A path that ends in `.toml`, `.yaml`, `.yml` or `.json`; the name of a bundled example (`"mazur"`); one
            line (`"2 -> 2 sigmoid, loss=mse"`); `"-"` for standard input; a table with a file's keys; or a network,
            which is returned as it is.
        base: The folder that paths of data start from; if left out that of the file, or the working directory.

    Returns:
        The network, whole and checked.

    Raises:
        InputError: It cannot be read, or something in it is wrong; the error lists every mistake with its place.

    Example:
        >>> load("mazur").layers[0].values["weights"]
        ((Decimal('0.15'), Decimal('0.20')), (Decimal('0.25'), Decimal('0.30')))
    """
    if isinstance(source, Network | Equations):
        return source
    if isinstance(source, Mapping):
        try:
            return Equations.from_table(source) if "equations" in source else Network.from_table(source, base)
        except ProblemsFound as found:
            raise input_error(problem.mistake for problem in found.problems) from None
    if isinstance(source, str):
        if source == "-":
            return _from_stdin(base)
        if "->" in source or "→" in source:
            return _from_line(source, base)
        if source in _bundled_files():
            return _from_text(_bundled_files()[source].read_text("utf-8"), "TOML", f"{source}.toml", base)
    elif not isinstance(source, os.PathLike):
        message = f"a network is a path, a name, a line, a table or a Network, got {type(source).__name__}"
        raise InputError(message, code=SYNTAX)
    return _from_path(source, base)


def _from_path(source: str | os.PathLike[str], base: Path | None) -> Network | Equations:
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix in _PICKLES:
        help = "describe the layers in a .toml file and keep the weights in an .npz: [parameters] file = ..."
        raise InputError(f"cannot read {shown(path.name)} as a network", code=REFUSED, help=help)
    if "\0" in str(path) or "\n" in str(path) or not _exists(path):
        what = "file" if suffix or path.name != str(path) else "network"
        raise InputError(f"there is no {what} {shown(str(path))}", code=UNREADABLE, help=_near(path))
    if suffix not in KINDS:
        help = f"name it {path.stem}.toml, .yaml or .json"
        raise InputError(f"cannot tell what kind of file {shown(path.name)} is", code=REFUSED, help=help)
    return _from_text(decoded(read_bytes(path), str(path)), KINDS[suffix], str(path), base or path.parent)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _near(path: Path) -> str:
    if WIDTHS.fullmatch(str(path)):
        *first, last = re.findall(r"\d+", str(path))
        chain = " -> ".join([*first[:1], *(f"{width} sigmoid" for width in first[1:]), last])
        return f'a network in one line has arrows, activations and a loss: "{chain}, loss=mse"'
    known = list(_bundled_files())
    try:
        beside = {entry.name: str(entry) for entry in path.parent.iterdir() if entry.suffix.lower() in KINDS}
    except (OSError, ValueError):
        return f"bundled networks: {', '.join(_bundled_files())}"
    # Whether files with other names are networks at all, nothing says.
    known += [beside[name] for name in get_close_matches(path.name, sorted(beside), n=2)]
    return did_you_mean(str(path), known)


def _from_stdin(base: Path | None) -> Network | Equations:
    binary = getattr(sys.stdin, "buffer", None)
    content = binary.read(LARGEST_FILE + 1) if binary else sys.stdin.read(LARGEST_FILE + 1).encode()
    text, source = decoded(content, "<stdin>"), "<stdin>"
    if text.lstrip().startswith("{"):
        return _from_text(text, "JSON", source, base)
    if "\n" not in text.strip() and ("->" in text or "→" in text):
        return _from_line(text.strip(), base)
    try:
        table = parse(text, "TOML", source)
    except InputError as error:
        try:
            table = parse(text, "YAML", source)
        except InputError:
            raise error from None
        return _checked(table, text, "YAML", source, base)
    return _checked(table, text, "TOML", source, base)


def _from_text(text: str, kind: str, source: str, base: Path | None) -> Network | Equations:
    return _checked(parse(text, kind, source), text, kind, source, base)


def _checked(table: dict[str, Any], text: str, kind: str, source: str, base: Path | None) -> Network | Equations:
    return _made(table, base, partial(_placed, text, kind, source))


def _placed(text: str, kind: str, source: str, problems: tuple[Problem, ...]) -> list[Mistake]:
    from symbackprop.network.positions import mistakes

    return mistakes(problems, text, kind, source)


def _made(table: dict[str, Any], base: Path | None, located: Locate) -> Network | Equations:
    try:
        if "equations" in table:
            return Equations.from_table(table, located)
        return Network.from_table(table, base, located)
    except ProblemsFound as found:
        raise input_error(located(found.problems)) from None


def _from_line(text: str, base: Path | None) -> Network | Equations:
    from symbackprop.network.line import parse_line

    line = parse_line(text)
    return _made(line.table, base, line.mistakes)


def _bundled_files() -> dict[str, Any]:
    folder = files("symbackprop").joinpath("examples")
    found = {entry.name.removesuffix(".toml"): entry for entry in folder.iterdir() if entry.name.endswith(".toml")}
    return dict(sorted(found.items()))


def bundled() -> dict[str, str]:
    """Return the bundled networks: for each name what it is, in one line.

    Example:
        >>> bundled()["mazur"]
        "Matt Mazur's 2-2-2 network"
    """
    tables = {name: parse(entry.read_text("utf-8"), "TOML", name) for name, entry in _bundled_files().items()}
    return {name: str(table.get("title", name)) for name, table in tables.items()}
