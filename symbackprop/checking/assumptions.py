"""A case → the same under what a formula may silently assume of its data: targets that sum to 1, a symmetric matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from symbackprop.checking.probes import Case, Probe, adjoints_at
from symbackprop.graph import Derivation, Tensor
from symbackprop.simplify import simplify
from symbackprop.verify.fields import Array
from symbackprop.verify.points import CLEARANCE, Point, measured

MOST_ASSUMPTIONS = 16
MOST_DRAWS = 20


@dataclass(frozen=True)
class Assumption:
    """Something that a formula may assume of given data.

    Attributes:
        of_targets: How it reads of the targets of a network.
        of_data: How it reads of other data, with a hole for the name.
        fits: Whether a tensor can be like that.
        draw: Data that are like that, from data that are not.
    """

    of_targets: str
    of_data: str
    fits: Callable[[Tensor], bool]
    draw: Callable[[Array, np.random.Generator], Array]


def _normalised(array: Array, rng: np.random.Generator) -> Array:
    positive = rng.uniform(0.1, 0.9, array.shape)
    return np.asarray(positive / positive.sum(axis=-1, keepdims=True))


def _one_hot(array: Array, rng: np.random.Generator) -> Array:
    return np.asarray(np.eye(array.shape[-1])[rng.integers(0, array.shape[-1], array.shape[:-1])])


def _binary(array: Array, rng: np.random.Generator) -> Array:
    return rng.integers(0, 2, array.shape).astype(np.float64)


def _has_axes(tensor: Tensor) -> bool:
    return bool(tensor.indices)


def _is_square(tensor: Tensor) -> bool:
    return len(tensor.shape) == 2 and tensor.shape[0] == tensor.shape[1]


ASSUMPTIONS = (
    Assumption("the targets of a sample sum to 1", "{} sums to 1 over its last axis", _has_axes, _normalised),
    Assumption("", "{} is symmetric", _is_square, lambda array, rng: (array + array.T) / 2),
    Assumption("", "{} is positive", lambda tensor: True, lambda array, rng: np.abs(array) + 0.1),
    Assumption("every target is 0 or 1", "every entry of {} is 0 or 1", _has_axes, _binary),
    Assumption(
        "one target of a sample is 1 and the others are 0",
        "of the last axis of {} one entry is 1 and the others are 0",
        _has_axes,
        _one_hot,
    ),
)


def assumptions(case: Case, seed: int = 0) -> Iterator[Case]:
    """The same case under assumptions about the data, the weakest first.

    Args:
        case: What is judged.
        seed: Of the random points.

    Yields:
        A case whose points satisfy one assumption, `assumed` saying which.
    """
    rng, truth, count = np.random.default_rng(seed + 1), simplify(case.raw), 0
    for tensors, assumption, words in _applicable(case):
        probes = [_drawn(case, truth, probe, tensors, assumption, rng) for probe in case.probes if probe.own]
        found = tuple(probe for probe in probes if probe is not None)
        if found and count < MOST_ASSUMPTIONS:
            count += 1
            yield replace(case, probes=found, assumed=words)


def _applicable(case: Case) -> Iterator[tuple[Sequence[Tensor], Assumption, str]]:
    """Assumptions about all targets together, or where there are none about each thing that is given."""
    graph = case.graph
    targets = [tensor for tensor in graph.with_role("target") if not tensor.facts]
    if graph.with_role("target"):
        for assumption in ASSUMPTIONS:
            if assumption.of_targets and targets and all(map(assumption.fits, targets)):
                yield targets, assumption, assumption.of_targets
        return
    for tensor in graph.with_role("input", "constant"):
        if not tensor.facts:
            for assumption in ASSUMPTIONS:
                if assumption.fits(tensor):
                    yield [tensor], assumption, assumption.of_data.format(tensor.name)


def _drawn(
    case: Case,
    truth: Derivation,
    probe: Probe,
    tensors: Sequence[Tensor],
    assumption: Assumption,
    rng: np.random.Generator,
) -> Probe | None:
    """A point with data that satisfy the assumption, away from kinks; `None` if there is none."""
    given = [t.name for t in case.graph.with_role("input", "target", "parameter", "constant")]
    best: Point | None = None
    for _ in range(MOST_DRAWS):
        values = {name: probe.values[name] for name in given}
        values |= {tensor.name: assumption.draw(np.asarray(values[tensor.name]), rng) for tensor in tensors}
        point = measured(case.graph, f"{probe.point.name} with other data", values, probe.sizes)
        if np.isfinite(point.values[case.graph.loss.name]) and (best is None or point.distance > best.distance):
            best = point
        if best is not None and best.distance >= CLEARANCE:
            break
    return None if best is None else Probe(best, adjoints_at(truth, case.raw, best))
