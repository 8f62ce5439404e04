"""Runs the NumPy code of a lowered expression, and the steps of loops."""

import math

import numpy as np
import pytest
import sympy as sp
from scipy import special

from symbackprop.emit.numpy import numpy_code
from symbackprop.emit.places import HELPER_CODE
from symbackprop.program.nest import Declare, For, Group, If, Store
from symbackprop.program.scalar import Element, Name, Number


def namespace(arrays, sizes):
    """What emitted code may name: NumPy, the arrays, the sizes, and the helpers."""
    names = {"np": np, "Array": np.ndarray, "sigmoid": special.expit, "erf": special.erf}
    names |= {"softmax": lambda x, axis=-1: special.softmax(x, axis=axis)}
    names |= {"log_softmax": lambda x, axis=-1: special.log_softmax(x, axis=axis), "log_sigmoid": special.log_expit}
    names |= {"logsumexp": special.logsumexp, "softplus": lambda x: np.logaddexp(0, x)}
    names |= {"log_cosh": lambda x: np.log(np.cosh(x))}
    for code in HELPER_CODE.values():
        exec(code, names)
    return names | dict(arrays) | {str(size): value for size, value in sizes.items()}


def run(node, order, arrays, sizes):
    """The array of a node with its axes in this order, broadcast over the ones it lacks; and the code."""
    code = numpy_code(node, order)
    with np.errstate(all="ignore"):
        found = np.asarray(eval(code, namespace(arrays, sizes)))
    present = [axis for axis in order if axis in node.axes]
    shape = [int(axis.size.subs(sizes)) for axis in order]
    assert found.shape == tuple(int(axis.size.subs(sizes)) for axis in present), code
    spread = found[tuple(slice(None) if axis in present else None for axis in order)]
    return np.broadcast_to(spread, shape), code


@pytest.fixture
def run_numpy():
    """`run_numpy(node, order, arrays, sizes)` → the array and the code that made it."""
    return run


FUNCTIONS = {
    "add": lambda *args: sum(args),
    "mul": lambda *args: math.prod(args),
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "max": max,
    "exp": math.exp,
    "log": math.log,
    "tanh": math.tanh,
    "log1p": math.log1p,
    "abs": abs,
    "sqrt": math.sqrt,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "and": lambda *args: all(args),
    "or": lambda *args: any(args),
    "not": lambda a: not a,
    "place": lambda value, size: int(value),
}


class Interpreter:
    def __init__(self, arrays, sizes):
        self.arrays, self.local, self.index = arrays, {}, dict(sizes)

    def value(self, node):
        match node:
            case Number():
                return float(node.value.xreplace(self.index))
            case Name():
                return self.local[node.name]
            case Element():
                at = tuple(int(self.value(place)) for place in node.at)
                assert all(0 <= place < size for place, size in zip(at, self.arrays[node.array].shape, strict=True)), (
                    node
                )
                return float(self.arrays[node.array][at])
        if node.function == "where":
            condition, then, otherwise = node.args
            return self.value(then if self.value(condition) else otherwise)
        if node.function in ("and", "or"):
            found = (self.value(arg) for arg in node.args)
            return all(found) if node.function == "and" else any(found)
        return FUNCTIONS[node.function](*map(self.value, node.args))

    def run(self, steps):
        for step in steps:
            match step:
                case Declare():
                    self.local[step.name] = self.value(step.value)
                case If() if self.value(step.condition):
                    self.run(step.body)
                case Group():
                    self.run(step.body)
                case For():
                    places = range(step.start, int(step.index.size.xreplace(self.index)))
                    for place in reversed(places) if step.reverse else places:
                        self.index[step.index] = sp.Integer(place)
                        self.run(step.body)
                case Store():
                    self.store(step)

    def store(self, step):
        value = self.value(step.value)
        if isinstance(step.target, Name):
            self.local[step.target.name] = value + (self.local[step.target.name] if step.add else 0)
            return
        at = tuple(int(self.value(place)) for place in step.target.at)
        assert all(0 <= place < size for place, size in zip(at, self.arrays[step.target.array].shape, strict=True))
        self.arrays[step.target.array][at] = value + (self.arrays[step.target.array][at] if step.add else 0)


@pytest.fixture(scope="session")
def interpreter():
    """What runs loops step by step."""
    return Interpreter
