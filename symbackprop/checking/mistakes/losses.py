"""The mistake of differentiating another loss than the network's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from symbackprop.backward import backward
from symbackprop.catalog import LOSSES
from symbackprop.checking.claims import Subject
from symbackprop.checking.mistakes.records import Evidence, Mutation
from symbackprop.checking.probes import Case, Probe, adjoints_at
from symbackprop.errors import SymbackpropError
from symbackprop.forward import forward
from symbackprop.network.problems import ProblemsFound
from symbackprop.verify.fields import Array
from symbackprop.verify.points import measured

if TYPE_CHECKING:
    from symbackprop.graph import Derivation, Graph
    from symbackprop.network import Network


def other_losses(case: Case, subject: Subject, evidence: Evidence) -> Iterator[Mutation]:
    """E → another loss of the catalogue that the same output and targets have, or the other reduction."""
    if case.network is None or len(case.network.loss_terms) != 1:
        return
    if "losses" not in case.memory:
        case.memory["losses"] = list(_derived(case))
    for words, derivation in case.memory["losses"]:
        adjoint = derivation.adjoint_of.get(case.forward_of[subject.adjoint])
        if adjoint is not None:
            yield Mutation(_at(derivation, adjoint), {"loss": words})


def _derived(case: Case) -> Iterator[tuple[str, Derivation]]:
    assert case.network is not None
    own = case.network.loss_terms[0]
    for name, row in LOSSES.items():
        for reduction in ("mean", "sum"):
            if (name, reduction) == (own.type, own.reduction):
                continue
            graph = _graph(case.network, name, reduction)
            if graph is not None and _fits(graph, case.graph) and row.shape is not None:
                words = f"the loss {name}" + (
                    "" if reduction == own.reduction else f" with the {reduction} of the samples"
                )
                yield words, backward(graph, list(case.raw.adjoint_of))


def _graph(network: Network, name: str, reduction: str) -> Graph | None:
    table: dict[str, Any] = network.as_table()
    table["loss"] = {"type": name, "reduction": reduction}
    try:
        return forward(type(network).from_table(table, network.base))
    except (SymbackpropError, ProblemsFound):
        return None


def _fits(graph: Graph, own: Graph) -> bool:
    """Whether everything that is given has the same shape."""
    roles = ("input", "target", "parameter", "constant")
    return {t.name: t.shape for t in graph.with_role(*roles)} == {t.name: t.shape for t in own.with_role(*roles)}  # type: ignore[arg-type]


def _at(derivation: Derivation, adjoint: str) -> Callable[[Probe], Array]:
    @lru_cache(maxsize=16)
    def at(probe: Probe) -> Array:
        graph = derivation.graph
        given = {t.name: probe.values[t.name] for t in graph.with_role("input", "target", "parameter", "constant")}
        return adjoints_at(derivation, derivation, measured(graph, "", given, probe.sizes))[adjoint]

    return at
