"""Published trajectories of optimizers against our update equations, lowered to code as an emitted module has them."""

import numpy as np
import pytest

from symbackprop.backward import backward
from symbackprop.catalog import OPTIMIZERS, Optimizer
from symbackprop.emit.numpy import numpy_code
from symbackprop.lower.training import lower_update
from symbackprop.simplify import simplify
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph

LOGISTIC = """
a[s] = sum(X[s, i] * w[i], i)
E = sum(log(1 + exp(a[s])) - t[s] * a[s], s) + 0.05 * sum(w[i]**2, i)
"""
PROGRAMS = {
    "a = X @ w": LOGISTIC,
    "E = 0.1*w[0]**2 + 2*w[1]**2": "E = 0.1 * w[0]**2 + 2 * w[1]**2",
    "E = dot(gvec, w)": "E = sum(gvec[i] * w[i], i)",
}
ROWS = {
    "opt-sgd": "sgd",
    "opt-gd-d2l": "sgd",
    "opt-momentum": "momentum",
    "opt-nesterov": "nesterov",
    "opt-adagrad": "adagrad",
    "opt-rmsprop": "rmsprop",
    "opt-adam": "adam",
    "opt-adamw": "adamw",
    "opt-adamax": "adamax",
    "opt-lion": "lion",
}
# Other conventions than ours are other rows.
OTHERS = {
    "opt-momentum-nielsen": Optimizer("", "v = mu * v - learning_rate * g\nw = w + v", "", state={"v": 0}),
    "opt-rmsprop-d2l": Optimizer(
        "",
        "v = gamma * v + (1 - gamma) * g**2\nw = w - learning_rate * g / sqrt(v + epsilon)",
        "",
        state={"v": 0},
    ),
    "opt-onnx-momentum": Optimizer(
        "",
        """
        d = nc * w + g
        v = alpha * v + where(step > 1, beta, 1) * d
        w = w - r * v
        """,
        "",
    ),
    "opt-onnx-adagrad": Optimizer(
        "",
        """
        d = nc * w + g
        h = h + d**2
        w = w - r / (1 + (step - 1) * decay) * d / (sqrt(h) + epsilon)
        """,
        "",
    ),
    "opt-onnx-adam": Optimizer(
        "",
        """
        d = nc * w + g
        v = alpha * v + (1 - alpha) * d
        h = beta * h + (1 - beta) * d**2
        k = where(step > 1, r * sqrt(1 - beta**(step - 1)) / where(step > 1, 1 - alpha**(step - 1), 1), r)
        w = w - k * v / (sqrt(h) + epsilon)
        """,
        "",
    ),
}
SETTINGS = {"lr": "learning_rate", "eps": "epsilon", "wd": "weight_decay"}


def settings(case, row):
    given = dict(case["extra"]["hyper"])
    given |= dict(zip(("beta1", "beta2"), given.pop("betas", ()), strict=False))
    if row.name in ("momentum", "nesterov"):
        given["momentum"] = given.pop("beta")
    return {SETTINGS.get(key, key): value for key, value in given.items()}


def trajectory(graph, row, case):
    """The parameters after each step of the lowered update equations, and the loss before each."""
    derivation = simplify(backward(graph))
    code = "\n".join(f"{a.name} = {numpy_code(a.value, a.axes)}" for a in lower_update(row))
    given = {name: np.array(value) for name, value in case["inputs"].items()} | {"w": np.array(case["extra"]["w0"])}
    space = {**settings(case, row), **row.state, **_arrays(case["extra"].get("state0", {})), "np": np}
    points, losses = [given["w"]], []
    for step in range(1, case["extra"]["steps"] + 1):
        given["w"] = points[-1]
        losses.append(float(evaluate_graph(graph, given)["E"]))
        space |= {"w": given["w"], "g": evaluate_adjoints(derivation, given)["dw"], "step": step}
        exec(code, space)
        points.append(space["w"])
    losses.append(float(evaluate_graph(graph, given | {"w": points[-1]})["E"]))
    return points, losses


def _arrays(state):
    return {name: np.array(value) for name, value in state.items()}


def test_trajectory(optimizers_case, graph_of, record_property):
    case = optimizers_case
    record_property("collection", "optimizers")
    row = OTHERS[case["id"]] if case["id"] in OTHERS else OPTIMIZERS[ROWS[case["id"]]]
    shapes = {**case["shapes"], "w": [len(case["extra"]["w0"])]}
    if "dummy" in shapes:
        del shapes["dummy"]
        case = {**case, "inputs": {}}
    graph = graph_of(PROGRAMS[case["program"][0]], shapes, ["w"])
    points, losses = trajectory(graph, row, case)
    for key, expected in case["expected"].items():
        if key.startswith("after_"):
            np.testing.assert_allclose(points[int(key[6:])], expected, rtol=1e-11, err_msg=key)
    assert losses[0] == pytest.approx(case["expected"]["loss_start"], rel=1e-14)
    assert losses[-1] == pytest.approx(case["expected"][f"loss_after_{case['extra']['steps']}"], rel=1e-11)


def test_every_case_has_its_row():
    assert not set(ROWS) & set(OTHERS)
    assert set(ROWS.values()) <= set(OPTIMIZERS)
