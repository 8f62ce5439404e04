from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp
from sympy import Symbol

from symbackprop.errors import ShapeError, UndefinedError
from symbackprop.expressions import Index, Read, Total
from symbackprop.graph import Equation, Fact, Graph, Tensor
from symbackprop.verify.points import CLEARANCE, random_point, small_sizes, worked_point


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_point_is_the_same_for_the_same_seed(nets: SimpleNamespace) -> None:
    graph = nets.dense((3, 4, 2))
    first, again, other = (random_point(graph, rng(seed)).values["W1"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_a_point_holds_every_tensor_at_the_graphs_sizes(nets: SimpleNamespace) -> None:
    point = random_point(nets.dense((3, 4, 2), samples=7), rng())
    assert point.values["a1"].shape == (7, 4)
    assert point.sizes == {nets.N: 7}
    assert ((point.values["t"] > 0) & (point.values["t"] < 1)).all()


def test_unknown_sizes_are_small_and_distinct() -> None:
    n, m = Symbol("n"), Symbol("m")
    tensors = {"x": Tensor("x", "input", (Index("i", n), Index("j", m), Index("u", n - m + 1), Index("v", n - 4)))}
    sizes = small_sizes(Graph("g", tensors, ()), {m: 3})
    assert sizes[n] - 4 >= 2
    pair = small_sizes(Graph("g", {"x": Tensor("x", "input", (Index("i", n), Index("j", m)))}, ()), {})
    assert len(set(pair.values())) == 2
    with pytest.raises(ShapeError, match="'g'"):
        small_sizes(Graph("g", {"x": Tensor("x", "input", (Index("i", 1 - n),))}, ()), {})


@pytest.mark.parametrize("seed", range(5))
def test_a_point_keeps_away_from_kinks(nets: SimpleNamespace, seed: int) -> None:
    point = random_point(nets.dense((3, 8, 8, 2), "relu", samples=4), rng(seed))
    gaps = [np.abs(point.values[name]).min() for name in ("z1", "z2", "z3")]
    assert point.distance == pytest.approx(min(gaps))
    assert point.distance >= CLEARANCE


def test_draws_are_counted(nets: SimpleNamespace) -> None:
    counts = [random_point(nets.dense((3, 8, 8, 2), "relu", samples=4), rng(seed)).redrawn for seed in range(5)]
    assert max(counts) > 0


def test_targets_satisfy_their_facts(nets: SimpleNamespace) -> None:
    graph = nets.dense((3, 4, 5), "softmax", samples=6)
    hot = random_point(graph, rng()).values["t"]
    assert (np.sort(hot, axis=1) == [0, 0, 0, 0, 1]).all()
    tensors = {**graph.tensors, "t": replace(graph.tensors["t"], facts=(Fact("sums_to_one"),))}
    soft = random_point(replace(graph, tensors=tensors), rng()).values["t"]
    np.testing.assert_allclose(soft.sum(axis=1), 1)
    assert (soft > 0).all()


def test_integers_stay_in_the_range_they_index() -> None:
    s, v, j = Index("s", 50), Index("v", 4), Index("j", 2)
    tensors = [
        Tensor("token", "input", (s,), facts=(Fact("integer"),)),
        Tensor("V", "parameter", (v, j)),
        Tensor("E", "loss"),
    ]
    graph = Graph("g", {t.name: t for t in tensors}, (Equation("E", (), Total(Read("V", Read("token", s), j), s, j)),))
    token = random_point(graph, rng()).values["token"]
    assert set(token) == {0, 1, 2, 3}


def test_a_loss_that_needs_positive_numbers_gets_them() -> None:
    i = Index("i", 12)
    tensors = {"W": Tensor("W", "parameter", (i,)), "E": Tensor("E", "loss")}
    graph = Graph("g", tensors, (Equation("E", (), Total(sp.log(Read("W", i)), i)),))
    assert np.isfinite(random_point(graph, rng()).values["E"])
    never = Graph("never", tensors, (Equation("E", (), Total(sp.log(-(Read("W", i) ** 2)), i)),))
    with pytest.raises(UndefinedError, match="'never'"):
        random_point(never, rng())


def test_the_worked_sample_is_made_of_the_tensors_values(nets: SimpleNamespace) -> None:
    graph = nets.dense((2, 2), samples=1)
    assert worked_point(graph) is None
    texts = {"x": ("0.05", "0.10"), "t": ("0.01", "0.99"), "W1": (("0.15", "0.2"), ("0.25", "0.3")), "b1": (0.35, 0.35)}
    tensors = {name: replace(tensor, value=texts.get(name)) for name, tensor in graph.tensors.items()}
    point = worked_point(replace(graph, tensors=tensors))
    assert point is not None
    assert point.values["x"].shape == (1, 2)
    assert point.values["z1"][0, 0] == pytest.approx(0.3775)
