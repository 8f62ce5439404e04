import pytest
import sympy as sp

from symbackprop.backward import backward
from symbackprop.expressions import Index, Read, Total, Within
from symbackprop.forward import forward
from symbackprop.network import Layer, Network
from symbackprop.simplify import simplify
from symbackprop.simplify.known import common_factors, known_parts, known_sums, match
from symbackprop.verify.steps import prove_steps

N = sp.Symbol("N", integer=True, positive=True)
S, R, I, J = Index("s", N), Index("r", N), Index("i", 3), Index("j", 3)
MEAN = (Read("m", J), Total(Read("x", S, J), S) / N)
SCALED = (Read("y", S, J), (Read("x", S, J) - Read("m", J)) / Read("d", J))


def test_match_finds_the_indices():
    assert match(Read("x", S, J), Read("x", R, I)) == {S: R, J: I}
    assert match(Read("x", S) * Read("y", J), Read("y", I) * Read("x", R)) == {S: R, J: I}
    assert match(Read("x", 2 * S + J), Read("x", 2 * R + I)) == {S: R, J: I}


@pytest.mark.parametrize(
    ("pattern", "expr"),
    [
        (Read("x", S, J), Read("y", S, J)),
        (Read("x", S), Read("x", J)),
        (Read("x", I, I), Read("x", I, J)),
        (Read("x", I, J), Read("x", I, I)),
        (Read("x", J), Read("x", J - 1)),
        (Read("x", J) + Read("y", J), Read("x", I) + Read("y", J)),
        (Read("x", J) ** 2, Read("x", J) ** 3),
    ],
)
def test_match_refuses_everything_else(pattern, expr):
    assert match(pattern, expr) is None


def test_deviations_from_a_mean_sum_to_0():
    x, m = Read("x", R, I), Read("m", I)
    assert known_sums((Total(x - m, R), *MEAN)) == (0,)
    assert known_sums((3 * Total(m - x, R) + x, *MEAN)) == (x,)


@pytest.mark.parametrize(
    "expr",
    [
        Total(Read("x", R, I) * Read("m", I), I),
        Total(Read("x", R, I) - Read("m", I), I),
        Total(Read("x", R, I) ** 2, R),
    ],
)
def test_other_sums_stay(expr):
    assert known_sums((expr, *MEAN)) == (expr,)


def test_a_deviation_is_the_scaled_one_times_the_scale():
    x, m, d, y = Read("x", R, I), Read("m", I), Read("d", I), Read("y", R, I)
    assert known_parts(((m - x) / d**2, *SCALED)) == (-y / d,)
    dearer = (x - m) * d
    assert known_parts((dearer, *SCALED)) == (dearer,)
    assert known_parts((x - Read("m", J), *SCALED)) == (x - Read("m", J),)


def test_common_factors():
    p, d, s = map(Read, "pds")
    assert common_factors((p * d / s - p / s,)) == (p * (d - 1) / s,)
    assert common_factors((p * d - s,)) == (p * d - s,)


def adjoint(net, name):
    derivation = simplify(backward(forward(net)))
    assert not prove_steps(derivation).failures
    return derivation.adjoint(name).rhs


PROBE = {"loss": {"type": "probe", "reduction": "sum"}, "losses": {"probe": "sum(t[j] * sin(y[j]), j)"}}


def test_batch_normalization_has_the_compact_adjoint():
    """dx = (N dx̂ - Σ dx̂ - x̂ Σ dx̂ x̂) / (N σ), as in Ioffe & Szegedy's formulas put together."""
    net = Network("n", Layer("dense", name="d", units="n"), Layer("batch_normalization", name="bn"), **PROBE)
    j = Index("j", sp.Symbol("n", integer=True, positive=True))
    s, i = Index("s", N), Index("i", N)
    d, x, sigma = (lambda k: Read("dbn_xhat", k, j)), (lambda k: Read("bn_xhat", k, j)), Read("bn_sigma", j)
    expected = (d(s) - Total(d(i), i) / N - x(s) * Total(d(i) * x(i), i) / N) / sigma
    assert sp.expand(adjoint(net, "d_z") - expected) == 0


def test_attention_has_the_jacobian_of_softmax_in_closed_form():
    """dS = P ∘ (dP - rowsum(P ∘ dP)), as in Dao et al., FlashAttention, appendix B.2."""
    inputs = {name: {"shape": ["T", 2]} for name in ("q", "k", "v")}
    layers = [Layer("dense", name=f"{c}_", units=2, inputs=[c]) for c in "qkv"]
    net = Network(inputs, *layers, Layer("attention", name="a", inputs=["q_", "k_", "v_"]), **PROBE)
    size = sp.Symbol("T", integer=True, positive=True)
    s, t, u, v = Index("s", N), *(Index(letter, size) for letter in "tuv")
    P, dP = (lambda k: Read("a_P", s, t, k)), (lambda k: Read("da_P", s, t, k))
    assert adjoint(net, "a_S") == P(u) * (dP(u) - Total(P(v) * dP(v), v))


def test_lstm_has_the_gate_equations_of_backpropagation_through_time():
    """Greff et al., LSTM: A search space odyssey (2017), section II without peepholes."""
    net = Network({"x": {"shape": ["T", 2]}}, Layer("lstm", name="l", units=3), **PROBE)
    derivation = simplify(backward(forward(net)))
    assert not prove_steps(derivation).failures
    s, t, j = Index("s", N), Index("t", sp.Symbol("T", integer=True, positive=True)), Index("j", 3)
    i, f, g, o, c, dc, dh = (Read(name, s, t, j) for name in ("l_i", "l_f", "l_g", "l_o", "l_c", "dl_c", "dl_h"))
    before, later = Read("l_c", s, t - 1, j), Read("dl_c", s, t + 1, j) * Read("l_f", s, t + 1, j)
    expected = {
        "l_zi": dc * g * i * (1 - i),
        "l_zf": dc * before * f * (1 - f),
        "l_zg": dc * i * (1 - g**2),
        "l_zo": dh * sp.tanh(c) * o * (1 - o),
        "l_c": dh * o * (1 - sp.tanh(c) ** 2) + later * Within(t + 1, t.size),
    }
    assert {name: derivation.adjoint(name).rhs for name in expected} == expected
