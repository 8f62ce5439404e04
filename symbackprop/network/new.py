"""A path → the text of a new network file to start from, every section explained."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path

from symbackprop.errors import InputError
from symbackprop.network.files import KINDS
from symbackprop.network.problems import REFUSED, UNWRITABLE, shown
from symbackprop.network.values import is_name

SCHEMA = "symbackprop.schema.json"

_NAME = "my_network"


def template(path: str | Path, schema: bool = False) -> str:
    """Return the text of a new network file, commented where the format has comments.

    Args:
        path: Where it is to be; the suffix tells the format, the stem becomes the network's name.
        schema: Whether it names a schema beside it, by which editors complete it.

    Raises:
        InputError: The suffix is none of `.toml`, `.yaml`, `.yml`, `.json`.

    Example:
        >>> template("spiral.toml").splitlines()[3].split("#")[0].strip()
        'name = "spiral"'
    """
    path = Path(path)
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"cannot make {shown(path.name)}", code=REFUSED, help="name it .toml, .yaml or .json")
    source = "new.yaml" if kind == "YAML" else "new.toml"
    text = files("symbackprop.network").joinpath(source).read_text("utf-8")
    text = text.replace(_NAME, path.stem if is_name(path.stem) else _NAME)
    table = {"$schema": f"./{SCHEMA}"} if schema else {}
    if kind == "JSON":
        return json.dumps(table | tomllib.loads(text), indent=2) + "\n"
    line = "# yaml-language-server: $schema=" if kind == "YAML" else "#:schema "
    return f"{line}./{SCHEMA}\n{text}" if schema else text


def write_new(path: str | Path) -> None:
    """Write a new network file.

    Raises:
        InputError: There is such a file already, or it cannot be written.
    """
    path = Path(path)
    try:
        schema = (path.parent / SCHEMA).is_file()
    except (OSError, ValueError):
        schema = False
    text = template(path, schema)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{path} exists already", code=UNWRITABLE, help="choose another name, or delete it") from None
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}", code=UNWRITABLE, help="choose another folder"
        ) from None
