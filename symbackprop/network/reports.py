"""pydantic's errors → problems in this program's words, with the nearest known key for one that is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from symbackprop.catalog import LOSSES
from symbackprop.errors import did_you_mean
from symbackprop.network.layers import LayerType
from symbackprop.network.losses import LossType
from symbackprop.network.parts import Data, Input, ParameterFile, Sample, Training
from symbackprop.network.problems import (
    MISSING,
    MOST_SHOWN,
    UNKNOWN,
    WRONG,
    Path,
    Problem,
    ProblemsFound,
    dotted,
    shown,
)
from symbackprop.network.records import ONE, SEVERAL

_SECTIONS: Mapping[str, type[BaseModel]] = {
    "data": Data,
    "inputs": Input,
    "layer_types": LayerType,
    "losses": LossType,
    "parameters": ParameterFile,
    "sample": Sample,
    "training": Training,
}
_HOW = {
    "inputs": "how many inputs there are, such as inputs = 2",
    "layers": "a network needs one layer at least",
    "loss": f"one of {', '.join(LOSSES)}",
}
_EXPECTED = {
    "dict_type": "must be a table",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "model_attributes_type": "must be a table",
    "model_type": "must be a table",
    "string_too_long": "must have {max_length} characters at most",
    "string_type": "must be text in quotes",
    "too_long": "must have {max_length} entries at most",
    "too_short": "must not be empty",
    "tuple_type": "must be a list",
}


def structure(network: BaseModel, raw: Mapping[str, Any]) -> list[Problem]:
    """Fill a record's fields from what was read, and return what is wrong.

    What is wrong and can be left out is left out and the rest is tried again, so that the checks that need a whole
    network can find their mistakes in the same run.

    Raises:
        ProblemsFound: So much is wrong that no network is left to check.
    """
    try:
        BaseModel.__init__(network, **raw)
    except ValidationError as error:
        problems = problems_of(error, type(network))
    else:
        return []
    try:
        BaseModel.__init__(network, **_without(raw, [problem.path for problem in problems]))
    except ValidationError:
        raise ProblemsFound(problems) from None
    return problems


def problems_of(error: ValidationError, top: type[BaseModel]) -> list[Problem]:
    """Return pydantic's errors about a record as problems."""
    details = error.errors(include_url=False)
    return [_problem(detail, top, number < MOST_SHOWN) for number, detail in enumerate(details)]


def _problem(detail: ErrorDetails, top: type[BaseModel], helps: bool = True) -> Problem:
    kind, where = detail["type"], detail["loc"]
    # The key that is too much may be an empty one.
    last = where[-1:] if kind == "extra_forbidden" else ()
    path: Path = (*(part for part in where[: len(where) - len(last)] if part not in (ONE, SEVERAL, "")), *last)
    if kind == "missing":
        return Problem(MISSING, path, f"'{dotted(path)}' is missing", _HOW.get(dotted(path), ""), "key")
    if kind == "extra_forbidden":
        known = _SECTIONS[str(path[0])] if len(path) > 1 else top
        help = did_you_mean(str(path[-1]), list(known.model_fields)) if helps else ""
        return Problem(UNKNOWN, path, f"unknown key '{dotted(path)}'", help, "key")
    context = detail.get("ctx", {})
    if kind == "value_error":
        return Problem(WRONG, path, f"'{dotted(path)}' {context['error']}, got {shown(detail['input'])}")
    expected = _EXPECTED[kind].format(**context) if kind in _EXPECTED else detail["msg"]
    return Problem(WRONG, path, f"'{dotted(path)}' {expected}, got {shown(detail['input'])}")


def _without(raw: Mapping[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Leave out what is wrong; a loss, which nothing else depends on, is stood in for."""
    rest = dict(raw)
    for path in paths:
        section = rest.get(str(path[0]))
        if path[0] == "loss":
            rest["loss"] = "mse"
        elif path[0] == "training" and len(path) > 1 and isinstance(section, Mapping):
            rest["training"] = {key: value for key, value in section.items() if key != path[1]}
        elif path[0] not in ("inputs", "layers"):
            rest.pop(str(path[0]), None)
    return rest
