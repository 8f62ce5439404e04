"""Loops that do nothing but add up are running sums of whole arrays; every other one stays a loop."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.expressions import Index, Read, Where, Within
from symbackprop.graph import Equation
from symbackprop.lower.totals import running_total
from symbackprop.program import Loop
from symbackprop.schedule import Group
from symbackprop.targets import array_api_text

I, T = Index("i", 3), Index("t", 4)
C, X = Read("c", I, T), Read("x", I, T)
BEFORE, AFTER = Read("c", I, T - 1), Read("c", I, T + 1)


def group(rhs, reverse=False):
    return Group((Equation("c", (I, T), rhs),), loop=T, reverse=reverse)


@pytest.mark.parametrize(
    ("rhs", "reverse"),
    [
        (BEFORE + X**2, False),
        (Where(T > 0, BEFORE, 0) + X**2, False),
        (AFTER * Within(T + 1, 4) + X**2, True),
    ],
)
def test_what_is_added_up(rhs, reverse):
    assert running_total(group(rhs, reverse)) == X**2


@pytest.mark.parametrize(
    "rhs",
    [
        2 * BEFORE + X,
        BEFORE * X,
        BEFORE + Read("c", I, T - 2) + X,
        Where(T > 1, BEFORE, 0) + X,
        Where(T > 0, BEFORE, 1) + X,
        Read("c", I - 1, T - 1) + X,
        BEFORE + Read("x", I),
    ],
)
def test_what_is_not(rhs):
    assert running_total(group(rhs)) is None


def hazard(w, x, d):
    s = x @ w
    r = np.cumsum(np.exp(s)[::-1])[::-1]
    return -np.mean(d * (s - np.log(r)))


def twice(w, x, d):
    c = np.cumsum(np.cumsum(x * w, axis=1), axis=0)
    return np.sum(d * np.sum(c**2, axis=1)) + np.sum(np.cumsum(w > 0) * w)


@pytest.mark.parametrize("function", [hazard, twice])
def test_every_form_gives_the_same(function):
    d = sb.derive(function, w=3, x=("N", 3), d="N", wrt="w")
    assert any(isinstance(one, Loop) for one in d.stages.program.forward)
    assert not any(isinstance(one, Loop) for one in (*d.stages.numeric.forward, *d.stages.numeric.backward))
    rng = np.random.default_rng(0)
    params, data = {"w": rng.normal(size=3)}, (rng.normal(size=(5, 3)), rng.normal(size=5) ** 2)
    step = 1e-6
    expected = [
        (function(params["w"] + step * e, *data) - function(params["w"] - step * e, *data)) / (2 * step)
        for e in np.eye(3)
    ]
    for module in (d.compile("readable"), d.compile("fast")):
        loss, gradients = module.loss_and_grad(params, *data)
        assert loss == pytest.approx(function(params["w"], *data))
        assert gradients["w"] == pytest.approx(expected, rel=1e-6)
    pytest.importorskip("array_api_compat")
    api: dict[str, object] = {}
    exec(array_api_text(d.stages), api)
    assert api["loss_and_grad"](params, *data)[1]["w"] == pytest.approx(expected, rel=1e-6)  # type: ignore[operator]


def test_code_names_numpy_s_function():
    d = sb.derive(hazard, w=3, x=("N", 3), d="N", wrt="w")
    text = d.stages.module_text(style="readable")
    assert "c = np.cumsum(e)" in text and "dc = np.cumsum(dr)" not in text and "for s_ in" not in text
    assert "np.cumsum(self.e, out=self.c)" in d.stages.module_text(style="fast")
    assert "xp.cumulative_sum(e, axis=0)" in array_api_text(d.stages)
