"""Reads of tensors → symbols, under each notation and the user's own names."""

from __future__ import annotations

import pytest

from symbackprop.display import PartialDerivative, Symbol, TensorReader, element, integer, latex, text
from symbackprop.expressions import Index, Read
from symbackprop.graph import Tensor
from symbackprop.notation import NOTATIONS, STANDARD

I, J, K, S = Index("i", 2), Index("j", 2), Index("k", 2), Index("s", 4)


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        (Read("z1", J), r"z\lay{1}_{j}"),
        (Read("a1", 0), r"a\lay{1}_{1}"),
        (Read("W1", J, I), r"w\lay{1}_{ji}"),
        (Read("W1", 1, 0), "w_{3}"),
        (Read("b1"), "b_{1}"),
        (Read("b2", 1), r"b\lay{2}_{2}"),
        (Read("delta2", K), r"\delta\lay{2}_{k}"),
        (Read("dW1", J, I), r"\pd{E}{w\lay{1}_{ji}}"),
        (Read("dW1", 0, 1), r"\pd{E}{w_{2}}"),
        (Read("da1", J), r"\pd{E}{a\lay{1}_{j}}"),
        (Read("E"), "E"),
        (Read("stranger", J), r"\mathrm{stranger}_{j}"),
    ],
)
def test_standard(reader: TensorReader, read: Read, printed: str) -> None:
    assert latex(reader(read)) == printed


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        (Read("z1", 0), r"\mathrm{net}_{h1}"),
        (Read("a2", 1), r"\mathrm{out}_{o2}"),
        (Read("W2", 0, 0), "w_{5}"),
        (Read("x", 0), "i_{1}"),
        (Read("da1", 0), r"\pd{E_{\mathrm{total}}}{\mathrm{out}_{h1}}"),
    ],
)
def test_mazur_numbers_weights_through(tensors: dict[str, Tensor], read: Read, printed: str) -> None:
    reader = TensorReader(tensors, NOTATIONS["mazur"], named=False)
    assert latex(reader(read)) == printed


def test_own_names_can_be_left_out(tensors: dict[str, Tensor]) -> None:
    assert latex(TensorReader(tensors, named=False)(Read("W1", 1, 0))) == r"w\lay{1}_{21}"


def test_a_symbol_finds_its_value_by_tensor_and_place(reader: TensorReader) -> None:
    named = reader(Read("W2", 0, 1))
    assert isinstance(named, Symbol)
    assert (named.key, named.place) == ("W2", (integer(1), integer(2)))
    gradient = reader(Read("dW1", 0, 1))
    assert isinstance(gradient, PartialDerivative)
    assert (gradient.key, gradient.at) == ("dW1", (integer(1), integer(2)))


def test_adjoints_are_found_by_the_derivations_own_names(tensors: dict[str, Tensor]) -> None:
    tensors["g"] = Tensor("g", "adjoint", (J,), layer=1)
    assert text(TensorReader(tensors, adjoint_of={"a1": "g"})(Read("g", J))) == "∂E/∂aⱼ⁽¹⁾"


def test_a_hidden_sample_index_is_not_printed_but_looked_up() -> None:
    tensors = {"z1": Tensor("z1", "hidden", (S, J), layer=1)}
    shown, hidden = TensorReader(tensors), TensorReader(tensors, hidden=("s",))
    assert text(shown(Read("z1", S, J))) == "zₛⱼ⁽¹⁾"
    assert text(hidden(Read("z1", S, J))) == "zⱼ⁽¹⁾"
    symbol = hidden(Read("z1", 0, 1))
    assert isinstance(symbol, Symbol)
    assert symbol.place == (integer(1), integer(2))


def test_time_is_tau_where_t_is_the_target(tensors: dict[str, Tensor]) -> None:
    time = Index("t", 5)
    tensors["h"] = Tensor("h", "hidden", (time, J), layer=1)
    assert latex(TensorReader(tensors)(Read("h", time - 1, J))) == r"h_{\tau - 1,j}"
    del tensors["t"]
    assert latex(TensorReader(tensors)(Read("h", time, J))) == "h_{tj}"


def test_whole_tensors_are_bold(reader: TensorReader) -> None:
    assert latex(reader.whole("W2")) == r"\mat{W}\lay{2}"
    assert latex(reader.whole("delta2")) == r"\vect{\delta}\lay{2}"
    assert latex(reader.whole("dW1")) == r"\pd{E}{\mat{W}\lay{1}}"


def test_elements_by_hand() -> None:
    assert text(element(STANDARD.sign("a2", rank=1), 1)) == "a₁⁽²⁾"
