"""The code of an expression, run, gives the very expression."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.emit.constructors import Constructors
from symbackprop.errors import UnsupportedError

a, b, c = sp.symbols("a b c")
j, k = (sp.Symbol(name, integer=True) for name in "jk")
x = sp.IndexedBase("x")
NAMES = {a: "a", b: "b", c: "c", j: "j", k: "k", x: "x"}


def again(expr: sp.Basic) -> sp.Basic:
    printer = Constructors(NAMES)
    code = printer.code(expr)
    scope = {name: getattr(sp, name) for name in printer.imports}
    found: sp.Basic = eval(code, {"__builtins__": {}}, scope | {name: symbol for symbol, name in NAMES.items()})
    return found


@pytest.mark.parametrize(
    ("expr", "code"),
    [
        (sp.Integer(0), "Integer(0)"),
        (-sp.Integer(2), "Integer(-2)"),
        (sp.Rational(1, 3), "Rational(1, 3)"),
        (a / 2, "a / 2"),
        (2 * a / 3 / b, "2 * a / b / 3"),
        (1 / b, "1 / b"),
        (-a, "-a"),
        (1 - a, "1 - a"),
        (a**2, "a**2"),
        ((a + b) ** 2, "(a + b) ** 2"),
        (sp.sqrt(a), "sqrt(a)"),
        (1 / sp.sqrt(a + b), "1 / sqrt(a + b)"),
        (a**b, "a**b"),
        (a ** (b + 1), "a ** (1 + b)"),
        (sp.Mul(2, a + b, b + c), "Mul(2, a + b, b + c)"),
        (sp.Mul(-1, a + b, 1 / c), "Mul(-1, 1 / c, a + b)"),
        ((a + b) / c / 2, "(a + b) / c / 2"),
        (-c * (a + b), "-c * (a + b)"),
        (sp.exp(-a) * sp.pi, "exp(-a) * pi"),
        (x[j, k + 1], "x[j, 1 + k]"),
        (sp.Sum(x[j], (j, 0, 2), (k, 0, 1)), "Sum(x[j], (j, 0, 2), (k, 0, 1))"),
        (sp.Piecewise((a, a > 0), (0, True)), "Piecewise((a, a > 0), (0, True))"),
        (sp.Piecewise((1, sp.And(j >= 0, j <= 2)), (0, True)), "Piecewise((1, And(j >= 0, j <= 2)), (0, True))"),
        (sp.Lt(0, a, evaluate=False), "Lt(0, a)"),
        (sp.Eq(a, b), "Eq(a, b)"),
        (sp.KroneckerDelta(j, k), "KroneckerDelta(j, k)"),
        (sp.Max(a, b), "Max(a, b)"),
        (sp.Function("max_over")(x[j], j, 0, 2), 'Function("max_over")(x[j], j, 0, 2)'),
    ],
)
def test_each_kind_of_node(expr: sp.Basic, code: str) -> None:
    found = Constructors(NAMES).code(expr)
    assert again(expr) == expr
    assert found == code


def leaves() -> st.SearchStrategy[sp.Expr]:
    numbers = st.fractions(-3, 3, max_denominator=6).map(lambda q: sp.Rational(q.numerator, q.denominator))
    return st.sampled_from([a, b, c, x[j], x[j + 1]]) | numbers


def larger(inner: st.SearchStrategy[sp.Expr]) -> st.SearchStrategy[sp.Expr]:
    pairs = st.tuples(inner, inner)
    return (
        pairs.map(lambda p: p[0] + p[1])
        | pairs.map(lambda p: p[0] * p[1])
        | pairs.map(lambda p: p[0] - p[1])
        | st.tuples(inner, st.sampled_from([2, -1, sp.Rational(1, 2)])).map(lambda p: p[0] ** p[1] if p[0] != 0 else a)
        | inner.map(sp.exp)
        | inner.map(lambda e: sp.Sum(e, (j, 0, 2)))
    )


@given(st.recursive(leaves(), larger, max_leaves=8).filter(lambda expr: not expr.has(sp.I, sp.zoo, sp.nan)))
def test_random_expressions(expr: sp.Expr) -> None:
    assert again(expr) == expr


def test_what_has_no_constructor_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="no name"):
        Constructors({}).code(a)
    with pytest.raises(UnsupportedError, match="Integral"):
        Constructors(NAMES).code(sp.Integral(a, a))
