"""A derivation → points to judge a gradient at, with every adjoint there, and what becomes of them after a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from sympy import Integer, Symbol

from symbackprop.backward import backward
from symbackprop.errors import SymbackpropError
from symbackprop.expressions import tensors_read
from symbackprop.forward import SAMPLES
from symbackprop.graph import Derivation, Equation, Graph
from symbackprop.simplify import simplify, slopes_through_outputs
from symbackprop.verify.equations import evaluate_adjoints, solve
from symbackprop.verify.fields import NUMPY, Array
from symbackprop.verify.kinks import AT_KINK, kinks
from symbackprop.verify.points import Point, measured, random_point, worked_point

if TYPE_CHECKING:
    from symbackprop.network import Network

# With a kink a neuron may be dead at a point, and what is wrong with it is not seen there.
SIDES, NEAR = 16, 1e-9
WORKED = "the worked sample"  # what `worked_point` calls its point
RANDOM_POINTS, RANDOM_POINTS_WITH_KINKS = 3, 8


@dataclass(frozen=True, eq=False)
class Probe:
    """One point at which a gradient is judged.

    Attributes:
        point: Every tensor of the forward pass, and the sizes.
        adjoints: Every adjoint there.
        own: Whether the sizes are those of the network, where it states them.
    """

    point: Point
    adjoints: Mapping[str, Array]
    own: bool = True

    @property
    def values(self) -> Mapping[str, Array]:
        """Every tensor of the forward pass."""
        return self.point.values

    @property
    def sizes(self) -> Mapping[Symbol, int]:
        """Every symbolic size."""
        return self.point.sizes

    @property
    def at_kink(self) -> bool:
        """Whether the loss has no derivative here."""
        return self.point.distance <= AT_KINK

    @cached_property
    def scale(self) -> float:
        """The size of the largest adjoint: what is nothing beside it may be nothing but rounding."""
        return max((float(np.max(np.abs(a), initial=0.0)) for a in self.adjoints.values()), default=0.0)


@dataclass(frozen=True, eq=False)
class Case:
    """A derivation with the points to judge at.

    Attributes:
        raw: The chain rule, before any rewrite: each adjoint equation is what its readers pass back.
        through: The same with slopes written by outputs.
        probes: Where to judge.
        network: The description, if there is one; mistakes that need another loss are left out without it.
        learning_rate: Of an update, if one is known.
        single: Whether every point holds one sample, which a candidate is handed without the axis of the samples.
        memory: What was derived for one candidate and serves the next.
    assumed: What is assumed of the data, such as "the targets of a sample sum to 1"; most often nothing.
    """

    raw: Derivation
    through: Derivation
    probes: tuple[Probe, ...]
    network: Network | None = None
    learning_rate: float | None = None
    assumed: str = ""
    single: bool = False
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def graph(self) -> Graph:
        """The forward pass."""
        return self.raw.graph

    @cached_property
    def forward_of(self) -> Mapping[str, str]:
        """Adjoint → the tensor it belongs to."""
        return {new: old for old, new in self.raw.adjoint_of.items()}

    @cached_property
    def equations(self) -> Mapping[str, Equation]:
        """The adjoint equations by name, in the order of a backward pass."""
        return {equation.tensor: equation for equation in self.raw.adjoints}

    def behind(self, adjoint: str) -> frozenset[str]:
        """The adjoints that an adjoint is computed from, itself included."""
        known: dict[str, frozenset[str]] = self.memory.setdefault("behind", {})
        if adjoint not in known:
            found, pending = {adjoint}, [adjoint]
            while pending:
                for name in tensors_read(self.equations[pending.pop()].rhs):
                    if name in self.equations and name not in found:
                        found.add(name)
                        pending.append(name)
            known[adjoint] = frozenset(found)
        return known[adjoint]

    def mutated(
        self, probe: Probe, wanted: str, changed: Mapping[str, Equation], extra: Sequence[Equation] = ()
    ) -> Array:
        """An adjoint as it comes out when some adjoint equations are changed.

        Args:
            probe: Where.
            wanted: The adjoint.
            changed: The changed equations, by adjoint.
            extra: Further equations that these read.

        Returns:
            The array; all that stands between the change and the adjoint is computed anew.
        """
        equations = {**self.equations, **changed}
        hit = set(changed)
        for _ in equations:
            grown = hit | {name for name, e in equations.items() if hit & set(tensors_read(e.rhs))}
            if grown == hit:
                break
            hit = grown
        if wanted not in hit:
            return probe.adjoints[wanted]
        defined = {equation.tensor for equation in extra}
        needed = _closure(wanted, {**equations, **{equation.tensor: equation for equation in extra}})
        todo = [equation for equation in extra if equation.tensor in needed]
        todo += [equation for name, equation in equations.items() if name in hit and name in needed]
        known = {name: a for name, a in probe.adjoints.items() if name not in hit and name not in defined}
        return solve(todo, {**probe.values, **known}, probe.sizes, NUMPY)[wanted]


def _closure(wanted: str, equations: Mapping[str, Equation]) -> set[str]:
    found, pending = {wanted}, [wanted]
    while pending:
        for name in tensors_read(equations[pending.pop()].rhs):
            if name in equations and name not in found:
                found.add(name)
                pending.append(name)
    return found


def case_of(
    graph: Graph,
    wrt: Sequence[str] | None = None,
    *,
    network: Network | None = None,
    learning_rate: float | None = None,
    seed: int = 0,
) -> Case:
    """Derive a graph's gradients once more, keeping every step of the chain rule apart, and draw points.

    Args:
        graph: The forward pass.
        wrt: The tensors whose gradients are judged; every parameter if left out.
        network: The description that the graph came from.
        learning_rate: Of an update.
        seed: Of the random points.
    """
    raw = backward(graph, wrt)
    case = Case(raw, slopes_through_outputs(raw), (), network, learning_rate)
    return replace(case, probes=tuple(_probes(graph, simplify(raw), raw, np.random.default_rng(seed))))


def _probes(graph: Graph, derivation: Derivation, raw: Derivation, rng: np.random.Generator) -> Iterable[Probe]:
    """The worked sample if there is one, random points of the network's own sizes, and one of other sizes."""
    if (worked := worked_point(graph)) is not None:
        yield Probe(worked, adjoints_at(derivation, raw, worked))
    sizes: dict[Symbol, int] | None = None
    for number in range(_count(graph)):
        point = random_point(graph, rng, sizes, f"random point {number + 1}")
        yield Probe(point, adjoints_at(derivation, raw, point))
        sizes = _grown(graph, point.sizes) if number < RANDOM_POINTS else dict(point.sizes)
    if SAMPLES in graph.sizes:
        other = {**graph.sizes, SAMPLES: graph.sizes[SAMPLES] + 1}
        point = random_point(graph, rng, other, f"{other[SAMPLES]} samples")
        yield Probe(point, adjoints_at(derivation, raw, point), own=False)


