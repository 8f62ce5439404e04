"""Trees → values: symbols from arrays, sums over indices, matrices, conditions, rounded numbers as intervals."""

from __future__ import annotations

from fractions import Fraction as Q

import mpmath
import pytest

from symbackprop.display import (
    HALF,
    Apply,
    BigSum,
    Boxed,
    Brace,
    Bracket,
    Cases,
    Compare,
    Evaluator,
    Extreme,
    Fraction,
    Logic,
    Matrix,
    Minus,
    NoValueError,
    Number,
    Paint,
    PartialDerivative,
    Power,
    Product,
    Range,
    Reference,
    Symbol,
    Transpose,
    Tree,
    Words,
    evaluate,
    integer,
    plus,
    times,
)
from symbackprop.display.evaluate import agree
from symbackprop.display.intervals import Interval, number
from symbackprop.notation import Sign, given

K = Symbol(Sign("k"), key="#k")
J = Symbol(Sign("j"), key="#j")
X = Symbol(given("x"), key="x")
V = Symbol(Sign("v"), (K,), key="v")
W = Symbol(Sign("w"), (J, K), key="w")
VALUES = {"x": "0.5", "v": [1, 2, 4], "w": [["0.1", "0.2", "0.3"], [1, 1, 1]], "b": Q(1, 3), "dw": [[7, 8]]}
ALL_K = Range(K, integer(3))


@pytest.mark.parametrize(
    ("tree", "value"),
    [
        (plus(Number("0.138"), Number("-0.038")), Q(1, 10)),
        (plus(integer(1), Minus(Number("-0.5"))), Q(3, 2)),
        (times(HALF, Power(plus(X, Minus(integer(2))), integer(2))), Q(9, 8)),
        (Fraction(X, integer(3)), Q(1, 6)),
        (Power(X, integer(-1)), Q(2)),
        (BigSum(V, (ALL_K,)), Q(7)),
        (BigSum(times(W, V), (Range(J, integer(2)), ALL_K)), Q(87, 10)),
        (Extreme(V, ALL_K), Q(4)),
        (Extreme(V, ALL_K, place=True), Q(3)),
        (Symbol(Sign("v"), (integer(2),), key="v"), Q(2)),
        (Symbol(given("v2"), key="v", at=(integer(2),)), Q(2)),
        (Symbol(Sign("v"), (integer(9),), key="v"), Q(0)),
        (Symbol(Sign("b"), (integer(2),), key="b"), Q(1, 3)),
        (PartialDerivative(X, X, key="dw", at=(integer(1), integer(2))), Q(8)),
        (Paint("error", Boxed(Brace(X, Reference("r")))), Q(1, 2)),
        (Bracket(Compare((integer(1), X, integer(2)), ("<=", "<="))), Q(0)),
        (Bracket(Logic("not", (Compare((X, integer(0)), ("=",)),))), Q(1)),
        (Bracket(Logic("or", (Compare((X, X), ("!=",)), Compare((X, X), (">=",))))), Q(1)),
        (Cases(((X, Compare((X, integer(1)), (">",))), (Minus(X), None))), Q(-1, 2)),
        (Apply("max", (X, integer(0))), Q(1, 2)),
        (Apply("abs", (Minus(X),)), Q(1, 2)),
    ],
)
def test_exact_values(tree: Tree, value: Q) -> None:
    found = evaluate(tree, VALUES)
    assert isinstance(found, Q)
    assert found == value


def test_functions_have_many_digits() -> None:
    found = evaluate(Apply("sigmoid", (X,)), VALUES)
    with mpmath.workdps(60):
        assert abs(found - 1 / (1 + mpmath.exp(mpmath.mpf("-0.5")))) < mpmath.mpf("1e-55")


def test_matrices() -> None:
    column = Symbol(Sign("v", shape="vector"), key="v")
    matrix = Symbol(Sign("w", shape="matrix"), key="w")
    evaluator = Evaluator(VALUES)
    assert agree(evaluator(Product((matrix, column))), evaluator(Matrix(((Number("1.7"),), (integer(7),)))), True)
    squares = Matrix(tuple((integer(n),) for n in (1, 4, 16)))
    assert agree(evaluator(Product((column, column), "odot")), evaluator(squares), True)
    assert evaluate(Product((Transpose(column), column)), VALUES) == 21
    outer = evaluator(Product((column, Transpose(column))))
    assert not isinstance(outer, Interval)
    assert outer[2][1] == number(8)
    with pytest.raises(NoValueError, match="shapes"):
        evaluator(Product((column, column)))


@pytest.mark.parametrize(
    "tree",
    [Symbol(given("q")), Symbol(given("q"), key="q"), Words(("why",)), Apply("unheard", (X,)), BigSum(V, (Range(K),))],
)
def test_what_has_no_value_says_so(tree: Tree) -> None:
    with pytest.raises(NoValueError):
        evaluate(tree, VALUES)


@pytest.mark.parametrize("tree", [Apply("log", (Number("-2"),)), Power(Number("-2"), Number("0.5"))])
def test_what_has_no_real_value_says_so(tree: Tree) -> None:
    with pytest.raises(NoValueError, match="no real value"):
        evaluate(tree, VALUES)


def test_rounded_numbers_are_widened_by_half_a_unit() -> None:
    wide = Evaluator({}, widened=True)
    assert wide(Number("0.50", exact=False)) == Interval(Q(99, 200), Q(101, 200))
    assert wide(Number("0.50")) == number("0.50")
    assert evaluate(Number("0.50", exact=False)) == Q(1, 2)


def test_a_function_given_as_a_value() -> None:
    assert evaluate(Apply("twice", (integer(4),)), {"twice": lambda value: 2 * value}) == 8


def test_the_power_minus_one_of_a_matrix_is_its_inverse() -> None:
    power = Power(Matrix(((integer(0), integer(2)), (integer(4), integer(1)))), Number("-1"))
    inverse = Matrix(((Number("-0.125"), Number("0.25")), (Number("0.5"), integer(0))))
    assert agree(Evaluator({})(power), Evaluator({})(inverse), True)
    with pytest.raises(NoValueError, match="no inverse"):
        Evaluator({})(Power(Matrix(((integer(1), integer(2)), (integer(2), integer(4)))), Number("-1")))
