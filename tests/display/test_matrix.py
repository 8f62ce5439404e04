"""Matrix notation, read as matrices, computes what the statement computes; what has no such form says so."""

import functools

import numpy as np
import pytest
import sympy as sp
from scipy import special

from symbackprop.backward import backward
from symbackprop.display import tree as t
from symbackprop.display.matrix import ONES, matrix_form, transposed
from symbackprop.display.reader import TensorReader
from symbackprop.display.text import text
from symbackprop.expressions import Index, Peak, Read, Total, Where
from symbackprop.facade import derive
from symbackprop.forward import forward
from symbackprop.graph import Tensor
from symbackprop.lower import lower, lower_expression
from symbackprop.network import Dense, Network
from symbackprop.program import Assign
from symbackprop.simplify import simplify
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph
from symbackprop.verify.evaluate import evaluate
from symbackprop.verify.points import random_point

RNG = np.random.default_rng(61)
FUNCTIONS = {
    "sigmoid": special.expit,
    "softmax": functools.partial(special.softmax, axis=-1),
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
}
OPERATORS = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}


class Reading:
    """Reads a tree as a mathematician reads matrices: side by side is a matrix product, a vector is a column."""

    def __init__(self, arrays, sizes, length):
        self.arrays, self.sizes, self.length = arrays, sizes, length

    def of(self, node):
        return getattr(self, type(node).__name__.lower())(node)

    def symbol(self, node):
        if node == ONES:
            return np.ones((self.length, 1))
        if node.key not in self.arrays:
            return np.full((1, 1), self.sizes[sp.Symbol(node.sign.plain, integer=True, positive=True)])
        array = np.asarray(self.arrays[node.key], dtype=float)
        return array.reshape(-1, 1) if array.ndim < 2 else array

    def partialderivative(self, node):
        array = np.asarray(self.arrays[node.key], dtype=float)
        return array.reshape(-1, 1) if array.ndim < 2 else array

    def number(self, node):
        return np.full((1, 1), float(sp.Rational(node.text)))

    def minus(self, node):
        return -self.of(node.body)

    def sum(self, node):
        return functools.reduce(np.add, map(self.of, node.terms))

    def product(self, node):
        found = self.of(node.factors[0])
        for factor in node.factors[1:]:
            # A vector of ones is as long as it must be.
            right = np.ones((found.shape[1], 1)) if factor == ONES else self.of(factor)
            found = self._times(found, right) if node.by == "" else found * right
        return found

    def _times(self, left, right):
        return left * right if left.shape == (1, 1) or right.shape == (1, 1) else left @ right

    def fraction(self, node):
        return self.of(node.above) / self.of(node.below)

    def power(self, node):
        return self.of(node.base) ** self.of(node.exponent)

    def transpose(self, node):
        return self.of(node.body).T

    def apply(self, node):
        (argument,) = map(self.of, node.arguments)
        if node.name == "softmax" and argument.shape[1] == 1:
            return special.softmax(argument)
        return FUNCTIONS[node.name](argument)

    def compare(self, node):
        left, right = map(self.of, node.operands)
        return OPERATORS[node.operators[0]](left, right)

    def bracket(self, node):
        return self.of(node.condition).astype(float)

    def cases(self, node):
        ((first, condition), (second, _)) = node.rows
        return np.where(self.of(condition), self.of(first), self.of(second))


def agrees(relation, arrays, sizes, expected, length):
    (row,) = relation.rows
    found = Reading(arrays, sizes, length).of(row.tree)
    expected = np.asarray(expected)
    shape = expected.shape if expected.ndim == 2 else (expected.size, 1)
    np.testing.assert_allclose(
        np.broadcast_to(found, shape), expected.reshape(shape), rtol=1e-10, err_msg=text(relation)
    )


