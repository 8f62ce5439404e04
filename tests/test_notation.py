"""Names → signs: what is printed for tensors, users' own names and functions, under each notation."""

from __future__ import annotations

import pytest

from symbackprop.errors import UnknownNameError
from symbackprop.notation import NOTATIONS, STANDARD, Notation, Sign, function_sign, given, notation, subscript

MAZUR = NOTATIONS["mazur"]


@pytest.mark.parametrize(
    ("name", "layer", "rank", "tex"),
    [
        ("z1", 1, 1, r"z\lay{1}"),
        ("W2", 2, 2, r"w\lay{2}"),
        ("delta2", 2, 1, r"\delta\lay{2}"),
        ("E", None, 0, "E"),
        ("W", 1, 2, "w"),
        ("h0", 1, 1, "h_{0}"),
        ("Wf", 1, 2, "w_{f}"),
        ("Wxh", None, 2, "w_{xh}"),
        ("lstm_Wf", 1, 2, r"w\lay{\mathrm{lstm}}_{f}"),
        ("beta", None, 0, r"\beta"),
        ("eps", None, 0, r"\varepsilon"),
        ("running_mean", None, 1, r"\mathrm{running}_{\mathrm{mean}}"),
        ("W1", None, 2, r"w\lay{1}"),
        ("W_in", None, 2, "w_{in}"),
        ("W1_in", None, 2, r"w\lay{1}_{in}"),
        ("x_1", None, 1, "x_{1}"),
        ("x_hat", None, 1, r"x_{\mathrm{hat}}"),
        ("mu_a", None, 1, r"\mu_{a}"),
    ],
)
def test_elements_of_tensors(name: str, layer: int | None, rank: int, tex: str) -> None:
    assert STANDARD.sign(name, layer, rank=rank).tex() == tex


@pytest.mark.parametrize(
    ("name", "rank", "tex"),
    [
        ("W1", 2, r"\mat{W}\lay{1}"),
        ("a2", 1, r"\vect{a}\lay{2}"),
        ("delta1", 1, r"\vect{\delta}\lay{1}"),
        ("E", 0, "E"),
    ],
)
def test_whole_tensors_are_bold(name: str, rank: int, tex: str) -> None:
    assert STANDARD.sign(name, rank=rank, whole=True).tex() == tex


@pytest.mark.parametrize(
    ("name", "tex", "text"),
    [
        ("w5", "w_{5}", "w5"),
        ("net_h1", r"\mathrm{net}_{h1}", "net_h1"),
        ("w_old", r"w_{\mathrm{old}}", "w_old"),
        ("beta", r"\beta", "beta"),
        ("x_alpha", r"x_{\alpha}", "x_alpha"),
    ],
)
def test_names_of_the_users_own(name: str, tex: str, text: str) -> None:
    assert given(name).tex() == tex
    assert given(name).text() == text


def test_subscripts_stand_side_by_side_only_if_each_is_one_sign() -> None:
    sign = Sign("w", layer="1")
    assert sign.tex(["j", "i"]) == r"w\lay{1}_{ji}"
    assert sign.tex(["1", "12"]) == r"w\lay{1}_{1,12}"
    assert sign.tex([r"\tau", "j"]) == r"w\lay{1}_{\tau j}"
    assert sign.tex([r"\tau - 1", "j"]) == r"w\lay{1}_{\tau - 1,j}"
    assert Sign("W", subs=("f",)).tex(["j", "i"]) == "W_{f,ji}"


def test_unicode() -> None:
    assert Sign("a", layer="1").text(["1"]) == "a₁⁽¹⁾"
    assert Sign("delta", layer="2").text(["k"]) == "δₖ⁽²⁾"
    assert Sign("w").text(["b"]) == "w_b"
    assert subscript("f,1") == "_{f,1}"


@pytest.mark.parametrize(
    ("name", "layer", "subscripts", "tex"),
    [
        ("z1", 1, ["1"], r"\mathrm{net}_{h1}"),
        ("a2", 2, ["2"], r"\mathrm{out}_{o2}"),
        ("t", None, ["1"], r"\mathrm{target}_{o1}"),
        ("x", None, ["1"], "i_{1}"),
        ("delta2", 2, ["1"], r"\delta_{o1}"),
    ],
)
def test_mazur(name: str, layer: int | None, subscripts: list[str], tex: str) -> None:
    assert MAZUR.sign(name, layer, depth=2, rank=1).tex(subscripts) == tex


def test_mazur_tells_several_hidden_layers_apart() -> None:
    assert MAZUR.sign("z2", 2, depth=3, rank=1).tex(["1"]) == r"\mathrm{net}_{h2,1}"
    assert MAZUR.sign("b2", 2, depth=3).tex() == "b_{h2}"


def test_a_third_notation_is_one_more_row() -> None:
    nielsen = Notation("nielsen", letters={"t": "y", "E": "C"}, layers="bare")
    assert nielsen.sign("W2", 2, rank=2).tex(["j", "k"]) == "w^{2}_{jk}"
    assert nielsen.sign("t", rank=1).tex(["j"]) == "y_{j}"
    assert nielsen.sign("E").tex() == "C"


def test_an_unknown_notation_is_the_users_mistake() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mazur'"):
        notation("mazurr")
    assert notation("standard") is STANDARD


def test_functions() -> None:
    assert function_sign("sigmoid") == r"\sigma"
    assert function_sign("sigmoid", tex=False) == "σ"
    assert function_sign("my_gate") == r"\operatorname{my\_gate}"
