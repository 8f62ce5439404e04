"""Passes over array programs: each leaves a program that computes the same, with less."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.optimize import PASSES, optimize
from symbackprop.optimize.common import canonical, without_repetition
from symbackprop.optimize.flat import flat
from symbackprop.optimize.memory import with_memory
from symbackprop.optimize.views import is_view
from symbackprop.program import Assign, Const, Contract, Leaf, Map, Reduce, assignments, children, nodes


def program_of(line):
    return sb.derive(line).stages.program


def operations(program):
    return assignments((*program.forward, *program.backward))


@pytest.mark.parametrize("name", ["mnist", "attention", "cnn", "lstm", "transformer"])
def test_every_statement_is_one_operation(name):
    found = flat(program_of(name))
    for assign in operations(found):
        if assign.name in found.whole or not assign.axes:
            continue
        if isinstance(assign.value, Map | Contract | Reduce):
            for operand in children(assign.value):
                assert is_view(operand) or not operand.axes, assign


def test_softmax_is_computed_once_with_its_logarithm():
    found = without_repetition(flat(program_of("3 -> 4 softmax, loss=cross_entropy")))
    functions = [node.function for assign in operations(found) for node in nodes(assign.value) if isinstance(node, Map)]
    assert functions.count("exp") == 1
    assert sum(isinstance(a.value, Reduce) and a.value.kind == "max" for a in operations(found)) == 1


def test_letters_of_indices_say_nothing():
    program = program_of("2 -> 3 tanh -> 3 tanh, loss=mse")
    first, *_ = [a for a in operations(program) if a.name == "a1"]
    renamed = {axis: type(axis)("q" + axis.name, axis.size) for axis in first.axes}
    value = Map("tanh", (Leaf("z1", tuple(renamed[axis] for axis in first.axes)),))
    assert canonical(first.value) == canonical(value)
    assert canonical(first.value) != canonical(Map("exp", value.args))


def test_memory_is_not_written_over_while_it_is_needed():
    """Runs the statements on tokens in place of numbers: what is read must be what was written."""
    for name in ("mnist", "attention", "autoencoder", "vae", "transformer"):
        program = optimize(program_of(name))
        held = {}
        for assign in operations(program):
            for leaf in (node for node in nodes(assign.value) if isinstance(node, Leaf)):
                owner = program.shares.get(leaf.name, leaf.name)
                if owner in held:
                    assert held[owner] == leaf.name, f"{assign.name} of {name} reads {leaf.name}, gone by then"
            held[program.shares.get(assign.name, assign.name)] = assign.name
        for result in program.gradients.values():
            assert held[program.shares.get(result, result)] == result


def test_memory_is_shared_by_arrays_of_one_shape_only():
    program = optimize(program_of("transformer"))
    shapes = {assign.name: tuple(axis.size for axis in assign.axes) for assign in operations(program)}
    assert program.shares
    for name, owner in program.shares.items():
        assert shapes[name] == shapes[owner]


def convolutional(size, pool, activation="relu"):
    layers = [
        {"type": "conv2d", "filters": 3, "kernel_size": 3, "activation": activation},
        {"type": "max_pooling2d", "pool_size": pool, "strides": pool},
        {"type": "flatten"},
        {"type": "dense", "units": 4, "activation": "softmax"},
    ]
    inputs = {"x": {"shape": [size, size, 2]}}
    return sb.derive(dict(name="pooled", inputs=inputs, layers=layers, loss="categorical_crossentropy"))


@pytest.mark.parametrize(
    ("size", "pool", "activation"), [(8, 2, "relu"), (11, 3, "relu"), (9, 2, "relu"), (8, 2, "tanh")]
)
def test_equal_entries_of_a_pool(size, pool, activation):
    """Images of one colour: all entries of a pool are equal, and the slope goes to the first."""
    d = convolutional(size, pool, activation)
    readable, fast = d.compile(), d.compile("fast")
    params = readable.initialize(0)
    rng = np.random.default_rng(0)
    x = np.ones((5, size, size, 2)) * rng.normal(size=(5, 1, 1, 2))
    x[3:] = rng.integers(0, 2, x[3:].shape)
    t = np.eye(4)[[0, 1, 2, 3, 0]]
    params["b1"] = np.array([0.5, -0.5, 0.1])
    loss, grads = readable.loss_and_grad(params, x, t)
    found, fast_grads = fast.loss_and_grad(params, x, t)
    assert found == pytest.approx(loss)
    for name, grad in grads.items():
        assert fast_grads[name] == pytest.approx(grad, abs=1e-12), name


def test_a_pool_is_read_in_phases():
    text = convolutional(8, 2).stages.module_text(style="fast")
    body = text[text.index("class Workspace") : text.index("_workspaces =")]
    assert "accumulate(" not in body
    assert body.count("window(window(") == 2, "columns are copied once in each method"
    assert "np.argmax" not in body
    program = optimize(convolutional(8, 2).stages.program)
    functions = [node for assign in operations(program) for node in nodes(assign.value) if isinstance(node, Map)]
    relus = [node for node in functions if node.function == "maximum"]
    assert [len(node.axes) for node in relus] == [4], "relu is taken of the largest alone"


def test_numbers_are_put_together():
    program = flat(program_of("3 -> 4, loss=mse"))
    delta = [assign for assign in operations(program) if assign.name.startswith("delta1")]
    assert sum(isinstance(a.value, Map) and a.value.function in ("mul", "divide") for a in delta) == 1


def test_passes_keep_the_results():
    for name, improve in PASSES.items():
        program = program_of("xor")
        assert improve(program).gradients == program.gradients, name
    assert with_memory(program_of("xor")).loss == "E"
    assert isinstance(Assign("a", (), Const(1)), Assign)
