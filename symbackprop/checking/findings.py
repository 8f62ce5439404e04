"""What was handed in for one gradient → a finding: right or wrong, where it departs most, which mistake it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from time import monotonic

import numpy as np

from symbackprop.checking.claims import COARSE, Claim, Subject, element_name, floor_of, same_but_for_ones
from symbackprop.checking.mistakes import MISTAKES, Diagnosis, Evidence, agrees, information, recognised
from symbackprop.checking.probes import WORKED, Case, Probe, beside_kink
from symbackprop.checking.verdicts import Departure, Finding
from symbackprop.graph import Tensor
from symbackprop.verify.fields import Array

# A large network has hundreds of ways to make a mistake; after so many seconds what was found is told.
SECONDS = 60.0
# Once one was found, others that say the same otherwise are not worth a long wait.
SECOND_LOOK = 5.0
MOST_DIAGNOSES = 3
DIGITS_NEEDED = 4.0
MOST_ELEMENTS = 8
OTHER_SLOPE = "at the kink of the worked sample another slope than the catalogue's is used, which is as good"


def called(case: Case, subject: Subject) -> str:
    """What a verdict calls a gradient: dE/dW1, dE/dw5, and delta2 for what stands between."""
    tensor = case.graph.tensors[case.forward_of[subject.adjoint]]
    between = tensor.role not in ("parameter", "input", "constant") and subject.place is None
    return subject.adjoint if between else f"d{case.graph.loss.name}/d{subject.name}"


def judged(case: Case, subject: Subject, evidence: Evidence) -> Finding:
    """Whether a gradient is right at every point, and where it departs if not."""
    name = called(case, subject)
    rows = [(probe, claim, subject.part(probe.adjoints[subject.adjoint])) for probe, claim in evidence]
    wrong = [row for row in rows if not row[1].agrees(row[2], floor_of(row[0]))]
    if not wrong:
        return Finding(name, "right", remark=_single(evidence))
    remark = _tolerated(wrong, rows) or _at_kink(case, subject, wrong, rows)
    if remark:
        return Finding(name, "right", remark=remark)
    counted = [row for row in wrong if not row[0].at_kink] or wrong
    departure = departed(case.graph.tensors[case.forward_of[subject.adjoint]], counted, subject)
    difference = departure.relative if departure is not None else np.inf
    return Finding(name, "wrong", difference, departure, remark=_shape(counted))


def evidence_of(case: Case, handed: Sequence[Mapping[str, Claim]], name: str) -> Evidence:
    """What was handed in for one gradient, at each point of a case."""
    return [(probe, row[name]) for probe, row in zip(case.probes, handed, strict=True) if name in row]


def wrong_at_sample(subject: Subject, evidence: Evidence) -> bool:
    """Whether a gradient is wrong at the network's own sample: no assumption makes it right then."""
    return any(
        probe.point.name == WORKED
        and not probe.at_kink
        and not agrees(claim, subject, probe.adjoints[subject.adjoint], probe)
        for probe, claim in evidence
    )


def far_fetched(found: Sequence[Diagnosis]) -> bool:
    """Whether nothing was found but what is looked for last."""
    last = {mistake.name for mistake in MISTAKES if mistake.last}
    return all(diagnosis.mistake in last for diagnosis in found)


Row = tuple[Probe, Claim, Array]


def _single(evidence: Evidence) -> str:
    return "to single precision, in which it is computed" if any(claim.single for _, claim in evidence) else ""


def _tolerated(wrong: list[Row], rows: list[Row]) -> str:
    """Why what differs is right all the same; nothing if it is not."""
    if all(probe.at_kink for probe, *_ in wrong) and len(wrong) < len(rows):
        return OTHER_SLOPE
    squeezed = [
        (p, replace(c, value=c.value.reshape(true.shape)), true)
        for p, c, true in rows
        if same_but_for_ones(c.value, true)
    ]
    if len(squeezed) == len(rows) and all(c.agrees(true, floor_of(p)) for p, c, true in squeezed):
        return f"its shape {rows[0][1].value.shape} has axes of length 1 more or less than {rows[0][2].shape}"
    if len(wrong) == 1 and wrong[0][1].cut_off(wrong[0][2]):
        return cut_off(*wrong[0][1:])
    by_program = not any(np.any(np.asarray(claim.allowance) > 0) for _, claim, _ in wrong)
    if by_program and all(claim.agrees(true, floor_of(probe), COARSE) for probe, claim, true in wrong):
        return "to six digits, as differences, single precision or a small constant in a denominator leave"
    if all(not probe.own for probe, *_ in wrong):
        return "for the number of samples that the network has; not for others"
    return ""


def cut_off(claim: Claim, true: Array) -> str:
    """What to say of digits that were cut off instead of rounded: how far from the value they are at most."""
    place = np.unravel_index(int(np.argmax(np.abs(claim.value - true))), true.shape)
    off, value = float(abs(claim.value[place] - true[place])), float(true[place])
    return f"to the digits shown, but cut off, not rounded: {off:.2g} from {value:.9g}"


