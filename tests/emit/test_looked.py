"""What modules look at before they compute."""

import numpy as np

import symbackprop as sb
from symbackprop.emit.looked import looked_at
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
