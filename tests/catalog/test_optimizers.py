"""Every optimizer's equations, and the code that is emitted for them, against the rule written out in NumPy."""

import numpy as np
import pytest

from symbackprop.catalog import OPTIMIZERS
from symbackprop.expressions import Read, tensors_read
from symbackprop.language import parse_equations
from symbackprop.network import Dense, Network
from symbackprop.pipeline import Stages

STEPS = 25


def sgd(o, g, s, t):
    return o["learning_rate"] * g


def momentum(o, g, s, t):
    s["v"] = o["momentum"] * s.get("v", 0) + g
    return o["learning_rate"] * s["v"]


def nesterov(o, g, s, t):
    return momentum(o, g, s, t) * o["momentum"] + o["learning_rate"] * g


def adagrad(o, g, s, t):
    s["v"] = s.get("v", 0) + g * g
    return o["learning_rate"] * g / (np.sqrt(s["v"]) + o["epsilon"])


def rmsprop(o, g, s, t):
    s["v"] = o["alpha"] * s.get("v", 0) + (1 - o["alpha"]) * g * g
    return o["learning_rate"] * g / (np.sqrt(s["v"]) + o["epsilon"])


def adadelta(o, g, s, t):
    s["v"] = o["rho"] * s.get("v", 0) + (1 - o["rho"]) * g * g
    moved = g * np.sqrt(s.get("u", 0) + o["epsilon"]) / np.sqrt(s["v"] + o["epsilon"])
    s["u"] = o["rho"] * s.get("u", 0) + (1 - o["rho"]) * moved**2
    return o["learning_rate"] * moved


def means(o, g, s, t):
    s["m"] = o["beta1"] * s.get("m", 0) + (1 - o["beta1"]) * g
    s["v"] = o["beta2"] * s.get("v", 0) + (1 - o["beta2"]) * g * g
    return s["m"] / (1 - o["beta1"] ** t), s["v"] / (1 - o["beta2"] ** t)


def adam(o, g, s, t):
    m, v = means(o, g, s, t)
    return o["learning_rate"] * m / (np.sqrt(v) + o["epsilon"])


def adamw(o, g, s, t):
    return adam(o, g, s, t) + o["learning_rate"] * o["weight_decay"] * s["w"]


def amsgrad(o, g, s, t):
    m, _ = means(o, g, s, t)
    s["u"] = np.maximum(s.get("u", 0), s["v"])
    return o["learning_rate"] * m / (np.sqrt(s["u"] / (1 - o["beta2"] ** t)) + o["epsilon"])


def nadam(o, g, s, t):
    def mu(t):
        return o["beta1"] * (1 - 0.5 * 0.96 ** (t * o["momentum_decay"]))

    _, v = means(o, g, s, t)
    s["p"] = s.get("p", 1) * mu(t)
    ahead = mu(t + 1) * s["m"] / (1 - s["p"] * mu(t + 1))
    now = (1 - mu(t)) * g / (1 - s["p"])
    return o["learning_rate"] * (ahead + now) / (np.sqrt(v) + o["epsilon"])


def adamax(o, g, s, t):
    m, _ = means(o, g, s, t)
    s["u"] = np.maximum(o["beta2"] * s.get("u", 0), np.abs(g) + o["epsilon"])
    return o["learning_rate"] * m / s["u"]


def lion(o, g, s, t):
    moved = np.sign(o["beta1"] * s.get("m", 0) + (1 - o["beta1"]) * g)
    s["m"] = o["beta2"] * s.get("m", 0) + (1 - o["beta2"]) * g
    return o["learning_rate"] * (moved + o["weight_decay"] * s["w"])


RULES = [sgd, momentum, nesterov, adagrad, rmsprop, adadelta, adam, adamw, amsgrad, nadam, adamax, lion]


def module(name, **training):
    optimizer = {"type": name, "learning_rate": 0.1}
    net = Network(3, Dense(2), loss="mse", training={"optimizer": optimizer, **training})
    return Stages(net).module


def test_every_rule_is_tested():
    assert [rule.__name__ for rule in RULES] == list(OPTIMIZERS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize(("kind", "tolerance"), [(np.float64, 1e-11), (np.float32, 2e-4)])
def test_emitted_steps(rule, kind, tolerance):
    code = module(rule.__name__)
    row = OPTIMIZERS[rule.__name__]
    options = {key: option.default for key, option in row.options.items()} | {"learning_rate": 0.1}
    rng = np.random.default_rng(1)
    shapes = {"W1": (2, 3), "b1": (2,)}
    params = {name: rng.normal(size=shape).astype(kind) for name, shape in shapes.items()}
    expected = {name: value.astype(float) for name, value in params.items()}
    state, kept = {}, {"W1": {}, "b1": {}}
    for step in range(1, STEPS + 1):
        grads = {name: rng.normal(size=shape).astype(kind) for name, shape in shapes.items()}
        params = code.update(params, grads, state)
        for name in shapes:
            kept[name]["w"] = expected[name]
            expected[name] = expected[name] - rule(options, grads[name].astype(float), kept[name], step)
            assert params[name].dtype == kind
            np.testing.assert_allclose(params[name], expected[name], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("update", ["simultaneous", "sequential"])
def test_training_goes_downhill_and_is_repeatable(name, update):
    code = module(name, update=update, seed=3)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 3))
    t = x @ rng.normal(size=(3, 2))
    rate = {"sgd": 0.2, "adadelta": 30.0}.get(name, 0.05)
    runs = [code.train(code.initialize(), x, t, steps=60, learning_rate=rate) for _ in range(2)]
    (_, history), (_, again) = runs
    assert history[-1][1] < 0.8 * history[0][1]
    assert list(history) == list(again)


def test_sgd_goes_down_the_gradient():
    (statement,) = parse_equations(OPTIMIZERS["sgd"].equations)
    assert statement.tensor == "w"
    assert statement.rhs == Read("w") - Read("learning_rate") * Read("g")


def test_an_optimizer_reads_its_options_its_state_and_nothing_else():
    for name, row in OPTIMIZERS.items():
        assert row.name == name and row.source
        statements = parse_equations(row.equations)
        assert statements[-1].tensor == "w"
        known = {"w", "g", "step", *row.state, *row.options}
        for statement in statements:
            assert set(tensors_read(statement.rhs)) <= known
            known.add(statement.tensor)
        assert set(row.state) <= {statement.tensor for statement in statements}
