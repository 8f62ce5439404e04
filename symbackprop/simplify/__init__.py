"""Derivation → Derivation: ordered rewrites, each a named step with its reason and its condition.

The rewrites that fired are the derivation that a reader sees, from the chain rule to the formula one would look up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy as sp
from sympy import Expr

from symbackprop.backward import assemble
from symbackprop.categories import limits
from symbackprop.contraction import tidy
from symbackprop.expressions import Delta, Index, Read, Total, parts_of, reads, tensors_read
from symbackprop.graph import Derivation, Equation, Partial, Step
from symbackprop.simplify.fusion import fuse
from symbackprop.simplify.known import common_factors, differences, known_parts, known_sums, summands
from symbackprop.simplify.labels import has_label, sums_over_classes
from symbackprop.simplify.outputs import through_output
from symbackprop.simplify.shared import shared_sums
from symbackprop.template import by_template

THROUGH_OUTPUT = "slope through the output"
PUT_IN = "put in the adjoint"
CANCEL = "multiply out and cancel"
TARGETS_SUM = "targets sum to 1"
CLASSES = "labels are classes"
KNOWN_SUM = "a sum that is known"
KNOWN_PART = "a part that is known"
COMMON = "take out common factors"
SHARED = "put sums with a common factor together"


def simplify(derivation: Derivation) -> Derivation:
    """Apply every rewrite in turn.

    Returns:
        The derivation with shorter adjoint equations, and one more step for each rewrite that changed one.
    """
    for rewrite in REWRITES:
        derivation = rewrite(derivation)
    return derivation


def slopes_through_outputs(derivation: Derivation) -> Derivation:
    """exp(-z)/(1 + exp(-z))² → a (1 - a), where a = 1/(1 + exp(-z)) is an equation of the graph."""
    graph = derivation.graph
    partials: dict[tuple[str, str], Partial] = {}
    for key, local in derivation.partials.items():
        equation = graph.equation(local.tensor)
        value = local.value
        if local.tensor != graph.loss.name:
            (value,) = by_template(_through_output, (local.value, equation.lhs, equation.rhs, Read("@", *local.at)))
        steps = local.steps
        if value != local.value:
            steps = (*steps, Step(local.value, value, THROUGH_OUTPUT, _because(equation), uses=(local.tensor,)))
        partials[key] = replace(local, value=value, slope=_slope(value), steps=steps)
    changed = {local.wrt for key, local in partials.items() if local.value != derivation.partials[key].value}
    names = {new: old for old, new in derivation.adjoint_of.items()}
    result = replace(derivation, partials=partials)

    def again(equation: Equation) -> tuple[Expr, Step | None]:
        if names[equation.tensor] not in changed:
            return equation.rhs, None
        rhs = assemble(result, names[equation.tensor], partials).rhs
        uses = tuple(tensor for tensor, read in partials if read == names[equation.tensor])
        return rhs, Step(equation.rhs, rhs, THROUGH_OUTPUT, "the slope is written with the output", uses=uses)

    return _rewrite_each(result, again)


def _through_output(exprs: tuple[Expr, ...]) -> tuple[Expr, ...]:
    derivative, output, rhs, at = exprs
    return (through_output(derivative, output, tidy(rhs, output.indices), at.indices),)


def _because(equation: Equation) -> str:
    return f"{equation.tensor} is known"


def _slope(value: Expr) -> Expr | None:
    """An elementwise derivative without its deltas; `None` if there is more than one term or a sum over positions."""
    if value.is_Add:
        return None
    rest = sp.Mul(*(factor for factor in sp.Mul.make_args(value) if not isinstance(factor, Delta)))
    return None if rest.has(Delta) else rest


def put_adjoints_in(derivation: Derivation) -> Derivation:
    """δ = ∂E/∂a · a(1 - a) with ∂E/∂a = a - t → δ = (a - t) a (1 - a), where ∂E/∂a has no other reader."""
    adjoints = {equation.tensor: equation for equation in derivation.adjoints}
    readers: dict[str, int] = {}
    for equation in derivation.adjoints:
        for name in tensors_read(equation.rhs):
            readers[name] = readers.get(name, 0) + 1
    steps = dict(derivation.steps)
    for name, equation in adjoints.items():
        for read in tensors_read(equation.rhs):
            if read in adjoints and readers[read] == 1 and read != name and _defined(adjoints, name, read):
                current = adjoints[name]
                adjoints[name], more = _put_in(current, adjoints[read], read)
                steps[name] = (*steps[name], *more)
    return derivation.with_adjoints(tuple(adjoints.values()), steps)


def _defined(adjoints: Mapping[str, Equation], name: str, read: str) -> bool:
    """Whether an adjoint is defined wherever another reads it: outside a slice, where it is 0, it would divide by 0."""
    places = [one.indices for one in reads(adjoints[name].rhs) if one.tensor == read]
    shifted = any(not isinstance(index, Index) for indices in places for index in indices)
    return not shifted or not _divisors(adjoints[read].rhs)


def _put_in(equation: Equation, inner: Equation, read: str) -> tuple[Equation, tuple[Step, ...]]:
    plain, cancelled = by_template(fuse, (equation.lhs, equation.rhs, inner.lhs, inner.rhs))
    steps = []
    if plain != equation.rhs:
        steps.append(Step(equation.rhs, plain, PUT_IN, f"{read} is known", uses=(read,)))
    if cancelled != plain:
        gone = {r.tensor for r in _divisors(plain)} - {r.tensor for r in _divisors(cancelled)}
        given = tuple(f"{name} is not 0" for name in sorted(gone))
        steps.append(Step(plain, cancelled, CANCEL, "common factors cancel", given=given))
    return replace(equation, rhs=cancelled), tuple(steps)


def _divisors(expr: Expr) -> list[Read]:
    powers = [node for node in sp.preorder_traversal(expr) if node.is_Pow and node.exp.is_negative]
    return [read for power in powers for read in reads(power.base)]


def sums_by_name(derivation: Derivation) -> Derivation:
    """Σ (x - μ) → 0, where μ is the mean of x."""
    return _by_equations(derivation, known_sums, summands, KNOWN_SUM)


def parts_by_name(derivation: Derivation) -> Derivation:
    """(x - μ)/σ² → x̂/σ, where x̂ = (x - μ)/σ is an equation of the graph."""
    return _by_equations(derivation, known_parts, differences, KNOWN_PART)


def _by_equations(
    derivation: Derivation,
    rewrite: Callable[..., tuple[Expr, ...]],
    parts: Callable[[Expr], frozenset[tuple[str, ...]]],
    rule: str,
) -> Derivation:
    """Rewrite each adjoint by every equation of the graph that has a part which reads the same tensors."""
    known: dict[tuple[str, ...], list[Equation]] = {}
    for equation in derivation.graph.equations[:-1]:
        for part in parts(equation.rhs):
            known.setdefault(part, []).append(equation)

    def apply(equation: Equation) -> tuple[Expr, Step | None]:
        rhs, uses = equation.rhs, []
        for other in dict.fromkeys(other for part in sorted(parts(rhs)) for other in known.get(part, ())):
            (written,) = by_template(rewrite, (rhs, other.lhs, other.rhs))
            uses += [other.tensor] if written != rhs else []
            rhs = written
        return rhs, Step(equation.rhs, rhs, rule, f"{' and '.join(uses)} is known", uses=tuple(uses))

    return _rewrite_each(derivation, apply)


def factors_taken_out(derivation: Derivation) -> Derivation:
    """P dP - P Σ → P (dP - Σ)."""

    def apply(equation: Equation) -> tuple[Expr, Step | None]:
        (rhs,) = by_template(common_factors, (equation.rhs,))
        return rhs, Step(equation.rhs, rhs, COMMON, "every term has them")

    return _rewrite_each(derivation, apply)


def sums_joined(derivation: Derivation) -> Derivation:
    """Σ A[i, j] x[j] + Σ A[j, i] x[j] → Σ (A[i, j] + A[j, i]) x[j]."""

    def apply(equation: Equation) -> tuple[Expr, Step | None]:
        (rhs,) = by_template(shared_sums, (equation.rhs,))
        return rhs, Step(equation.rhs, rhs, SHARED, "both sums have it")

    return _rewrite_each(derivation, apply)


def labels_are_classes(derivation: Derivation) -> Derivation:
    """p_k Σ_j [t = j] - [t = k] → p_k - [t = k], where every label is one of the classes."""
    classes = {name: places for name, places in limits(derivation.graph).items() if places.lengths}
    one_hot = {equation.tensor: equation for equation in derivation.adjoints if has_label(equation.rhs)}

    def apply(equation: Equation) -> tuple[Expr, Step | None]:
        rhs = sums_over_classes(equation.rhs, one_hot, classes)
        uses = tuple(sorted(set(tensors_read(equation.rhs)) & one_hot.keys()))
        sides = (equation, *(one_hot[name] for name in uses))
        read = {name for side in sides for name in tensors_read(side.rhs)}
        given = tuple(f"every {name} is a class" for name in sorted(read & classes.keys()))
        return rhs, Step(equation.rhs, rhs, CLASSES, "every label is a class", given=given, uses=uses)

    return _rewrite_each(derivation, apply) if classes else derivation


def targets_sum_to_one(derivation: Derivation) -> Derivation:
    """p_k Σ_j t_j - t_k → p_k - t_k, where the targets are known to sum to 1."""
    known = {
        tensor.name
        for tensor in derivation.graph.tensors.values()
        if any(fact.kind == "sums_to_one" and fact.axis == -1 for fact in tensor.facts)
    }

    def is_one(node: Expr) -> bool:
        if not isinstance(node, Total) or len(node.bound) != 1 or not isinstance(node.body, Read):
            return False
        return node.body.tensor in known and node.body.indices[-1] == node.bound[0]

    def apply(equation: Equation) -> tuple[Expr, Step | None]:
        found = {node: sp.S.One for node in parts_of(equation.rhs) if is_one(node)}
        if not found:
            return equation.rhs, None
        rhs = equation.rhs.xreplace(found)
        given = tuple(f"the sum of {name} is 1" for name in sorted({node.body.tensor for node in found}))
        return rhs, Step(equation.rhs, rhs, TARGETS_SUM, "the targets of a sample sum to 1", given=given)

    return _rewrite_each(derivation, apply) if known else derivation


def _rewrite_each(derivation: Derivation, rewrite: Callable[[Equation], tuple[Expr, Step | None]]) -> Derivation:
    adjoints, steps = [], dict(derivation.steps)
    for equation in derivation.adjoints:
        rhs, step = rewrite(equation)
        if step is not None and rhs != equation.rhs:
            steps[equation.tensor] = (*steps[equation.tensor], step)
        adjoints.append(replace(equation, rhs=rhs))
    return derivation.with_adjoints(tuple(adjoints), steps)


REWRITES: tuple[Callable[[Derivation], Derivation], ...] = (
    slopes_through_outputs,
    sums_by_name,
    labels_are_classes,
    put_adjoints_in,
    parts_by_name,
    targets_sum_to_one,
    factors_taken_out,
    sums_joined,
)
