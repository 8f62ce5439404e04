"""Array notation against NumPy itself: the value of every operation, and what is refused, and how."""

import numpy as np
import pytest
import sympy as sp

from symbackprop.arrays import Lifting, Scope
from symbackprop.errors import InputError, LanguageError, ShapeError
from symbackprop.facade import derive
from symbackprop.graph import Fact
from symbackprop.verify.equations import solve
from symbackprop.verify.evaluate import evaluate
from symbackprop.verify.fields import NUMPY as NUMBERS

RNG = np.random.default_rng(0)
GIVEN = {
    "x": RNG.standard_normal(4),
    "y": RNG.standard_normal(3),
    "A": RNG.standard_normal((3, 4)),
    "B": RNG.standard_normal((4, 5)),
    "C": RNG.standard_normal((3, 4)),
    "S": RNG.standard_normal((4, 4)),
    "P": RNG.uniform(0.2, 2, (2, 3, 4)),
    "r": RNG.standard_normal((1, 4)),
    "k": np.array([2, 0, 2]),
    "c": np.array(1.5),
}


def lifted(*statements):
    """The equations of some statements, and what the last one defines."""
    book = Lifting()
    scope = Scope(book)
    for name, value in GIVEN.items():
        facts = (Fact("integer"),) if name == "k" else ()
        scope.names[name] = book.given(name, [sp.Integer(n) for n in value.shape], "parameter", facts=facts)
    for statement in statements:
        names = scope.run(statement)
    return book, scope.names[names[-1]]


def value_of(*statements):
    """What the last statement computes, evaluated from its equation."""
    book, value = lifted(*statements)
    values = solve(tuple(book.equations.values()), GIVEN, {}, NUMBERS)
    return evaluate(value.number, value.axes, {**GIVEN, **values}, {})


NUMPY = {name: getattr(np, name) for name in dir(np) if not name.startswith("_")}
SAME = """
A + C * 2 - 1
A + x
A * y[:, None]
A / (1 + x**2)
A @ x
A @ B
y @ A
x @ x
P @ B
P @ x
P[0] @ B
A.T
P.transpose(2, 0, 1)
transpose(P, (1, 0, 2))
swapaxes(P, 0, 2)
moveaxis(P, 0, 2)
sum(A)
sum(A, axis=0)
A.sum(1, keepdims=True)
sum(P, axis=(0, 2))
mean(A, 0)
A.mean(axis=-1)
var(A, axis=1)
std(A, axis=0, ddof=1)
max(A, axis=1)
amin(A, 0)
A.max()
prod(A, axis=1)
prod(x)
cumsum(A, axis=1)
cumprod(x)
argmax(A, axis=1)
A[1]
A[:, 2]
A[-1, 1:3]
A[..., 0]
A[None, :, ::2]
A[:, ::-1]
P[:, 1:, -2:]
A[k]
A[:, k]
take(A, k, axis=1)
x[k[1]]
reshape(A, (2, 6))
reshape(A, (12,))
A.reshape(4, 3)
A.reshape(-1, 2)
reshape(P, (6, 4))
reshape(P, (2, 3, 2, 2))
reshape(P, (2, 12))
ravel(P)
expand_dims(A, 1)
squeeze(r)
squeeze(r, 0)
broadcast_to(x, (3, 4))
concatenate([A, C], axis=0)
concatenate([A, A[:, :1]], axis=1)
concatenate([x, y])
stack([x, 2 * x, x**2])
stack([x, x], axis=1)
flip(A, 1)
tril(S)
triu(S, 1)
tril(S, -1)
diag(x)
diag(S)
diag(y, 1)
trace(S)
outer(x, y)
dot(A, B)
dot(x, x)
inner(A, x)
tensordot(A, B, 1)
tensordot(P, A, axes=((1, 2), (0, 1)))
einsum('ij,jk->ik', A, B)
einsum('ij,kj->', A, C)
einsum('ii->i', S)
einsum('bij,jk', P, B)
einsum('...j,j->...', P, x)
where(A > 0, A, 0.1 * A)
where((A > 0) & (C < 0), A, C)
maximum(A, C)
minimum(A, 0)
clip(A, -0.5, 0.5)
abs(A)
sign(A)
exp(A)
log(P)
log1p(P)
expm1(A)
sqrt(P)
square(A)
tanh(A) * sinh(A) - cosh(A)
sin(A) + cos(A) + tan(x)
arctan(A) + arcsin(tanh(A))
zeros((2, 3)) + ones(3)
eye(4) @ x
full((2, 2), 3.0)
arange(4) * x
arange(1, 9, 2) * x
ones_like(A) - zeros_like(A)
A**2 / 2 + A**3
2.0**x
c * x + c
A * (A > 0)
"""
# What NumPy does not have under this name is written out with what it has.
WRITTEN_OUT = {
    "softmax(A)": "exp(A) / sum(exp(A), axis=-1, keepdims=True)",
    "softmax(A, 0)": "exp(A) / sum(exp(A), axis=0, keepdims=True)",
    "log_softmax(A)": "A - log(sum(exp(A), axis=-1, keepdims=True))",
    "logsumexp(A, axis=1)": "log(sum(exp(A), axis=1))",
    "logsumexp(A)": "log(sum(exp(A)))",
    "sigmoid(A)": "1 / (1 + exp(-A))",
    "relu(A)": "maximum(A, 0)",
    "softplus(A)": "log(1 + exp(A))",
    "norm(A)": "sqrt(sum(A**2))",
    "norm(A, axis=1)": "sqrt(sum(A**2, axis=1))",
    "norm(x, 1)": "sum(abs(x))",
    "T(A)": "A.T",
    "T(P)": "swapaxes(P, -1, -2)",
    "tril(3)": "tril(ones((3, 3)))",
    "arr([1, 2.5])": "array([1, 2.5])",
    "stack([x[i] * x[j] for i in range(2) for j in range(3) if j > i])": "array([x[0]*x[1], x[0]*x[2], x[1]*x[2]])",
    "sum([x[i]**2 for i in range(len(x))])": "x @ x",
    "np.linalg.norm(x) * np.pi": "sqrt(x @ x) * pi",
}


