"""Which axes whole numbers point into, and which of them limit what they may be."""

import re
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.categories import Places, axes_pointed_into, computed_places, drawn_among, limits, ranges
from symbackprop.display import build, text


def graph(function, **shapes):
    return sb.derive(function, integers="t", wrt="w", **shapes).stages.graph


def test_the_shortest_axis_is_among_them():
    def loss(w, v, t):
        return np.sum(w[t] * v[t])

    found = graph(loss, w=5, v="K", t="N")
    expected = {"t": Places(0, (5, sp.Symbol("K", integer=True, positive=True)))}
    assert axes_pointed_into(found) == limits(found) == expected


def test_a_branch_gives_numbers_a_meaning_of_their_own():
    def loss(w, t):
        return np.sum(np.where(t == -100, 0, w[t]))

    assert limits(graph(loss, w=5, t=3)) == {"t": Places(0, ())}


@pytest.mark.parametrize(
    ("function", "places"),
    [
        (lambda w, t: np.sum(w[t - 1] ** 2), Places(1, (5,))),
        (lambda w, t: np.sum(w[t + 2] ** 2), Places(-2, (5,))),
        (lambda w, t: np.sum(w[4 - t] ** 2), Places(0, (5,))),
        (lambda w, t: np.sum(w[7 - t] ** 2), Places(3, (5,))),
        (lambda w, t: np.sum(w[t] * w[t + 1]), Places(0, (4,))),
        (lambda w, t: np.sum(w * np.sum(t)), Places(0, ())),
    ],
)
def test_computed_places(function, places):
    derived = sb.derive(function, integers="t", wrt="w", w=5, t=3)
    assert axes_pointed_into(derived.stages.graph) == {"t": places}
    assert limits(derived.stages.graph) == ({"t": places} if places.lengths else {})
    low, (length, *_) = places.lowest, (*places.lengths, 5)
    w = np.arange(5.0)
    for style in ("readable", "fast"):
        module = derived.compile(style)
        inside = np.array([low, low + 1, low + int(length) - 1])
        assert module.loss({"w": w}, inside) == function(w, inside)
        assert all(other is None or abs(own - other) <= allowed for *_, own, other, allowed in module.check())
        for outside in (low - 1, low + int(length)) if places.lengths else ():
            with pytest.raises(ValueError, match=f"t holds {outside}, but should hold whole numbers from {low} to"):
                module.loss_and_grad({"w": w}, np.full(3, outside))


@pytest.mark.parametrize(
    ("function", "printed"),
    [
        (lambda w, t: np.sum(w[t] ** 2), "Σᵢ w_{tᵢ}²"),
        (lambda w, t: np.sum((w - np.eye(5)[t[0]]) ** 2), "Σᵢ (wᵢ - [t₁ = i])²"),
        (lambda w, t: np.sum(w * (t[:, None] == np.arange(5))), "Σᵢ Σⱼ wⱼ·[tᵢ = j]"),
        (lambda w, t: np.sum(w * (t[:, None] > np.arange(5))), "Σᵢ Σⱼ wⱼ·[tᵢ ≥ j]"),
        (lambda w, t: np.sum(w[t] * t), "Σᵢ w_{tᵢ+1}·tᵢ"),
        (lambda w, t: np.sum(w[t] * (t != 2)), "Σᵢ w_{tᵢ+1}·[tᵢ ≠ 2]"),
        (lambda w, t: np.sum(w[t - 1]), "Σᵢ w_{tᵢ}"),
        (lambda w, t: np.sum(w[np.argmax(w)] * w[t] ** 2), "Σᵢ w_{tᵢ}²·w_{argmaxⱼwⱼ}"),
    ],
)
def test_print_counts_from_one_what_is_a_place_alone(function, printed):
    derived = sb.derive(function, integers="t", wrt="w", w=5, t=3)
    stages = derived.stages
    assert text(build(stages.graph.equations[-1].rhs, stages.reader)) == printed


