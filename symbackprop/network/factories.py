"""Rows of the catalogue → functions for Python such as `Dense(2, "sigmoid")`, one for each kind of layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from symbackprop.catalog import LAYERS
from symbackprop.catalog import Layer as Row
from symbackprop.errors import InputError
from symbackprop.network.layers import LayerSpec
from symbackprop.network.problems import SYNTAX, ProblemsFound, input_error
from symbackprop.network.reports import problems_of
from symbackprop.network.values import plain

Factory = Callable[..., LayerSpec]


def Layer(type: str, **keys: Any) -> LayerSpec:
    """Return a layer of any type, such as one of the user's own in `layer_types`.

    Args:
        type: Its name.
        **keys: The keys of a layer in a network file: options, `activation`, values of parameters, `names`,
            `trainable`, `initializer`, `name`, `inputs`, `tie`.

    Raises:
        InputError: A key has a value that no layer can have; options are checked by `Network`.

    Example:
        >>> Layer("gated", units=3).options
        {'units': 3}
    """
    given, problems = plain({key: v for key, v in keys.items() if not (v is None and key in _MAY_BE_NONE)})
    try:
        if problems:
            raise ProblemsFound(problems)
        return LayerSpec.model_validate({"type": type, **given})
    except ValidationError as error:
        raise input_error(problem.mistake for problem in problems_of(error, LayerSpec)) from None
    except ProblemsFound as found:
        raise input_error(problem.mistake for problem in found.problems) from None


_MAY_BE_NONE = frozenset(("activation", "name", "inputs", "initializer", "names"))


def class_name(row: str) -> str:
    """Return the name of a factory.

    Example:
        >>> class_name("batch_normalization"), class_name("conv2d"), class_name("lstm")
        ('BatchNormalization', 'Conv2D', 'LSTM')
    """
    if row in _ABBREVIATIONS:
        return row.upper()
    words = [word[:1].upper() + word[1:] for word in row.split("_")]
    name = "".join(words)
    return name[:-1] + "D" if name[-1:] == "d" and name[-2:-1].isdigit() else name


_ABBREVIATIONS = frozenset(("gru", "lstm"))


def _factory(row: Row) -> Factory:
    first = [key for key, option in row.options.items() if option.default is None]
    rest = [key for key in row.options if key not in first]
    positional = [*first, *(["activation"] if row.activation else []), *rest]

    def make(*arguments: Any, **keys: Any) -> LayerSpec:
        if len(arguments) > len(positional):
            message = f"{make.__name__} takes {len(positional)} arguments without a key, got {len(arguments)}"
            raise InputError(message, code=SYNTAX, help=f"in this order: {', '.join(positional)}")
        given = dict(zip(positional, arguments, strict=False))
        if twice := sorted(given.keys() & keys.keys()):
            raise InputError(f"{make.__name__} got '{twice[0]}' twice", code=SYNTAX, help="keep one of them")
        return Layer(row.name, **given, **keys)

    make.__name__ = make.__qualname__ = class_name(row.name)
    make.__doc__ = _documentation(row)
    make.__signature__ = _signature(row, positional, first)  # type: ignore[attr-defined]
    return make


def _signature(row: Row, positional: list[str], obligatory: list[str]) -> inspect.Signature:
    parameters = [
        inspect.Parameter(
            key,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty
            if key in obligatory
            else None
            if key == "activation"
            else row.options[key].default,
        )
        for key in positional
    ]
    return inspect.Signature([*parameters, inspect.Parameter("keys", inspect.Parameter.VAR_KEYWORD)])


def _documentation(row: Row) -> str:
    lines = [f"Return a {row.name} layer:", "", *(f"    {line.strip()}" for line in row.equations.splitlines()), ""]
    lines += ["Args:"]
    lines += [f"    {key}: {option.help or option.kind}." for key, option in row.options.items()]
    lines += ["    activation: Its name, or a table of its type and options."] if row.activation else []
    lines += [
        f"    {p.file_key}: Values of {p.name}, {' x '.join(p.shape)}; symbols if left out." for p in row.parameters
    ]
    lines += [
        "    **keys: `name`, `names`, `trainable`, `initializer`, `inputs`, `tie`.",
        "",
        "Source:",
        f"    {row.source}",
    ]
    return "\n".join(lines)


FACTORIES: Mapping[str, Factory] = {class_name(name): _factory(row) for name, row in LAYERS.items()}
