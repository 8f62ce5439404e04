import dataclasses

import pytest
from sympy import Symbol

from symbackprop.expressions import Index, Read, Total
from symbackprop.graph import Derivation, Equation, Graph, Step, Tensor

N = Symbol("N")
S, I, J = Index("s", N), Index("i", 2), Index("j", 3)
W, X, Z, E = (
    Tensor("W1", "parameter", (J, I)),
    Tensor("x", "input", (S, I)),
    Tensor("z1", "hidden", (S, J)),
    Tensor("E", "loss"),
)
NET = Equation("z1", (S, J), Total(W.read * X.read, I))
LOSS = Equation("E", (), Total(Z.read**2, J, S))
GRAPH = Graph("net", {tensor.name: tensor for tensor in (X, W, Z, E)}, (NET, LOSS), {N: 4}, ("dense", "mse"))


def test_a_tensor_knows_its_shape_and_how_it_is_read():
    assert X.shape == (N, 2)
    assert W.read == Read("W1", J, I)
    assert E.read == Read("E") and E.shape == ()


def test_a_graph_knows_its_loss_its_parameters_and_its_readers():
    assert GRAPH.loss is E
    assert GRAPH.parameters == (W,)
    assert GRAPH.with_role("input", "loss") == (X, E)
    assert GRAPH.equation("z1") is NET
    assert GRAPH.readers("x") == GRAPH.readers("W1") == (NET,)
    assert GRAPH.readers("E") == ()
    with pytest.raises(KeyError):
        GRAPH.equation("x")


def test_an_equation_prints_as_it_is_read():
    assert str(NET) == "z1[s, j] = sum(W1[j, i]*x[s, i], i)"
    assert NET.lhs == Z.read


def test_an_adjoint_is_found_by_the_forward_name():
    adjoint = Equation("delta1", (S, J), 2 * Z.read)
    derivation = Derivation(GRAPH, {}, {"z1": "delta1"}, (adjoint,), {}, {"delta1": (Step(Z.read, Z.read, "rule"),)})
    assert derivation.adjoint("z1") is adjoint
    with pytest.raises(KeyError):
        derivation.adjoint("E")
    other = derivation.with_adjoints((), {})
    assert (other.adjoints, other.steps, other.graph) == ((), {}, GRAPH)
    assert derivation.adjoints == (adjoint,)


@pytest.mark.parametrize("record", [X, NET, GRAPH, Step(X.read, X.read, "rule")])
def test_records_are_frozen(record):
    field = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, field, "other")


def test_own_names_are_listed_in_order() -> None:
    tensor = Tensor("W1", "parameter", (), names=(("w1", "w2"), ("w3", "w4")))
    assert tensor.own_names == ["w1", "w2", "w3", "w4"]
    assert Tensor("b1", "parameter", ()).own_names == []
