"""Texts and bytes → files of a folder: all of them staged beside their places, then renamed, their record last.

An interrupted run leaves every file old or new, never half; `verification.json` holds the hashes of the others, so that
a folder whose files belong to different runs is recognised.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from symbackprop.errors import InputError

RECORD = "verification.json"
LARGEST_FILE = 2**30

_STAGED = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)-\d+\.new")


def write_folder(folder: Path, files: Mapping[str, str | bytes], record: Mapping[str, object]) -> None:
    """Write files and their record.

    Files that an earlier run of the same network wrote, and that are as it left them, stay in the record.

    Args:
        folder: Where to; it is made if it does not exist.
        files: Name → text or bytes.
        record: What `verification.json` says beside the hashes of the files.

    Raises:
        InputError: The folder cannot be written to.
    """
    hashes = _kept(folder, record) | {name: _hash(_bytes(content)) for name, content in files.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(folder)
        _write(folder, {**files, RECORD: record_text(hashes, record)})
    except OSError as error:
        raise _unwritable(folder, error) from None


def _unwritable(path: Path, error: OSError) -> InputError:
    help = "choose another place with -o; no file there is half written"
    return InputError(f"cannot write to {path}: {error.strerror or error}", code="SB004", help=help)


def _write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Stage every file before the first is renamed: what fails, most likely does so while nothing has changed."""
    staged = {name: folder / f".{name}.{os.getpid()}-{threading.get_ident()}.new" for name in files}
    try:
        for name in files:
            if (folder / name).is_dir():
                raise IsADirectoryError(0, f"{name} is a folder")
        for name, content in files.items():
            staged[name].unlink(missing_ok=True)
            with open(staged[name], "xb") as file:
                file.write(_bytes(content))
                file.flush()
                os.fsync(file.fileno())
            os.chmod(staged[name], 0o644)
        for name in files:
            os.replace(staged[name], folder / name)
    finally:
        for path in staged.values():
            with suppress(OSError):
                path.unlink(missing_ok=True)


def write_file(path: Path, content: str | bytes) -> None:
    """Write one file so that it is the old one or the new one at any moment.

    Raises:
        InputError: It cannot be written.
    """
    try:
        _write(path.parent, {path.name: content})
    except OSError as error:
        raise _unwritable(path, error) from None


def record_text(hashes: Mapping[str, str], record: Mapping[str, object]) -> str:
    """The text of `verification.json`."""
    return json.dumps({**record, "files": dict(sorted(hashes.items()))}, indent=2, ensure_ascii=False) + "\n"


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def recorded(folder: Path) -> dict[str, Any] | None:
    """Return what a folder's record says; `None` if there is no record, or none that could be ours."""
    try:
        path = folder / RECORD
        record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    files = record.get("files") if isinstance(record, dict) else None
    return record if isinstance(files, dict) and all(isinstance(h, str) for h in files.values()) else None


def _kept(folder: Path, record: Mapping[str, object]) -> dict[str, str]:
    old = recorded(folder)
    if old is None or any(old.get(key) != record.get(key) for key in ("network_sha256", "version")):
        return {}
    return {name: value for name, value in old["files"].items() if not _fault(folder, name, value)}


def faults(folder: Path, ours: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield what is wrong with a folder that was written: in the order of names, the record first.

    Args:
        folder: The folder.
        ours: Names of files that symbackprop writes → what they are, so that one that is not in the record is noticed.
    """
    record = recorded(folder)
    if record is None:
        yield f"{RECORD}: there is none, or it cannot be read"
    known: Mapping[str, str] = record["files"] if record is not None else {}
    for name, expected in sorted(known.items()):
        if fault := _fault(folder, name, expected):
            yield f"{name}: {fault}"
    for name in sorted((ours or {}).keys() - known.keys() - {RECORD}):
        if (folder / name).exists():
            yield f"{name}: it belongs to another run"
    yield from (f"{path.name}: what an interrupted run has left" for path in _abandoned(folder))


def _fault(folder: Path, name: str, expected: str) -> str:
    """Why a file is not the one that was recorded; empty if it is. A stranger's record cannot lead to other folders."""
    path = folder / name
    if path.name != name or name == ".." or "\0" in name:
        return "no name of a file in this folder"
    try:
        if not path.is_file():
            return "it is missing"
        if path.stat().st_size > LARGEST_FILE:
            return "it is larger than any file that symbackprop writes"
        return "" if _hash(path.read_bytes()) == expected else "it was changed, or belongs to another run"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def is_whole(folder: Path) -> bool:
    """Whether the files of a folder are those that its record was written with."""
    return recorded(folder) is not None and not any(faults(folder))


def _abandoned(folder: Path) -> list[Path]:
    """Staged files of processes that run no more."""
    try:
        found = [(path, _STAGED.fullmatch(path.name)) for path in sorted(folder.iterdir())]
    except OSError:
        return []
    return [path for path, match in found if match and not _runs(int(match["process"]))]


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _remove_abandoned(folder: Path) -> None:
    for path in _abandoned(folder):
        with suppress(OSError):
            path.unlink()
