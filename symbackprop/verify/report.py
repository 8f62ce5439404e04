"""Checks → a report: one line, a table for people, or JSON that is the same on every machine.

The JSON says which checks were passed at which threshold, and gives a measured difference only for one that failed:
residuals differ in their last digits between machines, and the file would never compare equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

_FAILED = ' style="color: #b3261e; font-weight: bold"'
COLUMNS = ("subject", "method", "difference", "threshold", "result", "note")


@dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Attributes:
        subject: What, such as the gradient `"W1"`.
        method: Against what, such as `"complex step"`.
        difference: The largest difference that was found.
        threshold: The largest that is allowed, as a rule in words.
        passed: Whether it is.
        note: What else to know; where and by how much if it failed.
    """

    subject: str
    method: str
    difference: float
    threshold: str
    passed: bool
    note: str = ""

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of a table."""
        result = "ok" if self.passed else "FAILED"
        return (self.subject, self.method, f"{self.difference:.1e}", self.threshold, result, self.note)


@dataclass(frozen=True)
class Tally:
    """How many of something were looked at, and how many are right."""

    right: int = 0
    count: int = 0

    def __str__(self) -> str:
        return f"{self.right:,} of {self.count:,}"


@dataclass(frozen=True)
class Report:
    """What the verification of a network found.

    Attributes:
        network: Its name.
        checks: Every check, in the order in which they were made.
        points: Where they were made.
        redrawn: How many random points were drawn again for being near a kink.
        seed: Of the random numbers.
        steps: The steps of the derivation, and those that hold.
        gradients: The elements of all gradients, and those that every check bears out; tensors where sizes are open.
        relations: The relations of the written document, and those that hold when they are read back.
        unread: What of the document could not be evaluated, a sentence each.

    Example:
        >>> report = Report("net", (Check("W1", "complex step", 2e-17, "1e-9 |g|", True),))
        >>> print(report.summary())
        net: the 1 check passed
        >>> print(report)
        subject  method        difference  threshold  result  note
        W1       complex step     2.0e-17  1e-9 |g|   ok
    """

    network: str
    checks: tuple[Check, ...]
    points: tuple[str, ...] = ()
    redrawn: int = 0
    seed: int = 0
    steps: Tally = Tally()
    gradients: Tally = Tally()
    relations: Tally = Tally()
    unread: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every check was."""
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that were not passed."""
        return tuple(check for check in self.checks if not check.passed)

    def summary(self) -> str:
        """One line; the first failure by name and size if there is one."""
        count = len(self.checks)
        where = f", at {_words(self.points)}" if self.points else ""
        if self.passed and self.gradients.count:
            return f"{self.network}: {self.proven}"
        if self.passed:
            return f"{self.network}: {'the 1 check' if count == 1 else f'all {count} checks'} passed{where}"
        first = self.failures[0]
        detail = f" ({first.note})" if first.note else ""
        return (
            f"{self.network}: {len(self.failures)} of {count} checks failed; {first.subject} differs from "
            f"{first.method} by {first.difference:.1e}{detail}"
        )

    @property
    def proven(self) -> str:
        """What was proven, in numbers: steps, relations of the document, gradients."""
        parts = [
            (self.steps, "steps proven"),
            (self.relations, "relations re-read"),
            (self.gradients, "gradients certified"),
        ]
        return " · ".join(f"{tally} {what}" for tally, what in parts if tally.count)

    def __str__(self) -> str:
        rows = [COLUMNS, *(check.row for check in self.checks)]
        widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
        lines = []
        for row in rows:
            cells = [
                cell.rjust(w) if n == 2 else cell.ljust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  ".join(cells).rstrip())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The report for a notebook."""
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in COLUMNS)
        rows = "".join(
            f"<tr{'' if check.passed else _FAILED}>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in check.row)
            + "</tr>"
            for check in self.checks
        )
        return f"<p>{escape(self.summary())}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def to_json(self) -> str:
        """The report as JSON text: the same for the same network, seed and version."""
        table: dict[str, Any] = {
            "network": self.network,
            "passed": self.passed,
            "seed": self.seed,
            "points": list(self.points),
            "redrawn": self.redrawn,
            "steps": {"proven": self.steps.right, "count": self.steps.count},
            "gradients": {"certified": self.gradients.right, "count": self.gradients.count},
            "relations": {
                "held": self.relations.right,
                "count": self.relations.count,
                "not_evaluated": list(self.unread),
            },
            "checks": [_entry(check) for check in self.checks],
        }
        return json.dumps(table, indent=2, ensure_ascii=False) + "\n"

    def table(self) -> RenderableType:
        """The report for a terminal, 80 columns wide: under each method what was compared by it."""
        from rich.console import Group
        from rich.text import Text

        groups: dict[tuple[str, str], list[Check]] = {}
        for check in self.checks:
            groups.setdefault((check.method, check.threshold), []).append(check)
        width = max((len(check.subject) for check in self.checks), default=0)
        parts: list[RenderableType] = [Text(self.summary(), style="bold" if self.passed else "bold red")]
        for (method, threshold), checks in groups.items():
            parts += [Text(f"{method}, within {threshold}", style="italic"), _rows(checks, width)]
        return Group(*parts)


def _rows(checks: Iterable[Check], width: int) -> RenderableType:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for least, justify in ((width, "left"), (7, "right"), (6, "left"), (0, "left")):
        table.add_column(min_width=least, justify=justify)  # type: ignore[arg-type]
    for check in checks:
        subject, _, difference, _, result, note = check.row
        table.add_row(*map(Text, (subject, difference, result, note)), style="" if check.passed else "bold red")
    return Padding(table, (0, 0, 0, 2))


def merged(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks of several points as one for each subject and method: failed if one failed, the largest difference."""
    found: dict[tuple[str, str], Check] = {}
    for check in checks:
        key = (check.subject, check.method)
        known = found.get(key)
        if known is None:
            found[key] = check
            continue
        worse = max(known, check, key=lambda one: (not one.passed, one.difference))
        notes = dict.fromkeys(note for note in (known.note, check.note) if note and known.passed == check.passed)
        found[key] = replace(worse, note="; ".join(notes) or worse.note)
    return tuple(found.values())


def _entry(check: Check) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "subject": check.subject,
        "method": check.method,
        "threshold": check.threshold,
        "passed": check.passed,
    }
    if not check.passed:
        entry |= {"difference": f"{check.difference:.3e}", "note": check.note}
    return entry


def _words(points: tuple[str, ...]) -> str:
    return " and ".join(points) if len(points) < 3 else f"{', '.join(points[:-1])} and {points[-1]}"
