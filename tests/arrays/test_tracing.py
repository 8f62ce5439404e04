"""Functions of arrays: what they do is written down under the names of variables; what needs numbers is refused."""

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.special
from scipy.special import expit, log_softmax, logsumexp, softmax

from symbackprop.errors import InputError, LanguageError, SymbackpropError, UnsupportedError
from symbackprop.facade import derive

RNG = np.random.default_rng(5)


def equations(d):
    return [str(equation) for equation in d.stages.graph.equations]


def loss(W, b, x, t):
    return np.sum((t - np.tanh(W @ x + b)) ** 2) / 2


def test_the_gradient_of_a_function_in_array_code():
    d = derive(loss, W=(3, 2), b=3, x=2, t=3, wrt=["W", "b"])
    assert str(d).splitlines() == [
        "z = W @ x + b",
        "a = np.tanh(z)",
        "delta = (1 - a**2) * (a - t)",
        "dW = np.outer(delta, x)",
        "db = delta",
    ]
    assert d.verify().passed


def test_local_variables_give_their_names_and_loops_unroll():
    def recurrent(X, W, U, h):
        for x in X:
            z = W @ x + U @ h
            h = np.tanh(z)
        cost = h @ h
        return cost / 2

    d = derive(recurrent, X=(3, 2), W=(2, 2), U=(2, 2), h=2, wrt=["W", "U"])
    assert [row.split("[")[0] for row in equations(d)] == [
        "x1",
        "z1",
        "h1",
        "x2",
        "z2",
        "h2",
        "x3",
        "z3",
        "h3",
        "cost = sum(h3",
        "E = cost/2",
    ]
    assert d.verify().passed


def test_variables_of_called_functions_count_and_arguments_get_names():
    def normalised(row):
        centre = row.mean()
        return row - centre

    def energy(x, y):
        return np.sum(normalised(x * y) ** 3)

    d = derive(energy, x=4, y=4)
    assert equations(d)[:2] == ["row[i] = x[i]*y[i]", "centre = sum(row[i], i)/4"]
    assert d.verify().passed


def test_the_shift_in_a_softmax_is_no_path_for_the_gradient():
    def attention(Q, K, V, G):
        S = Q @ K.T / np.sqrt(Q.shape[-1])
        e = np.exp(S - S.max(axis=-1, keepdims=True))
        P = e / e.sum(axis=-1, keepdims=True)
        return np.sum(G * (P @ V))

    d = derive(attention, Q=("n", "d"), K=("m", "d"), V=("m", "h"), G=("n", "h"), wrt=["Q", "K", "V"])
    assert str(d.stages.derivation.adjoint("S").rhs) == "(dP[i, j] - sum(P[i, k]*dP[i, k], k))*P[i, j]"
    assert d.verify().passed


@pytest.mark.parametrize("scale", [1, np.sqrt(2)])
def test_a_softmax_of_products_is_finite_where_its_exponentials_overflow(scale):
    def attention(Q, K, V):
        S = Q @ K.T / scale
        P = np.exp(S - np.max(S, axis=1, keepdims=True))
        return np.sum(((P / np.sum(P, axis=1, keepdims=True)) @ V) ** 2)

    d = derive(attention, Q=(3, 2), K=(4, 2), V=(4, 2))
    Q, K = np.array([[200.0, -1], [-200, 3], [1, 0]]), np.array([[100.0, 0], [-100, 1], [0, 1], [99.99, 0.5]])
    given = {"Q": Q, "K": K, "V": np.arange(8.0).reshape(4, 2)}
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, gradients = d.compile().loss_and_grad(given)
    assert loss == pytest.approx(attention(**given), rel=1e-10)
    P = softmax(Q @ K.T / scale, axis=1)
    dP = 2 * P @ given["V"] @ given["V"].T
    dS = P * (dP - np.sum(P * dP, axis=1, keepdims=True))
    assert gradients["Q"] == pytest.approx(dS @ K / scale, rel=1e-9, abs=1e-9)
    assert gradients["K"] == pytest.approx(dS.T @ Q / scale, rel=1e-9, abs=1e-9)


