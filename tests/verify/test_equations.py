from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp
from sympy import Symbol

from symbackprop.errors import UnsupportedError
from symbackprop.expressions import Index, Read, Total, Where, Within
from symbackprop.graph import Derivation, Equation, Graph, Step, Tensor
from symbackprop.verify.equations import components, evaluate_adjoints, evaluate_graph, known_sizes, scan_of
from symbackprop.verify.fields import NUMPY, Field, mpmath_field

T = Symbol("T")
TIME, J, K, I = Index("t", T), Index("j", 3), Index("k", 3), Index("i", 2)
RNG = np.random.default_rng(3)
GIVEN = {
    "x": RNG.normal(size=(5, 2)),
    "W": RNG.normal(size=(3, 2)),
    "U": RNG.normal(size=(3, 3)),
    "h0": RNG.normal(size=3),
}


def recurrent() -> Graph:
    """h = tanh(W x + U h of the moment before), from h0; the loss is the half square of every h."""
    past = Where(TIME > 0, Read("h", TIME - 1, K), Read("h0", K))
    net = Total(Read("W", J, I) * Read("x", TIME, I), I) + Total(Read("U", J, K) * past, K)
    tensors = {
        "x": Tensor("x", "input", (TIME, I)),
        "W": Tensor("W", "parameter", (J, I)),
        "U": Tensor("U", "parameter", (J, K)),
        "h0": Tensor("h0", "parameter", (J,)),
        "z": Tensor("z", "hidden", (TIME, J)),
        "h": Tensor("h", "hidden", (TIME, J)),
        "E": Tensor("E", "loss"),
    }
    equations = (
        Equation("z", (TIME, J), net),
        Equation("h", (TIME, J), sp.tanh(Read("z", TIME, J))),
        Equation("E", (), Total(Read("h", TIME, J) ** 2 / 2, J, TIME)),
    )
    return Graph("recurrent", tensors, equations)


def unrolled(given: dict[str, np.ndarray]) -> np.ndarray:
    h, found = given["h0"], []
    for x in given["x"]:
        h = np.tanh(given["W"] @ x + given["U"] @ h)
        found.append(h)
    return np.array(found)


def through_time() -> Derivation:
    """The adjoints of `recurrent`, by hand: the one of h reads the moment after."""
    graph = recurrent()
    later = Within(TIME + 1, T) * Total(Read("U", K, J) * Read("dz", TIME + 1, K), K)
    adjoints = (
        Equation("dh", (TIME, J), Read("h", TIME, J) + later),
        Equation("dz", (TIME, J), Read("dh", TIME, J) * (1 - Read("h", TIME, J) ** 2)),
        Equation("dh0", (J,), Total(Read("U", K, J) * Read("dz", 0, K), K)),
    )
    tensors = {f"d{name}": Tensor(f"d{name}", "adjoint", graph.tensors[name].indices) for name in ("h", "z", "h0")}
    return Derivation(graph, tensors, {name: f"d{name}" for name in ("h", "z", "h0")}, adjoints, {}, {})


@pytest.mark.parametrize("field", [NUMPY, mpmath_field()], ids=["numpy", "mpmath"])
def test_a_recurrence_steps_through_time(field: Field) -> None:
    found = evaluate_graph(recurrent(), GIVEN, field)
    expected = unrolled(GIVEN)
    np.testing.assert_allclose(found["h"].astype(float), expected, rtol=1e-13)
    assert float(found["E"]) == pytest.approx((expected**2).sum() / 2, rel=1e-13)


def test_a_recurrence_at_several_points_at_once() -> None:
    found = evaluate_graph(recurrent(), GIVEN | {"U": np.stack([GIVEN["U"], 0 * GIVEN["U"]])})
    np.testing.assert_allclose(found["h"][0], unrolled(GIVEN), rtol=1e-13)
    np.testing.assert_allclose(found["h"][1], np.tanh(GIVEN["x"] @ GIVEN["W"].T), rtol=1e-13)


