"""Which axes whole numbers point into, and which of them limit what they may be."""

import numpy as np
import sympy as sp

import symbackprop as sb
from symbackprop.emit.categories import axes_pointed_into, limits


def graph(function, **shapes):
    return sb.derive(function, integers="t", wrt="w", **shapes).stages.graph


def test_the_shortest_axis_is_among_them():
    def loss(w, v, t):
        return np.sum(w[t] * v[t])

    found = graph(loss, w=5, v="K", t="N")
    assert axes_pointed_into(found) == limits(found) == {"t": (sp.Symbol("K", integer=True, positive=True), 5)}


def test_a_branch_gives_numbers_a_meaning_of_their_own():
    def loss(w, t):
        return np.sum(np.where(t == -100, 0, w[t]))

    assert limits(graph(loss, w=5, t=3)) == {"t": ()}
