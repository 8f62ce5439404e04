"""A derivation and a candidate → the verdict: right or wrong, where it departs, and which mistake it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from symbackprop.checking.assumptions import assumptions
from symbackprop.checking.candidates import Candidate, Handed, Places, from_object
from symbackprop.checking.claims import UNJUDGED, Subject, gradients_near, subjects
from symbackprop.checking.findings import (
    SECONDS,
    cut_off,
    departed,
    diagnosed,
    evidence_of,
    far_fetched,
    judged,
    too_few_digits,
    wrong_at_sample,
)
from symbackprop.checking.probes import WORKED, Case, case_of, one_sample
from symbackprop.checking.verdicts import Finding, Verdict
from symbackprop.errors import InputError, SymbackpropError
from symbackprop.network import Network

if TYPE_CHECKING:
    from symbackprop.facade import Derived

Rows = tuple[Case, Handed]
Assumed = tuple[Case, Handed]

ONE_SAMPLE = "for one sample; it cannot be called with several"

Formula = Callable[[str], tuple[str, str]]


def check(
    derived: Derived, name: Any, candidate: Any = None, *, learning_rate: float | None = None, seed: int = 0
) -> Verdict:
    """Judge a gradient that somebody wrote, and say what is wrong with it.

    Args:
        derived: What `derive` returned.
        name: The gradient, such as `"W1"`, `"w5"` or `"delta2"`; or, if the candidate brings names of its own, the
            candidate.
        candidate: A function whose arguments are named after what it needs: `params`, inputs, targets, and any tensor,
            adjoint or named weight of the derivation; a number or array for the worked sample, right if it is to the
            digits given; a formula as text, in array notation, index notation or LaTeX; or a table of these. A path
            names a file of functions or numbers.
        learning_rate: For the mistake of using weights after their update; the network's if left out.
        seed: Of the random points.

    Returns:
        The verdict; it is true if everything is right, and prints what is wrong.

    Raises:
        InputError: The candidate raises, or returns something that is no gradient of this network.

    Example:
        >>> import symbackprop as sb
        >>> d = sb.derive("mazur")
        >>> check(d, "W2", "np.outer(delta2, a1)").right
        True
        >>> check(d, "W2", lambda delta2, a1: delta2[:, None] * a1)
        dE/dW2     right
        >>> print(check(d, "b2", lambda delta2: -delta2.sum()).diagnoses[0])
        the sign is wrong: this is -dE/db2
    """
    judge = judge_of(derived, learning_rate=learning_rate, seed=seed)
    name, candidate = ("", name) if candidate is None else (name, candidate)
    return judge(from_object(name, candidate, judge.subjects, derived.stages.notation))


class Judge:
    """Judges candidates against one derivation.

    Args:
        case: The derivation, with the points to judge at.
        places: For each element with a name of its own its tensor and place.
        formula: Gives the right formula of a tensor's gradient in index form, and as code, to be told.
        seed: Of further random points.
    """

    def __init__(self, case: Case, places: Places, formula: Formula | None = None, seed: int = 0) -> None:
        self.case = case
        self.places = places
        self.seed = seed
        self._deadline = monotonic()
        self._formula = formula or (lambda tensor: ("", ""))
        self.subjects = subjects(case, places)

    def __call__(self, candidate: Candidate) -> Verdict:
        """Judge one candidate.

        Raises:
            InputError: It cannot be computed, or gives no gradient of this network.
        """
        case = self._pointed(candidate)
        try:
            handed = candidate.at(case, self.places)
        except InputError:
            case, handed = self._for_one_sample(candidate)
        if candidate.only_numbers:
            case = self._pointed(candidate)
            handed = handed[:1]
        gradients, forward, unknown = self._sorted(candidate, handed)
        findings = [self._forward(case, handed, name) for name in forward]
        self._deadline = monotonic() + SECONDS
        assumed = cache(lambda: self._assumed(case, candidate))
        rows = (case, handed)
        findings += [self._gradient(self.subjects[name], rows, assumed, name) for name in gradients]
        if case.single:
            findings = [replace(f, remark=ONE_SAMPLE) if f.outcome == "right" else f for f in findings]
        between = {*self.case.graph.tensors, *self.case.forward_of}
        first = next((f.name for f in findings if f.outcome == "wrong" and f.name in between), "")
        points = tuple(probe.point.name for probe in case.probes)
        return Verdict(case.graph.name, candidate.name, tuple(findings), points, first, unknown)

    def _for_one_sample(self, candidate: Candidate) -> tuple[Case, Handed]:
        """A candidate that raises with several samples may be written for one; if it is not, that is raised again."""
        if "one sample" not in self.case.memory:
            self.case.memory["one sample"] = one_sample(self.case, self.seed)
        single: Case | None = self.case.memory["one sample"]
        if single is not None and not candidate.only_numbers:
            with suppress(InputError):
                return single, candidate.at(single, self.places)
        return self.case, candidate.at(self.case, self.places)

    def _pointed(self, candidate: Candidate) -> Case:
        """The case with the points at which a candidate is known."""
        if not candidate.only_numbers:
            return self.case
        worked = [probe for probe in self.case.probes if probe.point.name == WORKED]
        if not worked:
            raise InputError(
                f"{candidate.name} gives numbers, but {self.case.graph.name} has no worked sample to compare them at",
                code="SB026",
                help="give the network weights and a [sample], or hand in a function",
            )
        return replace(self.case, probes=tuple(worked[:1]))

    def _sorted(self, candidate: Candidate, handed: Handed) -> tuple[list[str], list[str], tuple[str, ...]]:
        """The names of gradients and of values of the forward pass, each in order, and those that are neither."""
        names = list(handed[0])
        order = {adjoint: number for number, adjoint in enumerate(self.case.equations)}
        gradients = [name for name in names if name in self.subjects]
        gradients.sort(key=lambda name: order[self.subjects[name].adjoint])
        forward = [name for name in self.case.graph.tensors if name in names and name not in gradients]
        unknown = tuple(name for name in names if name not in gradients and name not in forward)
        if not gradients and not forward:
            help = gradients_near(names[0], self.subjects) if names else ""
            raise InputError(
                f"{candidate.name} gives {', '.join(names) or 'nothing'}, which is no gradient here",
                code=UNJUDGED,
                help=help,
            )
        return gradients, forward, unknown

    def _forward(self, case: Case, handed: Handed, name: str) -> Finding:
        """A value of the forward pass."""
        wrong = [
            (probe, row[name])
            for probe, row in zip(case.probes, handed, strict=True)
            if not row[name].agrees(np.asarray(probe.values[name]), relative=1e-7)
        ]
        if not wrong:
            return Finding(name, "right")
        probe, claim = wrong[0]
        if len(wrong) == 1 and claim.cut_off(np.asarray(probe.values[name])):
            return Finding(name, "right", remark=cut_off(claim, np.asarray(probe.values[name])))
        departure = departed(case.graph.tensors[name], [(p, c, np.asarray(p.values[name])) for p, c in wrong])
        return Finding(name, "wrong", departure.relative if departure else np.inf, departure)

    def _gradient(self, subject: Subject, rows: Rows, assumed: Callable[[], list[Assumed]], name: str) -> Finding:
        """One gradient: right as it stands, right under an assumption, or wrong for a reason that is looked for."""
        case, handed = rows
        evidence = evidence_of(case, handed, name)
        finding = judged(case, subject, evidence)
        if finding.outcome == "right":
            return finding
        others = [(other, evidence_of(other, given, name)) for other, given in assumed()]
        for other, given in others if not wrong_at_sample(subject, evidence) else []:
            if judged(other, subject, given).outcome == "right":
                return replace(finding, outcome="right", remark=f"right where {other.assumed}", departure=None)
        found = diagnosed(case, subject, evidence, self._deadline)
        for other, given in others:
            if not far_fetched(found):
                break
            more = diagnosed(other, subject, given, self._deadline)
            if not found or not far_fetched(more):
                found = tuple(replace(d, sentence=f"{d.sentence} (where {other.assumed})") for d in more)
        finding = replace(finding, diagnoses=found)
        if not found and too_few_digits(subject, evidence):
            finding = replace(finding, remark="too few digits to tell which mistake it is")
        if not found and not finding.remark and monotonic() > self._deadline:
            finding = replace(finding, remark=f"no usual mistake was recognised within {SECONDS:g} seconds")
        return replace(finding, formulas=self._formulas(subject, finding))

    def _assumed(self, case: Case, candidate: Candidate) -> list[Assumed]:
        """What is handed in under each assumption that a formula may make about the targets."""
        if candidate.only_numbers:
            return []
        key = f"assumptions {case.single}"
        if key not in case.memory:
            case.memory[key] = list(assumptions(case, self.seed))
        cases: list[Case] = case.memory[key]
        # All points in one go: a file is run once, not once for each assumption.
        together = replace(case, probes=tuple(probe for other in cases for probe in other.probes))
        try:
            handed = iter(candidate.at(together, self.places))
        except SymbackpropError:
            return []
        return [(other, list(islice(handed, len(other.probes)))) for other in cases]

    def _formulas(self, subject: Subject, finding: Finding) -> tuple[tuple[str, str], ...]:
        """The right formula of the gradient, and that of the adjoint in which the mistake was made."""
        places = [subject.adjoint, *(d.adjoint for d in finding.diagnoses[:1] if d.adjoint)]
        found = [self._nearest(adjoint, subject.adjoint) for adjoint in places]
        return tuple(dict.fromkeys(formula for formula in found if formula[0]))

    def _nearest(self, adjoint: str, last: str) -> tuple[str, str]:
        """The formula of an adjoint, or if it was put into others that of the next on the way to a gradient."""
        for name in (n for n in self.case.equations if n in self.case.behind(last) and adjoint in self.case.behind(n)):
            formula = self._formula(self.case.forward_of[name])
            if formula[0]:
                return formula
        return "", ""


def judge_of(derived: Derived, *, learning_rate: float | None = None, seed: int = 0) -> Judge:
    """The judge of a derivation's gradients.

    Args:
        derived: What `derive` returned.
        learning_rate: For mistakes of updating; the network's if left out.
        seed: Of the random points.
    """
    stages = derived.stages
    rate = stages.training.settings.get("learning_rate") if learning_rate is None else learning_rate
    case = case_of(
        stages.graph,
        _wanted(derived),
        network=derived.network if isinstance(derived.network, Network) else None,
        learning_rate=None if rate is None else float(rate),
        seed=seed,
    )
    return Judge(case, _places(derived), lambda tensor: _formula(derived, tensor), seed)


def _formula(derived: Derived, tensor: str) -> tuple[str, str]:
    from symbackprop.summary import equation_text

    stages = derived.stages
    if tensor not in stages.derivation.adjoint_of:
        return "", ""
    try:
        equation = stages.derivation.adjoint(tensor)
        return equation_text(derived, equation), f"{equation.tensor} = {stages.code(tensor)}"
    except (SymbackpropError, StopIteration):
        return "", ""


def _wanted(derived: Derived) -> list[str]:
    """The tensors whose gradients may be asked for: those derived for, every parameter, and inputs that can move."""
    graph = derived.stages.graph
    own: Iterable[str] = derived.stages.wrt or ()
    inputs = [t.name for t in graph.with_role("input") if not t.is_whole]
    return list(dict.fromkeys([*(t.name for t in graph.parameters), *own, *inputs]))


def _places(derived: Derived) -> Places:
    """The names of single elements, with their tensor and place."""
    scalars = derived.stages.scalars
    if scalars is None:
        return {}
    elements: Mapping[str, Any] = scalars.elements
    return {
        symbol.name: (tensor, place)
        for tensor in (*derived.stages.graph.tensors, *derived.stages.derivation.tensors)
        for place, symbol in elements[tensor].items()
        if tensor in elements
    }