@pytest.mark.parametrize("formula", [line for line in SAME.splitlines() if line])
def test_an_operation_has_the_value_that_numpy_gives_it(formula):
    wanted = eval(formula, {**NUMPY, **GIVEN})
    np.testing.assert_allclose(value_of(f"v = {formula}"), wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("formula", "same"), WRITTEN_OUT.items(), ids=list(WRITTEN_OUT))
def test_what_numpy_calls_otherwise_has_the_value_of_its_definition(formula, same):
    wanted = eval(same, {**NUMPY, **GIVEN})
    np.testing.assert_allclose(value_of(f"v = {formula}"), wanted, rtol=1e-12, atol=1e-13)


def test_convolutions_and_pools_are_those_of_their_definition():
    image, kernel = GIVEN["P"], RNG.standard_normal((2, 2, 2, 2))
    GIVEN["K"] = kernel
    padded = np.pad(image, ((0, 0), (1, 1), (0, 0)))
    wanted = np.zeros((2, 2, 3))
    for o in range(2):
        for p in range(2):
            for q in range(3):
                wanted[o, p, q] = np.sum(padded[:, 2 * p : 2 * p + 2, q : q + 2] * kernel[o])
    np.testing.assert_allclose(value_of("v = conv2d(P, K, stride=(2, 1), padding=(1, 0))"), wanted, rtol=1e-12)
    pooled = np.array([[[image[c, p : p + 2, q : q + 2].max() for q in (0, 2)] for p in (0, 1)] for c in range(2)])
    np.testing.assert_allclose(value_of("v = maxpool2d(P, 2, (1, 2))"), pooled)
    del GIVEN["K"]


def test_names_may_be_given_again_and_several_at_once():
    np.testing.assert_allclose(
        value_of("a, b = x * 2, x + 1", "a = a + b", "a = a * b", "v = a"), (3 * GIVEN["x"] + 1) * (GIVEN["x"] + 1)
    )
    np.testing.assert_allclose(value_of("a, b, d = A", "b += a", "v = b"), GIVEN["A"][0] + GIVEN["A"][1])


