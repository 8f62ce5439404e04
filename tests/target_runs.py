"""The code of a network in every language → whether it has the loss and the gradient of the equations.

The equations in index form, evaluated, are the reference: they share nothing with the programs that code is printed
from. What a target refuses by name, as too large or not supported, is told apart from what is right and what is wrong.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from symbackprop.emit.brought import brought
from symbackprop.errors import TooLargeError, UnsupportedError
from symbackprop.explorable import network_script
from symbackprop.forward import SAMPLES
from symbackprop.native import FAST, Native
from symbackprop.pipeline import Stages, loaded
from symbackprop.targets import array_api_text, floats_text, javascript_text
from symbackprop.trials import RUNNERS, Missing
from symbackprop.verify.emitted import Emitted
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph
from symbackprop.verify.fields import NUMPY, Field, mpmath_field
from symbackprop.verify.points import Point, random_point

Values = Mapping[str, Any]
Found = tuple[list[float], Values]  # the loss, by each function that computes it, and the gradient

# Rounding errors of some thousand operations, in units of the last place of the largest number among the results.
ROUNDINGS = 1e4
# Where terms of about this size cancel, so that the gradient is 0, their rounding is left.
CANCELLING = 0.1
# Nearer to a kink than this, single precision may be on its other side.
CLEAR = 1e-3
# A compiler that makes vectors makes mistakes, and one that does not is quicker.
FLAGS = {
    "float64": (*FAST, "-Wall", "-Wextra", "-Werror", "-pedantic"),
    "float32": ("-O0", "-Wall", "-Wextra", "-Werror", "-pedantic"),
}
SERVER = """
const text = (key, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value);
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { code, params, data } = JSON.parse(line);
  let answer;
  try {
    const made = { exports: {} };
    new Function("module", code)(made);
    const { loss, gradients } = made.exports.lossAndGrad(params, data);
    answer = { loss, gradients };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  console.log(JSON.stringify(answer, text));
});
"""


class Target(NamedTuple):
    """One kind of code.

    Attributes:
        every: It is run on one in so many networks, since all of them would take too long.
        run: Computes losses and gradient.
        precisions: What it is run in.
        single: Whether it is written for a single sample.
    """

    every: int
    run: Callable[[Stages, Values, Values], Found]
    precisions: tuple[str, ...] = ("float64", "float32")
    single: bool = False


class Outcome(NamedTuple):
    """What became of one target: `"right"`, `"wrong"`, `"refused"` or `"missing"`, and why."""

    target: str
    word: str
    why: str = ""


def in_c(stages: Stages, params: Values, data: Values) -> Found:
    """The C code, compiled without a warning; the library is thrown away."""
    if not any(map(shutil.which, ("cc", "gcc", "clang"))):
        raise Missing("a C compiler")
    dtype = str(next(iter(params.values())).dtype)
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, XDG_CACHE_HOME=folder):
        bound = Native(stages, dtype, FLAGS[dtype]).bind(params, *data.values())
        loss, gradient = bound.loss_and_grad()
        return [loss, bound.loss()], gradient


def in_array_api(stages: Stages, params: Values, data: Values) -> Found:
    """The module of the array API standard, with a library that has nothing else and mixes no types."""
    if find_spec("array_api_strict") is None or find_spec("array_api_compat") is None:
        raise Missing("array-api-strict and array-api-compat")
    strict: Any = import_module("array_api_strict")
    module = loaded(array_api_text(stages), f"array API of {stages.network.name}")
    given = {name: strict.asarray(array) for name, array in params.items()}
    arrays = [strict.asarray(array) for array in data.values()]
    loss, gradient = module.loss_and_grad(given, *arrays)
    alone = module.loss(given, *arrays)
    return [float(loss), float(alone)], {name: np.asarray(array) for name, array in gradient.items()}


def in_floats(stages: Stages, params: Values, data: Values) -> Found:
    """The module of floats, which takes nested lists."""
    module = loaded(floats_text(stages), f"floats of {stages.network.name}")
    lists, rows = ({name: array.tolist() for name, array in some.items()} for some in (params, data))
    loss, gradient = module.loss_and_grad(lists, *rows.values())
    return [loss, module.loss(lists, *rows.values())], gradient


def in_javascript(stages: Stages, params: Values, data: Values) -> Found:
    """The script, as loops or, of a network of one sample, as straight lines."""
    return _by_node(javascript_text(stages), params, data)


def in_straight_javascript(stages: Stages, params: Values, data: Values) -> Found:
    """The script of a page, always as straight lines."""
    return _by_node(network_script(stages, stages.straight), params, data)


def _by_node(code: str, params: Values, data: Values) -> Found:
    if shutil.which("node") is None:
        raise Missing("Node")
    server = _node()
    request = {"code": code, "params": params, "data": data}
    server.stdin.write(json.dumps(request, default=lambda array: array.tolist()) + "\n")
    server.stdin.flush()
    answer = json.loads(server.stdout.readline())
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return [float(answer["loss"])], answer["gradients"]


@cache
def _node() -> Any:
    """One process for all networks: starting it takes longer than running a script."""
    server = subprocess.Popen(["node", "-e", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    weakref.finalize(server, server.stdin.close)
    return server


def _framework(name: str) -> Callable[[Stages, Values, Values], Found]:
    def run(stages: Stages, params: Values, data: Values) -> Found:
        loss, gradient = RUNNERS[name][1](stages, params, data)
        return [loss], gradient

    return run


TARGETS: Mapping[str, Target] = {
    "array_api": Target(2, in_array_api),
    "floats": Target(2, in_floats, ("float64",), single=True),
    "javascript": Target(3, in_javascript, ("float64",)),
    "javascript, straight": Target(6, in_straight_javascript, ("float64",), single=True),
    "c": Target(5, in_c),
    "jax": Target(20, _framework("jax")),
    "torch": Target(20, _framework("torch")),
}


def due(seed: int, everything: bool = False) -> list[str]:
    """The targets that are run on the network of a number."""
    return [name for name, target in TARGETS.items() if everything or seed % target.every == 0]


def shares(names: Collection[str] = ()) -> str:
    """On how many networks each target is run: on all if it is named, else as the table says."""
    if names:
        return f"{', '.join(names)} on every network"
    return "; ".join(f"{name} on one in {target.every}" for name, target in TARGETS.items())


def outcomes(stages: Stages, seed: int, names: Iterable[str]) -> Iterator[Outcome]:
    """Run the code of some targets at a random point."""
    points: dict[bool, Point] = {}
    for name in names:
        target = TARGETS[name]
        if target.single not in points:
            sizes = {SAMPLES: 1} if target.single else {}
            points[target.single] = random_point(stages.graph, np.random.default_rng([seed, 1]), sizes)
        try:
            faults = list(_faults(stages, target, points[target.single]))
        except Missing as missing:
            yield Outcome(name, "missing", str(missing))
        except (UnsupportedError, TooLargeError) as refusal:
            yield Outcome(name, "refused", str(refusal).splitlines()[0])
        except Exception as error:
            yield Outcome(name, "wrong", f"{type(error).__name__}: {error}")
        else:
            yield Outcome(name, "wrong" if faults else "right", "; ".join(faults))


def _faults(stages: Stages, target: Target, point: Point) -> Iterator[str]:
    for precision in target.precisions:
        if precision == "float64" or point.distance > CLEAR:
            for fault in _departures(stages, target, point, np.dtype(precision)):
                yield f"{precision}, {fault}"


def _departures(stages: Stages, target: Target, point: Point, dtype: np.dtype[Any]) -> list[str]:
    """Where the code departs from the equations by more than rounding; at 50 digits if double precision says it does.

    The equations as they are written lose digits where the code does not, as in log(1 - a) of an a near 1.
    """
    emitted = Emitted(stages.graph, stages.module, point)
    given = (*stages.graph.with_role("input", "constant"), *stages.graph.with_role("target"))
    params = {name: np.asarray(array, dtype) for name, array in emitted.parameters.items()}
    data = {t.name: _as(array, dtype) for t, array in zip(given, emitted.arguments, strict=True)}
    known = {tensor.name for tensor in brought(stages.graph, list(data))}
    found = target.run(stages, params, {name: array for name, array in data.items() if name not in known})
    values = {name: np.asarray(array, np.float64) for name, array in {**params, **data}.items()}
    unit = ROUNDINGS * float(np.finfo(dtype).eps)
    departures = list(_compared(found, _expected(stages, values, point, NUMPY), unit))
    if departures:
        departures = list(_compared(found, _expected(stages, values, point, mpmath_field(50)), unit))
    return departures


def _expected(stages: Stages, given: Values, point: Point, field: Field) -> tuple[float, Values]:
    """The loss and the gradient by the equations in index form."""
    graph, derivation = stages.graph, stages.derivation
    exact = {name: field.array(array) for name, array in given.items()}
    values = evaluate_graph(graph, exact, field, point.sizes)
    adjoints = evaluate_adjoints(derivation, values, field, point.sizes)
    held = derivation.adjoint_of
    gradient = {
        tensor.name: np.asarray(adjoints[held[tensor.name]], np.float64)
        if tensor.name in held
        else np.zeros_like(given[tensor.name])
        for tensor in graph.parameters
    }
    return float(np.asarray(values[graph.loss.name], np.float64)), gradient


def _compared(found: Found, expected: tuple[float, Values], unit: float) -> Iterator[str]:
    """What differs by more than `unit` of the size of the results."""
    (losses, slopes), (loss, gradient) = found, expected
    for one in losses:
        if not abs(one - loss) <= unit * (1 + abs(loss)):
            yield f"the loss is {one}, not {loss}"
    size = sum(float(np.sum(np.abs(array))) for array in gradient.values())
    for name, array in gradient.items():
        got = np.asarray(slopes.get(name, np.nan), dtype=np.float64)
        if got.shape != array.shape:
            yield f"the gradient of {name} has the shape {got.shape}, not {array.shape}"
        elif not np.all(np.abs(got - array) <= unit * (size + CANCELLING)):
            yield f"the gradient of {name} is off by {np.max(np.abs(got - array)):.3g} of {size:.3g}"


def _as(array: Any, dtype: np.dtype[Any]) -> Any:
    """Data in a precision; positions stay whole numbers."""
    return array if array.dtype.kind == "i" else np.asarray(array, dtype)
