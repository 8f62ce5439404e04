"""An emitted module in a file → a report: whether it is as it was written, and whether its gradient is right.

The file is the user's, and is run because the user says so: in a process of its own, in an empty folder, for a limited
time. Its hash is recomputed here. Its gradient is compared with differences of its loss by `standalone`, and by its own
check; neither is believed more than that.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from symbackprop.errors import InputError, TooLargeError
from symbackprop.verify import standalone
from symbackprop.verify.report import Check, Report, Tally

MARK = "# body sha256: "
SECONDS = 120
LARGEST = 20_000_000
BY_DIFFERENCES = "differences of its own loss"


def verify_file(path: Path, seed: int = 0, seconds: int = SECONDS) -> Report:
    """Check an emitted module.

    Args:
        path: The file.
        seed: Of the random points.
        seconds: How long it may take.

    Returns:
        A report: that the body has the hash that its certificate states, that each gradient agrees with differences
        of the loss, and that its own check passes.

    Raises:
        InputError: It is no emitted module, or it fails to run.
        TooLargeError: It takes too long.
    """
    text = _text(path)
    certificate, body = _certificate(text, path)
    checks = [_hash_check(certificate["body sha256"][0], body)]
    found = _run([standalone.__file__, str(path.resolve()), str(seed)], path, seconds)
    try:
        answer = json.loads(found.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise InputError(
            f"{path} fails when it is run: {_last(found.stderr)}", code="SB080", help="write it anew with derive"
        ) from None
    if "missing" in answer:
        lacks = f"{path} lacks {', '.join(answer['missing'])}"
        raise InputError(lacks, code="SB021", help="write it anew with derive")
    gradients = _gradient_checks(answer["rows"])
    own = _run([str(path.resolve()), "--seed", str(seed)], path, seconds)
    note = "" if own.returncode == 0 else _last(own.stdout + own.stderr)
    checks += [*gradients, Check("its own check", "run as a script", 0.0, "exit code 0", own.returncode == 0, note)]
    names = dict.fromkeys(check.subject for check in gradients)
    wrong = {check.subject for check in gradients if not check.passed}
    network = certificate.get("network", (path.stem,))[0]
    points = tuple(dict.fromkeys(row["point"] for row in answer["rows"]))
    return Report(network, tuple(checks), points, seed=seed, gradients=Tally(len(names) - len(wrong), len(names)))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise TooLargeError(f"{path} has more than {LARGEST:,} bytes")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", code="SB001") from None


def _certificate(text: str, path: Path) -> tuple[dict[str, Sequence[str]], str]:
    head, mark, rest = text.partition(MARK)
    rows = head.splitlines()
    if not mark or not all(row.startswith("# ") for row in rows):
        raise InputError(
            f"{path} has no certificate of symbackprop",
            code="SB002",
            help="name a network, or a gradients.py that derive has written; its head is part of it",
        )
    stated, _, body = rest.partition("\n")
    found: dict[str, Sequence[str]] = {"body sha256": (stated,)}
    for row in rows:
        key, _, value = row.removeprefix("# ").partition(": ")
        found[key] = (*found.get(key, ()), value)
    return found, body


def _hash_check(stated: str, body: str) -> Check:
    same = hashlib.sha256(body.encode()).hexdigest() == stated.strip()
    note = "as it was written" if same else "edited after it was written: what the certificate says no longer holds"
    return Check("certificate", "sha256 of the body", 0.0, "equal", same, note)


def _run(arguments: Sequence[str], path: Path, seconds: int) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "HOME") if name in os.environ}
    with tempfile.TemporaryDirectory() as folder:
        try:
            return subprocess.run(
                [sys.executable, "-I", *arguments],
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
                cwd=folder,
                env=kept,
            )
        except subprocess.TimeoutExpired:
            raise TooLargeError(f"{path} did not finish in {seconds} s") from None


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it prints nothing"


def _gradient_checks(rows: Sequence[dict[str, Any]]) -> list[Check]:
    """One check for each parameter, the worst of its points."""
    found: dict[str, Check] = {}
    for row in rows:
        gap = np.inf if row["difference"] is None else float(row["difference"])
        passed = gap <= row["allowed"]
        note = "" if passed else f"at {row['point']}: off by {gap:.3g}, allowed {row['allowed']:.1e}"
        if row["kinks"] and passed:
            note = f"{row['kinks']} directions across a kink left out"
        check = Check(row["parameter"], BY_DIFFERENCES, gap, "claimed error + 1e-9 |g|", passed, note)
        known = found.get(check.subject)
        if known is None or (known.passed, -known.difference) > (passed, -gap):
            found[check.subject] = check
    return list(found.values())
