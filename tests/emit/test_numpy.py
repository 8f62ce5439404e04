"""Nodes print as the NumPy that a person would write, and compute what they say."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from sympy import Symbol

from symbackprop.emit.numbers import number_code
from symbackprop.emit.numpy import numpy_code
from symbackprop.errors import UnsupportedError
from symbackprop.expressions import Index
from symbackprop.program import Along, Array, Const, Contract, Leaf, Map, Position, Reduce

N = Symbol("N", integer=True, positive=True)
S, I, J, K = Index("s", N), Index("i", 3), Index("j", 2), Index("k", 4)
X, W, D = Leaf("x", (S, I)), Leaf("W", (J, I)), Leaf("d", (S, J))
V, U = Leaf("v", (J,)), Leaf("u", (I,))
ONE, MINUS = Const(sp.S.One), Const(sp.S.NegativeOne)
POSITIVE = Map("gt", (D, Const(sp.S.Zero)))
SIZES = {S: 5, I: 3, J: 2, K: 4}


def half(node: Array) -> Array:
    return Map("mul", (Const(sp.Rational(1, 2)), node))


FIRST = Map("eq", (Const(sp.S.Zero), Position(I)))

CASES = [
    (Map("mul", (MINUS, FIRST, Map("exp", (U,)))), (I,), "-np.exp(u) * (0 == np.arange(3))"),
    (Map("mul", (MINUS, FIRST)), (I,), "-(0 == np.arange(3)).astype(float)"),
    (Contract(W, X, (I,)), (S, J), "x @ W.T"),
    (Contract(W, D, (J,)), (S, I), "d @ W"),
    (Contract(D, X, (S,)), (J, I), "d.T @ x"),
    (Contract(W, U, (I,)), (J,), "W @ u"),
    (Contract(V, W, (J,)), (I,), "v @ W"),
    (Contract(V, V, (J,)), (), "v @ v"),
    (Map("mul", (V, U)), (J, I), "np.outer(v, u)"),
    (Map("add", (D, V)), (S, J), "d + v"),
    (Map("mul", (D, Map("add", (ONE, Map("mul", (MINUS, D)))))), (S, J), "d * (1 - d)"),
    (Map("mul", (MINUS, D, D)), (S, J), "-d * d"),
    (Map("mul", (MINUS, Map("mul", (MINUS, D)))), (S, J), "d"),
    (Map("mul", (D, Map("pow", (Const(N), MINUS)))), (S, J), "d / N"),
    (half(D), (S, J), "0.5 * d"),
    (Map("pow", (D, Const(sp.Integer(2)))), (S, J), "d**2"),
    (Map("pow", (Map("add", (D, V)), Const(sp.Integer(2)))), (S, J), "(d + v) ** 2"),
    (Map("pow", (D, Const(sp.Rational(1, 2)))), (S, J), "np.sqrt(d)"),
    (Map("where", (POSITIVE, D, Const(sp.S.Zero))), (S, J), "np.maximum(d, 0)"),
    (Map("where", (POSITIVE, ONE, Const(sp.S.Zero))), (S, J), "(d > 0).astype(d.dtype)"),
    (Map("where", (POSITIVE, ONE, MINUS)), (S, J), "np.where(d > 0, 1, -1).astype(d.dtype)"),
    (Map("mul", (D, Map("where", (POSITIVE, ONE, Const(sp.S.Zero))))), (S, J), "d * (d > 0)"),
    (Reduce("sum", D, (S,)), (J,), "np.sum(d, axis=0)"),
    (Reduce("sum", D, (S, J)), (), "np.sum(d)"),
    (Map("mul", (Reduce("sum", D, (J,)), D)), (S, J), "np.sum(d, axis=1)[:, None] * d"),
    (Position(J), (J,), "np.arange(2)"),
    (D, (J, S), "d.T"),
]


@pytest.mark.parametrize(("node", "order", "code"), CASES, ids=[code for *_, code in CASES])
def test_code_reads_as_written_by_hand(node: Array, order: tuple[Index, ...], code: str) -> None:
    assert numpy_code(node, order) == code


def value(node: Array, arrays: dict[str, np.ndarray], at: dict[Index, int]) -> float:
    """One entry of a node, by the definition of each kind of node."""
    match node:
        case Leaf():
            return float(arrays[node.name][tuple(at[axis] for axis in node.axes)])
        case Const():
            return float(node.value.subs(N, SIZES[S]))
        case Position():
            return at[node.axis]
        case Contract():
            return sum(value(node.left, arrays, a) * value(node.right, arrays, a) for a in ranges(at, node.over))
        case Reduce(kind="sum"):
            return sum(value(node.arg, arrays, a) for a in ranges(at, node.over))
        case Map():
            args = [value(arg, arrays, at) for arg in node.args]
            return {
                "add": lambda: sum(args),
                "mul": lambda: float(np.prod(args)),
                "pow": lambda: args[0] ** args[1],
                "gt": lambda: args[0] > args[-1],
                "eq": lambda: float(args[0] == args[-1]),
                "exp": lambda: float(np.exp(args[0])),
                "where": lambda: args[1] if args[0] else args[-1],
            }[node.function]()
    raise NotImplementedError(node)


def ranges(at: dict[Index, int], over: tuple[Index, ...]) -> list[dict[Index, int]]:
    places = np.ndindex(*(SIZES[axis] for axis in over))
    return [{**at, **dict(zip(over, place, strict=True))} for place in places]


@pytest.mark.parametrize(("node", "order", "code"), CASES, ids=[code for *_, code in CASES])
def test_code_computes_what_the_node_says(node: Array, order: tuple[Index, ...], code: str) -> None:
    rng = np.random.default_rng(0)
    arrays = {leaf.name: rng.uniform(0.5, 1.5, [SIZES[axis] for axis in leaf.axes]) for leaf in (X, W, D, V, U)}
    arrays["d"] -= 1.0 if "where" in code or ">" in code else 0.0
    found = np.asarray(eval(code, {"np": np, "N": SIZES[S], **arrays}))
    for at in ranges({}, order):
        assert found[tuple(at[axis] for axis in order)] == pytest.approx(value(node, arrays, at), rel=1e-12)


def test_names_of_arrays_and_sizes_can_be_other_ones() -> None:
    node = Map("mul", (D, Map("pow", (Const(N), MINUS))))
    assert numpy_code(node, (S, J), {"d": "d_", "#N": "N_"}) == "d_ / N_"


def test_functions_along_an_axis_name_it_where_it_is_not_the_last() -> None:
    assert numpy_code(Along("softmax", D, J), (S, J)) == "softmax(d)"
    assert numpy_code(Along("softmax", D, J), (J, S)) == "softmax(d.T, axis=-2)"


def test_an_unknown_node_is_refused() -> None:
    class Strange(Array):
        axes = (J,)

    with pytest.raises(UnsupportedError, match="Strange has no form in NumPy"):
        numpy_code(Strange(), (J,))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sp.Integer(-2), "-2"),
        (sp.Rational(3, 10), "0.3"),
        (sp.Rational(1, 3), "1 / 3"),
        (2 * N, "2 * N"),
        (N + 1, "N + 1"),
        (sp.sqrt(N), "N ** (1 / 2)"),
        (1 / N, "1 / N"),
    ],
)
def test_numbers_and_sizes(number: sp.Expr, code: str) -> None:
    text = number_code(number)[0]
    assert eval(text, {"N": 7}) == pytest.approx(float(number.subs(N, 7)), rel=1e-15)
    assert text == code or number == sp.sqrt(N)


def test_a_sum_that_begins_with_the_reciprocal_of_a_root_stays_in_brackets():
    """c (1/√z − √z) is not c/√z − √z; found by a random network."""
    from symbackprop.facade import derive

    equations = "y[j] = sqrt(1 + x[j]**2 * w[j]**2) - sqrt(1 + x[j]**2 * w[j]**2)**3 / 3"
    own = {"parameters": {"w": ["n"]}, "equations": equations, "activation": False}
    d = derive({"name": "roots", "inputs": 3, "layers": [{"type": "own"}], "loss": "mse", "layer_types": {"own": own}})
    assert d.verify().passed


def test_a_negative_of_truth_values_is_one_of_numbers() -> None:
    code = numpy_code(Map("negative", (Map("eq", (Const(sp.S.One), Position(I))),)), (I,))
    assert list(eval(code, {"np": np})) == [0, -1, 0]
