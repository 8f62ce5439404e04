"""Texts and bytes → files, each written to a temporary one and renamed, the record of all of them last.

An interrupted run leaves every file old or new, never half; `verification.json` holds the hashes of the others, so that
a folder whose files belong to different runs is recognised.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from symbackprop.errors import InputError

RECORD = "verification.json"


def write_folder(folder: Path, files: Mapping[str, str | bytes], record: Mapping[str, object]) -> None:
    """Write files and their record.

    Args:
        folder: Where to; it is made if it does not exist.
        files: Name → text or bytes.
        record: What `verification.json` says beside the hashes of the files.

    Raises:
        InputError: The folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_file(folder / name, content)
        write_file(folder / RECORD, record_text(files, record))
    except OSError as error:
        raise InputError(
            f"cannot write to {folder}: {error.strerror or error}", help="choose another folder with -o"
        ) from None


def record_text(files: Mapping[str, str | bytes], record: Mapping[str, object]) -> str:
    """The text of `verification.json`."""
    hashes = {name: hashlib.sha256(_bytes(content)).hexdigest() for name, content in sorted(files.items())}
    return json.dumps({**record, "files": hashes}, indent=2, ensure_ascii=False) + "\n"


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def write_file(path: Path, content: str | bytes) -> None:
    """Write one file so that it is the old one or the new one at any moment."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_bytes(content))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def is_whole(folder: Path) -> bool:
    """Whether the files of a folder are those that its record was written with."""
    try:
        recorded = json.loads((folder / RECORD).read_text(encoding="utf-8"))["files"]
        return all(
            hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected for name, expected in recorded.items()
        )
    except (OSError, ValueError, KeyError, AttributeError):
        return False
