"""The script has the loss, the gradient and the step of the Python module, and names every element."""

import json
import subprocess

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.catalog import OPTIMIZERS
from symbackprop.emit.certificate import body_hash
from symbackprop.explorable import network_script
from symbackprop.targets import javascript_text

pytestmark = pytest.mark.needs("node")
SMALL = ("mazur", "xor", "logistic_regression", "line", "autoencoder")
RUN = """
const network = require(process.argv[1]);
const given = JSON.parse(require("fs").readFileSync(0));
"""


def run(tmp_path, text, code, **given):
    path = tmp_path / "network.js"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["node", "-e", f"{RUN}{code}", str(path)],
        input=json.dumps(given, default=lambda value: np.asarray(value).tolist()),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def point(d, seed=3):
    rng = np.random.default_rng(seed)
    shapes = d.stages.straight.shapes
    names = {t.name: t.role for t in d.stages.graph.tensors.values()}
    params = {name: rng.standard_normal(shapes[name]) for name, role in names.items() if role == "parameter"}
    data = {name: rng.uniform(0.1, 0.9, shapes[name]) for name, role in names.items() if role in ("input", "target")}
    return params, data


def straight(d, checks=()):
    """The script in which every element has its name."""
    return network_script(d.stages, d.stages.straight, checks)


@pytest.mark.parametrize("name", SMALL)
def test_loss_and_gradient(name, tmp_path):
    d = sb.derive(name)
    params, data = point(d)
    code = "console.log(JSON.stringify(network.lossAndGrad(given.params, given.data)))"
    found = run(tmp_path, straight(d), code, params=params, data=data)
    loss, gradients = d.compile().loss_and_grad(params, *data.values())
    assert found["loss"] == pytest.approx(loss, rel=1e-12)
    assert list(found["gradients"]) == list(params)
    for key, expected in gradients.items():
        assert np.shape(found["gradients"][key]) == expected.shape
        assert np.asarray(found["gradients"][key]) == pytest.approx(expected, rel=1e-11, abs=1e-14), key


def test_every_element_by_its_name(tmp_path):
    d = sb.derive("mazur")
    code = "console.log(JSON.stringify(network.lossAndGrad(network.START, network.SAMPLE).values))"
    found = run(tmp_path, straight(d), code)
    scalars = d.stages.scalars
    expected = sb.derive("mazur").stages._scalar_form()
    assert expected is not None
    names = {equation.symbol.name for equation in (*scalars.forward, *scalars.adjoints)}
    assert set(found) == names
    assert found["E"] == pytest.approx(0.298371109, abs=5e-10)
    assert found["dw5"] == pytest.approx(0.082167041, abs=5e-10)
    assert found["da2_1"] == pytest.approx(0.741365070, abs=5e-10)


def test_forward_needs_no_targets(tmp_path):
    d = sb.derive("mazur")
    code = "console.log(JSON.stringify(network.forward(network.START, { x: [0.05, 0.1] })))"
    found = run(tmp_path, straight(d), code)
    assert found["prediction"]["a2"] == pytest.approx([0.751365070, 0.772928465], abs=5e-10)
    assert "E" not in found["values"] and found["values"]["a1_1"] == pytest.approx(0.593269992, abs=5e-10)


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_update_is_that_of_the_module(optimizer, tmp_path):
    net = sb.Network(2, sb.Dense(2, "tanh"), sb.Dense(1), loss="mse", training={"optimizer": optimizer})
    d = sb.derive(net)
    params, data = point(d)
    code = """
    let params = given.params;
    const state = {};
    for (let n = 0; n < 3; n += 1) {
      params = network.update(params, network.lossAndGrad(params, given.data).gradients, state);
    }
    console.log(JSON.stringify(params));
    """
    found = run(tmp_path, straight(d), code, params=params, data=data)
    module, state = d.compile(), {}
    for _ in range(3):
        params = module.update(params, module.loss_and_grad(params, *data.values())[1], state)
    for name, expected in params.items():
        assert np.asarray(found[name]) == pytest.approx(expected, rel=1e-10), name


