"""Statements become lines that fit, under names that nothing else has."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import sympy as sp
from sympy import Integer, Symbol

import symbackprop as sb
from symbackprop.emit.layout import WIDTH
from symbackprop.emit.nodes import sizes_used
from symbackprop.emit.statements import Writer, statement_code
from symbackprop.expressions import Index
from symbackprop.program import Assign, At, Const, Leaf, Loop, Map

N, T = (Symbol(name, integer=True, positive=True) for name in "NT")
S, J, TIME = Index("s", N), Index("j", 3), Index("t", T)
H = Leaf("h", (S, TIME, J))


def test_a_comment_stands_above_its_statement() -> None:
    writer = Writer(comment=lambda name: [f"{name} is", "    long"])
    statement = Assign("y", (J,), Leaf("w", (J,)))
    assert writer.lines(statement, commented=True) == ["# y is", "#     long", "y = w"]
    assert writer.lines(statement) == ["y = w"]


def test_taken_names_are_replaced() -> None:
    writer = Writer({"loss": "loss_", "#N": "N_"})
    product = Map("mul", (Leaf("loss", (J,)), Const(N)))
    assert writer.lines(Assign("y", (J,), product)) == ["y = loss_ * N_"]
    assert (writer.name("loss"), writer.name("y"), writer.size("N"), writer.size("T")) == ("loss_", "y", "N_", "T")


def test_what_is_too_long_for_a_line_is_computed_in_parts() -> None:
    rng = np.random.default_rng(0)
    names = [f"a_rather_long_name_{number}" for number in range(9)]
    arrays = {name: rng.uniform(1, 2, 3) for name in names}
    leaves = [Leaf(name, (J,)) for name in names]
    sums = [Map("mul", (one, Map("add", (other, one)))) for one, other in pairwise(leaves)]
    lines = Writer().lines(Assign("y", (J,), Map("tanh", (Map("add", tuple(sums)),))))
    assert len(lines) > 1
    assert all(len(line) <= WIDTH for line in lines)
    scope = {"np": np, **arrays}
    exec("\n".join(lines), scope)
    values = list(arrays.values())
    expected = np.tanh(sum(one * (other + one) for one, other in pairwise(values)))
    np.testing.assert_allclose(scope["y"], expected, rtol=1e-15)


def test_a_recurrence_is_a_loop_over_its_index() -> None:
    before = At(H, TIME, TIME - 1)
    body = Assign("h", (S, TIME, J), Map("add", (before, At(Leaf("x", (S, TIME, J)), TIME, TIME, inside=True))))
    writer = Writer({"#t": "tau"}, comment=lambda name: [f"{name}: formula"], numbers=["x"])
    assert writer.lines(Loop(TIME, False, (body,)), commented=True) == [
        "h = np.empty((N, T, 3), dtype=x.dtype)",
        "for tau in range(T):",
        "    # h: formula",
        "    h[:, tau] = at(h, 1, tau - 1) + x[:, tau]",
    ]
    assert writer.lines(Loop(TIME, True, (body,)))[1] == "for tau in reversed(range(T)):"


def test_code_keeps_the_axes_of_the_node() -> None:
    assert Writer().code(Map("mul", (Const(sp.Integer(2)), H))) == "2 * h"


def test_an_array_that_is_the_same_along_an_axis_is_filled_in_along_it():
    i, j = Index("i", 3), Index("n", Symbol("n", integer=True, positive=True))
    assert statement_code(Assign("g", (i, j), Leaf("r", (j,)))) == "np.full((3, n), r)"
    assert statement_code(Assign("g", (i, j), Leaf("r", (i,)))) == "np.full((3, n), r[:, None])"
    assert statement_code(Assign("g", (i,), Const(Integer(1)))) == "np.full((3,), 1.0)"
    assert sizes_used([Assign("g", (i, j), Leaf("r", (i,)))]) == {"n"}


def test_a_layer_that_is_the_same_number_everywhere_has_its_shape():
    from symbackprop.facade import derive

    layers = [
        {"type": "dense", "units": 2, "name": "left", "activation": "tanh"},
        {"type": "subtract", "name": "met", "inputs": ["left", "left"]},
        {"type": "dense", "units": 3},
    ]
    d = derive({"name": "same", "inputs": 2, "layers": layers, "loss": "mse"})
    assert d.verify().passed


def test_numbers_that_a_named_condition_chooses_are_no_truth_values():
    kinked = "log(1 + (sum(W[j, i] * x[i], i) + b[j])**2)"
    own = {
        "parameters": {"W": ["units", "n"], "b": ["units"]},
        "equations": f"h[j] = min({kinked}, 2 - {kinked})\ny[j] = exp(h[j]) / sum(exp(h[k]), k) * h[j]",
        "activation": False,
    }
    layers = [{"type": "own", "units": 4}, {"type": "dense", "units": 1}]
    network = {"name": "kinked", "inputs": 1, "layers": layers, "loss": "mae", "layer_types": {"own": own}}
    derived = sb.derive(sb.load(network))
    assert derived.verify().passed
