from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from symbackprop.expressions import Index, Read, Total
from symbackprop.graph import Fact, Partial, Step
from symbackprop.verify import steps as module
from symbackprop.verify.steps import prove_steps


@pytest.mark.parametrize("kind", ["sigmoid", "relu", "softmax"])
def test_true_steps_hold(nets: SimpleNamespace, kind: str) -> None:
    proof = prove_steps(nets.derived(nets.dense((2, 3, 2), kind), kind))
    assert proof.count == 12
    assert proof.failures == ()


PLANTED = {
    "sign": lambda expr: -expr,
    "a factor in the twentieth digit": lambda expr: expr * (1 + sp.Rational(1, 10**20)),
    "a dropped term": lambda expr: expr.args[0] if expr.is_Add else expr / expr.args[-1],
    "a function that has no value": sp.Abs,
    "not a number": lambda expr: expr + sp.nan,
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_error_is_found_and_named(nets: SimpleNamespace, fault: str) -> None:
    derivation = nets.derived(nets.dense((2, 3, 2)), "sigmoid")
    chain, expand = derivation.steps["delta2"]
    wrong = replace(expand, after=PLANTED[fault](chain.after))
    proof = prove_steps(replace(derivation, steps={**derivation.steps, "delta2": (chain, wrong)}))
    (failure,) = proof.failures
    assert (failure.network, failure.equation, failure.rule) == ("net", "delta2", "expand")
    assert failure.before != failure.after
    assert failure.difference > 0


def test_a_swapped_index_is_found(nets: SimpleNamespace) -> None:
    derivation = nets.derived(nets.dense((3, 3, 3)), "sigmoid")
    j, k = Index("j", 3), Index("k", 3)
    true = Total(Read("W2", k, j) * Read("delta2", nets.S, k), k)
    wrong = Total(Read("W2", j, k) * Read("delta2", nets.S, k), k)
    proof = prove_steps(replace(derivation, steps={"delta1": (Step(true, wrong, "swap"),)}))
    assert [failure.rule for failure in proof.failures] == ["swap"]


def test_a_fact_holds_to_every_digit(nets: SimpleNamespace) -> None:
    derivation = nets.derived(nets.dense((2, 3), "softmax"), "softmax")
    graph, j = derivation.graph, Index("j", 3)
    tensors = {**graph.tensors, "t": replace(graph.tensors["t"], facts=(Fact("sums_to_one"),))}
    sums = Step(Total(Read("t", nets.S, j), j), sp.S.One, "targets sum to 1", given=("sum of t over j is 1",))
    derivation = replace(derivation, graph=replace(graph, tensors=tensors), steps={"delta1": (sums,)})
    assert prove_steps(derivation).failures == ()
    untold = replace(derivation, graph=replace(graph, tensors={**tensors, "t": replace(tensors["t"], facts=())}))
    assert len(prove_steps(untold).failures) == 1


def test_a_wide_network_is_proven_at_small_sizes(nets: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = nets.derived(nets.dense((784, 128, 10), "softmax"), "softmax")
    widths: list[int] = []
    original = module.evaluate_graph
    monkeypatch.setattr(
        module,
        "evaluate_graph",
        lambda graph, values, *rest: (widths.extend(map(np.size, values.values())), original(graph, values, *rest))[1],
    )
    assert prove_steps(derivation).failures == ()
    assert max(widths) < 100


def test_a_step_that_counts_a_range_is_proven_at_its_true_size(nets: SimpleNamespace) -> None:
    derivation = nets.derived(nets.dense((2, 7)), "sigmoid")
    j = Index("j", 7)
    counted = Step(Total(Read("x", nets.S, 0), j), 7 * Read("x", nets.S, 0), "count")
    wrong = replace(counted, after=6 * Read("x", nets.S, 0), rule="miscount")
    proof = prove_steps(replace(derivation, steps={"delta1": (counted, wrong)}))
    assert [failure.rule for failure in proof.failures] == ["miscount"]


def test_the_steps_of_local_derivatives_are_proven_too(nets: SimpleNamespace) -> None:
    derivation = nets.derived(nets.dense((2, 2)), "sigmoid")
    j, at = Index("j", 2), Index("j_at", 2)
    a, z = Read("a1", nets.S, j), Read("z1", nets.S, j)
    right = Step(sp.exp(-z) / (1 + sp.exp(-z)) ** 2, a * (1 - a), "textbook slope")
    wrong = Step(sp.exp(-z) / (1 + sp.exp(-z)) ** 2, a * (1 + a), "wrong slope")
    partial = Partial("a1", (nets.S, j), "z1", (nets.S, at), a * (1 - a), steps=(right, wrong))
    proof = prove_steps(replace(derivation, partials={("a1", "z1"): partial}, steps={}))
    assert proof.count == 2
    assert [str(failure).split(":")[1] for failure in proof.failures] == [" ∂a1/∂z1, wrong slope"]


def test_no_steps_need_no_proof(nets: SimpleNamespace) -> None:
    assert prove_steps(replace(nets.derived(nets.dense((2, 2)), "sigmoid"), steps={})).count == 0