def test_the_shift_in_a_logarithm_of_a_sum_of_exponentials_cancels():
    def entropy(z, y):
        m = np.max(z, axis=1, keepdims=True)
        return np.sum(y * (m + np.log(np.sum(np.exp(z - m), axis=1, keepdims=True)) - z))

    d = derive(entropy, z=(3, 4), y=(3, 4), wrt=["z"])
    assert not any("peak" in row for row in equations(d))
    assert d.verify().passed


def everything(x, A, k):
    """Much of NumPy at once, on numbers and on traced arrays alike."""
    mask = np.tril(np.ones((4, 4)))
    a = np.where(mask > 0, A, -1.0) + np.eye(4) * x[:, None]
    b = np.concatenate([a, a[::-1]], axis=0).reshape(2, 4, 4)
    c = np.einsum("bij,j->bi", b, x) + np.stack([x, 2 * x])
    d = np.split(c, 2, axis=1)[1]
    e = np.linalg.norm(d) + np.prod(np.abs(x)) + np.var(A) + np.clip(A, -0.5, 0.5).sum()
    f = logsumexp(A, axis=1) + expit(x) + scipy.special.erf(x) + log_softmax(A, axis=1)[:, 0]
    g = np.linalg.slogdet(A + 4 * np.eye(4))[1] + np.trace(np.linalg.inv(A + 4 * np.eye(4)))
    h = np.maximum(x, 0.1) * np.array([1.0, -2.0, 0.5, 3.0]) + (x > 0) * x + np.hstack([x[:2], x[2:]])
    weights = np.array([[0.3, 1.1, -0.7, 0.2], [0.9, -0.4, 0.6, 0.8]])
    return e + f @ x + g + np.sum(h**2) + A[k].sum() + np.add.reduce(weights @ A, axis=None) + math.pi * x[0]


def test_a_function_has_the_value_that_numpy_gives_it():
    x, A, k = RNG.uniform(0.2, 1, 4), RNG.standard_normal((4, 4)), np.array([1, 3])
    d = derive(everything, x=4, A=(4, 4), k=k, wrt=["x", "A"])
    constants = [np.array(tensor.value) for tensor in d.stages.graph.with_role("constant")]
    module = d.compile()
    assert module.loss({"x": x, "A": A}, k, *constants) == pytest.approx(everything(x, A, k), rel=1e-12)
    assert d.verify().passed


def test_what_an_array_of_numbers_follows_is_a_rule():
    def masked(S):
        causal = (1 - np.tri(4)) * -1e10
        return np.sum((S + causal + np.arange(4) + np.full((4, 4), 2.5)) ** 2)

    d = derive(masked, S=(4, 4))
    assert not d.stages.graph.with_role("constant")
    assert "where(i >= j, 0, -10000000000)" in equations(d)[0]


def test_take_without_an_axis_is_that_of_numpy():
    d = derive(lambda A, k: np.sum(np.take(A, k) ** 3), A=(3, 2), k=np.array([4, 1]), wrt=["A"])
    A = RNG.standard_normal((3, 2))
    assert d.compile().loss({"A": A}, np.array([4, 1])) == pytest.approx(np.sum(np.take(A, [4, 1]) ** 3))


def line_of(function, mark):
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if mark in line and n > function.__code__.co_firstlineno)


def branches(x):
    if x[0] > 0:  # branches
        return x.sum()
    return -x.sum()


def numbers(x):
    return float(x.sum())  # numbers


def math_of(x):
    return math.exp(x[0])  # math_of


def filled(x):
    out = np.zeros(3)
    out[0] = x[0]  # filled
    return out.sum()


def filled_whole(x):
    out = np.ones((2, 3))
    out[1, :] *= x  # filled_whole
    return out.sum()


def compared(x):
    return float(x[[0, 1] == 0])  # compared


def added(x):
    out = np.zeros(3)
    out += x  # added
    return out.sum()


ONES = np.ones((3, 3))


def made(x):
    return np.sum(ONES.take(x))  # made


def unknown(x):
    return np.sum(np.fft.fft(x))  # unknown


def placed(x):
    z = np.zeros(3)
    np.add.at(z, [0, 1, 1], x)  # placed
    return np.sum(z)


def beta(x):
    return np.sum(scipy.special.betaln(x, 2))  # beta


def root(x):
    return np.sum(np.linalg.cholesky(np.outer(x, x)))  # root


def ragged(x):
    return x @ np.ones((4, 2))  # ragged


def changed(x):
    x[0] = 1.0  # changed
    return x.sum()


