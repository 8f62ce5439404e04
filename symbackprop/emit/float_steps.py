"""An optimizer's statements → the loop of training in floats, with parameters and what is remembered as variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from symbackprop.emit.layout import fitted
from symbackprop.emit.python_floats import PYTHON
from symbackprop.emit.scalar import scalar_code
from symbackprop.program import Training
from symbackprop.program.scalar import Let, Name, within

if TYPE_CHECKING:
    from symbackprop.emit.floats import Writer


def training_lines(writer: Writer, training: Training, update: Sequence[Let]) -> dict[str, Any]:
    """The loop of training, with every parameter and all that the optimizer remembers in variables."""
    pairs = [
        pair
        for tensor in writer.trainable
        for pair in zip(writer.elements(tensor.name), writer.gradient(tensor.name), strict=True)
    ]
    once, each = _once(update, {"w", "g", *training.state})
    rows = [f"{let.name} = {scalar_code(let.value, PYTHON)}" for let in once]
    first = []
    for weight, slope in pairs:
        names = {"w": weight, "g": slope} | {name: f"{name}_{weight}" for name in training.state}
        names |= {let.name: f"{let.name}_" for let in each if let.name not in names}
        first += [f"{name}_{weight} = {float(value)!r}" for name, value in training.state.items()]
        rows += [f"{names[let.name]} = {scalar_code(let.value, PYTHON, names)}" for let in each]
    settings = [f"{name}: float = {float(value)!r}" for name, value in training.settings.items()]
    return {
        "optimizer": training.optimizer,
        "equations": [let.tensor for let in update],
        "settings": settings,
        "setting_names": list(training.settings),
        "first": first,
        "moves": rows,
        "counts": training.counts,
        "train_head": fitted(
            "def train_floats(",
            ["steps: int", *(f"{n}: float" for n in writer.arguments), *(["*", *settings] if settings else [])],
            ") -> Floats:",
        ),
        "train_result": fitted(
            "return (", [writer.name(writer.straight.loss), *writer.arguments[: _size(writer)]], ")", 4
        ),
        "train_call": fitted(
            "found = train_floats(",
            ["steps", "*_flat(params)", *writer.numbers, *_passed(training.settings)],
            ")",
            4,
        ),
    }


def _passed(settings: Mapping[str, str]) -> list[str]:
    return [f"{name}={name}" for name in settings]


def _size(writer: Writer) -> int:
    return sum(len(writer.straight.names[tensor.name]) for tensor in writer.parameters)


def _once(update: Sequence[Let], moving: set[str]) -> tuple[list[Let], list[Let]]:
    """Statements that are the same for every parameter, and the others."""
    once, each = [], []
    for let in update:
        read = {node.name for node in within(let.value) if isinstance(node, Name)}
        if read & moving or let.name in moving:
            moving.add(let.name)
            each.append(let)
        else:
            once.append(let)
    return once, each
