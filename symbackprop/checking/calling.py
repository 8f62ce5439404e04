"""A user's functions and the values at a point → what they return: each argument is resolved by its name.

It needs NumPy alone, since a user's file is run by it in a process of its own.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

# One of these returns a dict of all gradients, or (loss, dict).
TOGETHER = ("loss_and_grad", "grad", "grads", "gradient", "gradients", "backward", "backprop")
PARAMETERS = ("params", "parameters", "p", "theta", "weights")
# What people call the inputs and targets of a network that has one of each.
INPUTS = ("x", "X", "inputs", "input")
RATES = ("lr", "eta", "learning_rate")
TARGETS = ("t", "T", "y", "Y", "targets", "target", "labels", "y_true")


class CandidateError(Exception):
    """A user's function cannot be called, or did not return what is judged.

    Args:
        message: What happened.
        help: What would do.
    """

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


@dataclass(frozen=True)
class Environment:
    """What the arguments of a function may be called at one point.

    Attributes:
        known: Every tensor, named element and size.
        params: The parameters alone, by name.
        inputs: The names of the inputs, in order.
        targets: The names of the targets, in order.
    """

    known: Mapping[str, Any]
    params: Mapping[str, Any]
    inputs: tuple[str, ...]
    targets: tuple[str, ...]

    def value(self, name: str) -> Any:
        """What an argument of this name stands for; `KeyError` if nothing."""
        if name in self.known:
            return _copied(self.known[name])
        if name in PARAMETERS:
            return {key: _copied(value) for key, value in self.params.items()}
        if name in INPUTS and len(self.inputs) == 1:
            return _copied(self.known[self.inputs[0]])
        if name in TARGETS and len(self.targets) == 1:
            return _copied(self.known[self.targets[0]])
        raise KeyError(name)


def _copied(value: Any) -> Any:
    """A copy, so that a function that updates in place harms nothing; a number for an array without axes."""
    return np.array(value)[()] if isinstance(value, np.ndarray | np.generic) else value


def gradient_functions(functions: Mapping[str, Any], gradients: Collection[str]) -> dict[str, Callable[..., Any]]:
    """The functions that compute gradients or intermediates, by name; those that return all at once come first.

    Args:
        functions: Everything that a file or a table holds.
        gradients: Every name of a gradient.

    Raises:
        CandidateError: There is none.
    """
    found = {name: functions[name] for name in TOGETHER if callable(functions.get(name))}
    found |= {name: value for name, value in functions.items() if name in gradients and callable(value)}
    if found:
        return found
    own = [name for name, value in functions.items() if inspect.isfunction(value) and not name.startswith("_")]
    examples = ", ".join(name for name in gradients if name.isidentifier() and name.startswith("d"))[:70]
    among = f" among {', '.join(own)}" if own else ""
    raise CandidateError(
        f"no function for a gradient was found{among}",
        f"define grad(params, x, t), which returns a dict, or functions named after gradients, such as {examples}",
    )


def returned(functions: Mapping[str, Callable[..., Any]], environment: Environment) -> dict[str, np.ndarray[Any, Any]]:
    """Call every function at a point.

    Returns:
        For each gradient or intermediate its array.

    Raises:
        CandidateError: A function raised, takes an argument that nothing is known of, or returned no numbers.
    """
    found: dict[str, np.ndarray[Any, Any]] = {}
    for name, function in functions.items():
        value = called(name, function, environment)
        if name in TOGETHER:
            for key, part in _table(name, value).items():
                found[key] = _numbers(f"{name}()[{key!r}]", part)
        else:
            found[name] = _numbers(f"{name}()", value)
    return found


def called(name: str, function: Callable[..., Any], environment: Environment) -> Any:
    """Call one function with the values that its arguments are named after.

    Args:
        name: What the user calls it.
        function: With arguments such as `(params, x, t)` or `(delta2, a1)`; those of other names need a default.
        environment: What the names stand for.

    Raises:
        CandidateError: It raised, or has an argument that nothing is known of.
    """
    arguments, keywords = _arguments(name, function, environment)
    try:
        with np.errstate(all="ignore"):
            return function(*arguments, **keywords)
    except Exception as error:
        raise CandidateError(
            f"{name} raised {type(error).__name__}: {error}{_where(error)}", _shapes(function, environment)
        ) from error


def _arguments(name: str, function: Callable[..., Any], environment: Environment) -> tuple[list[Any], dict[str, Any]]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise CandidateError(
            f"the arguments of {name} cannot be seen", "write a plain def with named arguments"
        ) from None
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    unknown = []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in RATES and parameter.default is not parameter.empty:
            continue  # the user's own learning rate
        try:
            value = environment.value(parameter.name)
        except KeyError:
            if parameter.default is parameter.empty:
                unknown.append(parameter.name)
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(value)
        else:
            keywords[parameter.name] = value
    if unknown:
        return _by_position(name, parameters, environment, unknown)
    return positional, keywords


def _by_position(
    name: str, parameters: list[inspect.Parameter], environment: Environment, unknown: list[str]
) -> tuple[list[Any], dict[str, Any]]:
    """Parameters, inputs, targets in this order, for a function with just as many arguments of names of its own."""
    order = ["params", *environment.inputs, *environment.targets]
    free = [p for p in parameters if p.default is p.empty]
    if len(free) == len(order) and (name in TOGETHER or len(unknown) == len(free)):
        return [environment.value(each) for each in order], {}
    known = ", ".join(key for key in environment.known if not key.startswith("d"))
    raise CandidateError(
        f"{name} has the argument{'s' if len(unknown) > 1 else ''} {', '.join(unknown)}, of which nothing is known",
        f"arguments are found by name: params (a dict), {known[:300]}, and gradients such as delta1",
    )


def _where(error: BaseException) -> str:
    """The line of the user's file on which an error arose."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    own = [frame for frame in frames if "site-packages" not in frame.filename and "<" not in frame.filename]
    return f" (line {own[-1].lineno}: {own[-1].line})" if own else ""


def _shapes(function: Callable[..., Any], environment: Environment) -> str:
    """The shapes of what was passed, since most errors are about them."""
    rows = []
    for name in inspect.signature(function).parameters:
        try:
            value = environment.value(name)
        except KeyError:
            continue
        table = value.items() if isinstance(value, dict) else [(name, value)]
        rows += [f"{key} {np.shape(part) or 'a number'}" for key, part in table]
    return f"it was called with {', '.join(rows)}" if rows else ""


def _table(name: str, value: Any) -> Mapping[str, Any]:
    parts = value if isinstance(value, tuple) else (value,)
    tables = [part for part in parts if isinstance(part, Mapping)]
    if len(tables) != 1:
        raise CandidateError(
            f"{name} returned {type(value).__name__}",
            "return a dict of name -> array, such as {'W1': ...}, or (loss, dict)",
        )
    return {str(key): part for key, part in tables[0].items()}


def _numbers(what: str, value: Any) -> np.ndarray[Any, Any]:
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise CandidateError(f"{what} is {type(value).__name__}, which is no array of numbers") from None
    return array


def numbers_in(names: Mapping[str, Any], gradients: Collection[str]) -> Iterator[tuple[str, Any]]:
    """The plain numbers and lists that a file gives gradients as, such as `dw5 = 0.0822`."""
    for name, value in names.items():
        # w5 = 0.4 is more likely a weight than its gradient.
        if name in gradients and name.startswith(("d", "g")) and isinstance(value, int | float | list | np.ndarray):
            yield name, value
