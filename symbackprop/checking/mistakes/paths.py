"""Mistakes in what is added up: paths and terms missing or with a wrong factor, sums not taken, time cut short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import sympy as sp
from sympy import Expr

from symbackprop.checking.claims import Subject
from symbackprop.checking.mistakes.records import (
    Evidence,
    Mutation,
    by_equations,
    contribution,
    links,
    reassembled,
)
from symbackprop.checking.probes import Case, Probe
from symbackprop.expressions import Index, Read, Total, reads, tensors_read
from symbackprop.forward import SAMPLES
from symbackprop.graph import Equation
from symbackprop.substitution import substitute
from symbackprop.verify.equations import solve
from symbackprop.verify.fields import NUMPY, Array

MOST_TERMS = 6


def paths(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """v̄ = (what one reader passes back) + (what another does) → one of them missing, or with a wrong factor."""
    by_read: dict[str, list[str]] = {}
    for defined, read in links(case, subject):
        by_read.setdefault(read, []).append(defined)
    for read, readers in by_read.items():
        for lost in _subsets(readers):
            kept = [name for name in readers if name not in lost]
            words = {"tensor": read, "path": _words(lost), "others": _words(kept)}
            yield contribution(case, subject, reassembled(case, {(name, read): None for name in lost}), words)


def _subsets(names: list[str]) -> Iterator[tuple[str, ...]]:
    """What may be missing of several: each, and for more than two all but one."""
    if len(names) > 1:
        yield from combinations(names, 1)
    if 2 < len(names) <= MOST_TERMS:
        yield from combinations(names, len(names) - 1)


def _words(names: list[str] | tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def terms(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """p (dp - Σ p dp) → p dp: one term of an adjoint equation missing, or with a wrong sign or factor."""
    behind = case.behind(subject.adjoint)
    for name, equation in case.equations.items():
        if name not in behind:
            continue
        addends = sp.Add.make_args(equation.rhs)
        if len(addends) == 1:
            addends = _multiplied_out(equation.rhs)
        if not 1 < len(addends) <= MOST_TERMS:
            continue
        for addend in addends:
            without = Equation(name, equation.indices, sp.Add(*(other for other in addends if other is not addend)))
            yield contribution(case, subject, {name: without}, {"tensor": name, "term": str(addend)})


def factors(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """δ = Σ a (1 - a) → Σ a: one factor of a product left out."""
    behind = case.behind(subject.adjoint)
    for equation in case.through.adjoints:
        products = [equation.rhs, *(total.body for total in sorted(equation.rhs.atoms(Total), key=str))]
        for whole in products if equation.tensor in behind else ():
            parts = [part for part in sp.Mul.make_args(whole) if not part.is_number]
            for part in parts if len(parts) > 1 else ():
                rest = sp.Mul(*(other for other in sp.Mul.make_args(whole) if other is not part))
                changed = Equation(equation.tensor, equation.indices, equation.rhs.xreplace({whole: rest}))
                words = {"tensor": equation.tensor, "factor": str(part)}
                yield by_equations(case, subject, {equation.tensor: changed}, words)


def _multiplied_out(expr: Expr) -> tuple[Expr, ...]:
    """The addends of a sum under a sum or in a product."""
    if isinstance(expr, Total):
        return tuple(Total(part, *expr.bound) for part in sp.Add.make_args(sp.expand_mul(expr.body)))
    if expr.is_Mul and sum(factor.is_Add for factor in expr.args) <= 2:
        return sp.Add.make_args(sp.expand_mul(expr))
    return (expr,)


def sums(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """Σ_k δ_k w_kj → δ_0 w_0j: of a sum over samples, neurons or places the first, or the last, alone."""
    behind = case.behind(subject.adjoint)
    for name, equation in case.equations.items():
        for total, index in _bound(equation.rhs) if name in behind else ():
            for place, which in ((sp.S.Zero, "first"), (index.size - 1, "last")):
                body = substitute(total.body, {index: place})
                rest = [other for other in total.bound if other != index]
                rhs = equation.rhs.xreplace({total: Total(body, *rest)})
                words = {"tensor": name, "over": over(case, total, index), "which": which}
                yield by_equations(case, subject, {name: Equation(name, equation.indices, rhs)}, words)


def _bound(expr: Expr) -> list[tuple[Total, Index]]:
    return [(total, index) for total in sorted(expr.atoms(Total), key=str) for index in total.bound]


def over(case: Case, total: Total, index: Index) -> str:
    """What an index runs over, in words."""
    if index.size == SAMPLES:
        return "the samples"
    for read in reads(total.body):
        forward = case.forward_of.get(read.tensor)
        if forward is not None and index in read.indices:
            return f"the elements of {forward}"
    return f"the index {index}"


def unsummed(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """Σ_s δ_sj → δ_sj: the last sum is not taken, and what comes out has one axis more."""
    own = case.equations[subject.adjoint]
    if subject.place is not None:
        return
    for total, index in _bound(own.rhs):
        rest = [other for other in total.bound if other != index]
        rhs = own.rhs.xreplace({total: Total(total.body, *rest)})
        for indices in ((index, *own.indices), (*own.indices, index)):
            extra = Equation("unsummed", indices, rhs)
            yield Mutation(_evaluated(extra), {"over": over(case, total, index)})
    if isinstance(own.rhs, Total) and len(own.rhs.bound) > 1:
        extra = Equation("unsummed", (*own.rhs.bound, *own.indices), own.rhs.body)
        yield Mutation(_evaluated(extra), {"over": " and ".join(over(case, own.rhs, i) for i in own.rhs.bound)})


def _evaluated(equation: Equation) -> Callable[[Probe], Array]:
    def at(probe: Probe) -> Array:
        return solve([equation], {**probe.values, **probe.adjoints}, probe.sizes, NUMPY)[equation.tensor]

    return at


def statistics_held(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """x̂ = (x - μ)/σ → ∂x̂/∂x = 1/σ: a tensor in between, or all statistics of a layer, treated as constants."""
    tensors = case.graph.tensors
    inner = [
        name for name in dict.fromkeys(defined for defined, _ in links(case, subject)) if name != case.graph.loss.name
    ]
    sets: list[tuple[str, ...]] = [(name,) for name in inner if _is_statistic(case, name)]
    layers: dict[int, list[str]] = {}
    for (name,) in sets[:]:
        layers.setdefault(tensors[name].layer, []).append(name)
    sets += [tuple(names) for names in layers.values() if len(names) > 1]
    sets += [pair for names in layers.values() if len(names) > 2 for pair in combinations(names, 2)]
    for names in sets:
        dropped = {key: None for key in case.raw.partials if key[0] in names}
        yield by_equations(case, subject, reassembled(case, dropped), _held(names))


def _held(names: tuple[str, ...]) -> dict[str, str]:
    several = len(names) > 1
    return {
        "constant": f"{_words(names)} {'are' if several else 'is'}",
        "it": "they depend" if several else "it depends",
    }


def _is_statistic(case: Case, name: str) -> bool:
    """Whether a tensor has fewer axes than one it is computed from by an active link, or is read beside its source."""
    indices = set(case.graph.tensors[name].indices)
    sources = [read for defined, read in case.raw.partials if defined == name]
    sizes = sorted(str(index.size) for index in indices)
    fewer = any(len(case.graph.tensors[read].indices) > len(sizes) for read in sources)
    shared = any(len([1 for _, read in case.raw.partials if read == source]) > 1 for source in sources)
    return fewer or shared


def truncated(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """δ_t = local + A δ_{t+1} → with at most k steps back through time, for k = 0, 1, 2 and so on."""
    behind = case.behind(subject.adjoint)
    cycle = [name for name in case.equations if name in behind and _on_cycle(case, name)]
    if not cycle:
        return
    longest = max(_steps(case, probe, cycle) for probe, _ in evidence)
    for steps in range(min(longest - 1, 12)):
        changed, extra = _unrolled(case, cycle, steps)
        yield by_equations(case, subject, changed, {"steps": _counted(steps)}, extra)


def _counted(steps: int) -> str:
    return ("no step", "1 step")[steps] if steps < 2 else f"{steps} steps"


def _on_cycle(case: Case, name: str) -> bool:
    return any(name in case.behind(read) for read in tensors_read(case.equations[name].rhs) if read in case.equations)


def _steps(case: Case, probe: Probe, cycle: list[str]) -> int:
    return max(max(probe.adjoints[name].shape, default=1) for name in cycle)


def _unrolled(case: Case, cycle: list[str], steps: int) -> tuple[dict[str, Equation], list[Equation]]:
    """Copies of a recurrence's equations, each reading another moment of the one before, the first nothing."""
    extra: list[Equation] = []
    for number in range(steps + 1):
        for name in cycle:
            equation = case.equations[name]
            table = {read: _copy(read, number) for read in reads(equation.rhs) if read.tensor in cycle}
            extra.append(Equation(f"{name}@{number}", equation.indices, equation.rhs.xreplace(table)))
    changed = {}
    for name in cycle:
        own = case.equations[name]
        last = Read(f"{name}@{steps}", *own.indices)
        changed[name] = Equation(name, own.indices, last)
    return changed, extra


def _copy(read: Read, number: int) -> Expr:
    """A read inside a recurrence: of this copy at the same moment, of the one before at another."""
    plain = all(isinstance(index, Index) for index in read.indices)
    if plain:
        return Read(f"{read.tensor}@{number}", *read.indices)
    return Read(f"{read.tensor}@{number - 1}", *read.indices) if number else sp.S.Zero
