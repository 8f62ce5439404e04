"""Text of a network file → a table: TOML, YAML and JSON, within limits, with duplicates, tags and aliases refused.

Numbers keep their digits as Decimals in all three. YAML is read by its core schema: plain PyYAML reads `no` as False,
`1e-3` as text and `010` as 8.
"""

from __future__ import annotations

import json
import re
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from symbackprop.errors import InputError, Mistake
from symbackprop.network.problems import REFUSED, SYNTAX, TWICE, UNREADABLE
from symbackprop.network.values import DEEPEST

LARGEST_FILE = 2**20
KINDS = {".toml": "TOML", ".yaml": "YAML", ".yml": "YAML", ".json": "JSON"}

_TOML_PLACE = re.compile(r"\s*\((?:at line (\d+), column (\d+)|at end of document)\)")
_DOTTED_PART = re.compile(r"[\w\"'-][ \t]*\.")


def read_bytes(path: Path) -> bytes:
    """Return the content of an ordinary file of at most 1 MiB.

    Raises:
        InputError: It cannot be read, is larger, or is no ordinary file.
    """
    try:
        if not path.is_file():
            raise InputError(f"{path} is not a file", code=UNREADABLE)
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", code=UNREADABLE) from None
    return content


def decoded(content: bytes, source: str) -> str:
    """Return UTF-8 text of at most 1 MiB, lines ended by a line feed.

    Raises:
        InputError: It is larger, or not UTF-8.
    """
    if len(content) > LARGEST_FILE:
        help = "keep weights in an .npz file: [parameters] file = ...; samples in a .csv: [data] file = ..."
        raise _error(REFUSED, f"{source} is larger than 1 MiB", source, help=help)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _error(UNREADABLE, f"byte {error.start + 1} is not UTF-8 text", source, line) from None
    return text.replace("\r\n", "\n")


def parse(text: str, kind: str, source: str) -> dict[str, Any]:
    """Return the table that a text describes.

    Args:
        text: The whole file.
        kind: `"TOML"`, `"YAML"` or `"JSON"`.
        source: What messages call the file.

    Raises:
        InputError: It is not valid, writes a key twice, or uses what is refused; with line and column.

    Example:
        >>> parse("bias = 0.10", "TOML", "net.toml")
        {'bias': Decimal('0.10')}
    """
    try:
        table = {"TOML": _toml, "YAML": _yaml, "JSON": _json}[kind](text, source)
    except RecursionError:
        raise _error(REFUSED, f"nested deeper than {DEEPEST} levels", source) from None
    except (ValueError, ArithmeticError) as error:
        raise _error(SYNTAX, f"not valid {kind}: {error}", source) from None
    if not isinstance(table, dict):
        found = "empty" if table is None else "a list" if isinstance(table, list) else "a single value"
        raise _error(SYNTAX, f"a network file is a table of keys, but this is {found}", source)
    return table


def _error(
    code: str, message: str, source: str, line: int = 0, column: int = 0, text: str = "", help: str = ""
) -> InputError:
    from symbackprop.network.positions import Place, placed

    mistake = Mistake(code, message, help, source)
    return InputError(mistakes=[placed(mistake, text, Place(line, column)) if line else mistake])


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Count line feeds only, unlike YAML, which ends lines at other characters as well."""
    before = text.rstrip("\n")[:offset]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _decimal(text: str) -> Decimal:
    """A number too large for Decimal becomes one that is refused later, where its place is known."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("Infinity")


def _toml(text: str, source: str) -> Any:
    # tomllib takes time quadratic in the number of parts of a dotted key.
    if any(len(_DOTTED_PART.findall(piece)) > DEEPEST for piece in re.split(r"[=,{}\[\]\n]", text)):
        raise _error(REFUSED, f"a key or a line of text has more than {DEEPEST} parts joined by dots", source)
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except tomllib.TOMLDecodeError as error:
        reason = _TOML_PLACE.sub("", str(error))
        found = _TOML_PLACE.search(str(error))
        line, column = (int(found[1]), int(found[2])) if found and found[1] else _line_and_column(text, len(text))
    if re.match("Cannot (overwrite|declare)|Duplicate", reason):
        raise _twice(text, "TOML", source, line, column)
    raise _error(SYNTAX, f"not valid TOML: {reason[:1].lower()}{reason[1:]}", source, line, column, text)


def _twice(text: str, kind: str, source: str, line: int = 0, column: int = 0) -> InputError:
    from symbackprop.network.positions import repeated

    found = repeated(text, kind)
    if found is None:
        return _error(TWICE, "a key is written twice", source, line, column, text)
    name, place = found
    return _error(TWICE, f"'{name}' is written twice", source, place.line, place.column, text, "keep one of them")


def _json(text: str, source: str) -> Any:
    def whole(digits: str) -> int | Decimal:
        return int(digits) if len(digits) <= 31 else Decimal("Infinity")

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise _twice(text, "JSON", source)
        return dict(pairs)

    try:
        return json.loads(text, parse_float=_decimal, parse_int=whole, parse_constant=_decimal, object_pairs_hook=table)
    except json.JSONDecodeError as error:
        reason = f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise _error(SYNTAX, reason, source, error.lineno, error.colno, text) from None


def _yaml(text: str, source: str) -> Any:
    import yaml

    loader = yaml_loader()
    try:
        _refuse_yaml(text, source)
        return yaml.load(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        if "duplicate key" in str(error.problem):
            raise _twice(text, "YAML", source) from None
        place = _line_and_column(text, mark.index) if mark else (0, 0)
        raise _error(SYNTAX, f"not valid YAML: {error.problem}", source, *place, text) from None
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        raise _error(SYNTAX, f"not valid YAML: {reason}", source) from None


def _refuse_yaml(text: str, source: str) -> None:
    """Refuse aliases, tags, further documents and deep nesting, event by event: no object exists yet."""
    import yaml

    level = documents = 0
    for event in yaml.parse(text, Loader=yaml_loader()):
        mark: Any = event.start_mark
        place = (*_line_and_column(text, mark.index), text)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _error(REFUSED, "YAML aliases and anchors are refused", source, *place, "write the value again")
        if (tag := getattr(event, "tag", None)) is not None:
            raise _error(REFUSED, f"YAML tags are refused, got {tag[:40]!r}", source, *place, "leave it out")
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > DEEPEST:
            raise _error(REFUSED, f"nested deeper than {DEEPEST} levels", source, *place)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise _error(REFUSED, "a network file is one YAML document", source, *place)


@cache
def yaml_loader() -> Any:
    """Return the loader of YAML's core schema, written in C where PyYAML has it, with Decimals for numbers."""
    import yamlcore

    base: Any = getattr(yamlcore, "CCoreLoader", yamlcore.CoreLoader)

    class Loader(base):
        pass

    Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: _yaml_number(loader.construct_scalar(node)))
    return Loader


def _yaml_number(text: str) -> Decimal:
    """`.inf` and `.nan` are YAML's own spelling of what is refused later."""
    if "n" in text.lower():
        return Decimal("NaN" if "a" in text.lower() else text.replace(".", "").replace("INF", "inf"))
    return _decimal(text)
