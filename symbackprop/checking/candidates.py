"""What a user hands in → claims at every point: a function, a file of functions, numbers, or formulas as text."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from symbackprop.checking.calling import RATES, CandidateError, Environment, gradient_functions, returned
from symbackprop.checking.claims import UNJUDGED, Claim, Subject, refuse_comma, subject_named, written
from symbackprop.checking.formulas import array_value
from symbackprop.checking.latex import is_latex, latex_value
from symbackprop.checking.outside import SECONDS, run_file
from symbackprop.checking.probes import Case, Probe
from symbackprop.errors import InputError
from symbackprop.forward import SAMPLES
from symbackprop.notation import STANDARD, Notation
from symbackprop.verify.fields import Array

# For each point what was handed in there, by the name it was handed in under.
Handed = list[dict[str, Claim]]
Places = Mapping[str, tuple[str, tuple[int, ...]]]


NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")

# Gives for each environment of a case what was handed in, by name.
Values = Callable[[Case, Sequence[Environment]], list[dict[str, Array]]]


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
        values: Values | None = None,
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
            found = self._values(case, [environment(case, probe, places) for probe in case.probes])
            if any(found):
                return [{name: _claim(value) for name, value in row.items()} for row in found]
        if not self.numbers:
            raise InputError(f"{self.name} holds no gradient", code=UNJUDGED)
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
    for name, own in {**graph.tensors, **case.raw.tensors}.items():
        array = np.asarray(probe.values[name] if name in probe.values else probe.adjoints[name])
        known[name] = array.astype(np.int64) if own.is_whole else array
        if case.single and own.shape and own.shape[0] == SAMPLES:
            known[name] = known[name][0]
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

    def values(case: Case, environments: Sequence[Environment]) -> list[dict[str, Array]]:
        try:
            return [returned(functions, each) for each in environments]
        except CandidateError as error:
            raise InputError(str(error), code=UNJUDGED, help=error.help) from error

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

        def values(case: Case, environments: Sequence[Environment]) -> list[dict[str, Array]]:
            found, candidate.numbers = run_file(path, environments, gradients, seconds)
            return found

        candidate._values = values
        return candidate
    readers = {".json": _from_json, ".toml": _from_toml, ".npz": _from_npz}
    if not path.is_file():
        raise InputError(
            f"there is no file {str(path)!r}", code="SB001", help='a number or formula is written as "w5=0.0822"'
        )
    if kind not in readers:
        raise InputError(
            f"{path.name} is no kind of file that holds a gradient", code="SB003", help="use .py, .json, .toml or .npz"
        )
    try:
        table = readers[kind](path)
    except (ValueError, OSError, RecursionError) as error:
        comma = kind != ".npz" and re.search(r"[:=]\s*[-+]?\d+,\d", path.read_text(encoding="utf-8", errors="replace"))
        help = "numbers have a decimal point: 0.0822, not 0,0822" if comma else ""
        raise InputError(f"{path.name} cannot be read: {error}", code="SB001", help=help) from error
    if not isinstance(table, Mapping):
        raise InputError(f"{path.name} must be a table of name -> number", code=UNJUDGED)
    return Candidate(path.name, numbers=table)


def _from_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"), parse_float=str, parse_int=str)


def _from_toml(path: Path) -> Any:
    return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=str)


def _from_npz(path: Path) -> Any:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def from_texts(texts: Mapping[str, str], subjects: Mapping[str, Subject], notation: Notation) -> Candidate:
    """A candidate of formulas as text, in array notation, index notation, or LaTeX.

    Args:
        texts: For each gradient its formula.
        subjects: Every gradient by its names.
        notation: How documents call things.
    """
    adjoints = {name: subjects[name].adjoint for name in texts}

    def value(name: str, case: Case, here: Environment) -> Array:
        text = texts[name]
        return latex_value(text, case, here, adjoints[name], notation) if is_latex(text) else array_value(text, here)

    def values(case: Case, environments: Sequence[Environment]) -> list[dict[str, Array]]:
        return [{name: value(name, case, here) for name in texts} for here in environments]

    return Candidate(", ".join(texts.values()), values)


def from_object(name: str, value: Any, subjects: Mapping[str, Subject], notation: Notation = STANDARD) -> Candidate:
    """A candidate from whatever `check` is given.

    Args:
        name: The gradient it is for, or "" if it brings names of its own.
        value: A function; a number or array for the worked sample; a formula as text; a table of these; or a path.
        subjects: Every gradient by its names.
        notation: How documents call things.

    Raises:
        InputError: It is none of these, or for no gradient.
    """
    if isinstance(value, Path):
        return from_file(value, subjects)
    if isinstance(value, Mapping):
        return _from_table(value, subjects, notation)
    if name:
        name = _key(name, subjects)
    if isinstance(value, str) and name:
        return from_written({name: value}, subjects, notation)
    if callable(value):
        return from_functions({name or "grad": value}, getattr(value, "__name__", "the function"))
    if name:
        return Candidate(name, numbers={name: value})
    raise InputError(
        f"a candidate is a function, a table, numbers or a path, got {type(value).__name__}",
        code=UNJUDGED,
        help='for one gradient give its name first: check(d, "W1", candidate)',
    )


def from_written(texts: Mapping[str, str], subjects: Mapping[str, Subject], notation: Notation) -> Candidate:
    """A candidate of what somebody wrote for some gradients: numbers for the worked sample, or formulas.

    Raises:
        InputError: Some are numbers and some formulas.
    """
    for name, text in texts.items():
        refuse_comma(text.strip(), name)
    texts = {_key(name, subjects): text.strip() for name, text in texts.items()}
    numbers = {name: _number(text) for name, text in texts.items() if _number(text) is not None}
    if not numbers:
        return from_texts(texts, subjects, notation)
    if len(numbers) < len(texts):
        raise InputError(
            "numbers and formulas cannot be judged together", code=UNJUDGED, help="give them one after the other"
        )
    return Candidate(" ".join(f"{name}={text}" for name, text in texts.items()), numbers=numbers)


def _number(text: str) -> Any:
    """A number, which keeps its digits, or a list of them; `None` for a formula."""
    if NUMBER.fullmatch(text):
        return text
    with suppress(ValueError):
        return json.loads(text, parse_float=str, parse_int=str) if text.startswith("[") else None
    return None


def _key(name: str, subjects: Mapping[str, Subject]) -> str:
    """The name under which a gradient is handed in whose name was given beside it: there a1 means ∂E/∂a1."""
    subject = subject_named(name, subjects)
    return subject.adjoint if subject.place is None else f"d{subject.name}"


def _from_table(table: Mapping[str, Any], subjects: Mapping[str, Subject], notation: Notation) -> Candidate:
    kinds = {
        "text" if isinstance(value, str) else "function" if callable(value) else "number" for value in table.values()
    }
    if kinds == {"function"}:
        try:
            return from_functions(gradient_functions(table, subjects), "the functions")
        except CandidateError as error:
            raise InputError(str(error), code=UNJUDGED, help=error.help) from error
    if kinds == {"text"}:
        return from_written(table, subjects, notation)
    if "function" in kinds:
        raise InputError(
            "a table of candidates holds functions, or numbers, or texts", code=UNJUDGED, help="give them one by one"
        )
    return Candidate("the numbers", numbers=table)
