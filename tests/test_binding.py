"""Formal names become tensors, indices get sizes, and what a row does not speak of goes in front."""

import numpy as np
import pytest
import sympy as sp
from sympy import Symbol

from symbackprop.binding import bind, elementwise, formula_statement, size, size_expression, with_constants
from symbackprop.errors import LanguageError, ShapeError, UnknownNameError
from symbackprop.expressions import Delta, Index, Read, Total, indices_of
from symbackprop.graph import Tensor
from symbackprop.language import parse_equations, unsized
from symbackprop.verify.evaluate import evaluate

N = sp.Symbol("N", integer=True, positive=True)
S, T, I, J, K = Index("s", N), Index("t", 6), Index("i", 2), Index("j", 3), Index("k", 3)
RNG = np.random.default_rng(11)


def statement(text):
    (row,) = parse_equations(text)
    return row


def given(name, *indices):
    return Tensor(name, "hidden", indices)


def value(equation, sizes=None, **arrays):
    return evaluate(equation.rhs, equation.indices, arrays, sizes or {})


def test_sizes():
    assert size(3) == sp.Integer(3)
    assert size("n").is_positive and size("n").is_integer
    assert size(N + 1) == N + 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n", 9),
        ("7", 7),
        ("n * k", 18),
        ("2 * (n - k) - -1", 15),
        ("(n - k) // stride + 1", 3),
        ("(n - k) // stride // 2", 1),
    ],
)
def test_size_expressions_against_python(text, expected):
    numbers = {"n": 9, "k": 2, "stride": 3}
    assert eval(text, dict(numbers)) == expected
    assert size_expression(text, {name: sp.Integer(number) for name, number in numbers.items()}) == expected


def test_a_symbolic_size_holds_for_every_value():
    n, k = size("n"), size("k")
    found = size_expression("(n - k) // 2 + 1", {"n": n, "k": k})
    for a, b in [(9, 2), (8, 3), (5, 5)]:
        assert found.subs({n: a, k: b}) == (a - b) // 2 + 1


@pytest.mark.parametrize(
    "text", ["n / 2", "n ** 2", "f(n)", "n.real", "'n'", "2.5", "n[0]", "n if n else 1", "n +", "True", "", "(" * 99]
)
def test_what_is_no_size(text):
    with pytest.raises(LanguageError):
        size_expression(text, {"n": N})


def test_an_unknown_size_is_told_its_neighbour():
    with pytest.raises(LanguageError, match="unknown size 'unit'") as caught:
        size_expression("unit", {"units": N})
    assert "units" in caught.value.mistakes[0].help


def test_dense_over_samples():
    row = statement("z[j] = sum(W[j, i] * x[i], i) + b[j]")
    tensors = {"W": given("W1", J, I), "x": given("x", S, I), "b": given("b1", J)}
    equation = bind(row, tensors, "z1")
    assert (equation.tensor, equation.indices) == ("z1", (S, J))
    assert equation.rhs == Total(Read("W1", J, I) * Read("x", S, I), I) + Read("b1", J)


def test_every_leading_axis_is_kept_apart_from_the_letters_of_the_row():
    """Time is called t in the tensor and k in the row: none may capture the other."""
    row = statement("y[t] = sum(V[t, s] * x[s], s)")
    equation = bind(row, {"V": given("V", J, I), "x": given("x", Index("s", 4), Index("t", 6), I)}, "y")
    assert [index.size for index in equation.indices] == [4, 6, 3]
    assert len({index.name for index in indices_of(equation.rhs)}) == len(set(indices_of(equation.rhs)))
    arrays = {"V": RNG.normal(size=(3, 2)), "x": RNG.normal(size=(4, 6, 2))}
    np.testing.assert_allclose(value(equation, **arrays), arrays["x"] @ arrays["V"].T)


def test_a_bound_letter_that_is_free_elsewhere_is_renamed():
    equation = bind(formula_statement("a", "exp(z[j]) / sum(exp(z[j]), j)"), {"z": given("z1", S, J)}, "a1")
    inner = equation.rhs.atoms(Total).pop()
    assert inner.bound[0] != J
    z = RNG.normal(size=(4, 3))
    np.testing.assert_allclose(value(equation, {N: 4}, z1=z), np.exp(z) / np.exp(z).sum(1, keepdims=True))


def test_sums_over_one_letter_inside_one_another():
    equation = bind(statement("y = sum(x[j] * sum(x[j], j), j)"), {"x": given("x", J)}, "y")
    x = RNG.normal(size=3)
    np.testing.assert_allclose(value(equation, x=x), x.sum() ** 2)


def test_a_row_that_names_the_samples_mixes_them():
    equation = bind(statement("mu[j] = mean(x[s, j], s)"), {"x": given("x", S, J)}, "mu1")
    assert equation.indices == (J,)
    x = RNG.normal(size=(5, 3))
    np.testing.assert_allclose(value(equation, {N: 5}, x=x), x.mean(0))


def test_elementwise_formulas_keep_all_axes():
    equation = bind(formula_statement("a", "z * exp(-z)"), {"z": given("z1", S, T, J)}, "a1")
    assert equation.indices == (S, T, J)
    assert equation.rhs == Read("z1", S, T, J) * sp.exp(-Read("z1", S, T, J))