def with_parameter(code):
    return f"network.lossAndGrad({{ ...network.START, {code} }}, network.SAMPLE)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("network.lossAndGrad({}, network.SAMPLE)", "W1 is missing"),
        (
            "network.lossAndGrad(network.START, { x: [1], t: [0, 1] })",
            "x has 1 numbers in the shape 1, and needs the shape 2",
        ),
        (with_parameter("b1: ['a', 0]"), 'b1 holds "a", which is no number'),
        (with_parameter("b1: ['0.05', -0.05]"), 'b1 holds "0.05", which is no number'),
        (with_parameter("b1: null"), "b1 holds null, which is no number"),
        (with_parameter("b1: [0, null]"), "b1 holds null, which is no number"),
        (with_parameter("b1: [, 0]"), "b1 holds undefined, which is no number"),
        (with_parameter("b1: [0, [0]]"), "b1 holds 0, which is no number"),
        (with_parameter("b1: [[0], [0]]"), "b1 has 2 numbers in the shape 2 x 1, and needs one number"),
        (with_parameter("W1: [[1, 2, 3, 4]]"), "W1 has 4 numbers in the shape 1 x 4, and needs the shape 2 x 2"),
        (with_parameter("W1: [[1, 2], [3]]"), "W1 has 3 numbers in the shape 2 x 2, and needs the shape 2 x 2"),
        (with_parameter("W1: [1, 2, 3]"), "W1 has 3 numbers in the shape 3, and needs the shape 2 x 2"),
    ],
)
def test_wrong_arguments_are_named(call, message, tmp_path):
    code = f"try {{ {call}; }} catch (error) {{ console.log(JSON.stringify(error.message)); }}"
    assert message in run(tmp_path, straight(sb.derive("mazur")), code)


def test_arrays_may_be_nested_flat_or_typed(tmp_path):
    code = """
    const flat = (value) => new Float64Array([value].flat(Infinity));
    const typed = Object.fromEntries(Object.entries(network.START).map(([name, value]) => [name, flat(value)]));
    const rows = { ...network.START, W1: network.START.W1.map((row) => new Float64Array(row)) };
    const losses = [network.START, typed, rows].map((params) => network.lossAndGrad(params, network.SAMPLE).loss);
    console.log(JSON.stringify(losses));
    """
    found = run(tmp_path, straight(sb.derive("mazur")), code)
    assert len(found) == 3 and len(set(found)) == 1


def test_names_that_javascript_has_for_something_else(tmp_path):
    names = {"weights": [["new", "Math"]], "bias": ["numbers"]}
    net = sb.Network({"arguments": {"shape": [2]}}, {"type": "dense", "units": 1, "names": names}, loss="mse")
    d = sb.derive(net)
    params, data = point(d)
    code = "console.log(JSON.stringify(network.lossAndGrad(given.params, given.data)))"
    found = run(tmp_path, straight(d), code, params=params, data=data)
    loss, gradients = d.compile().loss_and_grad(params, *data.values())
    assert found["loss"] == pytest.approx(loss)
    assert found["values"]["dnew"] == pytest.approx(gradients["W1"][0, 0])
    assert found["values"]["dMath"] == pytest.approx(gradients["W1"][0, 1])


def test_error_function(tmp_path):
    d = sb.derive(sb.Network(1, sb.Dense(1, "gelu"), loss="mse"))
    text = straight(d)
    for z in (-9.0, -2.6, -1.0, 1e-8, 0.3, 2.4, 2.6, 5.5):
        params = {"W1": [[z]], "b1": [0.0]}
        code = "console.log(JSON.stringify(network.lossAndGrad(given.params, { x: [1], t: [0] }).loss))"
        x, t = np.array([[1.0]]), np.array([[0.0]])
        loss, _ = d.compile().loss_and_grad({k: np.asarray(v) for k, v in params.items()}, x, t)
        assert run(tmp_path, text, code, params=params) == pytest.approx(loss, rel=1e-12, abs=1e-30)


