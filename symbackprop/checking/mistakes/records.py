"""What a mistake is: a way to make it on purpose, and a sentence for who made it; and how one is recognised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic

import numpy as np

from symbackprop.backward import assemble
from symbackprop.checking.claims import Claim, Subject, element_name, floor_of
from symbackprop.checking.constants import Constant, constants
from symbackprop.checking.probes import Case, Probe
from symbackprop.errors import SymbackpropError
from symbackprop.graph import Equation, Partial
from symbackprop.verify.fields import Array

Evidence = Sequence[tuple[Probe, Claim]]


@dataclass(frozen=True)
class Mutation:
    """A gradient with a mistake made on purpose.

    Attributes:
        at: The whole adjoint with the mistake, at a point.
        words: What fills the mistake's sentence.
        part: If the mistake is a wrong factor of one part of the gradient, that part; `at` is then the rest.
        unless: Factors of that part that are another mistake.
        adjoint: Where it is made, if that is one of the adjoints.
    """

    at: Callable[[Probe], Array]
    words: Mapping[str, str] = field(default_factory=dict)
    part: Callable[[Probe], Array] | None = None
    unless: tuple[str, ...] = ()
    adjoint: str = ""


@dataclass(frozen=True)
class Mistake:
    """One of the usual mistakes.

    Attributes:
        name: A word or two, for tables and JSON.
        sentence: What the reader is told; holes are filled by the mutation's words, `{gradient}` and `{factor}`.
        mutations: Every way to make it in a derivation, for one gradient.
        unless: Mistakes of which this one says the same again.
        last: Whether it is looked for only where nothing before it was found, since it is far-fetched or slow.
    """

    name: str
    sentence: str
    mutations: Callable[[Case, Subject, Evidence], Iterator[Mutation]]
    last: bool = False
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """A mistake that gives exactly what was handed in, at every point.

    Attributes:
        mistake: Its name.
        sentence: What was done, for who did it.
        adjoint: In which adjoint equation, if in one of them.
    """

    mistake: str
    sentence: str
    adjoint: str = ""

    def __str__(self) -> str:
        return self.sentence


def recognised(
    mistake: Mistake, case: Case, subject: Subject, evidence: Evidence, deadline: float, two: bool = False
) -> Iterator[Diagnosis]:
    """The ways of making a mistake that give what was handed in.

    Args:
        mistake: Which.
        case: Where it may be made.
        subject: The gradient.
        evidence: What was handed in.
        deadline: When to stop looking.
        two: Whether a second mistake was made on top: a sign, a factor, a transposition.
    """
    for mutation in mistake.mutations(case, subject, evidence):
        if monotonic() > deadline:
            return
        try:
            factor = (_with_second if two else _match)(mutation, case, subject, evidence)
        except SymbackpropError:
            continue  # the equations cannot be computed with it: its shapes do not fit, or time would run both ways
        if factor is not None:
            loss, tensor = case.graph.loss.name, case.graph.tensors[case.forward_of[subject.adjoint]]
            # Of a tensor whose elements have names of their own, the first is what a reader knows.
            first = subject.name if subject.place is not None else element_name(tensor, (0,) * len(tensor.indices))
            element = f"d{loss}/d{first if '[' not in first else subject.name}"
            words = {"gradient": f"d{loss}/d{subject.name}", "element": element, "factor": factor, **mutation.words}
            words["missing"] = _lacking(factor)
            sentence = mistake.sentence.format_map(words)
            yield Diagnosis(mistake.name, f"{sentence}; besides, {factor}" if two else sentence, mutation.adjoint)


def _lacking(factor: str) -> str:
    """What is wrong with a part that has this factor."""
    return {"0": "is missing", "-1": "has the wrong sign"}.get(factor, f"has the factor {factor}")


def _match(mutation: Mutation, case: Case, subject: Subject, evidence: Evidence) -> str | None:
    """An empty text if it is what was handed in, or what the part's factor must be for that; else `None`."""
    if mutation.part is None:
        return "" if all(agrees(claim, subject, mutation.at(probe), probe) for probe, claim in evidence) else None
    found = [
        (probe, claim, subject.part(mutation.at(probe)), subject.part(mutation.part(probe)))
        for probe, claim in evidence
    ]
    if any(claim.value.shape != rest.shape for _, claim, rest, _ in found):
        return None
    for constant in _factors(case, found):
        if constant.text.split(" (")[0] not in mutation.unless and all(
            claim.agrees(rest + constant.at(probe) * part, floor_of(probe)) for probe, claim, rest, part in found
        ):
            return constant.text
    return None


