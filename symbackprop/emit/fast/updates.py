"""An update in place → the lines of the function that moves a parameter and allocates nothing after its first call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symbackprop.emit.fast.operations import Operations
from symbackprop.emit.layout import fitted
from symbackprop.emit.numpy import Printer, numpy_code
from symbackprop.program import InPlace, Training


def move_values(training: Training, moves: InPlace) -> dict[str, Any]:
    """What the template of the update in place is filled with."""
    typed = [f"{name}: float" for name in training.settings]
    head = ["w: Array", "g: Array", "memory: dict[str, Any]", *typed]
    scratch = {name: f"scratch[{number}]" for number, name in enumerate(moves.scratch)}
    return {
        "move_head": fitted("def _move(", head, ") -> None:"),
        "move_arguments": list(training.settings),
        "scratch": ["np.empty_like(w, bool)" if truth else "np.empty_like(w)" for truth in moves.scratch.values()],
        "move_code": list(_code(training, moves, scratch)),
    }


def _code(training: Training, moves: InPlace, scratch: dict[str, str]) -> Iterator[str]:
    places = {**scratch, **{name: name for name in ("w", *training.state)}}
    names = dict(places)
    for row in moves.statements:
        if row.axes:
            names[row.name] = places[moves.shares.get(row.name, row.name)]
    operations = Operations(names)
    for row in moves.statements:
        if row.axes:
            yield from operations.lines(row, row.axes, names[row.name], Printer(names))
        else:
            code = numpy_code(row.value, (), names)
            yield f"{row.name} = {f'float({code})' if 'np.' in code else code}"
    for name, old in moves.copied.items():
        yield f"{places[old]}[...] = {names[name]}"
