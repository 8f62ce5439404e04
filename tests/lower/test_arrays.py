"""Lowered and printed as NumPy, every form of equation computes what its indexed form says."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symbackprop.errors import UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.lower.arrays import lower_expression
from symbackprop.lower.readable import addends, factors_in_order
from symbackprop.program import Along, Const, Contract, Leaf, Map, Reduce
from symbackprop.verify.evaluate import evaluate

N = sp.Symbol("N", integer=True, positive=True)
S, B, I, J, K, M = (Index(name, size) for name, size in zip("sbijkm", (N, 2, 3, 4, 5, 3), strict=True))
T, P, U = Index("t", 4), Index("p", 3), Index("u", 9)
SIZES = {N: 6}
RNG = np.random.default_rng(51)
SHAPES = {
    "x": (6, 3),
    "y": (6, 4),
    "W": (4, 3),
    "V": (5, 4),
    "v": (4,),
    "w": (3,),
    "c": (),
    "A": (2, 3, 5),
    "D": (2, 5, 4),
    "X": (6, 4, 3),
    "g": (9,),
    "f": (3,),
    "d": (4,),
}
ARRAYS = {name: RNG.normal(size=shape) for name, shape in SHAPES.items()} | {
    "token": np.array([2, 0, 3, 3, 1, 0]),
    "q": np.abs(RNG.normal(size=(4,))) + 0.5,
}
TENSOR_SHAPES = {name: tuple(map(sp.Integer, array.shape)) for name, array in ARRAYS.items()}

x, y, W, V, v, w, c = (
    Read("x", S, I),
    Read("y", S, J),
    Read("W", J, I),
    Read("V", K, J),
    Read("v", J),
    Read("w", I),
    Read("c"),
)
A, D, X = Read("A", B, I, K), Read("D", B, K, J), Read("X", S, J, I)
Jm = Index("m", 4)

CASES = {
    "outer": (v * w, (J, I)),
    "outer, transposed": (v * w, (I, J)),
    "batched outer": (y * x, (S, J, I)),
    "batched matmul": (Total(A * D, K), (B, I, J)),
    "batched matmul, transposed": (Total(A * D, K), (B, J, I)),
    "batched matmul, batch last": (Total(A * D, K), (I, J, B)),
    "matrix times vector": (Total(W * w, I), (J,)),
    "vector times matrix": (Total(W * v, J), (I,)),
    "x times transposed W": (Total(x * W, I), (S, J)),
    "W times transposed x": (Total(x * W, I), (J, S)),
    "transposed delta times x": (Total(y * x, S), (J, I)),
    "transposed x times delta": (Total(y * x, S), (I, J)),
    "delta times W": (Total(y * W, J), (S, I)),
    "transposed twice": (Total(V * Read("V", K, Jm), K), (J, Jm)),
    "inner product": (Total(v * Read("d", J), J), ()),
    "square of a norm": (Total(v**2, J), ()),
    "full reduction": (Total(x, S, I), ()),
    "full reduction of a product": (Total(W * W, J, I), ()),
    "Frobenius product": (Total(y * Total(W * x, I), S, J), ()),
    "sum over two axes at once": (Total(X * W, J, I), (S,)),
    "sum over two axes, two left": (Total(X * W * v, J), (S, I)),
    "sums over rows": (Total(W, J), (I,)),
    "sums over columns": (Total(W, I), (J,)),
    "three factors": (Total(V * W * w, J, I), (K,)),
    "three matrices": (Total(V * W * x, J, I), (S, K)),
    "four factors": (Total(c * V * W * x * y, J, S), (K, I)),
    "a bilinear form": (Total(v * W * w, J, I), ()),
    "sample by sample": (Total(y * W * x, J, I), (S,)),
    "an index of the sum in one factor only": (Total(y * x, S, J), (I,)),
    "an index of the sum in no factor": (Total(v, J, K), ()),
    "an index of the sum in no factor but samples": (Total(v, S), (J,)),
    "nothing but a count": (Total(sp.S.One, S, J), ()),
    "sum of sums": (Total(W * Total(x, S), I), (J,)),
    "product of sums": (Total(v, J) * Total(w, I) * x, (S, I)),
    "a number in a sum": (Total(3 * v / 7, J), ()),
    "bias": (Total(W * x, I) + v, (S, J)),
    "bias, transposed": (Total(W * x, I) + v, (J, S)),
    "a column added": (W + v, (J, I)),
    "the middle axis": (X * v, (S, J, I)),
    "the first axis": (X * Total(y, J), (S, J, I)),
    "first and last": (X + x, (S, J, I)),
    "all three": (X * x * y + v * w, (S, J, I)),
    "scalars": (c**2 - c / 3, ()),
    "sizes": (x / N + (N - 1), (S, I)),
    "fractions": (sp.Rational(1, 3) * v - sp.Rational(7, 8) * v**2, (J,)),
    "negative powers": (1 / (1 + v**2) ** 2 - 1 / Read("q", J), (J,)),
    "roots": (sp.sqrt(Read("q", J)) + 1 / sp.sqrt(Read("q", J)) + Read("q", J) ** sp.Rational(1, 3), (J,)),
    "powers by tensors": (Read("q", J) ** v + 2**v, (J,)),
    "irrational": (sp.pi * v + sp.sqrt(2), (J,)),
    "functions": (sp.exp(v) * sp.sin(v) + sp.cos(v) * sp.tan(v) - sp.log(Read("q", J)), (J,)),
    "more functions": (sp.sinh(v) + sp.cosh(v) * sp.tanh(v) + sp.atan(v) * sp.erf(v), (J,)),
    "logistic": (1 / (1 + sp.exp(-y)), (S, J)),
    "logistic of a sum": (3 / (1 + sp.exp(-Total(W * x, I) - v)), (S, J)),
    "sigmoid's slope": (y * (1 - y), (S, J)),
    "tanh's slope": ((1 - y**2) * Total(V * Read("V", K, J), K), (S, J)),
    "softmax": (sp.exp(y) / Total(sp.exp(Read("y", S, Jm)), Jm), (S, J)),
    "softmax over samples": (sp.exp(y) / Total(sp.exp(Read("y", Index("r", N), J)), Index("r", N)), (S, J)),
    "softmax, transposed": (sp.exp(y) / Total(sp.exp(Read("y", S, Jm)), Jm), (J, S)),
    "softmax times a tensor": (v * sp.exp(2 * y) / Total(sp.exp(2 * Read("y", S, Jm)), Jm), (S, J)),
    "a sum of a softmax": (Total(v * sp.exp(y) / Total(sp.exp(Read("y", S, Jm)), Jm), J), (S,)),
    "softmax of another exponent": (sp.exp(2 * y) / Total(sp.exp(Read("y", S, Jm)), Jm), (S, J)),
    "log-sum-exp": (sp.log(Total(sp.exp(y), J)), (S,)),
    "norm": (y / sp.sqrt(Total(y**2, J)), (S, J)),
    "largest": (Peak(y, J), (S,)),
    "largest of columns": (Peak(W * v, J), (I,)),
    "largest of all": (Peak(Peak(W, I), J), ()),
    "where the largest is": (ArgPeak(y, J), (S,)),
    "at the largest": (Total(Delta(J, ArgPeak(Read("y", S, Jm), Jm)) * y**2, J), (S,)),
    "relu": (Where(y > 0, y, sp.S.Zero), (S, J)),
    "relu's slope": (Where(y > 0, sp.S.One, sp.S.Zero) * y, (S, J)),
    "a branch over axes that differ": (Where(v > 0, w, sp.S.One), (J, I)),
    "a branch on samples": (Where(Read("y", S, 0) > 0, w, -w), (S, I)),
    "branches in branches": (Where(y > 1, y, Where(y > 0, v, c)), (S, J)),
    "conditions joined": (Where(sp.And(y > 0, sp.Or(v > 0, sp.Ne(c, 0))), y, -y), (S, J)),
    "negated": (Where(sp.Not(sp.And(y > 0, v > 0)), y, -y), (S, J)),
    "every comparison": (
        Where(y >= 0, sp.S.One, sp.S.Zero)
        + Where(y <= v, sp.S.One, sp.S.Zero)
        + Where(sp.Eq(v, v * v), sp.S.One, sp.S.Zero),
        (S, J),
    ),
    "a condition on an index": (Where(J > 1, v, sp.S.Zero), (J,)),
    "a triangle": (Where(J >= I, W, sp.S.Zero), (J, I)),
    "a triangle, transposed": (Where(J >= I, W, sp.S.Zero), (I, J)),
    "a triangle under a sum": (Total(Where(J >= I, W, sp.S.Zero) * w, I), (J,)),
    "an index as a number": ((J + 1) * v * S, (S, J)),
    "delta": (Delta(I, M) * w, (I, M)),
    "delta with a number": (Delta(J, 2) * v, (J,)),
    "range": (Within(J - 1, 2) * v, (J,)),
    "branch and sum": (Total(Where(y > 0, y, v) * W, J), (S, I)),
    "a fixed place": (Read("W", 2, I), (I,)),
    "two fixed places": (Read("W", 2, 1) * v, (J,)),
    "the diagonal": (Read("W", I, I), (I,)),
    "shifted": (Read("v", J - 1) * v, (J,)),
    "shifted in the middle": (Read("X", S, J + 1, I), (S, J, I)),
    "a window": (Total(Read("f", P) * Read("g", 2 * T + P), P), (T,)),
    "a padded window": (Total(Read("f", P) * Read("g", 2 * T + P - 1), P), (T,)),
    "a dilated window": (Total(Read("f", P) * Read("g", T + 2 * P), P), (T,)),
    "a window reversed": (Read("g", 8 - U) * Read("g", U), (U,)),
    "the transpose of a window": (
        Total(Delta(2 * T + P, U) * Read("d", T) * Read("f", P), T, P),
        (U,),
    ),
    "the transpose of a padded window": (
        Total(Within(U - 2 * T + 1, 3) * Read("d", T) * Read("f", U - 2 * T + 1), T),
        (U,),
    ),
    "a gather": (Read("V", 1, Read("token", S)) * Read("v", Read("token", S)), (S,)),
    "a gathered row": (Read("W", Read("token", S), I) * x, (S, I)),
    "a scatter": (Total(Delta(Read("token", S), J) * x, S), (J, I)),
    "the transpose of a window of ones": (Total(Delta(2 * T + P, U) * Read("d", T), T, P), (U,)),
    "a count of windows": (Total(Delta(T + P, U), T, P), (U,)),
    "a scatter of one row": (Total(Delta(Read("token", S), J) * w, S), (J, I)),
    "a count of tokens": (Total(Delta(Read("token", S), J), S), (J,)),
}


@pytest.mark.parametrize("name", CASES)
def test_code_is_the_equation(name, run_numpy):
    expr, order = CASES[name]
    expected = evaluate(expr, order, ARRAYS, SIZES)
    found, code = run_numpy(lower_expression(expr, TENSOR_SHAPES), order, ARRAYS, SIZES)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12, err_msg=code)


READS = [x, y, W, V, v, w, c, Read("d", J), X, A, D]
FREE = (S, B, I, J, K)


@st.composite
def sums_of_products(draw):
    factors = draw(st.lists(st.sampled_from(READS), min_size=1, max_size=4))
    body = sp.Mul(*factors)
    if draw(st.booleans()):
        body = body * draw(st.sampled_from([sp.Integer(2), 1 / (1 + v**2), Where(w > 0, w, v), sp.tanh(y), y + v]))
    present = [index for index in FREE if index in body.free_symbols]
    over = draw(st.lists(st.sampled_from(present), unique=True)) if present else []
    expr = Total(body, *over)
    order = draw(st.permutations([index for index in present if index not in over]))
    return expr + draw(st.sampled_from([sp.S.Zero, c, sp.S.One])), tuple(order)


@settings(max_examples=200)
@given(sums_of_products())
def test_any_sum_of_a_product(case):
    from_conftest = run_function()
    expr, order = case
    found, code = from_conftest(lower_expression(expr, TENSOR_SHAPES), order, ARRAYS, SIZES)
    expected = evaluate(expr, order, ARRAYS, SIZES)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9, err_msg=code)


@pytest.fixture(autouse=True)
def _keep(run_numpy):
    run_function.value = run_numpy


def run_function():
    """The fixture, for tests whose arguments come from hypothesis."""
    return run_function.value


@pytest.mark.parametrize(
    ("expr", "node"),
    [
        (Total(W * w, I), Contract(Leaf("W", (J, I)), Leaf("w", (I,)), (I,))),
        (Total(v * Read("d", J), J), Reduce("sum", Map("mul", (Leaf("d", (J,)), Leaf("v", (J,)))), (J,))),
        (Total(W, I), Reduce("sum", Leaf("W", (J, I)), (I,))),
        (v * w, Map("mul", (Leaf("v", (J,)), Leaf("w", (I,))))),
        (Peak(v, J), Reduce("max", Leaf("v", (J,)), (J,))),
        (1 / (1 + sp.exp(-v)), Map("sigmoid", (Leaf("v", (J,)),))),
        (sp.exp(v) / Total(sp.exp(Read("v", Jm)), Jm), Along("softmax", Leaf("v", (J,)), J)),
        (sp.Integer(7), Const(sp.Integer(7))),
    ],
    ids=str,
)
def test_nodes(expr, node):
    assert lower_expression(expr) == node


def test_a_sum_of_a_product_is_never_an_elementwise_product():
    """An array with all axes would be as large as all of them together."""

    def maps(node):
        match node:
            case Contract():
                return maps(node.left) + maps(node.right)
            case Map():
                return [node.function, *(f for arg in node.args for f in maps(arg))]
            case Reduce():
                return maps(node.arg)
        return []

    assert maps(lower_expression(Total(V * W * x, J, I))) == []
    assert maps(lower_expression(Total(A * D, K))) == []


@pytest.mark.parametrize("expr", [sp.gamma(v), sp.besselj(0, v), Where(sp.Xor(v > 0, c > 0), v, c)], ids=str)
def test_what_has_no_operation_is_refused(expr):
    with pytest.raises(UnsupportedError):
        lower_expression(expr)


def test_terms_stand_in_a_readable_order():
    expr = v - Total(W, I) * v + Total(W * w, I) + 2
    assert [str(term) for term in addends(expr)][-1] == str(-v * Total(W, I))
    assert [str(factor) for factor in factors_in_order(3 * v * Read("delta1", J) / c * Total(w, I))] == [
        "3",
        "sum(w[i], i)",
        "delta1[j]",
        "v[j]",
        "1/c",
    ]


def test_whole_parts_of_positions_stay_whole_numbers():
    o = Index("o", 6)
    node = lower_expression(Read("x", 2 * sp.floor(o / 4)), {"x": (sp.Integer(4),)})
    assert "floor_divide" in str(node) and "'floor'" not in str(node)
