"""Explanations of single gradients, as records, in a terminal of any width, and as JSON."""

import json

import pytest

import symbackprop as sb
from symbackprop.errors import UnknownNameError
from symbackprop.explain import explain, explained_names
from symbackprop.explain.terminal import terminal


@pytest.fixture(scope="module")
def mazur():
    return sb.derive("mazur")


def test_a_weight_of_the_output_layer_is_one_product(mazur):
    found = explain(mazur, "w5")
    (product,) = found.products
    assert [one.ratio for one in product.factors] == ["∂E/∂a₁⁽²⁾", "∂a₁⁽²⁾/∂z₁⁽²⁾", "∂z₁⁽²⁾/∂w5"]
    assert [one.value for one in product.factors] == ["0.741365070", "0.186815602", "0.593269992"]
    assert [one.role for one in product.factors] == ["error", "slope", "input"]
    assert found.value == found.check == "0.082167041"
    assert found.short == "∂E/∂w5 = δ₁⁽²⁾·a₁⁽¹⁾"


def test_a_weight_of_the_hidden_layer_is_a_sum_over_paths(mazur):
    found = explain(mazur, "w1")
    assert [product.value for product in found.products] == ["0.000668396", "-0.000229828"]
    assert found.value == "0.000438568"


def test_every_sample_has_its_product():
    found = explain(sb.derive("xor"), "W1_11")
    assert [product.sample for product in found.products] == [1, 2, 3, 4]
    assert [product.value for product in found.products][:2] == ["0", "0"]
    assert sum(float(product.value) for product in found.products) == pytest.approx(float(found.value), abs=2e-9)
    assert found.short == "∂E/∂wⱼᵢ⁽¹⁾ = Σₛ δₛⱼ⁽¹⁾·xₛᵢ"


def test_where_paths_are_many_the_chain_rule_takes_one_step():
    d = sb.derive("2 -> 4 tanh -> 4 tanh -> 2, loss=mse")
    found = explain(d, "W1_11")
    (product,) = found.products
    assert [one.ratio for one in product.factors] == ["∂E/∂z₁⁽¹⁾", "∂z₁⁽¹⁾/∂w₁₁⁽¹⁾"]
    assert product.factors[0].reason.endswith(" z1_1")
    assert found.value == found.check == product.value == ""


def test_a_tensor_of_a_wide_network_is_explained_in_index_form():
    found = explain(sb.derive("mnist"), "W1")
    assert found.shape == "128 x 784"
    assert found.forward[0] == "zₛⱼ⁽¹⁾ = Σᵢ wⱼᵢ⁽¹⁾·xₛᵢ + bⱼ⁽¹⁾"
    assert [one.lhs for one in found.derivatives] == ["δₛⱼ⁽²⁾", "δₛⱼ⁽¹⁾", "∂E/∂wⱼᵢ⁽¹⁾"]
    assert found.derivatives[0].lines[-1].formula == "1/N·(aₛⱼ⁽²⁾ - tₛⱼ)"
    assert found.derivatives[0].lines[-1].reason == "the targets of a sample sum to 1"
    assert (found.matrix, found.code) == ("∂E/∂W⁽¹⁾ = (δ⁽¹⁾)ᵀ·x", "delta1.T @ x")


def test_a_recurrence_ends_with_what_was_asked_for():
    found = explain(sb.derive("lstm"), "lstm_Wf")
    assert found.derivatives[-1].lhs == found.lhs
    assert any("τ+1" in line.formula for one in found.derivatives for line in one.lines)


def test_what_is_not_there_is_refused_with_what_is_near(mazur):
    with pytest.raises(UnknownNameError, match="there is no gradient for 'w99'"):
        explain(mazur, "w99")
    assert {"W1", "w8", "b2", "a1_1", "z2"} <= set(explained_names(mazur))


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize(("network", "name"), [("mazur", "w1"), ("mnist", "W1"), ("xor", "W2_11")])
def test_no_line_is_wider_than_the_terminal(network, name, width):
    found = explain(sb.derive(network), name)
    lines = terminal(found, width).split("\n")
    longest = max(len(word) for line in lines for word in line.plain.split(" ")) + 14
    assert max(line.cell_len for line in lines) <= max(width, longest)
    assert found.value in "".join(line.plain for line in lines)


def test_factors_have_the_colour_of_their_role(mazur):
    shown = terminal(explain(mazur, "w5"), 100)
    coloured = {str(span.style): shown.plain[span.start : span.end] for span in shown.spans if span.style}
    assert coloured["cyan"] == "0.186815602"
    assert {"yellow", "cyan", "green", "bold"} <= set(coloured)


def test_the_command_prints_plain_text_where_nobody_looks(call):
    code, out, _ = call("explain", "mazur", "w5")
    assert code == 0
    assert "≈ 0.741365070 × 0.186815602 × 0.593269992 ≈ 0.082167041" in out
    assert "checked: 0.082167041" in out
    assert "\x1b" not in out


def test_the_command_obeys_no_color(call, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[36m" in call("explain", "mazur", "w5")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in call("explain", "mazur", "w5")[1]


def test_the_command_prints_json(call):
    code, out, _ = call("explain", "mazur", "w5", "w1", "--json")
    assert code == 0
    first, second = json.loads(out)
    assert first["products"][0]["factors"][1]["formula"] == "a₁⁽²⁾·(1 - a₁⁽²⁾)"
    assert (first["value"], second["value"]) == ("0.082167041", "0.000438568")


def test_without_a_name_the_command_says_what_there_is(call):
    code, out, _ = call("explain", "mazur")
    assert code == 0
    assert {"w1", "b2", "W1", "delta1_1"} & set(out.split()) >= {"w1", "b2", "W1"}


def test_an_unknown_name_is_the_users_mistake(call):
    code, out, err = call("explain", "mazur", "w99")
    assert (code, out) == (2, "")
    assert "there is no gradient for 'w99'" in err


def test_a_code_is_still_a_message(call):
    code, out, _ = call("explain", "SB030")
    assert code == 0
    assert "SB030" in out
