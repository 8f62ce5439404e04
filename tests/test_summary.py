"""What a derivation looks like at a glance."""

import sympy as sp

import symbackprop as sb
from symbackprop.summary import chosen_rows, gradient_rows, shape_text, summary


def test_gradients_in_index_form():
    rows = gradient_rows(sb.derive("mazur"))
    assert rows[0] == ("W1", "2 x 2", "∂E/∂wⱼᵢ⁽¹⁾ = δⱼ⁽¹⁾·xᵢ")


def test_counts():
    found = summary(sb.derive("mazur"))
    assert found["parameter_count"] == 10
    assert [row["row"] for row in found["equations"]] == ["dense", "sigmoid", "dense", "sigmoid", "half_squared_error"]


def test_symbolic_sizes_are_counted_as_a_formula():
    n = sp.Symbol("n", integer=True, positive=True)
    assert shape_text((n, sp.Integer(2))) == "n x 2"
    assert summary(sb.derive("n -> 2, loss=mse"))["parameter_count"] == "2*n + 2"


def test_chosen_parameters_alone_and_how_many_others_there_are():
    d = sb.derive("xor")
    rows, others = chosen_rows(d, ["W1_12", "b2", "b2"])
    assert rows == [("W1_12", "in W1", "∂E/∂wⱼᵢ⁽¹⁾ = Σₛ δₛⱼ⁽¹⁾·xₛᵢ"), ("b2", "1", "∂E/∂bⱼ⁽²⁾ = Σₛ δₛⱼ⁽²⁾")]
    assert others == 7
    assert chosen_rows(d, ["W1", "W1_12"])[1] == 5
    assert chosen_rows(sb.derive("n -> 2, loss=mse"), ["W1"])[1] == 2
    assert chosen_rows(sb.derive("n -> 2, loss=mse"), ["b1"])[1] is None