def _at_kink(case: Case, subject: Subject, wrong: list[Row], rows: list[Row]) -> str:
    """Why a number is right at a kink: the slope of another side of it gives it."""
    if len(rows) > 1 or not wrong[0][0].at_kink:
        return ""
    probe, claim, _ = wrong[0]
    beside = beside_kink(case, probe, subject.adjoint)
    return OTHER_SLOPE if any(claim.agrees(subject.part(array), relative=COARSE) for array in beside) else ""


def _shape(rows: list[Row]) -> str:
    _, claim, true = rows[0]
    if claim.value.shape == true.shape:
        return ""
    return f"its shape is {claim.value.shape}, that of the gradient {true.shape}"


def departed(tensor: Tensor, rows: list[Row], subject: Subject | None = None) -> Departure | None:
    """The place where a candidate differs most, at the first point where it differs; none if its shape does."""
    probe, claim, true = rows[0]
    if claim.value.shape != true.shape:
        return None
    gap = np.abs(claim.value - true)
    flat = int(np.argmax(np.where(np.isfinite(gap), gap, np.inf)))
    worst = tuple(map(int, np.unravel_index(flat, gap.shape)))
    place = element_name(tensor, subject.place if subject and subject.place is not None else worst)
    scale = float(np.max(np.abs(true), initial=0.0)) or 1.0
    return Departure(
        place,
        f"at {probe.point.name}",
        float(claim.value[worst]),
        float(true[worst]) + 0.0,
        float(gap[worst]) / scale,
        int(np.sum(_differs(probe, claim, true))),
        gap.size,
    )


def _differs(probe: Probe, claim: Claim, true: Array) -> Array:
    """Which elements are wrong."""
    allowed = claim.tolerance * float(np.max(np.abs(true), initial=0.0)) + floor_of(probe) + np.asarray(claim.allowance)
    return ~(np.abs(claim.value - true) <= allowed)


def diagnosed(case: Case, subject: Subject, evidence: Evidence, deadline: float | None = None) -> tuple[Diagnosis, ...]:
    """Every usual mistake that gives exactly what was handed in, the likeliest first.

    Args:
        case: The derivation.
        subject: The gradient.
        evidence: What was handed in.
        deadline: When to stop looking.
    """
    deadline = monotonic() + SECONDS if deadline is None else deadline
    evidence = [(probe, claim) for probe, claim in evidence if not probe.at_kink] or evidence
    if too_few_digits(subject, evidence):
        return ()
    found: list[Diagnosis] = []
    for mistake in MISTAKES:
        if {diagnosis.mistake for diagnosis in found} & set(mistake.unless):
            continue
        if mistake.last and {diagnosis.mistake for diagnosis in found} - {"factor"}:
            break
        found += islice(recognised(mistake, case, subject, evidence, deadline), 1)
        if found:
            deadline = min(deadline, monotonic() + SECOND_LOOK)
        if len(found) >= MOST_DIAGNOSES or monotonic() > deadline:
            break
    if not found:
        found += _two_mistakes(case, subject, evidence, deadline)
    return tuple(found) or _some_elements(case, subject, evidence, deadline)


def too_few_digits(subject: Subject, evidence: Evidence) -> bool:
    """Whether so few digits were written down that a mistake would be recognised by coincidence."""
    return information(subject, evidence) < DIGITS_NEEDED


def _some_elements(case: Case, subject: Subject, evidence: Evidence, deadline: float) -> tuple[Diagnosis, ...]:
    """A mistake that was made in some elements only, the same in each."""
    rows = [(probe, claim, probe.adjoints[subject.adjoint]) for probe, claim in evidence]
    if subject.place is not None or any(claim.value.shape != true.shape for _, claim, true in rows):
        return ()
    if len({true.shape for *_, true in rows}) > 1:
        return ()
    wrong = np.any([_differs(*row) for row in rows], axis=0)
    places = [tuple(map(int, place)) for place in np.argwhere(wrong)]
    if not 0 < len(places) <= MOST_ELEMENTS or len(places) == wrong.size:
        return ()
    tensor = case.graph.tensors[case.forward_of[subject.adjoint]]
    common: list[Diagnosis] = []
    names = []
    for place in places:
        one = Subject(element_name(tensor, place), subject.adjoint, place)
        names.append(one.name)
        alone = [(probe, _element(claim, place)) for probe, claim in evidence]
        mine = {d.mistake: d for d in diagnosed(case, one, alone, deadline)}
        common = list(mine.values()) if len(names) == 1 else [d for d in common if d.mistake in mine]
    if len(names) == 1:
        return tuple(common)
    return tuple(replace(d, sentence=f"in {', '.join(names)}: {d.sentence}") for d in common)


def _element(claim: Claim, place: tuple[int, ...]) -> Claim:
    allowance = np.broadcast_to(claim.allowance, claim.value.shape)[place]
    return replace(claim, value=np.asarray(claim.value[place]), allowance=allowance)


def _two_mistakes(case: Case, subject: Subject, evidence: Evidence, deadline: float) -> Iterator[Diagnosis]:
    """A usual mistake with a sign, a factor or a transposition on top, the first that is found."""
    for mistake in MISTAKES:
        if mistake.last or monotonic() > deadline:
            break
        for diagnosis in recognised(mistake, case, subject, evidence, deadline, two=True):
            yield diagnosis
            return