@pytest.mark.parametrize("field", [NUMPY, mpmath_field()], ids=["numpy", "mpmath"])
def test_adjoints_run_the_other_way(field: Field) -> None:
    found = evaluate_adjoints(through_time(), GIVEN, field)
    step = 1e-6
    for n in range(3):
        moved = [GIVEN | {"h0": GIVEN["h0"] + sign * step * np.eye(3)[n]} for sign in (1, -1)]
        up, down = ((unrolled(given) ** 2).sum() / 2 for given in moved)
        assert float(found["dh0"][n]) == pytest.approx((up - down) / (2 * step), abs=1e-8)
    assert set(found) == {"dh", "dz", "dh0"}


def test_the_direction_and_order_of_a_scan() -> None:
    (cycle, _), (back, _) = components(recurrent().equations), components(through_time().adjoints)
    assert scan_of(cycle).backwards is False
    assert [equation.tensor for equation in scan_of(cycle).equations] == ["z", "h"]
    assert scan_of(back).backwards is True
    assert scan_of(back).axis == {"dh": 0, "dz": 0}


@pytest.mark.parametrize(
    "reads",
    [
        (Read("b", TIME, J), Read("a", TIME, J)),
        (Read("b", TIME - 1, J), Read("a", TIME + 1, J)),
        (Read("b", 0, J), Read("a", 0, K)),
    ],
    ids=["of one moment", "both ways", "of a fixed moment"],
)
def test_a_cycle_that_is_no_recurrence_is_refused_by_name(reads: tuple[Read, Read]) -> None:
    pair = [Equation(name, (TIME, J), read) for name, read in zip("ab", reads, strict=True)]
    with pytest.raises(UnsupportedError, match="a -> b -> a"):
        scan_of(pair)


def test_the_order_of_the_equations_does_not_matter() -> None:
    graph = recurrent()
    turned = Graph(graph.name, graph.tensors, (graph.equations[1], graph.equations[0], graph.equations[2]))
    np.testing.assert_array_equal(evaluate_graph(turned, GIVEN)["h"], evaluate_graph(graph, GIVEN)["h"])


def test_sizes_come_from_the_values() -> None:
    tensors = recurrent().tensors
    assert known_sizes(tensors, {"x": GIVEN["x"]}, {T: 99}) == {T: 5}
    assert known_sizes(tensors, {"x": GIVEN["x"][None]}, {}) == {T: 5}
    assert known_sizes(tensors, {"W": GIVEN["W"]}, {T: 99}) == {T: 99}


def test_an_adjoint_that_was_rewritten_away_has_the_value_of_its_last_step() -> None:
    derivation = through_time()
    gone = Tensor("dgone", "adjoint", (J,))
    step = Step(Read("dgone", J), 2 * Read("dh0", J), "chain rule")
    derivation = Derivation(
        derivation.graph,
        {**derivation.tensors, "dgone": gone},
        derivation.adjoint_of,
        derivation.adjoints,
        {},
        {"dgone": (step,)},
    )
    found = evaluate_adjoints(derivation, GIVEN)
    np.testing.assert_allclose(found["dgone"], 2 * found["dh0"])


def test_dense_adjoints_agree_with_code(nets: SimpleNamespace) -> None:
    graph = nets.dense((3, 4, 2), "softmax")
    rng = np.random.default_rng(0)
    params = {
        "W1": rng.normal(size=(4, 3)),
        "b1": rng.normal(size=4),
        "W2": rng.normal(size=(2, 4)),
        "b2": rng.normal(size=2),
    }
    x, t = rng.normal(size=(3, 3)), np.eye(2)[[0, 1, 0]]
    loss, gradient = nets.Code(2, "softmax").loss_and_grad(params, x, t)
    values = {**params, "x": x, "t": t}
    assert evaluate_graph(graph, values)["E"] == pytest.approx(loss, rel=1e-13)
    found = evaluate_adjoints(nets.derived(graph, "softmax"), values)
    for name, array in gradient.items():
        np.testing.assert_allclose(found[f"d{name}"], array, rtol=1e-11)