NETWORKS = {
    "mazur's kind": Network(2, Dense(3, "sigmoid"), Dense(2, "sigmoid"), loss="half_squared_error"),
    "one sample": Network(
        2, Dense(3, "sigmoid"), Dense(2, "sigmoid"), loss="half_squared_error", sample={"x": [1, 2], "t": [0, 1]}
    ),
    "classifier": Network(4, Dense(3, "relu"), Dense(5, "softmax"), loss="categorical_crossentropy", targets="one_hot"),
    "no bias": Network(4, Dense(3, "tanh", bias=False), Dense(2), loss={"type": "mse", "reduction": "sum"}),
    "one shared bias": Network(4, Dense(3, "tanh", bias=0.5), Dense(2), loss="mse"),
    "one sample, softmax": Network(
        2, Dense(3, "softmax"), loss="categorical_crossentropy", sample={"x": [1, 2], "t": [0, 1, 0]}
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_form_is_true(name):
    derivation = simplify(backward(forward(NETWORKS[name])))
    graph, program = derivation.graph, lower(derivation, readable=True)
    point = random_point(graph, np.random.default_rng(4))
    arrays = evaluate_graph(graph, point.values) | evaluate_adjoints(derivation, point.values)
    reader = TensorReader({**graph.tensors, **derivation.tensors}, adjoint_of=derivation.adjoint_of)
    length = len(arrays["x"]) if arrays["x"].ndim == 2 else 1
    sizes = {sp.Symbol("N", integer=True, positive=True): length}
    formed = set()
    for statement in (*program.forward, *program.backward):
        relation = matrix_form(statement, reader)
        if relation is not None:
            formed.add(statement.name)
            agrees(relation, arrays, sizes, arrays[statement.name], length)
    assert {"z1", "dW1"} <= formed


def shown(name):
    """Each statement of a network in matrix form, as text."""
    derivation = simplify(backward(forward(NETWORKS[name])))
    program = lower(derivation, readable=True)
    reader = TensorReader({**derivation.graph.tensors, **derivation.tensors}, adjoint_of=derivation.adjoint_of)
    forms = {s.name: matrix_form(s, reader) for s in (*program.forward, *program.backward)}
    return {name: text(form) for name, form in forms.items() if form is not None}


def test_textbook_forms_of_one_sample():
    forms = shown("one sample")
    assert forms["z1"].endswith("= W⁽¹⁾ x + b⁽¹⁾") or "W" in forms["z1"]
    right = {name: form.partition("=")[2] for name, form in forms.items()}
    assert right["dW2"].count("δ") == 1 and "ᵀ" in right["dW2"]
    assert right["db2"].strip() == forms["delta2"].partition("=")[0].strip()


I, J, K, S = Index("i", 3), Index("j", 4), Index("k", 5), Index("s", 6)
SHAPES = {"W": (J, I), "V": (K, J), "x": (S, I), "y": (S, J), "v": (J,), "w": (I,), "X": (S, J, I)}
TENSORS = {name: Tensor(name, "hidden", indices) for name, indices in SHAPES.items()}
ARRAYS = {name: RNG.normal(size=[int(index.size) for index in indices]) for name, indices in SHAPES.items()}
R = {name: tensor.read for name, tensor in TENSORS.items()}


def form_of(expr, order):
    reader = TensorReader({**TENSORS, "out": Tensor("out", "hidden", order)})
    return matrix_form(Assign("out", order, lower_expression(expr)), reader)


@pytest.mark.parametrize(
    ("expr", "order"),
    [
        (Total(R["W"] * R["w"], I), (J,)),
        (Total(R["W"] * R["v"], J), (I,)),
        (Total(R["x"] * R["W"], I), (S, J)),
        (Total(R["x"] * R["W"], I), (J, S)),
        (Total(R["y"] * R["x"], S), (J, I)),
        (Total(R["y"] * R["x"], S), (I, J)),
        (Total(R["V"] * R["W"] * R["w"], J, I), (K,)),
        (R["v"] * R["w"], (J, I)),
        (R["v"] * R["w"], (I, J)),
        (R["W"], (I, J)),
        (Total(R["x"] * R["W"], I) + R["v"], (S, J)),
        (Total(R["W"], I), (J,)),
        (Total(R["W"], J), (I,)),
        (Total(R["v"] ** 2, J), ()),
        (R["y"] * (1 - R["y"]), (S, J)),
        (R["y"] ** 3 / 4 - 2, (S, J)),
        (Where(R["y"] > 0, R["y"], sp.S.Zero), (S, J)),
        (Where(R["y"] > 0, sp.S.One, sp.S.Zero) * R["y"], (S, J)),
        (1 / (1 + sp.exp(-R["y"])), (S, J)),
        (-R["v"] / 3, (J,)),
        (sp.sqrt(R["v"] ** 2 + 1), (J,)),
    ],
    ids=str,
)
def test_forms_by_hand(expr, order):
    relation = form_of(expr, order)
    assert relation is not None
    agrees(relation, ARRAYS, {}, evaluate(expr, order, ARRAYS, {}), length=_ones(expr, order))


def _ones(expr, order):
    """How long a vector of ones must be: the summed axis, or the rows it is spread over."""
    total = next(iter(expr.atoms(Total)), None)
    if isinstance(expr, Total):
        return int(total.bound[0].size)
    return int(order[0].size) if order else 1


@pytest.mark.parametrize(
    ("expr", "order"),
    [
        (R["X"], (S, J, I)),
        (Total(R["X"] * R["w"], I), (S, J)),
        (R["y"] * R["v"], (S, J)),
        (Peak(R["y"], J), (S,)),
        (J * R["v"], (J,)),
        (Where(J > 1, R["v"], sp.S.Zero), (J,)),
        (R["W"] ** R["W"], (J, I)),
        (Where(sp.And(R["v"] > 0, R["v"] < 1), R["v"], sp.S.Zero), (J,)),
        (Total(R["W"] * Read("W", J, Index("m", 3)), J, I), (Index("m", 3),)),
    ],
    ids=str,
)
def test_what_has_no_matrix_form_is_none_or_true(expr, order):
    relation = form_of(expr, order)
    if relation is not None:
        agrees(relation, ARRAYS, {}, evaluate(expr, order, ARRAYS, {}), length=_ones(expr, order))


def test_three_axes_have_no_matrix_form():
    assert form_of(R["X"] + 1, (S, J, I)) is None
    assert form_of(Peak(R["y"], J), (S,)) is None
    assert form_of(J * R["v"], (J,)) is None


def test_transposing_twice_is_nothing():
    W = t.Symbol(ONES.sign, key="W")
    assert transposed(W) == t.Transpose(W)
    assert transposed(transposed(W)) == W


def test_products_entry_by_entry_inside_a_matrix_product_stand_in_brackets():
    own = {
        "parameters": {"A": ["units", "n"], "B": ["units", "m"]},
        "inputs": {"x": ["n"], "u": ["m"]},
        "equations": "g[j] = tanh(sum(A[j, i] * x[i], i))\ny[j] = g[j] * sum(B[j, k] * u[k], k)",
    }
    layer = {"type": "mix", "inputs": ["x", "u"], "units": 2}
    table = {"inputs": {"x": 3, "u": 4}, "loss": "mse", "layers": [layer], "layer_types": {"mix": own}}
    form = derive(table).stages.matrix_of("dB1")
    assert form is not None
    assert text(form).endswith("((∂E/∂y⁽¹⁾)ᵀ ⊙ (g⁽¹⁾)ᵀ)·u"), text(form)


def test_sums_over_all_are_products_with_ones():
    d = derive(Network(3, Dense(2), loss="mse"))
    loss, bias = d.stages.matrix_of("E"), d.stages.matrix_of("db1")
    assert text(loss) == "E = 1/N·½·1ᵀ·((t - z⁽¹⁾) ⊙ (t - z⁽¹⁾))·1"
    assert text(bias) == "∂E/∂b⁽¹⁾ = (δ⁽¹⁾)ᵀ·1"
    shared = derive("mazur").stages.matrix_of("db1")
    assert text(shared) == "∂E/∂b⁽¹⁾ = 1ᵀ·δ⁽¹⁾"