def test_the_head_is_a_certificate():
    text = straight(sb.derive("mazur"), ["complex step: 1e-9"])
    assert "// check: complex step: 1e-9\n" in text
    head, body = text.split("// body sha256: ")
    assert all(row.startswith("// ") for row in head.splitlines())
    stated, body = body.split("\n", 1)
    assert stated == body_hash(body)


def test_a_page_can_hold_it():
    """Nothing in the text ends a script element."""
    net = sb.Network(1, sb.Dense(1), loss="mse", name="a-network")
    assert "</" not in straight(sb.derive(net))


def test_loops_take_any_number_of_samples(tmp_path):
    d = sb.derive("2 -> 3 tanh -> 2, loss=mse")
    text = javascript_text(d.stages)
    rng = np.random.default_rng(1)
    params = d.compile().initialize(1)
    code = "console.log(JSON.stringify(network.lossAndGrad(given.params, given.data)))"
    for count in (1, 4):
        x, t = rng.standard_normal((count, 2)), rng.standard_normal((count, 2))
        found = run(tmp_path, text, code, params=params, data={"x": x, "t": t})
        loss, gradients = d.compile().loss_and_grad(params, x, t)
        assert found["loss"] == pytest.approx(loss, rel=1e-12)
        assert np.shape(found["values"]["delta1"]) == (count, 3)
        assert np.asarray(found["gradients"]["W1"]) == pytest.approx(gradients["W1"], rel=1e-11)
    call = "network.lossAndGrad(given.params, { x: [[1]], t: [[1, 2]] })"
    code = f"try {{ {call}; }} catch (error) {{ console.log(JSON.stringify(error.message)); }}"
    assert "needs the shape N x 2" in run(tmp_path, text, code, params=params)


def test_positions_outside_their_range_are_refused(tmp_path):
    d = sb.derive("transformer")
    code = (
        "try { network.lossAndGrad(given.params, given.data); } catch (e) { console.log(JSON.stringify(e.message)); }"
    )
    params = d.compile().initialize(1)
    data = {"tokens": [[99, 0, 1, 2, 3]], "t": np.eye(7)[[[0, 1, 2, 3, 4]]]}
    assert "tokens holds 99, but should hold whole numbers from 0 to 6" in run(
        tmp_path, javascript_text(d.stages), code, params=params, data=data
    )


@pytest.mark.parametrize("straight", [True, False])
def test_categories_are_looked_at(straight, tmp_path):
    def loss(w, t):
        return np.sum(w[t - 1] ** 2)

    d = sb.derive(loss, wrt="w", w=3, t=2 if straight else "n", integers="t")
    code = (
        "console.log(JSON.stringify([[1, 3], [0, 1], [1, 4], [1, 1.5]].map((t) => {"
        "  try { return network.lossAndGrad(given.params, { t }).loss; } catch (e) { return e.message; } })))"
    )
    found = run(tmp_path, javascript_text(d.stages), code, params={"w": [1, 2, 3]})
    assert found == [10] + [f"t holds {n}, but should hold whole numbers from 1 to 3" for n in (0, 4, 1.5)]


def test_golden(golden):
    golden("javascript/mazur.js", straight(sb.derive("mazur")))
    golden("javascript/lstm.js", javascript_text(sb.derive("lstm").stages))


def test_arrays_of_different_lengths_are_named(tmp_path):
    text = javascript_text(sb.derive("2 -> 3 tanh -> 2, loss=mse").stages)
    params = sb.derive("2 -> 3 tanh -> 2, loss=mse").compile().initialize(1)
    data = {"x": np.ones((3, 2)), "t": np.ones((4, 2))}
    call = "network.lossAndGrad(given.params, given.data)"
    code = f"try {{ {call}; }} catch (error) {{ console.log(JSON.stringify(error.message)); }}"
    found = run(tmp_path, text, code, params=params, data=data)
    assert found == "t has 8 numbers in the shape 4 x 2, and needs the shape 3 x 2"
