"""An optimizer's statements → the same one operation at a time, written over the parameter and what is kept of it."""

from __future__ import annotations

from dataclasses import replace

from sympy import Symbol

from symbackprop.expressions import Index
from symbackprop.optimize.common import renamed, without_repetition
from symbackprop.optimize.flat import flat
from symbackprop.optimize.memory import with_memory
from symbackprop.program import Array, Assign, InPlace, Leaf, Program, Training, children, leaves, rebuilt
from symbackprop.program.masks import is_truth

PLACE = Index("place", Symbol("places"))


def in_place(training: Training) -> InPlace:
    """Write an update rule over its own arrays.

    Example:
        >>> from symbackprop.catalog import OPTIMIZERS
        >>> from symbackprop.lower.training import lower_update
        >>> found = in_place(Training("sgd", lower_update(OPTIMIZERS["sgd"])))
        >>> [row.name for row in found.statements], dict(found.shares), found.scratch
        (['w_new_1', 'w_new'], {'w_new': 'w'}, {'w_new_1': False})
    """
    kept = ("w", *training.state)
    rows, now = _positionwise(training, kept)
    results = {old: name for old, name in now.items() if old in kept and name != old}
    program = Program(
        forward=rows,
        backward=(),
        loss="",
        gradients=results,
        parameters={name: (PLACE,) for name in kept},
        data={"g": (PLACE,)},
    )
    program = with_memory(without_repetition(flat(program)), overwritable=results)
    shares = program.shares
    statements = tuple(row for row in program.forward if isinstance(row, Assign))
    owners = {row.name: shares.get(row.name, row.name) for row in statements if row.axes}
    return InPlace(
        statements,
        shares,
        scratch={row.name: is_truth(row.value) for row in statements if owners.get(row.name) == row.name},
        copied={name: old for old, name in results.items() if owners.get(name) != old},
    )


def _positionwise(training: Training, kept: tuple[str, ...]) -> tuple[tuple[Assign, ...], dict[str, str]]:
    """The statements with an axis of places for whatever is different from place to place, each name defined once."""
    arrays = {*kept, "g"}
    now: dict[str, str] = {}
    rows: list[Assign] = []
    for assign in training.update:
        value = renamed(assign.value, now)
        spread = bool(leaves(value) & arrays)
        name = f"{assign.name}_new" if assign.name in {*kept, "g"} else assign.name
        while name in arrays or any(row.name == name for row in rows):
            name += "_new"
        rows.append(replace(assign, name=name, axes=(PLACE,) if spread else (), value=_spread(value, arrays)))
        now[assign.name] = name
        if spread:
            arrays.add(name)
    return tuple(rows), now


def _spread(node: Array, arrays: set[str]) -> Array:
    if isinstance(node, Leaf):
        return replace(node, axes=(PLACE,)) if node.name in arrays else node
    inside = children(node)
    return rebuilt(node, [_spread(child, arrays) for child in inside]) if inside else node
