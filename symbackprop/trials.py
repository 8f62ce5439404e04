"""Code in another language → whether it has the loss and the gradient of the verified Python module when it is run.

A program that is not installed is no failure: the file then says itself that it was not run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from symbackprop.emit.brought import brought
from symbackprop.errors import InputError, SymbackpropError
from symbackprop.forward import SAMPLES
from symbackprop.native import Native
from symbackprop.pipeline import loaded
from symbackprop.targets import array_api_text, floats_text, framework_text, javascript_text
from symbackprop.verify import Check
from symbackprop.verify.equations import evaluate_adjoints
from symbackprop.verify.points import random_point, worked_point

if TYPE_CHECKING:
    from symbackprop.graph import Tensor
    from symbackprop.pipeline import Stages

ALLOWED = 1e-9
MOST_NUMBERS = 3_000_000
SCRIPT = """
const network = require(process.argv[1]);
const { params, data } = JSON.parse(require("fs").readFileSync(0));
const { loss, gradients } = network.lossAndGrad(params, data);
console.log(JSON.stringify({ loss, gradients }));
"""
Values = Mapping[str, Any]
Runner = Callable[["Stages", Values, Values], tuple[float, Values]]


class Missing(Exception):
    """A program that is needed to run some code is not installed; its text says which."""


class Trial(NamedTuple):
    """What running some code found.

    Attributes:
        check: For the report; `None` if the code was not run.
        line: For the file's head.
    """

    check: Check | None
    line: str


def in_c(stages: Stages, params: Values, data: Values) -> tuple[float, Values]:
    """Loss and gradient by the C code."""
    if not any(map(shutil.which, ("cc", "gcc", "clang"))):
        raise Missing("a C compiler")
    return Native(stages).loss_and_grad(params, *data.values())


def in_javascript(stages: Stages, params: Values, data: Values) -> tuple[float, Values]:
    """Loss and gradient by the script, in Node."""
    node = shutil.which("node")
    if node is None:
        raise Missing("Node")
    given = json.dumps({"params": params, "data": data}, default=lambda value: np.asarray(value).tolist())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.js"
        path.write_text(javascript_text(stages), encoding="utf-8")
        done = subprocess.run(
            [node, "-e", SCRIPT, str(path)], input=given, capture_output=True, text=True, timeout=120, check=False
        )
    if done.returncode:
        raise InputError(f"Node cannot run the script: {done.stderr.strip()[-500:]}", code="SB006")
    found = json.loads(done.stdout)
    return float(found["loss"]), found["gradients"]


def in_floats(stages: Stages, params: Values, data: Values) -> tuple[float, Values]:
    """Loss and gradient by the module of floats."""
    module = loaded(floats_text(stages), f"floats of {stages.network.name}")
    found: tuple[float, Values] = module.loss_and_grad(params, *data.values())
    return found


def in_array_api(stages: Stages, params: Values, data: Values) -> tuple[float, Values]:
    """Loss and gradient by the module of the array API standard, on NumPy arrays."""
    if find_spec("array_api_compat") is None:
        raise Missing("array-api-compat")
    module = loaded(array_api_text(stages), f"array API of {stages.network.name}")
    loss, grads = module.loss_and_grad(params, *data.values())
    return float(loss), grads


def in_jax(stages: Stages, params: Values, data: Values) -> tuple[float, Values]:
    """Loss and gradient by JAX, in double precision."""
    if find_spec("jax") is None:
        raise Missing("JAX")
    jax: Any = import_module("jax")
    with jax.enable_x64(True):
        module = loaded(framework_text(stages, "jax"), f"JAX of {stages.network.name}")
        given, arrays = ({name: jax.numpy.asarray(value) for name, value in some.items()} for some in (params, data))
        places = {name: n for n, (name, value) in enumerate(arrays.items(), 1) if value.dtype.kind == "f"}
        loss, (grads, *slopes) = jax.value_and_grad(module.loss, (0, *places.values()))(given, *arrays.values())
        every = {**grads, **dict(zip(places, slopes, strict=True))}
        return float(loss), {name: np.asarray(value) for name, value in every.items()}


def in_torch(stages: Stages, params: Values, data: Values) -> tuple[float, Values]:
    """Loss and gradient by PyTorch."""
    if find_spec("torch") is None or find_spec("array_api_compat") is None:
        raise Missing("PyTorch and array-api-compat")
    torch: Any = import_module("torch")
    module = loaded(framework_text(stages, "torch"), f"PyTorch of {stages.network.name}")
    every = {name: torch.tensor(value) for name, value in {**params, **data}.items()}
    for value in every.values():
        value.requires_grad_(value.is_floating_point())
    loss = module.loss({name: every[name] for name in params}, *(every[name] for name in data))
    loss.backward()
    return float(loss.detach()), {name: value.grad.numpy() for name, value in every.items() if value.requires_grad}


RUNNERS: Mapping[str, tuple[str, Runner]] = {
    "javascript": ("network.js", in_javascript),
    "floats": ("gradients_floats.py", in_floats),
    "array_api": ("gradients_array_api.py", in_array_api),
    "c": ("network.c", in_c),
    "jax": ("gradients_jax.py", in_jax),
    "torch": ("gradients_torch.py", in_torch),
}


def trial(stages: Stages, target: str, seed: int = 0) -> Trial:
    """Run the code of a target at the worked sample, if there is one, and at a random point.

    Args:
        stages: Of the network.
        target: One of `RUNNERS`.
        seed: Of the random point.
    """
    file, runner = RUNNERS[target]
    shapes = [tensor.shape for tensor in stages.graph.parameters]
    if sum(prod(int(size) for size in shape if size.is_Integer) for shape in shapes) > MOST_NUMBERS:
        return Trial(None, f"not run: more than {MOST_NUMBERS:,} parameters")
    try:
        off = max(_deviation(stages, target, runner, values) for values in _points(stages, seed))
    except Missing as missing:
        return Trial(None, f"not run where it was written, which needs {missing}")
    check = Check(file, "gradients.py", off, f"{ALLOWED:g} |g|", off <= ALLOWED)
    return Trial(
        check, f"loss and gradient of gradients.py when run: {ALLOWED:g} |g|" if check.passed else "FAILED when run"
    )


def _points(stages: Stages, seed: int) -> list[Values]:
    worked = worked_point(stages.graph)
    drawn = random_point(stages.graph, np.random.default_rng(seed))
    return [point.values for point in (worked, drawn) if point is not None]


def _deviation(stages: Stages, target: str, runner: Runner, values: Values) -> float:
    """The largest difference of loss and gradient, relative to the largest of each."""
    graph = stages.graph
    # Straight lines are written for so many samples as the network's file has, or for one.
    most = graph.sizes.get(SAMPLES, 1) if target == "floats" else None
    data_tensors = (*graph.with_role("input", "constant"), *graph.with_role("target"))
    params, data = ({t.name: _given(t, values, most) for t in some} for some in (graph.parameters, data_tensors))
    loss, grads = stages.module.loss_and_grad(params, *data.values())
    known = {tensor.name for tensor in brought(graph, list(data))}
    found, slopes = runner(stages, params, {name: array for name, array in data.items() if name not in known})
    if slopes.keys() & data.keys():
        grads = grads | {
            name: slope for name, slope in _by_data(stages, {**params, **data}).items() if name not in known
        }
    pairs = [(np.asarray(slopes[name], dtype=float), value) for name, value in grads.items()]
    if any(got.shape != value.shape for got, value in pairs):
        return float("inf")
    size = max([float(np.max(np.abs(value), initial=0)) for _, value in pairs] or [0.0])
    off = max([float(np.max(np.abs(got - value), initial=0)) for got, value in pairs] or [0.0])
    deviation = max(off / (size or 1.0), abs(found - loss) / (abs(loss) or 1.0))
    return deviation if np.isfinite(deviation) else float("inf")


def _given(tensor: Tensor, values: Values, most: int | None) -> Any:
    array = np.asarray(values[tensor.name], dtype=int if tensor.is_whole else float)
    return array[:most] if tensor.shape and tensor.shape[0] == SAMPLES else array


def _by_data(stages: Stages, values: Values) -> dict[str, Any]:
    """The gradient by each array of data in index form, which the code of frameworks has too."""
    derivation = stages.derivation_by_all
    adjoints = evaluate_adjoints(derivation, values)
    data = [t for t in stages.graph.with_role("input", "constant", "target") if not t.is_whole]
    held = derivation.adjoint_of
    return {t.name: adjoints[held[t.name]] if t.name in held else np.zeros_like(values[t.name]) for t in data}


def trials(stages: Stages, targets: Iterable[str], seed: int) -> dict[str, Trial]:
    """The trials of those among some formats that can be run; one that cannot be made is reported where it is made."""
    found = {}
    for target in targets:
        if target in RUNNERS:
            try:
                found[target] = trial(stages, target, seed)
            except SymbackpropError:
                continue
    return found