def test_comparing_labels_with_positions_leaves_them_labels():
    def loss(w, t):
        return np.sum(np.where(np.arange(5) == t[:, None], 0, w)) + np.sum(w[t])

    assert limits(graph(loss, w=5, t=3)) == {"t": Places(0, (5,))}


def test_a_known_array_limits_what_points_into_it():
    def loss(w, t):
        return np.sum((w - np.eye(5)[t]) ** 2)

    assert limits(graph(loss, w=5, t=3)) == {"t": Places(0, (5,))}


@pytest.mark.parametrize(
    ("function", "code", "inside", "outside"),
    [
        (lambda w, t: np.sum(w[2 * t] ** 2), "2 * t", [0, 1, 2], (3, -1)),
        (lambda w, t: np.sum(w[np.where(t == -100, 0, t)] ** 2), "np.where(t == -100, 0, t)", [0, 4, -100], (5, -1)),
        (lambda w, t: np.sum((t >= 0) * w[t * (t >= 0)] ** 2), "t * (t >= 0)", [0, 4, -7], (5, 6)),
        (lambda w, t: np.sum(w[t[0] + t] ** 2), "t[0] + t", [2, 0, 1], (3, -1)),
    ],
)
@pytest.mark.parametrize("length", [3, "n"])
def test_places_that_are_computed_from_data_are_looked_at(function, code, inside, outside, length):
    derived = sb.derive(function, integers="t", wrt="w", w=5, t=length)
    w, fitting = np.arange(1.0, 6), np.array(inside)
    for style in ("readable", "fast"):
        module = derived.compile(style)
        assert all(other is None or abs(own - other) <= allowed for *_, own, other, allowed in module.check())
        assert module.loss({"w": w}, fitting) == pytest.approx(function(w, fitting), rel=1e-14)
        sizes = () if length == 3 else (3,)
        calls = [module.loss_and_grad, *([module.Workspace(*sizes).loss_and_grad] if style == "fast" else [])]
        for call in calls:
            for number in outside:
                with pytest.raises(
                    ValueError, match=rf"^{re.escape(code)} is -?\d+, but should be a place from 0 to 4$"
                ):
                    call({"w": w}, np.array([number, 0, 0] if code == "t[0] + t" else [0, 1, number]))


def test_what_a_condition_looks_at_may_be_no_place():
    def loss(w, t):
        k = 2 * t - 1
        return np.sum(np.where(k >= 0, w[k], 0) ** 2)

    derived = sb.derive(loss, integers="t", wrt="w", w=5, t=3)
    assert computed_places(derived.stages.graph) == ((), {})
    w, t = np.arange(1.0, 6), np.array([0, 1, 2])
    value, grads = derived.compile().loss_and_grad({"w": w}, t)
    assert value == loss(w, t) and np.array_equal(grads["w"], [0, 4, 0, 8, 0])


def test_labels_are_drawn_so_that_places_computed_from_them_fit():
    def loss(z, t):
        return np.sum(z[np.arange(len(t)), np.where(t == 9, 0, t)] ** 2)

    derived = sb.derive(loss, z=("n", 2), t="n", integers="t")
    assert drawn_among(derived.stages.graph)["t"] == Places(0, (2,))
    assert all(check.passed for check in derived.verify().checks)
    assert all(other is None or abs(own - other) <= allowed for *_, own, other, allowed in derived.compile().check())


def test_ranges_take_the_sizes_that_are_known():
    d = sb.derive(lambda w, v, t: np.sum(w[t] * v[t]), wrt=["w", "v"], w="m", v=5, t="n", integers="t")
    assert ranges(d.stages.graph) == {"t": (0, 5)}
    graph = d.stages.graph
    m = sp.Symbol("m", integer=True, positive=True)
    assert ranges(replace(graph, sizes={m: 3})) == {"t": (0, 3)}
