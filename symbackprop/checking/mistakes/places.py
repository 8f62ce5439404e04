"""Mistakes in what is read: a matrix transposed in a formula, a kernel not flipped, another tensor than is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Expr

from symbackprop.checking.claims import Subject
from symbackprop.checking.mistakes.records import Evidence, Mutation, by_equations
from symbackprop.checking.probes import Case
from symbackprop.expressions import Index, Read, reads
from symbackprop.graph import Equation, Tensor

MOST_OTHERS = 60


def turned(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """Wᵀδ → Wδ: a tensor is read with its last two axes the wrong way round, as shapes allow where it is square."""
    for name, equation, read in _reads(case, subject):
        if len(read.indices) >= 2 and read.indices[-1] != read.indices[-2]:
            *lead, a, b = read.indices
            yield _with(case, subject, name, equation, {read: Read(read.tensor, *lead, b, a)}, what=read.tensor)


def unflipped(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """Σ_i δ_i w_{m-i} → Σ_i δ_i w_{K-1-m+i}: a kernel that is read the wrong way round."""
    tensors = {**case.graph.tensors, **case.raw.tensors}
    behind = case.behind(subject.adjoint)
    for name, equation in case.equations.items():
        given = [r for r in reads(equation.rhs) if tensors[r.tensor].role in ("parameter", "constant")]
        places = [place for read in reads(equation.rhs) for place in read.indices if not isinstance(place, Index)]
        # The kernel is read at m - i; or at k, where something else is read at m - k.
        own = {read: {p for p in read.indices if not isinstance(p, Index)} for read in given}
        shared = {symbol for place in places for symbol in place.free_symbols}
        for read in given if name in behind else ():
            for moved in (own[read], shared & set(read.indices)):
                if moved:
                    flipped = _flipped(read, tensors[read.tensor], moved)
                    yield _with(case, subject, name, equation, {read: flipped}, what=read.tensor)


def _flipped(read: Read, tensor: Tensor, moved: set[Expr]) -> Read:
    places = (
        index.size - 1 - place if place in moved else place
        for place, index in zip(read.indices, tensor.indices, strict=True)
    )
    return Read(read.tensor, *places)


def confused(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """δ_j a_i → δ_j z_i: another tensor of the same shape stands where one belongs."""
    tensors = {**case.graph.tensors, **case.raw.tensors}
    tried = 0
    for name, equation, read in _reads(case, subject):
        own = tensors[read.tensor]
        for other in tensors.values():
            same = [index.size for index in other.indices] == [index.size for index in own.indices]
            adjoint = other.role == "adjoint"
            if not same or other.name == own.name or adjoint != (own.role == "adjoint") or not other.indices:
                continue
            # An adjoint that is found later cannot have been mistaken for one that is there already.
            if other.role == "loss" or (adjoint and name in case.behind(other.name)):
                continue
            tried += 1
            if tried > MOST_OTHERS:
                return
            words = {"wrong": other.name, "right": own.name}
            yield _with(case, subject, name, equation, {read: Read(other.name, *read.indices)}, **words)


def _reads(case: Case, subject: Subject) -> Iterator[tuple[str, Equation, Read]]:
    """Every read in an equation that a gradient comes from, the gradient's own first."""
    behind = case.behind(subject.adjoint)
    for name, equation in reversed(list(case.equations.items())):
        for read in reads(equation.rhs) if name in behind else ():
            yield name, equation, read


def _with(
    case: Case, subject: Subject, name: str, equation: Equation, table: Mapping[Expr, Expr], **words: str
) -> Mutation:
    changed = {name: Equation(name, equation.indices, equation.rhs.xreplace(dict(table)))}
    return by_equations(case, subject, changed, {"tensor": name, **words})
