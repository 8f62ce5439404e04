"""What a network is scored by, as equations."""

import pytest

from symbackprop.errors import ShapeError
from symbackprop.expressions import Index, Read, Total
from symbackprop.forward import forward
from symbackprop.forward.losses import free, over_samples
from symbackprop.network import Dense, Network


def equations(*layers, **fields):
    graph = forward(Network(2, *layers, **fields))
    return graph, {equation.tensor: str(equation.rhs) for equation in graph.equations}


def test_statements_before_the_loss_keep_their_names_and_samples():
    graph, found = equations(Dense(4), loss="huber")
    assert found["r"] == "-t[s, j] + z1[s, j]"
    assert graph.rows[-2:] == ("huber", "huber")
    assert [str(index) for index in graph.tensors["r"].indices] == ["s", "j"]


def test_a_name_that_is_taken_is_counted_up():
    graph = forward(Network({"r": 3}, Dense(4), loss="huber"))
    assert "r_1" in {equation.tensor for equation in graph.equations}
    assert free("q", {"r"}) == "q"


def test_several_losses_are_scalars_that_are_added_with_their_weights():
    loss = [{"type": "mse", "output": "a"}, {"type": "mae", "weight": 0.5, "target": "u"}]
    graph, found = equations(Dense(2, name="a"), Dense(2), loss=loss)
    assert found["E"] == "E1 + E2/2"
    assert [tensor.name for tensor in graph.with_role("target")] == ["t", "u"]
    assert [tensor.name for tensor in graph.with_role("prediction")] == ["a_z", "z2"]
    assert graph.rows[-1] == "sum"


def test_an_input_may_be_the_target():
    graph, found = equations(Dense(2), loss={"type": "mse", "target": "x"})
    assert not graph.with_role("target")
    assert "x[s, j]" in found["E"]


def test_a_target_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match="needs a target of shape N x 3, x has N x 2"):
        forward(Network(2, Dense(3), loss={"type": "mse", "target": "x"}))
    with pytest.raises(ShapeError, match="needs a target of shape N x 3, t has N x 2"):
        forward(Network(2, Dense(2, name="a"), Dense(3), loss=[{"type": "mse", "output": "a"}, "mse"]))


def test_targets_have_the_sizes_that_the_loss_needs():
    graph, found = equations(Dense(6), loss="gaussian_nll")
    assert [str(size) for size in graph.tensors["t"].shape] == ["N", "3"]
    assert (found["mu"], found["u"]) == ("z1[s, j]", "z1[s, j + 3]")
    assert "t" not in forward(Network(2, Dense(6), loss="triplet")).tensors


def test_each_regulariser_is_an_equation_of_its_own():
    graph, found = equations(Dense(3, regularizer="l2"), Dense(1, name="out", regularizer={"bias": "l1"}), loss="mse")
    assert found["RW1"] == "sum(W1[j, i]**2, j, i)/100"
    assert "RW1 + out_Rb" in found["E"]
    assert graph.tensors["RW1"].layer == 1
    assert graph.rows[-3:] == ("l2", "l1", "mse")


def test_the_regulariser_of_a_bias_that_is_left_out_is_nothing():
    _, found = equations(Dense(3, bias=False, regularizer={"bias": "l2"}), loss="mse")
    assert "Rb1" not in found


def test_constants_stand_before_the_sum_over_the_samples():
    s = Index("s", 4)
    assert str(over_samples(3 * Read("r", s), (s,), "mean")) == "3*sum(r[s], s)/4"
    assert over_samples(Read("r", s), (s,), "sum") == Total(Read("r", s), s)
    assert over_samples(Read("r"), (), "mean") == Read("r")