MISTAKES = [
    (
        "z = A @ y",
        "inner sizes 4 and 3 differ in (3, 4) @ (3,)",
        "the transpose of the array of shape (3, 4) would fit",
    ),
    ("z = A @ A", "inner sizes 4 and 3 differ in (3, 4) @ (3, 4)", "the transpose of the array of shape (3, 4)"),
    ("z = A + y", "shapes (3, 4) and (3,) do not broadcast", "[:, None]"),
    (
        "z = A.T + A",
        "shapes (4, 3) and (3, 4) do not broadcast",
        "the transpose of the array of shape (3, 4) would fit",
    ),
    ("z = A[3]", "position 3 is outside an axis of length 3", ""),
    ("z = sum(A, axis=2)", "has no axis 2", ""),
    ("z = reshape(A, (5, 2))", "has 12 entries, (5, 2) would have 10", ""),
    ("z = stack([x, y])", "one shape, got (4,) and (3,)", ""),
    ("z = W @ x", "unknown name 'W'", ""),
    ("z = sigmod(x)", "unknown function 'sigmod'", "sigmoid"),
    ("z = sum(A, axs=1)", "sum takes no argument 'axs'", "axis"),
    ("z = x.flattn()", "no method 'flattn'", "flatten"),
    ("z = A[A > 0]", "cannot be an index", "where"),
    ("z = 1 / 0", "division by zero", ""),
    ("z = einsum('ij,jk', A)", "describes 2 arrays, got 1", ""),
    ("z = einsum('ij,j->ii', A, x)", "twice", ""),
    ("z = x if c else y", "IfExp is not part of array notation", ""),
    ("z = lambda: 1", "Lambda is not part", ""),
    ("z = __import__('os')", "cannot be a name", ""),
    ("z = x.__class__", "an array has no '__class__' here", ""),
    ("z = exp(*x)", "with * are not part", ""),
    ("pi = x", "is a constant", ""),
    ("z = take(A, A)", "positions are whole numbers", "integers"),
]


@pytest.mark.parametrize(("statement", "message", "help"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_reported_at_its_place_with_the_remedy(statement, message, help):
    with pytest.raises(InputError) as caught:
        lifted(statement)
    mistake = caught.value.mistakes[0]
    assert message in mistake.message
    assert help in mistake.help
    assert mistake.text == statement and 1 <= mistake.column <= len(statement)


def test_reductions_and_arguments_become_tensors_with_readable_equations():
    d = derive({"shapes": {"W": (3, 2), "b": 3, "x": 2, "t": 3}, "equations": "E = sum((t - tanh(W @ x + b))**2) / 2"})
    assert [str(equation) for equation in d.stages.graph.equations] == [
        "z[i] = b[i] + sum(x[j]*W[i, j], j)",
        "a[i] = tanh(z[i])",
        "E = sum((-a[i] + t[i])**2, i)/2",
    ]
    assert str(d["W"].indexed) == "Eq(dW[i, j], delta[i]*x[j])"


def test_sizes_may_be_symbols():
    d = derive(
        {
            "shapes": {"Q": ("n", "d"), "K": ("m", "d"), "V": ("m", "h"), "G": ("n", "h")},
            "equations": "P = softmax(Q @ K.T / sqrt(d))\nE = sum(G * (P @ V))",
            "wrt": ["Q", "K", "V"],
        }
    )
    assert d.verify().passed
    assert d["P"].code == "G @ V.T"


def test_both_notations_mix_in_one_program():
    text = """
    z = W @ x                                  # array notation
    a[i] = where(z[i] > 0, z[i], beta * z[i])  # index notation
    h[t, i] = where(t > 0, h[t - 1, i] / 2, 0) + a[i]
    E = sum(h[2]**2)
    """
    d = derive(
        {"shapes": {"W": (3, 2), "x": 2, "beta": ()}, "equations": text, "wrt": ["W", "beta"], "ranges": {"t": 4}}
    )
    assert d.verify().passed


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        ({"equations": "E = x"}, ShapeError, "one number"),
        ({"equations": "E = 2 + 2"}, LanguageError, "depends on nothing"),
        ({"equations": "L = sum(x)", "loss": "E"}, LanguageError, "no statement defines the loss 'E'"),
        ({"equations": "h[j] = h[j - 1]\nE = sum(h)"}, ShapeError, "size of its index 'j' is unknown"),
        ({"equations": "x[j] = x[j]\nE = sum(x)"}, LanguageError, "defined twice"),
    ],
)
def test_a_program_that_is_no_loss_is_refused(table, error, message):
    with pytest.raises(error, match=message):
        derive({"shapes": {"x": 3}, **table}).stages.graph  # noqa: B018
