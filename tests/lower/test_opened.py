"""Formulas written with exponentials of their own: finite and right where those overflow, in both precisions."""

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.expressions import Delta, Index, Peak, Read, Total, Within
from symbackprop.graph import Equation
from symbackprop.lower.exponentials import softplus
from symbackprop.lower.opened import MOST_TERMS, computable, unread
from symbackprop.simplify.fusion import number_of_terms
from tests.lower.exact import exact


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


def two_bells(z, t):
    return -np.sum(t * np.log(0.3 * np.exp(-((z - 1) ** 2) / 2) + 0.7 * np.exp(-((z + 1) ** 2) / 2)))


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
    "elu": lambda z, t: np.sum(t * np.where(z > 0, z, np.exp(z) - 1)),
    "two bells": two_bells,
    "a power of a softmax": lambda z, t: np.sum(t * np.log(np.sum((np.exp(z) / np.sum(np.exp(z))) ** 2))),
    "over cosh, squared": lambda z, t: np.sum(t / np.cosh(z) ** 2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_finite_and_right(name):
    _check(sb.derive(FUNCTIONS[name], z=4, t=4))


LINES = {
    "log-sum-exp": "l = log(sum(exp(z)))\nE = l - sum(t * z)",
    "log-sum-exp, shifted": "m = max(z)\nl = m + log(sum(exp(z - m)))\nE = l - sum(t * z)",
    "log-sum-exp, every step named": "e = exp(z)\ns = sum(e)\nl = log(s)\nE = l - sum(t * z)",
    "cross-entropy": "p = exp(z) / sum(exp(z))\nE = -sum(t * log(p))",
    "cross-entropy of shifted": "m = max(z)\ne = exp(z - m)\np = e / sum(e)\nE = -sum(t * log(p))",
    "cross-entropy, every step named": "e = exp(z)\ns = sum(e)\np = e / s\nq = log(p)\nE = -sum(t * q)",
    "log-softmax of shifted": "m = max(z)\nv = z - m\nq = v - log(sum(exp(v)))\nE = -sum(t * q)",
    "binary cross-entropy": "a = 1 / (1 + exp(-z))\nE = -sum(t * log(a) + (1 - t) * log(1 - a))",
    "binary cross-entropy, every step named": """
        e = exp(-z)
        a = 1 / (1 + e)
        b = 1 - a
        l = log(a)
        n = log(b)
        E = -sum(t * l + (1 - t) * n)
    """,
    "logistic by exp(z)": "e = exp(z)\na = e / (1 + e)\nE = -sum(t * log(a) + (1 - t) * log(1 - a))",
    "softplus": "e = exp(z)\nu = 1 + e\nl = log(u)\nE = sum(l - t * z)",
    "focal": "p = exp(z) / sum(exp(z))\nE = -sum(t * (1 - p) ** 2 * log(p))",
    "focal, binary": "p = 1 / (1 + exp(-z))\nq = 1 - p\nE = -sum(t * q**2 * log(p) + (1 - t) * p**2 * log(q))",
    "divergence": "p = exp(z) / sum(exp(z))\nq = exp(t) / sum(exp(t))\nE = sum(p * (log(p) - log(q)))",
    "entropy": "e = exp(z / 2)\np = e / sum(e)\nE = -sum(t * p * log(p))",
    "log of a share": "e = exp(z)\ns = sum(e)\np = sum(e * t)\nE = -log(p / s)",
    "logit": "p = 1 / (1 + exp(-z))\nl = log(p / (1 - p))\nE = sum((l - t) ** 2)",
    "mish": "e = exp(z)\ns = log(1 + e)\ny = z * tanh(s)\nE = sum(t * y)",
    "over cosh": "c = cosh(z)\ny = 1 / c\nE = sum((y - t) ** 2)",
    "one class": "p = exp(z) / sum(exp(z))\nE = -log(p[1])",
    "one class of shifted": "m = max(z)\ne = exp(z - m)\np = e / sum(e)\nE = -log(p[1])",
    "two classes": "p = exp(z / 2) / sum(exp(z / 2))\nE = -log(p[0] * p[1])",
    "weighted classes": "p = exp(z) / sum(exp(z))\nE = -log(sum(t * p))",
    "one more class": "s = sum(exp(z))\nE = log(1 + s) - sum(t * z)",
    "three exponentials": "E = log(exp(z[0]) + exp(z[1]) + exp(z[2])) + sum(t)",
    "three in each": "E = sum(t * log(1 + exp(z) + exp(-2 * z)))",
    "contrast": "E = -log(exp(z[3]) / (exp(z[3]) + sum(t * exp(z))))",
    "a mask": "e = where(t > 0, exp(z), 0)\np = e / sum(e)\nE = sum(p * z)",
    "a weighted mean": "e = exp(z)\ny = sum(t * e) / sum(e)\nE = (y - 1) ** 2",
    "roots": "p = exp(z) / sum(exp(z))\nE = sum(t * sqrt(p))",
    "a power": "p = exp(z) / sum(exp(z))\nE = log(sum(p**3))",
    "half of one": "p = exp(z) / sum(exp(z))\nE = -log(1 - sum(t * p) / 2)",
    "one less": "p = exp(z) / sum(exp(z))\nE = -sum(t * log(1 - p))",
    "binary cross-entropy of a softmax": "p = exp(z) / sum(exp(z))\nE = -sum(t * log(p) + (1 - t) * log(1 - p))",
    "odds": "p = exp(z) / sum(exp(z))\nE = sum(t * log(p / (1 - p)))",
    "four exponentials": "E = log(exp(z[0]) + exp(z[1]) + exp(z[2]) + exp(z[3])) + sum(t)",
    "a quotient by three": "E = sum(t * exp(z) / (1 + exp(z) + exp(2 * z) + exp(-z)))",
    "elu by minimum": "e = exp(z)\nE = sum(t * (maximum(z, 0) + minimum(e - 1, 0)))",
    "an exponential of one": "e = exp(-z)\nE = sum(t * exp(-e))",
    "matrices": """
        m = max(z, axis=1)
        l = m + log(sum(exp(z - m[:, None]), axis=1))
        E = mean(l - sum(z * t, axis=1))
    """,
}


@pytest.mark.parametrize("name", LINES)
def test_formulas_of_several_lines_are_recognised(name):
    equations = "\n".join(line.strip() for line in LINES[name].strip().splitlines())
    shape = [2, 2] if name == "matrices" else [4]
    program = {"name": "lines", "shapes": {"z": shape, "t": shape}, "wrt": ["z", "t"], "equations": equations}
    derived = sb.derive(program)
    _check(derived, digits=9_000, shape=shape)


def _check(d, digits=50, shape=(4,)):
    """All numbers here have few binary digits: they are the same in both precisions."""
    for z, enough in (([20_000, -20_000, 1, 0], digits), ([0.5, -1, 2, 0.25], 50)):
        given = {"z": np.array(z, float).reshape(shape), "t": np.array([1, 0, 0.5, 0.25]).reshape(shape)}
        loss, expected = exact(d.stages.derivation, given, enough)
        for kind, tolerance in ((np.float64, 1e-9), (np.float32, 1e-4)):
            own = {name: value.astype(kind) for name, value in given.items()}
            for style in ("readable", "fast"):
                with np.errstate(over="raise", invalid="raise", divide="raise"):
                    found, gradients = d.compile(style).loss_and_grad(own)
                assert found == pytest.approx(loss, rel=tolerance)
                for key, gradient in expected.items():
                    assert gradients[key].dtype == kind
                    assert gradients[key] == pytest.approx(gradient, rel=tolerance, abs=tolerance), (key, kind, style)


def test_what_is_printed_keeps_the_names():
    assert str(sb.derive(lambda z: np.sum(1 / (1 + np.exp(-z))), z=4)).startswith("e = np.exp(-z)")


J, K = Index("j", 4), Index("k", 4)
Z, E = Read("z", J), Read("e", J)
EXPONENTIAL = Equation("e", (J,), sp.exp(Z))


def test_what_becomes_stable_is_put_in_and_nothing_else():
    _, gate = computable([EXPONENTIAL, Equation("g", (J,), 1 / (1 + E))])
    assert gate.rhs == 1 / (1 + sp.exp(Z))
    _, rate = computable([EXPONENTIAL, Equation("g", (J,), Z * E)])
    assert rate.rhs == Z * E


def test_an_exponential_that_nothing_reads_any_more_goes():
    gate = Equation("g", (J,), 1 / (1 + E))
    passes = [EXPONENTIAL, gate]
    assert unread(passes, passes, computable(passes)) == {"e"}
    assert unread(passes, passes, passes) == set()


def test_an_exponential_with_its_largest_taken_off_keeps_its_name():
    row = Equation("e", (J,), sp.exp(Z - Peak(Z.xreplace({J: K}), K)))
    reader = Equation("y", (J,), Read("v", J) * E)
    assert computable([row, reader]) == (row, reader)


A, P, Q, M = Read("a", J), Read("p", J), Read("q", J), Read("m", J)
SIGMOID = Equation("a", (J,), 1 / (1 + sp.exp(-Z)))


def changed(*equations, given=(SIGMOID,)):
    return [equation.rhs for equation in computable([*given, *equations])[len(given) :]]


def test_a_logarithm_of_a_rounded_tensor_is_taken_from_what_it_was_computed_from():
    assert changed(Equation("E", (), Total(sp.log(A), J))) == [Total(-softplus(-Z), J)]
    assert changed(Equation("E", (), Total(sp.log(1 - A), J))) == [Total(-softplus(Z), J)]
    kept = Equation("E", (), Total(sp.log(A + sp.Rational(1, 100)), J))
    assert changed(kept) == [kept.rhs]
    assert changed(Equation("y", (J,), sp.log(M))) == [sp.log(M)]


def test_a_pole_is_put_where_it_cancels():
    da = Equation("da", (J,), -M / A + (1 - M) / (1 - A))
    dz = Equation("dz", (J,), Read("da", J) * A * (1 - A))
    first, second = changed(da, dz)
    assert first == da.rhs
    assert sp.expand(second - (A - M)) == 0


def test_a_pole_that_cancels_in_its_own_equation_goes():
    dz = Equation("dz", (J,), (-M / A + (1 - M) / (1 - A)) * A * (1 - A) * Q)
    (rhs,) = changed(dz)
    assert not [power for power in rhs.atoms(sp.Pow) if power.exp.is_negative]
    assert sp.expand(rhs - (A - M) * Q) == 0


def test_a_pole_that_does_not_cancel_stays():
    dz = Equation("dz", (J,), M / A)
    assert changed(dz) == [dz.rhs]


def test_beside_a_delta_a_label_is_the_index():
    label = Read("label")
    softmax = Equation("p", (J,), sp.exp(Z) / Total(sp.exp(Z), J))
    dp = Equation("dp", (J,), -Delta(label, J) / Read("p", label))
    dz = Equation("dz", (J,), (Read("dp", J) - Total(Read("dp", K) * Read("p", K), K)) * P)
    _, rhs = changed(dp, dz, given=(softmax,))
    assert rhs == P * Within(label, 4) - Delta(label, J)


def test_what_no_form_makes_safe_is_left_alone_early(monkeypatch):
    """A quotient of many logistic functions has thousands of terms when it is multiplied out."""
    tried = []
    monkeypatch.setattr("symbackprop.lower.opened.collect", lambda *given: tried.append(given) or given[0])
    gates = [1 / (1 + sp.exp(-(number * Z))) for number in range(1, 9)]
    given = [Equation(f"a{number}", (J,), gate) for number, gate in enumerate(gates)]
    a = [Read(f"a{number}", J) for number in range(8)]
    reader = Equation("y", (J,), (a[0] - a[1]) ** 6 / (a[2] * a[3] - a[4] * a[5] + a[6] * a[7]) ** 6)
    assert computable([*given, reader])[-1] == reader
    assert all(number_of_terms(expr) <= MOST_TERMS for expr, _ in tried)


def at_risk(z, t):
    """Cox' partial likelihood: at every event those count whose time is not over."""
    among = t[None, :] >= t[:, None]
    return np.sum(np.log(np.sum(np.where(among, np.exp(z)[None, :], 0), axis=1)) - z)


def of_a_table(z, t):
    return np.sum(np.log(np.sum(np.where(t[None, :] + t[:, None] >= 1, np.exp(z)[None, :], 0), axis=1) + 1))


@pytest.mark.parametrize("function", [at_risk, of_a_table])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_mask_that_data_decide_is_no_bound_of_what_it_hides(function, kind):
    d = sb.derive(function, z=4, t=4, wrt="z")
    z, t = np.array([0.3, -0.2, 0.5, 0.1]), np.array([3.0, 1.0, 2.0, 4.0]) / 4
    expected = [function(z + 1e-20j * unit, t).imag / 1e-20 for unit in np.eye(4)]
    for style in ("readable", "fast"):
        _, gradients = d.compile(style).loss_and_grad({"z": z.astype(kind)}, t.astype(kind))
        assert gradients["z"] == pytest.approx(expected, rel=1e-12 if kind is np.float64 else 1e-5)
