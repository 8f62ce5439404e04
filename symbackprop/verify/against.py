"""A loss in torch or JAX → whether automatic differentiation of it gives the gradients that were derived.

The function is the user's: `loss(params, x, t)`, with the parameters by name, in the framework's own arrays. Neither
framework is needed for anything else.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symbackprop.errors import InputError, ShapeError, UnknownNameError, UnsupportedError
from symbackprop.graph import Graph
from symbackprop.verify.emitted import Compiled, Emitted
from symbackprop.verify.fields import Array
from symbackprop.verify.points import random_point, worked_point
from symbackprop.verify.report import Check, Report, Tally

RELATIVE = 1e-9


def against(graph: Graph, compiled: Compiled, framework: str, name: str, seed: int = 0) -> Report:
    """Compare emitted gradients with those that a framework finds by itself.

    Args:
        graph: The forward pass.
        compiled: The emitted code.
        framework: `"torch"` or `"jax"`.
        name: `MODULE:FUNCTION`, which must be importable.
        seed: Of the random point.

    Raises:
        InputError: There is no such function.
        UnsupportedError: The framework is not installed.
    """
    function = _function(name)
    differentiate = _framework(framework)
    worked = worked_point(graph)
    points = [*([worked] if worked else []), random_point(graph, np.random.default_rng(seed))]
    checks: dict[str, Check] = {}
    for point in points:
        emitted = Emitted(graph, compiled, point)
        loss, gradients = differentiate(function, emitted.parameters, emitted.arguments)
        own, ours = emitted.loss_and_gradient
        size = float(np.sqrt(sum(float(np.sum(one**2)) for one in ours.values()))) + 1e-12
        found = [_check(graph.loss.name, abs(loss - own), RELATIVE * (1 + abs(own)), framework, point.name)]
        for parameter, array in ours.items():
            other = gradients.get(parameter, np.zeros_like(array))
            if np.shape(other) != array.shape:
                raise ShapeError(
                    f"{name} gives a gradient of shape {np.shape(other)} for {parameter}, not {array.shape}"
                )
            gap = float(np.max(np.abs(array - other), initial=0.0))
            found.append(_check(parameter, gap, RELATIVE * size, framework, point.name))
        for check in found:
            if check.subject not in checks or not check.passed:
                checks[check.subject] = check
    wrong = sum(not check.passed for check in checks.values())
    names = tuple(point.name for point in points)
    tally = Tally(len(checks) - 1 - wrong, len(checks) - 1)
    return Report(graph.name, tuple(checks.values()), names, seed=seed, gradients=tally)


def _check(subject: str, gap: float, allowed: float, framework: str, where: str) -> Check:
    passed = gap <= allowed
    note = "" if passed else f"at {where}: off by {gap:.3g}"
    return Check(subject, f"automatic differentiation by {framework}", gap, "1e-9 |g|", passed, note)


def _function(name: str) -> Callable[..., Any]:
    module, colon, attribute = name.partition(":")
    if not colon or not all(part.isidentifier() for part in module.split(".")) or not attribute.isidentifier():
        raise InputError(f"{name!r} is not MODULE:FUNCTION", help="such as mine:loss, for the function loss in mine.py")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UnknownNameError(f"{name!r} is not found: {error}", help="run it in the folder of the module") from None


def _framework(name: str) -> Callable[..., tuple[float, Mapping[str, Array]]]:
    if name not in FRAMEWORKS:
        raise UnknownNameError(f"{name!r} is no framework that is known", help=f"known: {', '.join(FRAMEWORKS)}")
    try:
        importlib.import_module(name)
    except ImportError:
        raise UnsupportedError(
            f"{name} is not installed here", help=f"install {name}, or leave --against out"
        ) from None
    return FRAMEWORKS[name]


def _torch(function: Callable[..., Any], params: Mapping[str, Array], data: Any) -> tuple[float, dict[str, Array]]:
    torch = importlib.import_module("torch")
    tensors = {name: torch.tensor(np.asarray(array), requires_grad=True) for name, array in params.items()}
    loss = function(tensors, *(torch.tensor(np.asarray(one)) for one in data))
    loss.backward()
    gradients = {name: one.grad.numpy() for name, one in tensors.items() if one.grad is not None}
    return float(loss.detach()), gradients


def _jax(function: Callable[..., Any], params: Mapping[str, Array], data: Any) -> tuple[float, dict[str, Array]]:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    arrays = [jax.numpy.asarray(one) for one in data]
    loss, gradients = jax.value_and_grad(function)(
        {name: jax.numpy.asarray(one) for name, one in params.items()}, *arrays
    )
    return float(loss), {name: np.asarray(one) for name, one in gradients.items()}


FRAMEWORKS = {"torch": _torch, "jax": _jax}
