"""A user's file and points → what its functions return there: run as a process of its own, which may hang or crash.

Usage: `python -m symbackprop.checking.child FOLDER`, where the folder holds `job.json` and `points.npz`; the answers
are `answer.json` and `values.npz` in it. The file is one that the user named on the command line; it is run as
`python FILE` would run it, but under another module name, so that a script's own main part stays still.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from symbackprop.checking.calling import CandidateError, Environment, gradient_functions, numbers_in, returned


def main(folder: Path) -> None:
    """Run the job in a folder."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            answer, arrays = _answers(job, np.load(folder / "points.npz", allow_pickle=False))
    except CandidateError as error:
        answer, arrays = {"error": str(error), "help": error.help}, {}
    np.savez(folder / "values.npz", **arrays)
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _answers(job: dict[str, Any], points: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    names = loaded(Path(job["file"]))
    gradients = job["gradients"]
    numbers = {name: np.asarray(value).tolist() for name, value in numbers_in(names, gradients)}
    try:
        functions = gradient_functions(names, gradients)
    except CandidateError:
        if not numbers:
            raise
        return {"numbers": numbers}, {}
    arrays: dict[str, Any] = {}
    for number, point in enumerate(job["points"]):
        environment = Environment(
            {name: points[key] for name, key in point["known"].items()},
            {name: points[point["known"][name]] for name in point["params"]},
            tuple(point["inputs"]),
            tuple(point["targets"]),
        )
        arrays |= {f"{number}/{name}": value for name, value in returned(functions, environment).items()}
    return {"functions": list(functions)}, arrays


def loaded(path: Path) -> dict[str, Any]:
    """Run a user's file and return what it defines.

    Raises:
        CandidateError: It cannot be run; the message has the line.
    """
    spec = importlib.util.spec_from_file_location("candidate", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise CandidateError(f"line {error.lineno}: {error.msg}: {(error.text or '').strip()}") from error
    except SystemExit as error:
        raise CandidateError(
            "the file ends the program when it is loaded", "put its main part under if __name__ == ..."
        ) from error
    except Exception as error:
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f" (line {own[-1].lineno}: {own[-1].line})" if own else ""
        raise CandidateError(f"loading it raised {type(error).__name__}: {error}{where}") from error
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
