"""Mistakes that leave the gradient's numbers as they are: a sign, a factor, their places, whose gradient it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from symbackprop.checking.claims import Subject, element_name, rearranged
from symbackprop.checking.mistakes.records import Evidence, Mutation
from symbackprop.checking.probes import Case, Probe
from symbackprop.verify.fields import Array

MOST_ELEMENTS = 500


def negated(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """∂E/∂v → -∂E/∂v."""
    yield Mutation(lambda probe: -probe.adjoints[subject.adjoint])


def scaled(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """∂E/∂v → c ∂E/∂v for a constant c."""
    yield Mutation(
        lambda probe: np.zeros_like(probe.adjoints[subject.adjoint]),
        part=lambda probe: probe.adjoints[subject.adjoint],
        unless=("-1",),
    )


def transposed(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """∂E/∂W → its transpose, or its axes in any other order."""
    for number, _ in enumerate(rearranged(evidence[0][0].adjoints[subject.adjoint])):
        yield Mutation(lambda probe, number=number: list(rearranged(probe.adjoints[subject.adjoint]))[number])  # type: ignore[misc]


def reshaped(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """∂E/∂W → its numbers in another shape, read in the order of rows or of columns."""
    if subject.place is not None:
        return
    shapes = {id(probe): claim.value.shape for probe, claim in evidence}
    fits = all(
        claim.value.size == probe.adjoints[subject.adjoint].size
        and claim.value.shape != probe.adjoints[subject.adjoint].shape
        for probe, claim in evidence
    )
    # By columns only into a vector: a matrix with its axes exchanged is transposed, not reshaped.
    flat = all(claim.value.ndim == 1 for _, claim in evidence)
    for order in (("C", "F") if flat else ("C",)) if fits else ():
        words = {"shape": _shape(evidence[0][1].value), "own": _shape(evidence[0][0].adjoints[subject.adjoint])}

        def at(probe: Probe, order: str = order) -> Array:
            return np.reshape(np.ravel(probe.adjoints[subject.adjoint], order=order), shapes[id(probe)])  # type: ignore[call-overload]

        yield Mutation(at, words)


def _shape(array: Array) -> str:
    return " x ".join(map(str, array.shape)) or "a number"


def another(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """∂E/∂v → the derivative by another tensor, or the value of a tensor of the forward pass."""
    loss = case.graph.loss.name
    named = {adjoint: f"d{loss}/d{tensor}" for adjoint, tensor in case.forward_of.items() if adjoint != subject.adjoint}
    named |= {name: f"the value of {name}" for name in case.graph.tensors}
    if subject.place is not None:
        yield from _elements(case, subject, evidence)
        return
    for name, words in named.items():
        yield Mutation(lambda probe, name=name: _value(probe, name), {"other": words})  # type: ignore[misc]


def _value(probe: Probe, name: str) -> Array:
    return np.asarray(probe.adjoints[name] if name in probe.adjoints else probe.values[name])


def _elements(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """The derivative by another element, or the value of one, put where this one's is expected."""
    loss, tensors = case.graph.loss.name, case.graph.tensors
    names = [subject.adjoint, *(name for name in case.forward_of if name != subject.adjoint), *tensors]
    tried = 0
    for name in names:
        forward = tensors[case.forward_of.get(name, name)]
        shapes = [_value(probe, name).shape for probe, _ in evidence]
        for place in np.ndindex(shapes[0]) if len(set(shapes)) == 1 else ():
            tried += 1
            if tried > MOST_ELEMENTS:
                return
            if (name, place) != (subject.adjoint, subject.place):
                own = element_name(forward, place)
                words = f"d{loss}/d{own}" if name in case.forward_of else f"the value of {own}"
                yield Mutation(_with_element(subject, name, place), {"other": words})


def _with_element(subject: Subject, name: str, place: tuple[int, ...]) -> Callable[[Probe], Array]:
    def at(probe: Probe) -> Array:
        array = probe.adjoints[subject.adjoint].copy()
        array[subject.place] = _value(probe, name)[place]
        return array

    return at


def updated(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """∂E/∂w → w - η ∂E/∂w, the new weight."""
    tensor, rate = case.forward_of[subject.adjoint], case.learning_rate
    if rate is not None and case.graph.tensors[tensor].role == "parameter":
        yield Mutation(lambda probe: probe.values[tensor] - rate * probe.adjoints[subject.adjoint])
