"""Every adjoint, of hidden tensors too, against the complex step of the graph that lies behind it."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from scipy import special

from symbackprop import catalog
from symbackprop.backward import CHAIN_RULE, adjoint_name, backward, backward_order, partial
from symbackprop.errors import UnknownNameError
from symbackprop.expressions import Delta, Index, Peak, Read, Total, Where
from symbackprop.forward import forward
from symbackprop.graph import Equation, Fact, Graph, Tensor
from symbackprop.network import Dense, Network
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph
from symbackprop.verify.points import random_point

N = sp.Symbol("N", integer=True, positive=True)
S, I, J, K = Index("s", N), Index("i", 3), Index("j", 4), Index("k", 4)
T, P = Index("t", 4), Index("p", 3)


def graph_of(given, equations, sizes=None):
    """A graph by hand: given tensors as name → (role, indices), and equations as (name, indices, rhs)."""
    tensors = {name: Tensor(name, role, indices) for name, (role, indices) in given.items()}
    tensors |= {name: Tensor(name, "hidden", indices) for name, indices, _ in equations}
    tensors["E"] = Tensor("E", "loss")
    return Graph("hand", tensors, tuple(Equation(*row) for row in equations), sizes or {N: 5})


def complex_step(graph, values, name):
    """∂E/∂name with every tensor that `name` depends on held fast, from the equations behind it alone."""
    behind = replace(graph, equations=tuple(e for e in graph.equations if e.tensor != name))
    given = {tensor: values[tensor] for tensor in values if all(e.tensor != tensor for e in behind.equations)}
    gradient = np.zeros(np.shape(values[name]))
    for place in np.ndindex(gradient.shape):
        moved = np.array(values[name], dtype=complex)
        moved[place] += 1e-30j
        gradient[place] = evaluate_graph(behind, given | {name: moved}, sizes=graph.sizes)["E"].imag / 1e-30
    return gradient


def check(graph, wrt=None, seed=0):
    derivation = backward(graph, wrt)
    values = random_point(graph, np.random.default_rng(seed)).values
    found = evaluate_adjoints(derivation, values)
    assert derivation.adjoint_of
    for name, adjoint in derivation.adjoint_of.items():
        assert derivation.tensors[adjoint].indices == graph.tensors[name].indices
        expected = complex_step(graph, values, name)
        np.testing.assert_allclose(found[adjoint], expected, rtol=1e-9, atol=1e-12, err_msg=name)
    return derivation


W, V, X, Z = Read("W", J, I), Read("V", K, J), Read("x", S, I), Read("z", S, J)
GIVEN = {"x": ("input", (S, I)), "W": ("parameter", (J, I))}
NET = ("z", (S, J), Total(W * X, I))
U = Index("u", 9)

GRAPHS = {
    "tied weights": (
        GIVEN,
        [
            NET,
            ("h", (S, J), sp.tanh(Z)),
            ("r", (S, I), Total(W * Read("h", S, J), J)),
            ("E", (), Total((Read("r", S, I) - X) ** 2, I, S)),
        ],
    ),
    "a residual connection": (
        {**GIVEN, "V": ("parameter", (J, Index("m", 4)))},
        [
            NET,
            ("h", (S, J), Z + sp.tanh(Total(Read("V", J, Index("m", 4)) * Read("z", S, Index("m", 4)), Index("m", 4)))),
            ("E", (), Total(Read("h", S, J) ** 2 * Z, J, S) / N),
        ],
    ),
    "a scalar parameter": (
        {**GIVEN, "c": ("parameter", ())},
        [NET, ("h", (S, J), sp.tanh(Read("c") * Z) + Read("c")), ("E", (), Total(Read("h", S, J) ** 2, J, S))],
    ),
    "read by the loss and by a layer": (
        GIVEN,
        [NET, ("h", (S, J), sp.exp(-(Z**2))), ("E", (), Total(Z * Read("h", S, J), S, J) + Total(W**2, J, I))],
    ),
    "normalised over the samples": (
        GIVEN,
        [
            NET,
            ("mu", (J,), Total(Z, S) / N),
            ("v", (J,), Total((Z - Read("mu", J)) ** 2, S) / N),
            ("y", (S, J), (Z - Read("mu", J)) / sp.sqrt(Read("v", J) + sp.Rational(1, 100))),
            ("E", (), Total(Read("y", S, J) ** 3, S, J)),
        ],
    ),
    "attention": (
        {"q": ("parameter", (T, P)), "k": ("parameter", (Index("u", 4), P)), "v": ("parameter", (Index("u", 4), P))},
        [
            ("a", (T, Index("u", 4)), Total(Read("q", T, P) * Read("k", Index("u", 4), P), P)),
            (
                "p",
                (T, Index("u", 4)),
                sp.exp(Read("a", T, Index("u", 4))) / Total(sp.exp(Read("a", T, Index("w", 4))), Index("w", 4)),
            ),
            ("o", (T, P), Total(Read("p", T, Index("u", 4)) * Read("v", Index("u", 4), P), Index("u", 4))),
            ("E", (), Total(Read("o", T, P) ** 2 * (T + 1), T, P)),
        ],
    ),
    "a padded, strided window": (
        {"x": ("parameter", (U,)), "W": ("parameter", (P,))},
        [
            ("y", (T,), Total(Read("W", P) * Read("x", 2 * T + P - 1), P)),
            ("E", (), Total(Read("y", T) ** 2 * (T + 1), T)),
        ],
    ),
    "a dilated window": (
        {"x": ("parameter", (U,)), "W": ("parameter", (P,))},
        [("y", (T,), Total(Read("W", P) * Read("x", T + 2 * P), P)), ("E", (), Total(sp.exp(Read("y", T)) * T, T))],
    ),
    "largest of a window": (
        {"x": ("parameter", (U,))},
        [("y", (T,), Peak(Read("x", 2 * T + P), P)), ("E", (), Total(Read("y", T) ** 2, T))],
    ),
    "an embedding": (
        {"token": ("input", (S,)), "W": ("parameter", (J, I))},
        [("y", (S, I), Read("W", Read("token", S), I)), ("E", (), Total(Read("y", S, I) ** 3, S, I))],
    ),
    "a recurrence": (
        {"x": ("parameter", (T, I)), "W": ("parameter", (I, P)), "h0": ("parameter", (I,))},
        [
            (
                "h",
                (T, I),
                sp.tanh(Read("x", T, I) + Where(T > 0, Total(Read("W", I, P) * Read("h", T - 1, P), P), Read("h0", I))),
            ),
            ("E", (), Total(Read("h", 3, I) ** 2, I)),
        ],
    ),
    "two tensors that recur through one another": (
        {"x": ("input", (T,)), "w": ("parameter", ())},
        [
            ("c", (T,), Read("h", T - 1) * Read("x", T) + sp.Rational(1, 2)),
            ("h", (T,), sp.tanh(Read("w") * Read("c", T))),
            ("E", (), Total(Read("h", T) ** 2, T)),
        ],
    ),
    "branches and places": (
        {**GIVEN, "b": ("parameter", (J,))},
        [
            NET,
            ("y", (S, J), Where(sp.And(Z > 0, J > 1), Z**2, Read("b", J) * Z)),
            ("E", (), Total(Read("y", S, J), S, J) / N),
        ],
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_adjoints(name):
    given, equations = GRAPHS[name]
    graph = graph_of(given, equations)
    if "token" in given:
        graph.tensors["token"] = replace(graph.tensors["token"], facts=(Fact("integer"),))
    if name in ("a recurrence", "two tensors that recur through one another"):
        check_parameters(graph)
    else:
        check(graph)


def check_parameters(graph):
    """Recurrences: a hidden tensor cannot be held fast, so the parameters alone."""
    derivation = backward(graph)
    values = random_point(graph, np.random.default_rng(1)).values
    found = evaluate_adjoints(derivation, values)
    for tensor in graph.parameters:
        expected = complex_step(graph, values, tensor.name)
        np.testing.assert_allclose(found[derivation.adjoint_of[tensor.name]], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize(
    ("activation", "last", "loss"),
    [
        ("sigmoid", "sigmoid", "half_squared_error"),
        ("tanh", "linear", "mse"),
        ("relu", "sigmoid", "binary_crossentropy"),
        ("softmax", "softmax", "categorical_crossentropy"),
        ("tanh", "softmax", "mse"),
    ],
)
def test_dense_networks(activation, last, loss, reduction):
    layers = (Dense(4, activation), Dense(3, activation, bias=False), Dense(2, last, names={"bias": "b"}))
    derivation = check(forward(Network(3, *layers, loss={"type": loss, "reduction": reduction})))
    assert set(derivation.adjoint_of) >= {"W1", "b1", "W2", "W3", "b3", "z1", "a1"}
    assert not {"x", "t", "b2"} & set(derivation.adjoint_of)


def test_a_single_sample():
    sample = {"x": [0.05, 0.1], "t": [0.01, 0.99]}
    graph = forward(Network(2, Dense(3, "tanh"), Dense(2, "sigmoid"), loss="half_squared_error", sample=sample))
    check(graph)


def test_gradients_against_a_hand_written_numpy_pass():
    """Batch of seven, tanh then softmax with cross-entropy, backpropagated by hand."""
    rng = np.random.default_rng(8)
    graph = forward(Network(3, Dense(4, "tanh"), Dense(2, "softmax"), loss="categorical_crossentropy"))
    x, t = rng.normal(size=(7, 3)), rng.dirichlet(np.ones(2), size=7)
    W1, b1, W2, b2 = (rng.normal(size=shape) for shape in ((4, 3), (4,), (2, 4), (2,)))
    a1 = np.tanh(x @ W1.T + b1)
    p = special.softmax(a1 @ W2.T + b2, axis=1)
    delta2 = (p - t) / 7
    delta1 = delta2 @ W2 * (1 - a1**2)
    values = {"x": x, "t": t, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
    found = evaluate_adjoints(backward(graph), values)
    np.testing.assert_allclose(found["dW2"], delta2.T @ a1, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found["db2"], delta2.sum(0), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(found["dW1"], delta1.T @ x, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(found["db1"], delta1.sum(0), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(found["delta1"], delta1, rtol=1e-10, atol=1e-14)


def test_frozen_parameters_have_a_gradient_all_the_same():
    graph = forward(Network(3, Dense(2, trainable=False), Dense(1), loss="mse"))
    assert {"dW1", "db1"} <= set(check(graph).tensors)


def test_wrt_derives_what_it_needs_and_no_more():
    graph = forward(Network(3, Dense(4, "tanh"), Dense(4, "tanh"), Dense(2), loss="mse"))
    derivation = check(graph, ["W3"])
    assert set(derivation.adjoint_of) == {"W3", "z3"}
    derivation = check(graph, ["x", "a1"])
    assert {"x", "a1", "z1", "z2", "a2", "z3"} == set(derivation.adjoint_of)


def test_unknown_names_have_neighbours():
    with pytest.raises(UnknownNameError) as caught:
        backward(forward(Network(3, Dense(2), loss="mse")), ["W2"])
    assert "W1" in caught.value.mistakes[0].help


def test_what_the_loss_does_not_depend_on_has_no_adjoint():
    graph = graph_of(
        {**GIVEN, "c": ("parameter", ())}, [NET, ("h", (S, J), Z * Read("c")), ("E", (), Total(Z**2, S, J))]
    )
    derivation = backward(graph)
    assert set(derivation.adjoint_of) == {"W", "z"}
    with pytest.raises(KeyError):
        derivation.adjoint("c")


def test_the_adjoint_of_a_recurrence_needs_every_way_through_it():
    """c stands before h and reads it: with respect to w, c depends on w by the moment before only."""
    given, equations = GRAPHS["two tensors that recur through one another"]
    assert set(backward(graph_of(given, equations)).adjoint_of) == {"w", "h", "c"}


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("z1", (), "delta1"),
        ("z", (), "delta"),
        ("zeta", (), "dzeta"),
        ("W1", (), "dW1"),
        ("a2", ("da2", "da2_"), "da2__"),
        ("lstm_Wf", (), "dlstm_Wf"),
    ],
)
def test_names_of_adjoints(name, taken, expected):
    assert adjoint_name(name, taken) == expected


def test_adjoint_names_never_clash_with_tensors():
    graph = graph_of(
        {"x": ("input", (S, I)), "W": ("parameter", (J, I)), "dW": ("parameter", (J,))},
        [NET, ("E", (), Total(Z * Read("dW", J), S, J))],
    )
    assert not set(check(graph).tensors) & set(graph.tensors)


def test_each_adjoint_follows_those_it_reads():
    graph = forward(Network(3, Dense(4, "tanh"), Dense(4, "tanh"), Dense(2), loss="mse"))
    active = {name for name, tensor in graph.tensors.items() if tensor.role not in ("input", "target")}
    order = backward_order(graph, active)
    assert order == ["z3", "W3", "b3", "a2", "z2", "W2", "b2", "a1", "z1", "W1", "b1"]


def test_the_first_step_is_the_chain_rule_and_names_the_readers():
    graph = graph_of(*GRAPHS["read by the loss and by a layer"])
    derivation = backward(graph)
    for equation in derivation.adjoints:
        (step,) = derivation.steps[equation.tensor]
        assert (step.before, step.after, step.rule) == (equation.lhs, equation.rhs, CHAIN_RULE)
    assert set(derivation.steps["delta"][0].uses) == {"h", "E"}


def test_a_local_derivative_keeps_the_delta_of_what_it_does_not_sum():
    z = Tensor("z", "hidden", (S, J))
    equation = Equation("a", (S, J), sp.tanh(Z))
    local = partial(equation, z)
    assert len(local.value.atoms(Delta)) == 2
    assert local.value.xreplace(dict(zip(local.at, (S, J), strict=True))) == 1 - sp.tanh(Z) ** 2


def test_no_derivative_is_written_by_hand(monkeypatch):
    """Changing the forward formula of a catalogue's row is all it takes to change its gradient."""
    network = Network(3, Dense(2, "sigmoid"), loss="mse")
    values = random_point(forward(network), np.random.default_rng(3)).values
    given = {name: values[name] for name in ("x", "t", "W1", "b1")}
    before = evaluate_adjoints(backward(forward(network)), given)["dW1"]
    changed = replace(catalog.ACTIVATIONS["sigmoid"], formula="1 / (1 + exp(-1.7 * z))")
    monkeypatch.setitem(catalog.ACTIVATIONS, "sigmoid", changed)
    graph = forward(Network(3, Dense(2, "sigmoid"), loss="mse"))
    after = evaluate_adjoints(backward(graph), given)["dW1"]
    z = 1.7 * (given["x"] @ given["W1"].T + given["b1"])
    a = special.expit(z)
    delta = (a - given["t"]) * a * (1 - a) * 1.7 / len(z)
    np.testing.assert_allclose(after, delta.T @ given["x"], rtol=1e-10)
    assert not np.allclose(after, before)