def test_index_expressions_need_a_declared_range():
    row = with_constants(statement("y[t] = sum(W[p] * x[stride * t + p], p)"), {"stride": sp.Integer(2)})
    tensors = {"W": given("W", Index("p", 2)), "x": given("x", T)}
    with pytest.raises(ShapeError, match="size of index 't'"):
        bind(row, tensors, "y")
    equation = bind(row, tensors, "y", {"t": sp.Integer(3)})
    x, w = RNG.normal(size=6), RNG.normal(size=2)
    np.testing.assert_allclose(value(equation, x=x, W=w), [x[2 * t] * w[0] + x[2 * t + 1] * w[1] for t in range(3)])


def test_constants_stand_in_values_and_in_indices_but_not_for_a_defined_index():
    row = with_constants(
        statement("y[t] = alpha * x[stride * t]"), {"alpha": sp.Rational(1, 3), "stride": sp.Integer(4)}
    )
    assert row.rhs == Read("x", 4 * unsized("t")) / 3
    row = with_constants(statement("y[t] = x[t]"), {"t": sp.Integer(9)})
    assert row.rhs == Read("x", unsized("t"))


def test_the_mean_divides_by_the_size_of_its_index():
    equation = bind(statement("E = mean((t[j] - y[j])**2, j)"), {"t": given("t", S, J), "y": given("a2", S, J)}, "E")
    assert equation.rhs == Total((Read("t", S, J) - Read("a2", S, J)) ** 2, J) / 3


def test_unknown_names_have_neighbours():
    with pytest.raises(UnknownNameError, match="unknown name 'gama'") as caught:
        bind(statement("y[j] = gama * x[j]"), {"x": given("x", J), "gamma": given("gamma")}, "y")
    assert "gamma" in caught.value.mistakes[0].help


def test_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"needs 2 axes, b1 has 1"):
        bind(statement("y[j] = b[i, j]"), {"b": given("b1", J)}, "y")
    with pytest.raises(ShapeError, match=r"index 'i' runs over (2, but over 3|3, but over 2)"):
        bind(statement("y = sum(v[i] * w[i], i)"), {"v": given("v", I), "w": given("w", J)}, "y")


def test_a_tensor_is_read_with_one_number_of_indices():
    with pytest.raises(ShapeError, match="different numbers of indices"):
        bind(statement("y[j] = x * x[j]"), {"x": given("x", S, J)}, "y")


def test_the_free_indices_of_a_formula_stand_on_the_left():
    assert formula_statement("a", "exp(z[j]) / sum(exp(z[k]), k)").indices == (unsized("j"),)
    assert formula_statement("a", "z * 2").indices == ()


def test_a_users_elementwise_formulas_are_functions_for_the_next():
    functions = elementwise((("mine", "z * 2"), ("softest", "exp(z[j])"), ("yours", "mine(z) + mine(1)")))
    assert [name for name in functions if name in functions] == ["mine", "yours"]
    z = Symbol("z")
    assert functions["yours"](z) == 2 * z + 2
    assert functions["mine"](z) == 2 * z


def test_a_value_where_two_positions_are_equal_is_a_product_with_a_delta():
    text = "y[i] = sum(where(i == t * n + j, x[t, j], 0), t, j)"
    found = bind(
        with_constants(statement(text), {"n": sp.Integer(2)}),
        {"x": given("x", S, Index("t", 3), Index("j", 2))},
        "y",
        {"i": sp.Integer(6)},
    )
    i, t, j = Index("i", 6), Index("t", 3), Index("j", 2)
    assert found.rhs == Total(Delta(i, 2 * t + j) * Read("x", S, t, j), t, j)


def test_leading_axes_line_up_by_position():
    tensors = {"x": given("x", S, Index("t", 4), Index("i", 3)), "y": given("y", S, Index("j", 4), Index("k", 3))}
    found = bind(statement("z = x + y"), tensors, "z")
    assert [str(index) for index in found.indices] == ["s", "t", "i"]
    assert str(found.rhs) == "x[s, t, i] + y[s, t, i]"
    table = given("y", Index("j", 4), Index("k", 3))
    assert bind(statement("z = x + y"), {**tensors, "y": table}, "z").rhs == found.rhs.xreplace(
        {Read("y", *found.indices): Read("y", *found.indices[1:])}
    )
    with pytest.raises(ShapeError, match="do not line up"):
        bind(statement("z = x + y"), {**tensors, "y": given("y", S, Index("j", 3), Index("k", 4))}, "z")


def test_a_whole_part_that_is_0_is_dropped():
    groups = {"o": sp.Integer(4), "k": sp.Integer(2)}
    x = {"x": given("x", S, Index("c", 4))}
    assert str(bind(statement("y[o, k] = x[o // 2 * 2 + k]"), x, "y", groups).rhs) == "x[s, k + 2*floor(o/2)]"
    assert str(bind(statement("y[o, k] = x[o // 4 * 2 + k]"), x, "y", groups).rhs) == "x[s, k]"


def test_an_index_that_nothing_bounds_is_refused():
    with pytest.raises(ShapeError, match="the size of index 'p'"):
        bind(statement("y[j] = sum(x[j + p], p)"), {"x": given("x", S, J)}, "y", {"j": sp.Integer(2)})
