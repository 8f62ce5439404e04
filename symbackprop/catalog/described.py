"""The name of a row → what it is, as text: its equations, shapes, options and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from symbackprop.catalog.activations import ACTIVATIONS
from symbackprop.catalog.layers import LAYERS
from symbackprop.catalog.losses import LOSSES
from symbackprop.catalog.optimizers import OPTIMIZERS
from symbackprop.catalog.regularizers import REGULARIZERS
from symbackprop.catalog.schedules import SCHEDULES
from symbackprop.errors import UnknownNameError, did_you_mean

TABLES: Mapping[str, Mapping[str, Any]] = {
    "layer": LAYERS,
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "regularizer": REGULARIZERS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}


def described(name: str) -> str:
    """What the catalogue says of a name; all of it, where several tables have it.

    Raises:
        UnknownNameError: No table has it.

    Example:
        >>> print(described("tanh"))
        activation tanh
            a = tanh(z)
        source: LeCun et al., Efficient BackProp (1998), section 4.4
    """
    found = [(kind, table[name]) for kind, table in TABLES.items() if name in table]
    if not found:
        known = sorted({row for table in TABLES.values() for row in table})
        raise UnknownNameError(f"the catalogue has no {name!r}", help=did_you_mean(name, known))
    return "\n\n".join("\n".join(_lines(kind, row)) for kind, row in found)


def _lines(kind: str, row: Any) -> Iterator[str]:
    yield f"{kind} {row.name}"
    defined = {"activation": "a", "regularizer": "R"}.get(kind, "")
    equations = f"{defined} = {row.formula}" if defined else row.equations
    yield from (f"    {line.strip()}" for line in equations.strip().splitlines())
    for formal, axes in getattr(row, "inputs", {}).items():
        yield f"input {formal}: {' x '.join(axes) or 'scalar'}"
    for parameter in getattr(row, "parameters", ()):
        yield f"parameter {parameter.name}: {' x '.join(parameter.shape) or 'scalar'} ({parameter.file_key} in a file)"
    for part in ("sizes", "ranges"):
        for letter, text in getattr(row, part, {}).items():
            yield f"{part[:-1]} {letter} = {text}"
    for key, option in row.options.items():
        default = "" if option.default is None else f" = {option.default}"
        yield f"option {key}{default}{': ' + option.help if option.help else ''}"
    yield f"source: {row.source}"
