from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.expressions import Index, Peak, Read, Total, Where
from symbackprop.graph import Equation, Graph, Tensor
from symbackprop.verify.equations import evaluate_graph
from symbackprop.verify.kinks import Kink, kinks, nearest, nearest_parameters, reach

I, J = Index("i", 2), Index("j", 3)


def graph_of(rhs: sp.Expr) -> Graph:
    tensors = [
        Tensor("x", "input", (I,)),
        Tensor("W", "parameter", (J, I)),
        Tensor("z", "hidden", (J,)),
        Tensor("E", "loss"),
    ]
    net = Total(Read("W", J, I) * Read("x", I), I)
    return Graph("g", {t.name: t for t in tensors}, (Equation("z", (J,), net), Equation("E", (), rhs)))


VALUES = {"x": np.array([1.0, 2.0]), "W": np.array([[1.0, 0.0], [0.0, -0.1], [3.0, 0.0]])}


def test_the_distance_is_the_least_gap_of_a_condition() -> None:
    graph = graph_of(Total(Where(Read("z", J) > sp.S.Half, Read("z", J), sp.S.Zero), J))
    values = evaluate_graph(graph, VALUES)
    assert nearest(graph, values, {}) == (pytest.approx(0.5), "E")


def test_the_distance_of_a_maximum_is_the_gap_of_its_two_largest() -> None:
    graph = graph_of(Peak(Read("z", J), J))
    assert nearest(graph, evaluate_graph(graph, VALUES), {}) == (pytest.approx(2.0), "E")


def test_conditions_that_no_parameter_reaches_are_no_kinks() -> None:
    z = Read("z", J)
    assert not kinks(graph_of(Total(Where(J > 0, z, sp.S.Zero), J)))
    assert not kinks(graph_of(Total(Where(Read("x", 0) > 0, z, sp.S.Zero), J)))
    both = Where(sp.And(z > 0, z < 1), z, sp.S.Zero)
    assert len(kinks(graph_of(Total(both, J)))) == 2


def test_a_kink_is_met_where_the_parameters_nearest_before_it_are_0() -> None:
    layers = [{"type": "dense", "units": 3, "activation": "relu"}, {"type": "flatten2d"}, {"type": "prelu"},
              {"type": "dense", "units": 2}]  # fmt: skip
    network = {"name": "n", "inputs": {"shape": [4, 2]}, "layers": layers, "loss": "mae"}
    graph = sb.derive(network).stages.graph
    found = {kink.tensor: nearest_parameters(graph, kink) for kink in kinks(graph)}
    assert found == {"a1": {"W1", "b1"}, "y3": {"W1", "b1"}, "E": {"W4", "b4"}}
    assert nearest_parameters(graph, Kink("E", Read("t", I))) == frozenset()


def test_a_smooth_network_has_none(nets: SimpleNamespace) -> None:
    graph = nets.dense((2, 2, 2))
    assert nearest(graph, {}, {}) == (np.inf, "")
    assert len(kinks(nets.dense((2, 2, 2), "relu"))) == 2


def test_reach_is_the_gap_over_its_slope() -> None:
    graph = graph_of(Total(Where(Read("z", J) > sp.S.Half, Read("z", J), sp.S.Zero), J))
    step = 1e-20
    directions = np.zeros((3, 3, 2))
    directions[0, 0, 1] = 1  # moves z[0], at 1, twice as fast
    directions[1, 1, 0] = 1  # moves z[1], at -0.2
    values = evaluate_graph(graph, VALUES | {"W": VALUES["W"] + 1j * step * directions})
    found = reach(graph, values, {}, step)
    np.testing.assert_allclose(found, [0.25, 0.5, 0.5])


def test_reach_without_kinks_is_unlimited(nets: SimpleNamespace) -> None:
    graph = replace(nets.dense((2, 2)), name="smooth")
    assert reach(graph, {}, {}, 1e-20) == np.inf