def _with_second(mutation: Mutation, case: Case, subject: Subject, evidence: Evidence) -> str | None:
    """What was done on top of a mutation to get what was handed in; `None` if nothing that is known."""
    if mutation.part is not None:
        return None
    arrays = [(probe, claim, np.asarray(mutation.at(probe))) for probe, claim in evidence]
    if all(array.ndim == 2 and agrees(claim, subject, array.T, probe) for probe, claim, array in arrays):
        return "it is transposed"
    for constant in constants(case, [probe for probe, _ in evidence]):
        if constant.text != "0" and all(
            agrees(claim, subject, constant.at(probe) * array, probe) for probe, claim, array in arrays
        ):
            return "the sign is wrong" if constant.text == "-1" else f"the result is multiplied by {constant.text}"
    return None


def agrees(claim: Claim, subject: Subject, array: Array, probe: Probe) -> bool:
    """Whether a claim about a subject is its part of an array."""
    if subject.place is not None and len(subject.place) != array.ndim:
        return False
    if subject.place is not None and any(n >= m for n, m in zip(subject.place, array.shape, strict=True)):
        return False
    return claim.agrees(subject.part(array), floor_of(probe))


Found = Sequence[tuple[Probe, Claim, Array, Array]]


def _factors(case: Case, found: Found) -> Iterator[Constant]:
    """The constants worth trying: those with a name, and the one that fits one point if there are several."""
    probe, claim, rest, part = max(found, key=lambda row: float(np.max(np.abs(row[3]), initial=0.0)))
    size = float(np.vdot(part, part))
    if size <= floor_of(probe) ** 2:
        return
    ratio = float(np.vdot(part, claim.value - rest)) / size
    yield from constants(case, [probe for probe, *_ in found])
    if len(found) > 1 and np.isfinite(ratio):
        yield Constant(f"{ratio:.6g}", lambda probe: ratio)


def information(subject: Subject, evidence: Evidence) -> float:
    """How many digits were handed in, over all elements; a program gives as many as one may want."""
    digits = 0.0
    for probe, claim in evidence:
        if not np.any(np.asarray(claim.allowance) > 0):
            return np.inf
        true = np.abs(subject.part(probe.adjoints[subject.adjoint]))
        allowance = np.maximum(np.broadcast_to(claim.allowance, claim.value.shape), 1e-300)
        size = np.maximum(np.abs(claim.value), np.max(true, initial=0.0) * 1e-3)
        digits += float(np.sum(np.maximum(0.0, np.log10(np.maximum(size, 1e-300) / allowance))))
    return digits


def by_equations(
    case: Case,
    subject: Subject,
    changed: Mapping[str, Equation],
    words: Mapping[str, str],
    extra: Sequence[Equation] = (),
) -> Mutation:
    """The mutation that changes some adjoint equations."""

    @lru_cache(maxsize=16)
    def at(probe: Probe) -> Array:
        return case.mutated(probe, subject.adjoint, changed, extra)

    return Mutation(at, words, adjoint=next(iter(changed), ""))


def contribution(case: Case, subject: Subject, without: Mapping[str, Equation], words: Mapping[str, str]) -> Mutation:
    """The mutation that gives what some changed equations leave away a wrong factor."""
    rest = by_equations(case, subject, without, words)
    part: Callable[[Probe], Array] = lambda probe: probe.adjoints[subject.adjoint] - rest.at(probe)  # noqa: E731
    return Mutation(rest.at, words, part, adjoint=rest.adjoint)


def reassembled(case: Case, changed: Mapping[tuple[str, str], Partial | None]) -> dict[str, Equation]:
    """The adjoint equations after some local derivatives were changed, or dropped where there is `None`."""
    partials = {key: changed.get(key, local) for key, local in case.raw.partials.items()}
    kept = {key: local for key, local in partials.items() if local is not None}
    names = dict.fromkeys(read for _, read in changed)
    return {case.raw.adjoint_of[name]: assemble(case.raw, name, kept) for name in names}


def links(case: Case, subject: Subject) -> list[tuple[str, str]]:
    """The local derivatives (defined, read) that a gradient is made of, from the loss backwards."""
    behind = case.behind(subject.adjoint)
    keys = [key for key in case.raw.partials if case.raw.adjoint_of.get(key[1]) in behind]
    return keys[::-1]
