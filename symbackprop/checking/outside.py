"""A user's file → what its functions return at every point, computed in a process of its own with a time limit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from symbackprop.checking.calling import Environment
from symbackprop.checking.claims import UNJUDGED
from symbackprop.errors import InputError
from symbackprop.verify.fields import Array

SECONDS = 60.0


def run_file(
    path: Path, environments: Sequence[Environment], gradients: Collection[str], seconds: float = SECONDS
) -> tuple[list[dict[str, Array]], dict[str, Any]]:
    """Run a file's functions at every point.

    Args:
        path: The file, which the user named to have it run.
        environments: What their arguments may be called, for each point.
        gradients: The names that a function for a gradient may have.
        seconds: How long it may take.

    Returns:
        For each point what was returned, by name; and the plain numbers that the file holds, if it has no function.

    Raises:
        InputError: There is no such file, it takes too long, or a function raised; the message has the line.
    """
    if not path.is_file():
        raise InputError(f"there is no file {str(path)!r}", code="SB001")
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_job(folder, path, environments, gradients)
        try:
            run = subprocess.run(
                [sys.executable, "-m", "symbackprop.checking.child", name],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{path.name} did not finish within {seconds:g} seconds",
                code=UNJUDGED,
                help="look for an endless loop or a training run outside the functions, or raise --time-limit",
            ) from None
        if not (folder / "answer.json").is_file():
            last = run.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {run.returncode}"]
            raise InputError(f"{path.name} ended the process that ran it: {last[0]}", code=UNJUDGED)
        return _read_answer(folder, path, len(environments))


def _write_job(folder: Path, path: Path, environments: Sequence[Environment], gradients: Collection[str]) -> None:
    arrays: dict[str, Array] = {}
    points = []
    for number, environment in enumerate(environments):
        keys = {name: f"{number}/{name}" for name in environment.known}
        arrays |= {keys[name]: np.asarray(value) for name, value in environment.known.items()}
        points.append(
            {
                "known": keys,
                "params": list(environment.params),
                "inputs": environment.inputs,
                "targets": environment.targets,
            }
        )
    job = {"file": str(path.resolve()), "gradients": list(gradients), "points": points}
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    np.savez(folder / "points.npz", **arrays)  # type: ignore[arg-type]


def _read_answer(folder: Path, path: Path, count: int) -> tuple[list[dict[str, Array]], dict[str, Any]]:
    answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    if "error" in answer:
        raise InputError(f"{path.name}: {answer['error']}", code=UNJUDGED, help=answer["help"])
    found: list[dict[str, Array]] = [{} for _ in range(count)]
    with np.load(folder / "values.npz", allow_pickle=False) as values:
        for key in values.files:
            number, _, name = key.partition("/")
            found[int(number)][name] = values[key]
    return found, answer.get("numbers", {})
