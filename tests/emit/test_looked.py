"""What modules look at before they compute."""

from dataclasses import replace

import numpy as np
import sympy as sp

import symbackprop as sb
from symbackprop.emit.looked import looked_at, ranges
from symbackprop.emit.statements import Writer


def derived():
    def loss(w, x, t):
        return np.sum(w[2 * t] * x)

    return sb.derive(loss, wrt="w", w="m", x="n", t="n", integers="t")


def test_tables_and_the_code_of_computed_places():
    stages = derived().stages
    found = looked_at(stages.graph, stages.program.placed, ["x", "t"], Writer({"t": "t_", "#m": "m_"}))
    assert found["data_shapes"] == [("x", '("n",)'), ("t_", '("n",)')]
    assert found["categories"] == [("t_", "()")]
    assert found["places"] == ['t_ = given["t_"]', 'm_ = sizes["m"]', "place1 = 2 * t_"]
    assert found["place_ends"] == ['("2 * t_", place1, m),']


def test_ranges_take_the_sizes_that_are_known():
    d = sb.derive(lambda w, v, t: np.sum(w[t] * v[t]), wrt=["w", "v"], w="m", v=5, t="n", integers="t")
    assert ranges(d.stages.graph) == {"t": (0, 5)}
    graph = d.stages.graph
    m = sp.Symbol("m", integer=True, positive=True)
    assert ranges(replace(graph, sizes={m: 3})) == {"t": (0, 3)}
