"""Derivation and emitted code → a report: the only module that knows which checks are made, and where.

All are made at the worked sample if there is one, and at random points; what needs a small network is made if it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain
from math import prod

import numpy as np
import sympy as sp

from symbackprop.errors import TooLargeError, TooSlowError
from symbackprop.graph import Derivation, Graph
from symbackprop.verify.differences import given, operations
from symbackprop.verify.emitted import MOST_OPERATIONS, Compiled, Emitted
from symbackprop.verify.equations import evaluate_adjoints
from symbackprop.verify.fields import NUMPY, Array, mpmath_field
from symbackprop.verify.gradients import form_checks, gradient_checks, loss_check, shape_checks, tie_checks
from symbackprop.verify.oracle import MOST_PARAMETERS, oracle_gradient
from symbackprop.verify.points import Point, measured, random_point, worked_point
from symbackprop.verify.report import Check, Report, Tally, merged
from symbackprop.verify.steps import AGREEMENT, DIGITS, StepProof, prove_steps

INDEX_FORM = "index form"
SCALAR_FORM = "scalar form"
MOST_LIVELY = 8
ORACLE = "one big expression"

Scalars = Callable[[Mapping[str, Array]], Mapping[str, Array]]


def verify(
    derivation: Derivation,
    compiled: Compiled,
    *,
    scalars: Scalars | None = None,
    values: Mapping[str, Array] | None = None,
    seed: int = 0,
) -> Report:
    """Check emitted code and the derivation it came from.

    The parameters are those that the derivation is for. Checked are the emitted loss against the graph; each emitted
    gradient against differences of the emitted loss, a complex step on the graph and, for few parameters, 50 digits
    and the differentiated written-out loss; the index form and the scalar form against the emitted code; and both
    sides of every step of the derivation.

    Args:
        derivation: What `backward` and `simplify` return.
        compiled: Loaded emitted code, with `loss(params, x, t)` and `loss_and_grad(params, x, t)`.
        scalars: A function from the values of the given tensors to the gradients by the scalar view.
        values: Values of the given tensors at a point to check too; the tensors' own if left out.
        seed: Of the random points.

    Returns:
        The report; `report.passed` says whether everything agreed.
    """
    rng = np.random.default_rng(seed)
    wanted = frozenset(derivation.adjoint_of)

    def at(point: Point) -> Emitted:
        return Emitted(derivation.graph, compiled, point, wanted)

    worked = [at(point) for point in _worked(derivation.graph, values)]
    codes = [*worked, _lively(lambda: at(random_point(derivation.graph, rng)), worked)]
    found = [_at(code, derivation, scalars, rng) for code in codes] + [tie_checks(codes[-1])]
    proof = prove_steps(derivation, seed)
    checks = merged([*chain(*found), *_oracle_checks(codes), *_step_checks(proof)])
    return Report(
        derivation.graph.name,
        checks,
        tuple(code.point.name for code in codes),
        sum(code.point.redrawn for code in codes),
        seed,
        Tally(proof.count - len(proof.failures), proof.count),
        _certified(codes[0], checks),
    )


def _certified(emitted: Emitted, checks: Sequence[Check]) -> Tally:
    """How many elements the gradients have, and of how many every check was passed."""
    doubted = {check.subject for check in checks if not check.passed}
    shapes = emitted.coordinates.shapes
    table = {symbol: sp.Integer(size) for symbol, size in emitted.graph.sizes.items()}
    own = {one.name: tuple(size.xreplace(table) for size in one.shape) for one in emitted.graph.parameters}
    # At sizes that are not the network's own the elements are not its own either: its tensors are counted.
    sizes = {name: prod(shape) if shape == own[name] else 1 for name, shape in shapes.items()}
    located = doubted & sizes.keys()
    if doubted - {"steps"} and not located:
        return Tally(0, sum(sizes.values()))
    return Tally(sum(size for name, size in sizes.items() if name not in located), sum(sizes.values()))


def _worked(graph: Graph, values: Mapping[str, Array] | None) -> list[Point]:
    if values is not None:
        known = {name: np.asarray(array, dtype=np.float64) for name, array in values.items()}
        return [measured(graph, "the given values", known, graph.sizes)]
    worked = worked_point(graph)
    return [worked] if worked else []


def _lively(draw: Callable[[], Emitted], others: Sequence[Emitted]) -> Emitted:
    """A drawn point at which few gradients are nothing but zeros: there every wrong factor is right.

    A few units with a kink may all be dead at one point; what is 0 at the other points too counts alone.
    """
    elsewhere = [_silent(one) for one in others]

    def silent(emitted: Emitted) -> int:
        return len(frozenset.intersection(_silent(emitted), *elsewhere))

    drawn = [draw()]
    while silent(drawn[-1]) and len(drawn) < MOST_LIVELY:
        drawn.append(draw())
    return min(drawn, key=silent)


def _silent(emitted: Emitted) -> frozenset[str]:
    """The parameters whose gradient is 0 in every entry."""
    return frozenset(name for name, array in emitted.loss_and_gradient[1].items() if not np.any(array))


def _at(emitted: Emitted, derivation: Derivation, scalars: Scalars | None, rng: np.random.Generator) -> list[Check]:
    """Every check at one point."""
    point = emitted.point
    if wrong := shape_checks(emitted):
        return wrong
    checks = [loss_check(emitted), *gradient_checks(emitted, rng)]
    checks += form_checks(emitted, INDEX_FORM, _index_form(derivation, point), _exactly(derivation, point))
    if scalars is not None:
        checks += form_checks(emitted, SCALAR_FORM, scalars(given(derivation.graph, point.values)))
    return checks


def _index_form(derivation: Derivation, point: Point, digits: int = 0) -> dict[str, Array]:
    values = given(derivation.graph, point.values) if digits else point.values
    adjoints = evaluate_adjoints(derivation, values, mpmath_field(digits) if digits else NUMPY, point.sizes)
    names = derivation.adjoint_of
    return {
        tensor.name: adjoints[names[tensor.name]].astype(np.float64)
        for tensor in derivation.graph.parameters
        if names.get(tensor.name) in adjoints
    }


def _exactly(derivation: Derivation, point: Point) -> Callable[[], dict[str, Array]] | None:
    if operations(derivation.graph, point.sizes) > MOST_OPERATIONS:
        return None
    return cache(lambda: _index_form(derivation, point, DIGITS))


def _oracle_checks(codes: list[Emitted]) -> list[Check]:
    """The emitted gradients against the written-out loss, at the point where that is shortest."""
    emitted = min(codes, key=lambda one: operations(one.graph, one.point.sizes))
    if emitted.coordinates.count >= MOST_PARAMETERS or shape_checks(emitted):
        return []
    try:
        point, names = emitted.point, emitted.coordinates.shapes
        gradient = oracle_gradient(emitted.graph, point.values, point.sizes, names)
    except TooSlowError:
        raise
    except TooLargeError:
        return []
    return form_checks(emitted, ORACLE, gradient)


def _step_checks(proof: StepProof) -> list[Check]:
    note = "; ".join(map(str, proof.failures[:3])) or f"{proof.count} of {proof.count} hold"
    if proof.exact:
        note += f", {proof.exact} of them exactly too, as rational functions modulo 2^61 - 1"
    largest = max((failure.difference for failure in proof.failures), default=0.0)
    method = f"evaluation to {DIGITS} digits"
    return [Check("steps", method, largest, f"{AGREEMENT} relative", not proof.failures, note)] if proof.count else []
