"""Passes over array programs: each leaves a program that computes the same, with less."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.optimize import PASSES, optimize
from symbackprop.optimize.common import canonical, without_repetition
from symbackprop.optimize.flat import flat
from symbackprop.optimize.memory import with_memory
from symbackprop.optimize.views import is_view
from symbackprop.program import (
    Assign,
    Const,
    Contract,
    FirstStep,
    Leaf,
    Loop,
    Map,
    Reduce,
    assignments,
    children,
    nodes,
)
from symbackprop.verify.emitted import Emitted
from symbackprop.verify.points import random_point


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
    for name in ("mnist", "cnn", "attention", "autoencoder", "vae", "transformer"):
        program = optimize(program_of(name))
        held = {}
        for assign in operations(program):
            for leaf in (node for node in nodes(assign.value) if isinstance(node, Leaf)):
                owner = program.shares.get(leaf.name, leaf.name)
                if owner in held:
                    assert held[owner] == leaf.name, f"{assign.name} of {name} reads {leaf.name}, gone by then"
            held[program.shares.get(assign.name, assign.name)] = assign.name
        for result in set(program.gradients.values()) - set(program.blocks):
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
    assert body.count("window(window(") == 1, "the view of them is made with the memory"
    assert body.count("[...] = self.z1_1_windows") == 2, "columns are copied once in each method"
    assert "np.argmax" not in body
    program = optimize(convolutional(8, 2).stages.program)
    functions = [node for assign in operations(program) for node in nodes(assign.value) if isinstance(node, Map)]
    relus = [node for node in functions if node.function == "maximum"]
    assert [len(node.axes) for node in relus] == [4], "relu is taken of the largest alone"


def layer(kind, **options):
    return {"type": kind, **options}


def sequential(*layers, shape=("T", 3), loss="mse"):
    return sb.derive(dict(name="net", inputs={"x": {"shape": list(shape)}}, loss=loss, layers=list(layers)))


BRANCHES = (layer("lstm", name="a", inputs=["x"], units=3), layer("lstm", name="b", inputs=["x"], units=3))
POOLED = (layer("conv2d", filters=2, kernel_size=3, activation="tanh"), layer("max_pooling2d"))
FIRST = layer("conv2d", name="a", inputs=["x"], filters=2, kernel_size=3, activation="relu", padding="same")
END = (layer("flatten"), layer("dense", units=2))
LAST = (layer("last"), layer("dense", units=2))
NETWORKS = {
    "two recurrences": sequential(
        layer("lstm", units=3), layer("gru", units=2), layer("last"), layer("dense", units=2)
    ),
    "beside one another": sequential(
        *BRANCHES, layer("add", inputs=["a", "b"]), layer("last"), layer("dense", units=2)
    ),
    "every step": sequential(layer("simple_rnn", units=3), layer("dense", units=2, activation="sigmoid")),
    "memory free after the steps": sequential(
        layer("simple_rnn", units=3), layer("global_max_pooling1d"), layer("dense", units=3), shape=(2, 3)
    ),
    "five steps": sequential(layer("lstm", units=3), *LAST, shape=(5, 3)),
    "normalised": sequential(
        layer("lstm", units=3), layer("layer_normalization"), layer("last"), layer("dense", units=2)
    ),
    "two convolutions": sequential(
        layer("conv2d", filters=3, kernel_size=3, activation="relu"),
        layer("max_pooling2d"),
        *POOLED,
        *END,
        shape=(10, 10, 1),
    ),
    "read by two pools": sequential(
        FIRST,
        layer("max_pooling2d", name="p", inputs=["a"]),
        layer("average_pooling2d", name="q", inputs=["a"]),
        layer("add", inputs=["p", "q"]),
        *END,
        shape=(8, 8, 2),
    ),
    "an image and its filters": sequential(
        FIRST,
        layer("max_pooling2d", name="p", inputs=["a"]),
        layer("max_pooling2d", name="q", inputs=["x"]),
        layer("add", inputs=["p", "q"]),
        *END,
        shape=(8, 8, 2),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_loops_and_windows(name):
    d = NETWORKS[name]
    readable, fast = d.compile(), d.compile("fast")
    point = random_point(d.stages.graph, np.random.default_rng(3))
    emitted = Emitted(d.stages.graph, readable, point)
    loss, grads = readable.loss_and_grad(emitted.parameters, *emitted.arguments)
    for _ in range(2):
        found, fast_grads = fast.loss_and_grad(emitted.parameters, *emitted.arguments)
        assert found == pytest.approx(loss)
        assert fast.loss(emitted.parameters, *emitted.arguments) == pytest.approx(loss)
    largest = max(np.max(np.abs(grad)) for grad in grads.values())
    for key, grad in grads.items():
        assert np.allclose(fast_grads[key], grad, rtol=1e-9, atol=1e-10 * largest), key


def test_the_gates_of_a_cell_are_one_product():
    program = optimize(program_of("lstm"))
    loops = [s for s in (*program.forward, *program.backward) if isinstance(s, Loop)]
    for loop in loops:
        assert sum(isinstance(node, Contract) for assign in loop.body for node in nodes(assign.value)) == 1
    wholes = {block.whole for block in program.blocks.values()}
    assert {"lstm_W_ifog", "lstm_U_ifog", "dlstm_U_ifog"} <= wholes
    text = sb.derive("lstm").stages.module_text(style="fast")
    body = text[text.index("class Workspace") : text.index("_workspaces =")]
    assert " at(" not in body, "no step asks where it is"


def test_the_first_step_computes_no_product_with_what_is_not_there_yet():
    program = optimize(program_of("lstm"))
    loops = [s for s in (*program.forward, *program.backward) if isinstance(s, Loop)]
    assert [loop.reverse for loop in loops] == [False, True]
    for loop in loops:
        (first,) = [assign.value for assign in loop.body if isinstance(assign.value, FirstStep)]
        assert isinstance(first.later, Contract)
        assert isinstance(first.first, Leaf) == loop.reverse, "on the way back the error of the last state comes first"
    (ahead,) = [assign for assign in program.backward if isinstance(assign, Assign) and assign.name == "dlstm_h_ahead"]
    assert not {axis.size for axis in ahead.axes} & {loop.index.size for loop in loops}, "it is of one step"


def test_errors_of_gates_lie_where_the_gates_were_given_from_outside():
    """What a step reads of the one behind it the first leaves out: there are no zeros at that end, and memory fits."""
    program = optimize(program_of("lstm"))
    assert program.shares["dlstm_z_ifog"] == "lstm_z_ifog_ahead"
    assert "dlstm_z_ifog" not in program.padded and "dlstm_z_ifog_behind" in program.shifted
    assert {"lstm_h", "lstm_c", "dlstm_c"} <= set(program.padded), "what other steps read beyond an end is zero there"
    results = {program.blocks[name].whole for name in program.gradients.values() if name in program.blocks}
    assert not results & {*program.shares, *program.shares.values()}, "a gradient is written over by no loss"


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("kind", ["simple_rnn", "lstm", "gru", "gru_reset_before"])
@pytest.mark.parametrize("tail", [(), LAST], ids=["every step", "last"])
def test_recurrences_of_every_kind_in_the_memory_of_a_workspace(kind, tail, steps):
    d = sequential(layer(kind, units=3), *(tail or (layer("dense", units=2),)))
    readable, fast = d.compile(), d.compile("fast")
    rng, params = np.random.default_rng(0), readable.initialize(1)
    params = {name: value + 0.1 for name, value in params.items()}
    work = fast.Workspace(4, steps)
    for _ in range(2):
        x, t = rng.normal(size=(4, steps, 3)), rng.normal(size=(4, 2) if tail else (4, steps, 2))
        loss, grads = readable.loss_and_grad(params, x, t)
        found, own = work.loss_and_grad(params, x, t)
        kept = {name: grad.copy() for name, grad in own.items()}
        assert work.loss(params, x, t) == pytest.approx(found) == pytest.approx(loss)
        for name, grad in grads.items():
            assert np.array_equal(kept[name], own[name]) and kept[name] == pytest.approx(grad, rel=1e-9, abs=1e-12)


def test_an_error_of_every_step_stays_one_of_all_steps():
    program = optimize(NETWORKS["every step"].stages.program)
    backward = next(s for s in program.backward if isinstance(s, Loop))
    (first,) = [assign.value for assign in backward.body if isinstance(assign.value, FirstStep)]
    assert first.first == Const(0)


def test_slopes_of_a_recurrence_are_computed_for_all_steps_at_once():
    program = optimize(program_of("lstm"))
    backward = next(s for s in program.backward if isinstance(s, Loop))
    functions = [node.function for assign in backward.body for node in nodes(assign.value) if isinstance(node, Map)]
    assert set(functions) <= {"mul", "add"}
    forward = next(s for s in program.forward if isinstance(s, Loop))
    everywhere = [a for s in (*program.forward, *program.backward) for a in assignments([s])]
    tanhs = [a for a in everywhere if isinstance(a.value, Map) and a.value.function == "tanh"]
    assert {a.name for a in tanhs} <= {a.name for a in forward.body}, "tanh(c) is kept for the way back"


def test_slopes_read_the_products_that_are_known():
    """o (1 - o) tanh(c) is h (1 - o), and o (1 - tanh(c)²) is o - h tanh(c); g i is computed once for two slopes."""
    program = optimize(program_of("lstm"))
    slopes = {a.name: a.value for a in program.backward if isinstance(a, Assign) and "_factor" in a.name}
    assert {leaf.name for leaf in nodes(slopes["dlstm_zo_factor"]) if isinstance(leaf, Leaf)} >= {"lstm_h"}
    functions = [value.function for value in slopes.values()]
    assert "square" not in functions
    assert (functions.count("subtract"), functions.count("mul")) == (5, 7)


def test_a_weight_of_a_sequence_reads_the_samples_of_each_step_as_rows():
    program = optimize(program_of("lstm"))
    (copy,) = [a for a in program.forward if isinstance(a, Assign) and a.name == "x_by_steps"]
    assert [str(axis.size) for axis in copy.axes][:2] == ["T", "N"]
    readers = [
        a.name for a in operations(program) if any(n.name == copy.name for n in nodes(a.value) if isinstance(n, Leaf))
    ]
    assert readers == ["x_samples_last", "dlstm_W_ifog"]


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
