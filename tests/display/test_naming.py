"""Tensors → signs, no two of which look alike."""

from __future__ import annotations

import pytest
from sympy import Symbol

from symbackprop.display.naming import Naming
from symbackprop.expressions import Index
from symbackprop.graph import Tensor
from symbackprop.notation import NOTATIONS

I, J, S = Index("i", 3), Index("j", 2), Index("s", 4)


def naming(**axes: tuple[Index, ...]) -> tuple[Naming, dict[str, Tensor]]:
    tensors = {name: Tensor(name, "parameter", indices) for name, indices in axes.items()}
    return Naming(tensors), tensors


@pytest.mark.parametrize(
    ("axes", "printed"),
    [
        ({"W": (I, J), "b": (I,)}, ["wᵢ", "bᵢ"]),
        ({"W": (I, J), "w": (J,)}, ["wᵢ", "wᵢ"]),  # the number of indices tells them apart
        ({"W": (I, J), "w": (I, J)}, ["Wᵢ", "wᵢ"]),
        ({"w": (I, J), "W": (I, J)}, ["wᵢ", "Wᵢ"]),
        ({"X": (S, I), "x": (I,)}, ["Xᵢ", "xᵢ"]),  # unless one of them is left out
        ({"W": (I,), "w": ()}, ["wᵢ", "wᵢ"]),
        ({"lam": (I,), "lambda_": (I,)}, ["λᵢ", "lambda_ᵢ"]),
        ({"Wf": (I, J), "W_f": (I, J), "w_f": (I, J)}, ["W_{f,i}", "W_fᵢ", "w_{f,i}"]),
    ],
)
def test_no_two_elements_look_alike(axes: dict[str, tuple[Index, ...]], printed: list[str]) -> None:
    signs, tensors = naming(**axes)
    assert [signs.sign(one, len(one.indices)).text(["i"]) for one in tensors.values()] == printed


def test_no_two_whole_tensors_look_alike() -> None:
    signs, tensors = naming(W=(I, J), w=(I, J), Wf=(I, J), W_f=(I, J))
    found = [signs.sign(one, 2, whole=True).tex() for one in tensors.values()]
    assert found == [r"\mat{W}", r"\mat{w}", r"\mat{W}_{f}", r"\mat{\mathrm{W\_f}}"]


def test_what_a_tensor_is_called_by_under_another_notation() -> None:
    tensors = {"x": Tensor("x", "input", (I,)), "i": Tensor("i", "input", (I,))}
    signs = Naming(tensors, NOTATIONS["mazur"])
    assert [signs.sign(one, 1).text(["1"]) for one in tensors.values()] == ["x₁", "i₁"]


def test_layers_give_their_names_as_prefix() -> None:
    tensors = {name: Tensor(name, "hidden", (I,), layer=1) for name in ("lstm_z", "lstm_h")}
    signs = Naming(tensors)
    assert signs.prefix(tensors["lstm_z"]) == "lstm"
    assert signs.called("lstm_delta", tensors["lstm_z"], 1).tex(["i"]) == r"\delta\lay{\mathrm{lstm}}_{i}"
    assert signs.prefix(Tensor("E", "loss")) is None


def test_what_counts_is_no_letter_of_a_size_or_of_a_number() -> None:
    size = Symbol("k", integer=True, positive=True)
    tensors = {
        "x": Tensor("x", "input", (S, Index("j", size))),
        "i": Tensor("i", "input"),
        "m": Tensor("m", "hidden", (S,)),  # of one sample it is printed without an index
        "t": Tensor("t", "target", (S, J)),
        "W1": Tensor("W1", "parameter", (I, J)),
        "b1": Tensor("b1", "parameter"),
        "E": Tensor("E", "loss"),
    }
    signs = Naming(tensors)
    assert signs.bare == {"k", "i", "m", "E"}
    assert signs.letters(["s", "i", "j"]) == {"i": "h", "k": "g", "m": "v", "t": "tau"}
    assert signs.letters(["e", "pi"])["e"] == "h"
    assert Naming({"s": Tensor("s", "input"), "x": Tensor("x", "input", (S,))}).letters(["s"]) == {"s": "n", "x": "h"}
    assert signs.letters(["s", "h", "tau"]) == {"i": "g", "k": "v", "m": "u", "t": "r"}