def _count(graph: Graph) -> int:
    return RANDOM_POINTS_WITH_KINKS if kinks(graph) else RANDOM_POINTS


def _grown(graph: Graph, sizes: Mapping[Symbol, int]) -> dict[Symbol, int]:
    """The same sizes, each that the network leaves open one larger; as they are if these do not fit together."""
    grown = {symbol: size + (graph.sizes.get(symbol) != size) for symbol, size in sizes.items()}
    table = {symbol: Integer(size) for symbol, size in grown.items()}
    shapes = [size.xreplace(table) for tensor in graph.tensors.values() for size in tensor.shape]
    return grown if all(size.is_Integer and size >= 1 for size in shapes) else dict(sizes)


def adjoints_at(derivation: Derivation, raw: Derivation, point: Point) -> dict[str, Array]:
    """Every adjoint: by the simplified equations, which are stable, and by the chain rule where those dropped one."""
    found = evaluate_adjoints(derivation, point.values, sizes=point.sizes)
    if missing := set(raw.tensors) - set(found):
        found |= {
            name: a for name, a in evaluate_adjoints(raw, point.values, sizes=point.sizes).items() if name in missing
        }
    return found


def beside_kink(case: Case, probe: Probe, adjoint: str, seed: int = 0) -> Iterable[Array]:
    """A gradient at points so near to one on a kink that only the slope at the kink makes a difference."""
    rng = np.random.default_rng(seed)
    parameters = {tensor.name for tensor in case.graph.parameters}
    given = [t.name for t in case.graph.with_role("input", "target", "parameter", "constant")]
    for _ in range(SIDES):
        values = {
            name: probe.values[name] + NEAR * rng.standard_normal(np.shape(probe.values[name])) * (name in parameters)
            for name in given
        }
        point = measured(case.graph, probe.point.name, values, probe.sizes)
        yield adjoints_at(case.raw, case.raw, point)[adjoint]


def one_sample(case: Case, seed: int = 0) -> Case | None:
    """The same case at points of one sample; `None` for a network that has no samples, or mixes them."""
    graph = case.graph
    if not any(size == SAMPLES for tensor in graph.tensors.values() for size in tensor.shape):
        return None
    rng = np.random.default_rng(seed + 2)
    truth, probes = simplify(case.raw), []
    for number, probe in enumerate(case.probes):
        try:
            point = random_point(graph, rng, {**probe.sizes, SAMPLES: 1}, f"random sample {number + 1}")
        except SymbackpropError:
            return None
        probes.append(Probe(point, adjoints_at(truth, case.raw, point)))
    return replace(case, probes=tuple(probes), single=True)
