"""A published case → a function that computes its loss and gradients by what symbackprop derives from its program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symbackprop.errors import SymbackpropError
from symbackprop.facade import Derived, derive
from symbackprop.network import Equations


def program_of(case: Mapping[str, Any]) -> Equations:
    """The program of a case, with the shapes that it is given for."""
    return Equations(
        name="".join(c if c.isalnum() else "_" for c in case["id"]),
        shapes={name: tuple(shape) for name, shape in case["shapes"].items()},
        equations="\n".join(case["program"]),
        loss=case["loss"],
        wrt=tuple(case["wrt"]),
        integers=tuple(case.get("int_inputs", ())),
    )


def derivation_of(case: Mapping[str, Any]) -> Derived:
    """What is derived from a case; NotImplementedError where its program cannot be expressed."""
    if not case.get("program"):
        raise NotImplementedError("the case has no program")
    try:
        d = derive(program_of(case))
        d.compile()
    except SymbackpropError as error:
        raise NotImplementedError(str(error)) from error
    return d


def function_of(d: Derived, case: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What `adapt` returns, from what was derived."""
    module = d.compile()
    given = [tensor.name for tensor in d.stages.graph.with_role("input", "constant")]
    whole = set(case.get("int_inputs", ()))

    def at(inputs: Mapping[str, Any]) -> dict[str, Any]:
        values = {name: np.asarray(array).astype(int if name in whole else float) for name, array in inputs.items()}
        params = {name: values[name] for name in case["wrt"]}
        loss, gradients = module.loss_and_grad(params, *(values[name] for name in given))
        found = {name: gradients.get(name, np.zeros_like(values[name])) for name in case["wrt"]}
        return {"loss": loss, **found}

    return at


def adapt(case: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return f(inputs) -> {"loss": ..., name: gradient, ...}, computed by the emitted module."""
    return function_of(derivation_of(case), case)
