"""Mistakes at one link of the chain: its slope left out, taken twice, elsewhere, of another function, or in part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import sympy as sp
from sympy import Expr

from symbackprop.backward import partial
from symbackprop.binding import bind, formula_statement, with_constants
from symbackprop.catalog import ACTIVATIONS
from symbackprop.checking.claims import Subject
from symbackprop.checking.mistakes.records import Evidence, Mutation, by_equations, links, reassembled
from symbackprop.checking.probes import Case
from symbackprop.contraction import collect, tidy
from symbackprop.errors import SymbackpropError
from symbackprop.expressions import Delta, Name, Peak, Read, Total, reads, tensors_read
from symbackprop.forward.layers import option_values
from symbackprop.graph import WRITTEN, Equation, Partial
from symbackprop.simplify.outputs import through_output
from symbackprop.substitution import substitute


def elementwise(case: Case, subject: Subject) -> Iterator[tuple[tuple[str, str], Partial]]:
    """The links a = f(z) that a gradient goes through, the slope of f written by the output where that is shorter."""
    for key in links(case, subject):
        local = case.through.partials[key]
        used = set() if local.slope is None else set(tensors_read(local.slope))
        if used and used <= set(key) and len(local.indices) == len(local.at):
            yield key, local


Key = tuple[str, str]
Wrong = tuple[Key, Partial, Expr]


def _each_and_all(case: Case, subject: Subject, made: list[Wrong], **words: str) -> Iterator[Mutation]:
    """The mistake at each link, and at all of them: who forgets a slope once may do so in every layer."""
    for key, local, value in made:
        yield _with(case, subject, key, local, value, **words)
    if len({key for key, *_ in made}) > 1:
        changed = {key: replace(local, value=value) for key, local, value in made}
        link = f"every activation ({', '.join(dict.fromkeys(key[0] for key in changed))})"
        yield by_equations(case, subject, reassembled(case, changed), {"link": link, "output": link, **words})


def left_out(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """δ = ∂E/∂a · f′(z) → δ = ∂E/∂a."""
    wrong = [(key, local, _bare(local.value)) for key, local in elementwise(case, subject)]
    yield from _each_and_all(case, subject, wrong)


def twice(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """δ = ∂E/∂a · f′(z) → δ = ∂E/∂a · f′(z)²."""
    wrong = [(key, local, local.value * local.slope) for key, local in elementwise(case, subject)]
    yield from _each_and_all(case, subject, wrong)


def inside_out(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """a(1 - a) → z(1 - z), and f′(z) → f′(a): the right slope, taken at the wrong side of the activation."""
    found = list(elementwise(case, subject))
    for side, wrong, right in ((0, "its input", "its output"), (1, "its output", "its input")):
        changed = []
        for key, local in found:
            value = (local if side == 0 else case.raw.partials[key]).value
            if key[side] in tensors_read(value):
                changed.append((key, local, value.xreplace({Name(key[side]): Name(key[1 - side])})))
        yield from _each_and_all(case, subject, changed, wrong=wrong, right=right)


def of_another(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """f′ → the slope of another activation of the catalogue, written in its input or in its output."""
    for row in list(ACTIVATIONS.values())[1:]:  # the first is linear, whose slope is left out
        forms: tuple[list[Wrong], list[Wrong]] = ([], [])
        for key, local in elementwise(case, subject):
            with suppress(SymbackpropError):
                statement = with_constants(formula_statement("a", row.formula), option_values(row.options, {}))
                equation = bind(statement, {"z": case.graph.tensors[key[1]]}, key[0])
                other = partial(equation, case.graph.tensors[key[1]])
                if len(equation.indices) == len(local.indices):
                    forms[0].append((key, other, other.value))
                    forms[1].append((key, other, _by_output(other, equation)))
        for wrong in forms:
            yield from _each_and_all(case, subject, wrong, other=row.name)


def _by_output(local: Partial, equation: Equation) -> Expr:
    return through_output(local.value, equation.lhs, tidy(equation.rhs, equation.indices), local.at)


def _with(case: Case, subject: Subject, key: tuple[str, str], local: Partial, value: Expr, **words: str) -> Mutation:
    row = dict(zip((e.tensor for e in case.graph.equations), case.graph.rows, strict=False)).get(key[0], "")
    known = row not in ("", WRITTEN)
    described = {
        "output": key[0],
        "input": key[1],
        "function": row if known else key[0],
        "link": f"{key[0]} = {row}({key[1]})" if known else key[0],
        **words,
    }
    return by_equations(case, subject, reassembled(case, {key: replace(local, value=value)}), described)


def _bare(value: Expr) -> Expr:
    return sp.Mul(*(factor for factor in sp.Mul.make_args(value) if isinstance(factor, Delta)))


def diagonal(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """∂p_k/∂z_j = p_k ([j = k] - p_j) → p_k (1 - p_k) for j = k, and 0 elsewhere."""
    for key in links(case, subject):
        local = case.raw.partials[key]
        if not _square(local):
            continue
        ties = sp.Mul(*(Delta(a, b) for a, b in zip(local.indices, local.at, strict=True)))
        value = collect(local.value * ties, {*local.indices, *local.at})
        if value != local.value and value != 0:
            yield _with(case, subject, key, local, value)


def diagonal_besides(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """δ_k → δ_k p_k (1 - p_k): the slope of the output, although it is in δ_k already."""
    for key in links(case, subject):
        local = case.raw.partials[key]
        if not _square(local) or key[0] == case.graph.loss.name or case.through.partials[key].slope is not None:
            continue
        slope = substitute(local.value, dict(zip(local.at, local.indices, strict=True)))
        adjoint = case.raw.adjoint_of[key[1]]
        own = case.equations[adjoint]
        slope = substitute(slope, dict(zip(local.indices, own.indices, strict=True)))
        changed = {adjoint: Equation(adjoint, own.indices, own.rhs * slope)}
        if slope.is_number or set(tensors_read(slope)) - set(key):
            continue
        words = {"output": key[0], "input": key[1], "function": key[0]}
        yield by_equations(case, subject, changed, words)


def _square(local: Partial) -> bool:
    """Whether a link leads between tensors of one shape without being elementwise."""
    shapes = [[index.size for index in indices] for indices in (local.indices, local.at)]
    return shapes[0] == shapes[1] and bool(shapes[0])


def unlinked(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """∂ log p/∂p = 1/p → 1: the outer function of a link is not differentiated, in one place or wherever it stands."""
    for key in links(case, subject):
        equation = case.graph.equation(key[0])
        found: dict[str, list[Expr]] = {}
        for node in sorted(equation.rhs.atoms(sp.Function), key=str):
            if key[1] in tensors_read(node) and len(node.args) == 1 and node != equation.rhs:
                found.setdefault(node.func.__name__, []).append(node)
        for name, nodes in found.items():
            for some in (nodes, *([node] for node in nodes if len(nodes) > 1)):
                rhs = equation.rhs.xreplace({node: node.args[0] for node in some})
                other = partial(Equation(equation.tensor, equation.indices, rhs), case.graph.tensors[key[1]])
                yield _with(case, subject, key, other, other.value, function=name)


def held(case: Case, key: tuple[str, str], node: Expr) -> Partial | None:
    """A local derivative with one part of the equation treated as a constant."""
    equation = case.graph.equation(key[0])
    free = tuple(sorted((s for s in node.free_symbols if hasattr(s, "bound") or hasattr(s, "size")), key=str))
    constant = Read("held", *free)
    rhs = equation.rhs.xreplace({node: constant})
    if key[1] not in tensors_read(rhs):
        return None
    local = partial(Equation(equation.tensor, equation.indices, rhs), case.graph.tensors[key[1]])

    def back(read: Expr) -> Expr:
        return substitute(node, dict(zip(free, read.indices, strict=True)))

    value = local.value.replace(lambda part: isinstance(part, Read) and part.tensor == "held", back)
    return replace(local, value=value)


def sums_held(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """p = e/Σe → ∂p/∂e = 1/Σe: a sum, mean or maximum inside an equation is treated as a constant."""
    for key in links(case, subject):
        rhs = case.graph.equation(key[0]).rhs
        for node in sorted(rhs.atoms(Total, Peak), key=str):
            if key[1] in tensors_read(node) and node != rhs:
                local = held(case, key, node)
                if local is not None:
                    yield _with(case, subject, key, local, local.value, constant=f"the sum in {key[0]}")


def reads_held(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """∂(xᵀQx)/∂x = (Q + Qᵀ)x → Qx: of several places in one equation where a tensor is read, one is differentiated."""
    for key in links(case, subject):
        own = [read for read in reads(case.graph.equation(key[0]).rhs) if read.tensor == key[1]]
        for read in own if len(own) > 1 else ():
            local = held(case, key, read)
            if local is not None:
                yield _with(case, subject, key, local, local.value, place=str(read))
