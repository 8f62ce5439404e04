"""Derivation → whether every line of it holds: `before` and `after` of each step are evaluated in 50-digit arithmetic.

Sizes that a formula leaves open, and fixed ones where no formula depends on them, are small, so that a wide network
costs no more than a narrow one. A step that fails there is tried again at the network's own sizes before it counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symbackprop.errors import SymbackpropError
from symbackprop.expressions import Delta, Index, Read, Within, indices_of
from symbackprop.graph import Derivation, Equation, Step, Tensor
from symbackprop.verify.differences import given
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph
from symbackprop.verify.evaluate import Evaluator
from symbackprop.verify.fields import Array, MpmathField, mpmath_field
from symbackprop.verify.modular import exact_steps
from symbackprop.verify.points import random_point, small_sizes

DIGITS = 50
AGREEMENT = "1e-35"
SMALL = 5
MOST_POINTS = 4


@dataclass(frozen=True)
class StepFailure:
    """A step whose two sides differ.

    Attributes:
        network: The name of the network.
        equation: The tensor whose derivation the step is a line of.
        rule: The rewrite that it claims.
        before: The value of its left side where they differ most, or why there is none.
        after: The value of its right side there.
        difference: How far apart they are.
    """

    network: str
    equation: str
    rule: str
    before: str
    after: str
    difference: float

    def __str__(self) -> str:
        return f"{self.network}: {self.equation}, {self.rule}: {self.before} became {self.after}"


# Both sides are 0: at this point the step says nothing.
NOTHING = StepFailure("", "", "", "0", "0", 0.0)


@dataclass(frozen=True)
class StepProof:
    """How many steps were evaluated, which of them do not hold, and how many hold exactly, as rational functions."""

    count: int
    failures: tuple[StepFailure, ...]
    exact: int = 0


def prove_steps(derivation: Derivation, seed: int = 0) -> StepProof:
    """Evaluate both sides of every step at a random point that satisfies the facts, to 50 digits.

    Args:
        derivation: What `backward` and `simplify` return.
        seed: Of the random point.

    Returns:
        The number of steps, and a failure for each that does not hold.
    """
    steps = list(_steps(derivation))
    if not steps:
        return StepProof(0, ())
    small = shrunk(derivation)
    failures = _tried(small, list(_steps(small)), seed, {})
    if failures:
        wrong = [steps[n] for n in failures]
        failures = _tried(derivation, wrong, seed, derivation.graph.sizes)
    return StepProof(len(steps), tuple(failures.values()), _exact_count(small, seed))


def _exact_count(derivation: Derivation, seed: int) -> int:
    """How many steps hold exactly, at small sizes."""
    return exact_steps(derivation, small_sizes(derivation.graph, {}), seed)


def _tried(
    derivation: Derivation, steps: list[tuple[str, Step]], seed: int, sizes: Mapping[Symbol, int]
) -> dict[int, StepFailure]:
    """The steps that fail at a random point; where both sides are 0, which says little, further points are drawn."""
    failures: dict[int, StepFailure] = {}
    pending = list(range(len(steps)))
    for attempt in range(MOST_POINTS):
        found, silent = _failures(derivation, [steps[n] for n in pending], seed + attempt, sizes)
        failures |= {pending[n]: failure for n, failure in found.items()}
        pending = [pending[n] for n in silent]
        if not pending:
            break
    return dict(sorted(failures.items()))


def _steps(derivation: Derivation) -> Iterator[tuple[str, Step]]:
    for name, steps in derivation.steps.items():
        yield from ((name, step) for step in steps)
    for (defined, read), partial in derivation.partials.items():
        yield from ((f"∂{defined}/∂{read}", step) for step in partial.steps)


def _failures(
    derivation: Derivation, steps: list[tuple[str, Step]], seed: int, sizes: Mapping[Symbol, int]
) -> tuple[dict[int, StepFailure], list[int]]:
    """The steps that fail at one point, and those of which both sides are 0 there."""
    graph, field = derivation.graph, mpmath_field(DIGITS)
    point = random_point(graph, np.random.default_rng(seed), sizes)
    exact = {name: _exact(graph.tensors[name], array, field) for name, array in given(graph, point.values).items()}
    values = evaluate_graph(graph, exact, field, point.sizes)
    values |= evaluate_adjoints(derivation, values, field, point.sizes)
    evaluator = Evaluator(values, point.sizes, field)
    found, silent = {}, []
    for n, (name, step) in enumerate(steps):
        failure = _compare(graph.name, name, step, evaluator)
        if failure == NOTHING:
            silent.append(n)
        elif failure is not None:
            found[n] = failure
    return found, silent


def _exact(tensor: Tensor, array: Array, field: MpmathField) -> Array:
    """The values in the field; what sums to 1 in doubles does so only to 16 digits, and is scaled again."""
    converted = field.array(array)
    for fact in tensor.facts:
        if fact.kind == "sums_to_one":
            converted = converted / converted.sum(axis=fact.axis, keepdims=True)
    return converted


def _compare(network: str, name: str, step: Step, evaluator: Evaluator) -> StepFailure | None:
    free = step.before.free_symbols | step.after.free_symbols
    indices = [i for i in dict.fromkeys(indices_of(step.before) + indices_of(step.after)) if i in free]
    try:
        before, after = evaluator.array(step.before, indices), evaluator.array(step.after, indices)
    except (SymbackpropError, KeyError) as error:
        return StepFailure(network, name, step.rule, f"no value ({error})", "no value", np.inf)
    gap = np.asarray(np.abs(before - after))
    if not gap.size:
        return None
    if not np.any(before) and not np.any(after):
        return NOTHING
    magnitude = max(np.max(np.abs(before)), np.max(np.abs(after)), evaluator.field.array(1e-10).item())
    # Written so that nan fails.
    if np.all(gap <= magnitude * evaluator.field.array(float(AGREEMENT)).item()):
        return None
    distances = np.nan_to_num(gap.astype(np.float64), nan=np.inf)
    worst = int(np.argmax(distances))
    left, right = (str(side.flat[worst]) for side in (before, after))
    return StepFailure(network, name, step.rule, left, right, float(distances.flat[worst]))


def shrunk(derivation: Derivation) -> Derivation:
    """The same derivation over small index ranges, where no formula speaks of a position in a range."""
    graph = derivation.graph
    exprs = [eq.rhs for eq in (*graph.equations, *derivation.adjoints)]
    exprs += [side for _, step in _steps(derivation) for side in (step.before, step.after)]
    tensors = (*graph.tensors.values(), *derivation.tensors.values())
    indices = {i for expr in exprs for i in indices_of(expr)} | {i for tensor in tensors for i in tensor.indices}
    large = sorted({int(i.size) for i in indices if i.size.is_Integer and i.size > SMALL})
    if not large or any(_positional(expr) for expr in exprs):
        return derivation
    smaller = {size: 2 + n % 4 for n, size in enumerate(large)}
    table = {i: Index(i.name, smaller[int(i.size)]) for i in indices if i.size.is_Integer and int(i.size) in smaller}
    return _replaced(derivation, table)


def _positional(expr: Expr) -> bool:
    """Whether an expression speaks of a place in a range, such as x[2 t + p], so that the range matters."""
    if expr.atoms(Within):
        return True
    return any(not isinstance(index, Index | Read) for node in expr.atoms(Read, Delta) for index in _places(node))


def _places(node: Any) -> tuple[Expr, ...]:
    return tuple(node.indices if isinstance(node, Read) else node.args)


def _replaced(derivation: Derivation, table: Mapping[Index, Index]) -> Derivation:
    def tensors(found: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {
            name: replace(t, indices=tuple(table.get(i, i) for i in t.indices), value=None) for name, t in found.items()
        }

    def equations(found: tuple[Equation, ...]) -> tuple[Equation, ...]:
        return tuple(
            Equation(e.tensor, tuple(table.get(i, i) for i in e.indices), e.rhs.xreplace(table)) for e in found
        )

    def lines(found: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(replace(s, before=s.before.xreplace(table), after=s.after.xreplace(table)) for s in found)

    graph = derivation.graph
    small = replace(graph, tensors=tensors(graph.tensors), equations=equations(graph.equations))
    return replace(
        derivation,
        graph=small,
        tensors=tensors(derivation.tensors),
        adjoints=equations(derivation.adjoints),
        partials={pair: replace(p, steps=lines(p.steps)) for pair, p in derivation.partials.items()},
        steps={name: lines(steps) for name, steps in derivation.steps.items()},
    )