@pytest.mark.parametrize(
    ("function", "message", "help"),
    [
        (branches, "`if`", "np.where"),
        (numbers, "float()", "leave it an array"),
        (math_of, "float()", "np.exp"),
        (filled, "an array of numbers cannot be filled with traced values", "np.stack"),
        (filled_whole, "cannot be", "np.concatenate; np.where"),
        (compared, "float()", "leave it an array"),
        (added, "np.add into an array", "y = y + x"),
        (made, "no numbers to make a NumPy array of", "np.take"),
        (unknown, "np.fft.fft is not traced", ""),
        (placed, "np.add.at is not traced", "np.eye(k)[i].T @ x adds"),
        (beta, "scipy.special.betaln is not traced", "np.einsum"),
        (root, "np.linalg.cholesky is not traced", "of matrices inv"),
        (ragged, "inner sizes 3 and 4 differ in (3,) @ (4, 2)", ""),
        (changed, "cannot be changed in place", "np.stack"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_cannot_be_traced_is_refused_at_the_users_line(function, message, help):
    with pytest.raises(SymbackpropError) as caught:
        derive(function, x=3)
    mistake = caught.value.mistakes[0]
    assert message in mistake.message and help in mistake.help
    assert (mistake.source, mistake.line) == (__file__, line_of(function, f"# {function.__name__}"))
    assert mistake.text.strip().endswith(f"# {function.__name__}")


def test_arguments_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"SB021.*the shape of 't'"):
        derive(loss, W=(3, 2), b=3, x=2)
    with pytest.raises(InputError, match=r"SB020.*no argument 'c'"):
        derive(loss, W=(3, 2), b=3, x=2, t=3, c=1)
    with pytest.raises(InputError, match=r"SB020.*no argument 'v'"):
        derive(loss, W=(3, 2), b=3, x=2, t=3, wrt=["v"])
    with pytest.raises(InputError, match="whole numbers or names"):
        derive(loss, W=(3, 2.5), b=3, x=2, t=3)
    with pytest.raises(InputError, match=r"SB020.*given for a network"):
        derive("mazur", W=3)
    with pytest.raises(LanguageError, match="not a traced number"):
        derive(lambda x: 1.0, x=2)
    with pytest.raises(InputError, match="one number"):
        derive(lambda x: 2 * x, x=2)


def test_the_tracer_that_was_there_before_is_there_again():
    import sys

    before = sys.gettrace()
    with pytest.raises(UnsupportedError):
        derive(branches, x=3)
    assert sys.gettrace() is before
    assert scipy.special.logsumexp is logsumexp


def test_arrays_give_shape_and_values():
    d = derive(loss, W=np.ones((3, 2)), b=np.zeros(3), x=np.array([0.1, 0.2]), t=np.ones(3), wrt=["W", "b"])
    assert d.stages.graph.tensors["x"].value == ((0.1, 0.2)) or list(d.stages.graph.tensors["x"].value) == [0.1, 0.2]
    assert "the worked sample" in str(d.verify().summary()) or d.verify().passed


def test_a_variable_named_like_a_size_gets_another_name():
    def function(w, x):
        n = w * x
        h = np.tanh(n)
        return np.sum(h**2)

    d = derive(function, w="n", x="n")
    assert equations(d)[0] == "n1[i] = w[i]*x[i]"
    assert d.verify().passed
    with pytest.raises(InputError, match="the tensor 'n' has the name of the size 'n'"):
        derive(lambda n, x: np.sum(n * x), n="n", x="n")


def test_the_length_of_an_array_may_be_a_symbol():
    def rows(x):
        return len(x)

    derived = derive(lambda x, t: -np.sum(x[np.arange(rows(x)), t]) / len(t), x=("n", 3), t="n", integers="t", wrt="x")
    loss, _ = derived.compile().loss_and_grad({"x": np.arange(6.0).reshape(2, 3)}, np.array([1, 2]))
    assert loss == -3
    assert "len" not in globals()


def test_what_returns_an_array_is_named_with_its_line():
    def squares(w):
        return w**2

    with pytest.raises(InputError, match="one number") as caught:
        derive(squares, w=3)
    (mistake,) = caught.value.mistakes
    assert (mistake.source, mistake.line) == (__file__, squares.__code__.co_firstlineno)
    assert mistake.text.strip() == "def squares(w):"
