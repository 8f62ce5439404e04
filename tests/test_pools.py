"""Passes over convolutions with pools: what each finds, what it leaves alone, and that the numbers stay the same."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.optimize import PASSES, optimize
from symbackprop.program import Contract, Leaf, Map, Reduce, assignments, nodes
from symbackprop.verify.emitted import Emitted
from symbackprop.verify.points import random_point

NEW = (
    "bias after the maximum",
    "sums before a slope is spread",
    "filters of all phases",
    "few weights in order",
    "slopes of relu at its values",
)


def layer(kind, **options):
    return {"type": kind, **options}


def network(*layers, shape=(8, 8, 2)):
    return sb.derive(dict(name="pooled", inputs={"x": {"shape": list(shape)}}, loss="mse", layers=list(layers)))


def convolution(**options):
    return layer("conv2d", **{"filters": 3, "kernel_size": 3, "activation": "relu", **options})


def pool(size=2):
    return layer("max_pooling2d", pool_size=size, strides=size)


FLATTEN = layer("flatten")
DENSE = layer("dense", units=4)
PLAIN = network(convolution(), pool(), FLATTEN, DENSE)
NETWORKS = {
    "plain": PLAIN,
    "pools of three": network(convolution(filters=1), pool(3), FLATTEN, DENSE),
    "no activation": network(convolution(activation="linear"), pool(), FLATTEN, DENSE),
    "tanh": network(convolution(activation="tanh"), pool(), FLATTEN, DENSE),
    "no bias": network(convolution(bias=False), pool(), FLATTEN, DENSE),
    "zeros around the image": network(convolution(padding="same"), pool(), FLATTEN, DENSE),
    "strides": network(convolution(strides=2, kernel_size=2), pool(), FLATTEN, DENSE),
    "normalised": network(convolution(), layer("batch_normalization2d"), pool(), FLATTEN, DENSE),
    "average": network(convolution(), layer("average_pooling2d"), FLATTEN, DENSE),
    "one dimension": network(
        layer("conv1d", filters=3, kernel_size=3, activation="relu"),
        layer("max_pooling1d"),
        layer("flatten2d"),
        DENSE,
        shape=(8, 2),
    ),
    "penalised": network(convolution(regularizer="l2"), pool(), FLATTEN, layer("dense", units=4, regularizer="l2")),
    "the largest of all": network(convolution(), layer("global_max_pooling2d"), DENSE),
    "the largest of the largest": network(
        convolution(kernel_size=2), pool(), layer("global_max_pooling2d"), DENSE, shape=(6, 11, 2)
    ),
    "pieces of pieces": network(
        convolution(filters=1, activation="tanh", padding="same"),
        convolution(kernel_size=2, strides=2),
        pool(),
        FLATTEN,
        DENSE,
        shape=(14, 8, 2),
    ),
    "two convolutions": network(
        convolution(padding="same"), pool(), convolution(), pool(), FLATTEN, DENSE, shape=(12, 12, 1)
    ),
    "two layers behind": network(
        convolution(name="c"),
        pool(),
        layer("flatten", name="f"),
        layer("dense", name="p", inputs=["f"], units=3),
        layer("dense", name="q", inputs=["f"], units=3),
        layer("add", inputs=["p", "q"]),
    ),
    "as many units as channels": network(
        layer("conv1d", filters=3, kernel_size=2), layer("flatten2d"), layer("dense", units=3, bias=False), shape=(3, 3)
    ),
    "one entry": network(
        layer("max_pooling1d"), layer("flatten2d"), layer("dense", units=1, activation="sigmoid"), shape=(3, 1)
    ),
    "many units": network(convolution(), pool(), FLATTEN, layer("dense", units=40, activation="relu"), DENSE),
    "many filters": network(convolution(filters=40), pool(), FLATTEN, DENSE),
}


def operations(program):
    return {assign.name: assign for assign in assignments((*program.forward, *program.backward))}


def agree(d):
    readable, fast = d.compile(), d.compile("fast")
    point = random_point(d.stages.graph, np.random.default_rng(3))
    emitted = Emitted(d.stages.graph, readable, point)
    loss, grads = readable.loss_and_grad(emitted.parameters, *emitted.arguments)
    largest = max(np.max(np.abs(grad)) for grad in grads.values())
    for _ in range(2):
        found, fast_grads = fast.loss_and_grad(emitted.parameters, *emitted.arguments)
        assert found == pytest.approx(loss)
        assert fast.loss(emitted.parameters, *emitted.arguments) == pytest.approx(loss)
        for key, grad in grads.items():
            assert np.allclose(fast_grads[key], grad, rtol=1e-9, atol=1e-10 * largest), key


@pytest.mark.parametrize("name", NETWORKS)
def test_the_numbers_stay_the_same(name):
    agree(NETWORKS[name])


@pytest.mark.parametrize("left_out", NEW)
def test_no_pass_needs_another(left_out, monkeypatch):
    kept = {name: improve for name, improve in PASSES.items() if name != left_out}
    monkeypatch.setattr("symbackprop.optimize.PASSES", kept)
    agree(network(convolution(), pool(), FLATTEN, DENSE))


def test_a_bias_is_added_to_the_largest_alone():
    every = operations(optimize(PLAIN.stages.program))
    added = [a for a in every.values() if isinstance(a.value, Map) and a.value.function == "add" and "b1" in a.reads]
    assert [len(assign.axes) for assign in added] == [4]
    every = operations(optimize(NETWORKS["tanh"].stages.program))
    added = [a for a in every.values() if isinstance(a.value, Map) and a.value.function == "add" and "b1" in a.reads]
    assert [len(assign.axes) for assign in added] == [6], "tanh is taken of each entry with its bias"


@pytest.mark.parametrize("name", ["plain", "tanh"])
def test_the_gradient_of_a_bias_is_the_sum_of_what_arrives(name):
    every = operations(optimize(NETWORKS[name].stages.program))
    summed = every["db1"].value
    assert isinstance(summed, Reduce)
    # The slope of tanh differs from entry to entry, and comes after the choice.
    assert len(summed.arg.axes) == (4 if name == "plain" else 6)


def products(program, size):
    """The sums of products over so many axes that read the images."""
    return [
        node
        for assign in operations(program).values()
        for node in nodes(assign.value)
        if isinstance(node, Contract) and len(node.over) == size
    ]


@pytest.mark.parametrize(("name", "wide"), [("plain", True), ("many filters", False), ("strides", False)])
def test_few_filters_are_one_product_for_all_phases(name, wide):
    program = optimize(NETWORKS[name].stages.program)
    every = operations(program)
    assert ("W1_phases" in every, "dW1_phases" in every) == (wide, wide)
    if wide:
        columns = next(a for a in every.values() if "x_samples_last" in a.reads)
        assert sorted(str(axis.size) for axis in columns.axes) == ["2", "3", "3", "4", "4", "N"]


@pytest.mark.parametrize(("name", "ordered"), [("plain", True), ("many units", False), ("two layers behind", False)])
def test_few_weights_are_brought_into_order(name, ordered):
    every = operations(optimize(NETWORKS[name].stages.program))
    assert any(name.endswith("_in_order") for name in every) == ordered
    if ordered:
        assert every["dy2"].axes == tuple(a for a in every["dy2"].axes if isinstance(every["dy2"].value.left, Leaf))
        assert [str(axis.size) for axis in every["dy2"].axes] == ["3", "3", "3", "N"]


def test_relu_is_written_over_what_it_is_taken_of():
    program = optimize(sb.derive("20 -> 300 relu -> 10 softmax, loss=cross_entropy").stages.program)
    assert program.shares["a1"] == program.shares["z1"]
    assert "z1" not in operations(program)["delta1_2"].reads
    program = optimize(sb.derive("20 -> 300 swish -> 10 softmax, loss=cross_entropy").stages.program)
    assert program.shares.get("a1") != program.shares["z1"], "its slope is taken of what it is taken of"


def test_windows_of_memory_are_made_once():
    text = PLAIN.stages.module_text(style="fast")
    memory, methods = text[text.index("class Workspace") : text.index("_workspaces =")].split("    def loss(", 1)
    assert memory.count("window(window(") == 1
    assert "window(" not in methods
    assert methods.count("self.z1_1_windows") == 2
