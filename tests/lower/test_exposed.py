"""Formulas written with exponentials of their own: finite and right where those overflow, in both precisions."""

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.expressions import Index, Peak, Read
from symbackprop.graph import Equation
from symbackprop.lower.exposed import unread, without_exposed
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph
from symbackprop.verify.fields import mpmath_field


def squares(z, t):
    s = 1 / (1 + np.exp(-z))
    return np.sum((s - t) ** 2)


def hyperbolic(z, t):
    return np.sum(t * (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)))


def own_softmax(z, t):
    e = np.exp(z)
    return np.sum((e / np.sum(e) - t) ** 2)


def shifted(z, t):
    e = np.exp(z - np.max(z))
    return np.sum(t * e / np.sum(e))


def squared_ratio(z, t):
    s, c = np.sinh(z), np.cosh(z)
    q = s / c
    return np.sum(t * q * q)


def in_two_lines(z, t):
    c = np.cosh(z - t)
    return np.mean(np.log(c))


FUNCTIONS = {
    "logistic": lambda z, t: np.sum(t / (1 + np.exp(-z))),
    "softplus": lambda z, t: np.sum(t * np.log(1 + np.exp(z))),
    "swish": lambda z, t: np.sum(t * z / (1 + np.exp(-z))),
    "cross-entropy": lambda z, t: -np.sum(t * np.log(np.exp(z) / np.sum(np.exp(z)))),
    "log of a sum": lambda z, t: np.log(np.sum(np.exp(z))) - np.sum(t * z),
    "squares": squares,
    "hyperbolic": hyperbolic,
    "softmax": own_softmax,
    "shifted": shifted,
    "log-cosh": lambda z, t: np.sum(t * np.log(np.cosh(z))),
    "log-cosh in two lines": in_two_lines,
    "sinh over cosh": lambda z, t: np.sum(t * np.sinh(z) / np.cosh(z)),
    "sinh over cosh, squared": squared_ratio,
    "over cosh": lambda z, t: np.sum(t / np.cosh(z)),
    "over cosh, squared": lambda z, t: np.sum(t / np.cosh(z) ** 2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_gradients_are_finite_and_right(name, kind):
    d = sb.derive(FUNCTIONS[name], z=4, t=4)
    tolerance = 1e-9 if kind is np.float64 else 1e-4
    for z in ([20_000, -20_000, 1, 0], [0.5, -1, 2, 0.25]):
        given = {"z": np.array(z, kind), "t": np.array([1, 0, 0.5, 0.25], kind)}
        loss, expected = exact(d.stages.derivation, given)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            found, gradients = d.compile().loss_and_grad(given)
            fast, fast_gradients = d.compile("fast").loss_and_grad(given)
        assert [found, fast] == pytest.approx([loss, loss], rel=tolerance)
        for key, gradient in expected.items():
            for own in (gradients, fast_gradients):
                assert own[key] == pytest.approx(gradient, rel=tolerance, abs=tolerance), key


def exact(derivation, values, digits=50):
    # Numbers of 50 digits have exponents without bound: what overflows in an array does not there.
    field = mpmath_field(digits)
    values = {name: field.array(value.astype(float)) for name, value in values.items()}
    everything = evaluate_graph(derivation.graph, values, field)
    found = evaluate_adjoints(derivation, everything, field)
    loss = everything[derivation.graph.loss.name]
    return float(np.asarray(loss).item()), {
        name: np.asarray(found[derivation.adjoint_of[name]], dtype=float) for name in values
    }


def test_what_is_printed_keeps_the_names():
    assert str(sb.derive(lambda z: np.sum(1 / (1 + np.exp(-z))), z=4)).startswith("e = np.exp(-z)")


J, K = Index("j", 4), Index("k", 4)
Z, E = Read("z", J), Read("e", J)
EXPONENTIAL = Equation("e", (J,), sp.exp(Z))


def test_what_becomes_stable_is_put_in_and_nothing_else():
    (gate,) = without_exposed([Equation("g", (J,), 1 / (1 + E))], [EXPONENTIAL])
    assert gate.rhs == 1 / (1 + sp.exp(Z))
    (rate,) = without_exposed([Equation("g", (J,), Z * E)], [EXPONENTIAL])
    assert rate.rhs == Z * E


def test_an_exponential_that_nothing_reads_any_more_goes():
    gate = Equation("g", (J,), 1 / (1 + E))
    passes = [EXPONENTIAL, gate]
    assert unread(passes, passes, without_exposed(passes)) == {"e"}
    assert unread(passes, passes, passes) == set()


def test_an_exponential_with_its_largest_taken_off_keeps_its_name():
    row = Equation("e", (J,), sp.exp(Z - Peak(Z.xreplace({J: K}), K)))
    reader = Equation("y", (J,), Read("v", J) * E)
    assert without_exposed([reader], [row]) == (reader,)
