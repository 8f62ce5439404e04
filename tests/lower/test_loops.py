"""Loop nests hold what the array program computes: run here by a small interpreter, step by step."""

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.lower.loops import loop_nests
from symbackprop.program.nest import For, Group, If
from symbackprop.verify.points import random_point


@pytest.mark.parametrize("name", ["mazur", "xor", "lstm", "attention", "autoencoder"])
def test_loops_compute_what_the_arrays_do(interpreter, name):
    d = sb.derive(name)
    graph, nest = d.stages.graph, loop_nests(d.stages.program)
    values = random_point(graph, np.random.default_rng(2)).values
    sizes = {}
    for tensor in graph.tensors.values():
        if tensor.name in values:
            pairs = zip(tensor.shape, values[tensor.name].shape, strict=True)
            sizes |= {size: sp.Integer(got) for size, got in pairs if size.is_Symbol}
    arrays = {name: np.array(values[name], dtype=float) for name in (*nest.parameters, *nest.data)}
    for array in nest.arrays:
        shape = tuple(int(size.xreplace(sizes)) for size in nest.shape(array))
        # What is read before it is written is not a number, and would spoil the result.
        arrays.setdefault(array, np.full(shape, np.nan))
    interpreter(arrays, sizes).run((*nest.forward, *nest.backward))
    given = [values[tensor.name] for tensor in (*graph.with_role("input", "constant"), *graph.with_role("target"))]
    loss, grads = d.compile().loss_and_grad({p.name: values[p.name] for p in graph.parameters}, *given)
    assert float(arrays[nest.loss]) == pytest.approx(loss, rel=1e-12)
    for name, array in nest.gradients.items():
        assert arrays[array] == pytest.approx(grads[name], rel=1e-10, abs=1e-13), name


def test_loops_inside_one_another_have_indices_of_their_own():
    def check(steps, around=()):
        for step in steps:
            if isinstance(step, For):
                assert step.index.name not in around
                check(step.body, (*around, step.index.name))
            elif isinstance(step, If | Group):
                check(step.body, around)

    for name in ("cnn", "transformer", "lstm"):
        nest = loop_nests(sb.derive(name).stages.program)
        check((*nest.forward, *nest.backward))


def test_the_first_summand_is_stored_and_the_others_are_added():
    """No pass over an array writes zeros that are added to later."""
    nest = loop_nests(sb.derive("3 -> 2, loss=mse").stages.program)
    (group,) = [step for step in nest.backward if isinstance(step, Group) and step.array == "dW1"]
    (rows,) = group.body
    first, rest = rows.body
    assert not first.body[0].add and rest.start == 1 and rest.body[0].body[0].add
