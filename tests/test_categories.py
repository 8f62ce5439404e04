"""Which axes whole numbers point into, and which of them limit what they may be."""

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.categories import Places, axes_pointed_into, limits
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
