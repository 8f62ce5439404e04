"""The mistake of taking a hidden gradient when the weights behind it have been updated already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from symbackprop.checking.claims import Subject
from symbackprop.checking.mistakes.records import Evidence, Mutation, by_equations
from symbackprop.checking.probes import Case, Probe, adjoints_at
from symbackprop.errors import UnsupportedError
from symbackprop.expressions import Name, Read, tensors_read
from symbackprop.graph import Equation, Tensor
from symbackprop.verify.fields import Array
from symbackprop.verify.points import measured


def sequential(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """δ_h = Σ_k δ_k w_kh … → δ_h = Σ_k δ_k (w_kh - η ∂E/∂w_kh) …: what is computed later reads new weights.

    The learning rate is the network's, or the one that was handed in shows to have been used.
    """
    moved = [name for name in _read_later(case, subject)]
    if not moved:
        return
    rates = dict.fromkeys(
        [*([case.learning_rate] if case.learning_rate else []), *_estimated(case, subject, evidence, moved)]
    )
    for rate in rates:
        words = {"weights": " and ".join(map(called, (case.graph.tensors[n] for n in moved))), "rate": f"{rate:.6g}"}
        yield _updated(case, subject, moved, rate, words)
        yield Mutation(
            _anew(case, subject, moved, rate), {**words, "weights": f"{words['weights']} and a new forward pass"}
        )


def _read_later(case: Case, subject: Subject) -> list[str]:
    """The weights that a gradient reads whose own gradient is found before it."""
    order = list(case.equations)
    behind = case.behind(subject.adjoint)
    found = []
    for name in order:
        for read in tensors_read(case.equations[name].rhs) if name in behind else ():
            tensor, adjoint = case.graph.tensors.get(read), case.raw.adjoint_of.get(read)
            if tensor is None or tensor.role != "parameter" or adjoint is None or adjoint == subject.adjoint:
                continue
            if read not in found and name not in case.behind(adjoint):
                found.append(read)
    return found


def _updated(case: Case, subject: Subject, moved: list[str], rate: float, words: Mapping[str, str]) -> Mutation:
    import sympy as sp

    table = {Name(name): Name(f"{name}@new") for name in moved}
    extra = []
    for name in moved:
        adjoint = case.raw.adjoint_of[name]
        own = case.equations[adjoint]
        step = Read(name, *own.indices) - sp.Float(rate, 17) * Read(adjoint, *own.indices)
        extra.append(Equation(f"{name}@new", own.indices, step))
    behind = case.behind(subject.adjoint)
    later = {
        name: Equation(name, equation.indices, equation.rhs.xreplace(table))
        for name, equation in case.equations.items()
        if name in behind and set(moved) & set(tensors_read(equation.rhs)) and name not in _adjoints(case, moved)
    }
    return by_equations(case, subject, later, words, extra)


def _adjoints(case: Case, names: list[str]) -> set[str]:
    return {case.raw.adjoint_of[name] for name in names}


def _anew(case: Case, subject: Subject, moved: list[str], rate: float) -> Any:
    """The true gradient where those weights have moved and the forward pass is made again."""

    def at(probe: Probe) -> Array:
        given = {t.name: probe.values[t.name] for t in case.graph.with_role("input", "target", "parameter", "constant")}
        given |= {name: probe.values[name] - rate * probe.adjoints[case.raw.adjoint_of[name]] for name in moved}
        point = measured(case.graph, "updated", given, probe.sizes)
        return adjoints_at(case.raw, case.raw, point)[subject.adjoint]

    return at


def _estimated(case: Case, subject: Subject, evidence: Evidence, moved: list[str]) -> Iterator[float]:
    """The learning rate that explains the first point, where the gradient's change is proportional to it."""
    probe, claim = evidence[0]
    own = subject.part(probe.adjoints[subject.adjoint])
    if claim.value.shape != own.shape or np.any(np.asarray(claim.allowance) > 0):
        return
    # The change by a small step is the slope in the rate; it is a polynomial in it, and most often straight.
    step = 1.0
    try:
        change = subject.part(_updated(case, subject, moved, step, {}).at(probe)) - own
    except UnsupportedError:
        return
    size = float(np.vdot(change, change))
    if size > 0:
        rate = float(np.vdot(change, claim.value - own)) / size / step
        if np.isfinite(rate) and rate > 0:
            yield float(f"{rate:.9g}")


def called(tensor: Tensor) -> str:
    """What a reader calls all elements of a tensor: w5..w8 by the names that the user gave them, else the tensor's own.

    Example:
        >>> called(Tensor("W2", "parameter", names=[["w5", "w6"], ["w7", "w8"]])), called(Tensor("W3", "parameter"))
        ('w5..w8', 'W3')
    """

    def flat(names: Any) -> list[str]:
        return [names] if isinstance(names, str) else [name for part in names or () for name in flat(part)]

    own = flat(tensor.names)
    return f"{own[0]}..{own[-1]}" if len(own) > 2 else " and ".join(own) or tensor.name
