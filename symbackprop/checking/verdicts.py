"""What was found about a candidate: records that print as text, as a table for a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from symbackprop.checking.mistakes import Diagnosis

if TYPE_CHECKING:
    from rich.console import RenderableType

Outcome = Literal["right", "wrong"]


@dataclass(frozen=True)
class Departure:
    """Where a candidate differs most.

    Attributes:
        place: The element, such as `W1[0, 1]`.
        point: The name of the point.
        given: What was handed in there.
        true: What it should be.
        relative: The difference as a part of the gradient's largest element.
        wrong: How many elements differ there.
        count: How many there are.
    """

    place: str
    point: str
    given: float
    true: float
    relative: float
    wrong: int = 1
    count: int = 1

    def __str__(self) -> str:
        some = f"; {self.wrong} of {self.count} elements differ" if self.wrong < self.count else ""
        return f"{self.place} = {self.given:.9g} instead of {self.true:.9g}, {self.point}{some}"


@dataclass(frozen=True)
class Finding:
    """What was found about one gradient, or about an intermediate that a candidate gives.

    Attributes:
        name: What it is, such as `dE/dW1`, or `a1` for a value of the forward pass.
        outcome: `"right"` or `"wrong"`.
        difference: The largest relative difference over all points.
        departure: Where that is, if it is wrong.
        diagnoses: Every usual mistake that gives exactly what was handed in.
        remark: What else to know, such as an assumption under which it is right.
        formulas: The right formula in index form and as array code, and that of the place where the mistake was made.
    """

    name: str
    outcome: Outcome
    difference: float = 0.0
    departure: Departure | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    remark: str = ""
    formulas: tuple[tuple[str, str], ...] = ()

    @property
    def because(self) -> str:
        """Why it is wrong, in a sentence; or the remark."""
        if self.diagnoses:
            return ", or ".join(dict.fromkeys(diagnosis.sentence for diagnosis in self.diagnoses))
        if self.outcome == "wrong":
            return self.remark or "none of the usual mistakes gives this"
        return self.remark

    def as_table(self) -> dict[str, Any]:
        """The finding with plain values, for JSON."""
        table: dict[str, Any] = {"name": self.name, "outcome": self.outcome}
        if self.outcome == "wrong":
            # JSON has no infinity: a shape that differs is told by the remark.
            table["relative_difference"] = float(f"{self.difference:.3e}") if isfinite(self.difference) else None
            if self.departure is not None:
                d = self.departure
                table["departs"] = {"place": d.place, "point": d.point, "given": d.given, "true": d.true}
                table["departs"] |= {"wrong_elements": d.wrong, "elements": d.count}
            table["diagnoses"] = [{"mistake": d.mistake, "sentence": d.sentence} for d in self.diagnoses]
            table["right"] = [{"formula": formula, "code": code} for formula, code in self.formulas]
        if self.remark:
            table["remark"] = self.remark
        return table


@dataclass(frozen=True)
class Verdict:
    """What was found about a candidate.

    Attributes:
        network: The network's name.
        candidate: What the candidate is called.
        findings: One for each gradient and intermediate, in the order of the forward and then the backward pass.
        points: Where they were judged.
        first: The first intermediate that departs, or "".
        unknown: Names in the candidate that are no gradient and no tensor of the network.
    """

    network: str
    candidate: str
    findings: tuple[Finding, ...]
    points: tuple[str, ...] = ()
    first: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether every gradient is right."""
        return all(finding.outcome == "right" for finding in self.findings)

    def __bool__(self) -> bool:
        return self.right

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What is wrong."""
        return tuple(finding for finding in self.findings if finding.outcome == "wrong")

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """Every diagnosis, each once."""
        return tuple(dict.fromkeys(d for finding in self.findings for d in finding.diagnoses))

    def summary(self) -> str:
        """One line."""
        names = ", ".join(finding.name for finding in self.findings)
        if self.right:
            return f"{self.candidate}: right ({names})"
        wrong = ", ".join(finding.name for finding in self.wrong)
        return f"{self.candidate}: wrong in {wrong}" + (f"; {self.wrong[0].because}" if self.wrong[0].because else "")

    def __str__(self) -> str:
        lines = []
        for finding in self.findings:
            lines.append(f"{finding.name:<10} {finding.outcome}" + (f"  {finding.because}" if finding.because else ""))
            if finding.departure is not None:
                lines.append(f"{'':<10} {finding.departure}")
            for formula, code in finding.formulas:
                lines.append(f"{'':<10} right: {formula}" + (f"   {code}" if code else ""))
        if self.first:
            lines.append(f"the first intermediate that departs is {self.first}")
        if self.unknown:
            lines.append(f"not judged, since the network has nothing of that name: {', '.join(self.unknown)}")
        return "\n".join(lines)

    __repr__ = __str__

    def as_table(self) -> dict[str, Any]:
        """The verdict with plain values, for JSON."""
        table: dict[str, Any] = {
            "network": self.network,
            "candidate": self.candidate,
            "right": self.right,
            "points": list(self.points),
            "findings": [finding.as_table() for finding in self.findings],
        }
        if self.first:
            table["first_departure"] = self.first
        if self.unknown:
            table["not_judged"] = list(self.unknown)
        return table

    def table(self) -> RenderableType:
        """The verdict for a terminal."""
        from rich import box
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table(
            box=box.SIMPLE_HEAD, pad_edge=False, title=Text(self._title()), title_justify="left", title_style="bold"
        )
        for name, only in (("gradient", True), ("", True), ("because", False)):
            table.add_column(name, no_wrap=only)
        for finding in self.findings:
            style = "green" if finding.outcome == "right" else "bold red"
            table.add_row(Text(finding.name), Text(finding.outcome, style=style), _details(finding))
        footer = []
        if self.first:
            footer.append(Text(f"The first intermediate that departs is {self.first}."))
        if self.unknown:
            footer.append(Text(f"Not judged, since the network has nothing of that name: {', '.join(self.unknown)}"))
        return Group(table, *footer)

    def _title(self) -> str:
        return f"{self.candidate} against {self.network}"


def _details(finding: Finding) -> Any:
    from rich.text import Text

    text = Text(finding.because, style="bold" if finding.outcome == "wrong" else "")
    if finding.departure is not None:
        text.append(f"\n{finding.departure}", style="not bold")
    for formula, code in finding.formulas:
        text.append(f"\nright: {formula}", style="not bold green")
        if code:
            text.append(f"\n       {code}", style="not bold green")
    return text


def overview(rows: Sequence[Verdict | Mapping[str, Any]]) -> RenderableType:
    """Several candidates, a row each: for somebody who has a class full of them.

    Args:
        rows: The verdict on each; for one that cannot be judged a table with its name and the `error`.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("candidate", "", "wrong", "why"):
        table.add_column(name, no_wrap=name in ("candidate", ""))
    for row in rows:
        if not isinstance(row, Verdict):
            table.add_row(Text(row["candidate"]), Text("not judged", style="yellow"), "", Text(row["error"]))
            continue
        outcome = Text("right", style="green") if row.right else Text("wrong", style="bold red")
        why = dict.fromkeys(finding.because for finding in row.wrong)
        table.add_row(Text(row.candidate), outcome, Text(", ".join(f.name for f in row.wrong)), Text("; ".join(why)))
    return table
