"""What a user hands in → claims at every point: a function, a file of functions, numbers, or formulas as text."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from symbackprop.checking.calling import RATES, CandidateError, Environment, gradient_functions, returned
from symbackprop.checking.claims import Claim, written
from symbackprop.checking.outside import SECONDS, run_file
from symbackprop.checking.probes import Case, Probe
from symbackprop.errors import InputError
from symbackprop.verify.fields import Array

# For each point what was handed in there, by the name it was handed in under.
Handed = list[dict[str, Claim]]
Places = Mapping[str, tuple[str, tuple[int, ...]]]


class Candidate:
    """What a user hands in.

    Args:
        name: What to call it.
        values: Gives for each environment what was handed in, by name.
        numbers: Plain numbers for the worked sample, if that is what was handed in.
    """

    def __init__(
        self,
        name: str,
        values: Callable[[Sequence[Environment]], list[dict[str, Array]]] | None = None,
        numbers: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.numbers = dict(numbers or {})
        self._values = values

    def at(self, case: Case, places: Places) -> Handed:
        """What was handed in, at every point of a case; for numbers at the worked sample, the first of them.

        Raises:
            InputError: It cannot be computed.
        """
        if self._values is not None:
            found = self._values([environment(case, probe, places) for probe in case.probes])
            if any(found):
                return [{name: _claim(value) for name, value in row.items()} for row in found]
        if not self.numbers:
            raise InputError(f"{self.name} holds no gradient")
        return [{name: written(value, name) for name, value in self.numbers.items()}]

    @property
    def only_numbers(self) -> bool:
        """Whether it is known at the worked sample only."""
        return self._values is None or bool(self.numbers)


def _claim(value: Array) -> Claim:
    single = value.dtype.kind == "f" and value.dtype.itemsize < 8
    return Claim(np.asarray(value, dtype=np.float64), single=single)


def environment(case: Case, probe: Probe, places: Places) -> Environment:
    """What the arguments of a user's function may be called at a point: tensors, adjoints, named elements, sizes."""
    graph = case.graph
    known: dict[str, Any] = {str(size): value for size, value in probe.sizes.items()}
    for rate in RATES if case.learning_rate is not None else ():
        known[rate] = case.learning_rate
    for element, (tensor, place) in places.items():
        array = probe.values.get(tensor, probe.adjoints.get(tensor))
        if array is not None and _holds(array, place):
            known[element] = array[place]
    known |= probe.adjoints
    for name, own in graph.tensors.items():
        integer = any(fact.kind == "integer" for fact in own.facts)
        known[name] = probe.values[name].astype(np.int64) if integer else probe.values[name]
    return Environment(
        known,
        {tensor.name: known[tensor.name] for tensor in graph.parameters},
        tuple(tensor.name for tensor in graph.with_role("input", "constant")),
        tuple(tensor.name for tensor in graph.with_role("target")),
    )


def _holds(array: Array, place: tuple[int, ...]) -> bool:
    shape = np.shape(array)
    return len(place) == len(shape) and all(n < m for n, m in zip(place, shape, strict=True))


def from_functions(functions: Mapping[str, Callable[..., Any]], name: str = "the function") -> Candidate:
    """A candidate of Python functions, called in this process.

    Args:
        functions: By the gradient each computes, or by `"grad"` for one that returns all.
        name: What to call it.
    """

    def values(environments: Sequence[Environment]) -> list[dict[str, Array]]:
        try:
            return [returned(functions, each) for each in environments]
        except CandidateError as error:
            raise InputError(str(error), help=error.help) from error

    return Candidate(name, values)


def from_file(path: Path, gradients: Collection[str], seconds: float = SECONDS) -> Candidate:
    """A candidate in a file: Python functions, or numbers as JSON, TOML or NPZ.

    Args:
        path: Ends in `.py`, `.json`, `.toml` or `.npz`.
        gradients: The names that a gradient may have.
        seconds: How long a Python file may take.

    Raises:
        InputError: There is no such file, or it cannot be read.
    """
    kind = path.suffix.lower()
    if kind == ".py":
        candidate = Candidate(path.name)

        def values(environments: Sequence[Environment]) -> list[dict[str, Array]]:
            found, candidate.numbers = run_file(path, environments, gradients, seconds)
            return found

        candidate._values = values
        return candidate
    readers = {".json": _from_json, ".toml": _from_toml, ".npz": _from_npz}
    if kind not in readers:
        raise InputError(f"{path.name} is no kind of file that holds a gradient", help="use .py, .json, .toml or .npz")
    if not path.is_file():
        raise InputError(f"there is no file {str(path)!r}")
    try:
        table = readers[kind](path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(table, Mapping):
        raise InputError(f"{path.name} must be a table of name -> number")
    return Candidate(path.name, numbers=table)


def _from_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"), parse_float=str, parse_int=str)


def _from_toml(path: Path) -> Any:
    return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=str)


def _from_npz(path: Path) -> Any:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def from_object(name: str, value: Any, gradients: Collection[str]) -> Candidate:
    """A candidate from whatever `check` is given.

    Args:
        name: The gradient it is for, or "" if it brings names of its own.
        value: A function; a number or array for the worked sample; a table of these; a path; or text.
        gradients: The names that a gradient may have.
    """
    if isinstance(value, Path):
        return from_file(value, gradients)
    if callable(value) and not isinstance(value, Mapping):
        return from_functions({name or "grad": value}, getattr(value, "__name__", "the function"))
    if isinstance(value, Mapping):
        functions = {key: part for key, part in value.items() if callable(part)}
        if functions and len(functions) == len(value):
            try:
                return from_functions(gradient_functions(functions, gradients), "the functions")
            except CandidateError as error:
                raise InputError(str(error), help=error.help) from error
        return Candidate("the numbers", numbers=value)
    if name:
        return Candidate(name, numbers={name: value})
    raise InputError(
        f"a candidate is a function, a table, numbers or a path, got {type(value).__name__}",
        help='for one gradient give its name first: check(d, "W1", candidate)',
    )
