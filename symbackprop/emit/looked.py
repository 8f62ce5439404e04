"""What a module is given → the tables of it, and the code that looks at it before anything is computed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from symbackprop.categories import limits
from symbackprop.emit.layout import fitted, tuple_code
from symbackprop.emit.nodes import all_read, sizes_used
from symbackprop.emit.numbers import number_code
from symbackprop.emit.numpy import PRECISION
from symbackprop.emit.statements import Writer
from symbackprop.emit.training import shape_code, sizes_code
from symbackprop.graph import Graph
from symbackprop.program import Placed, assignments


def looked_at(graph: Graph, placed: Placed, given: Sequence[str], writer: Writer) -> dict[str, Any]:
    """What the templates of tables and of `_checked` are filled with.

    Args:
        graph: The tensors.
        placed: The places that are computed from data.
        given: Inputs, constants and targets, in the order in which functions take them.
        writer: Knows what they are called.
    """
    below = {name: found for name, found in limits(graph).items() if name in given}
    return {
        "symbolic": any(not size.is_Integer for tensor in graph.parameters for size in tensor.shape),
        "shapes": [(tensor.name, shape_code(tensor)) for tensor in graph.parameters],
        "data_shapes": [(writer.name(name), shape_code(graph.tensors[name])) for name in given],
        "categories": [(writer.name(name), sizes_code(found.lengths)) for name, found in below.items()],
        "lowest": [(writer.name(name), found.lowest) for name, found in below.items() if found.lowest],
        **_computed(placed, given, writer),
    }


def checked(names: Sequence[str]) -> list[str]:
    """The line that makes arrays of what a function is given, after a look at the shapes."""
    kept = tuple_code(names) if names else "_"
    return fitted(f"params, {kept} = _checked(", ["params", *(f"{name}={name}" for name in names)], ")", 4)


def _computed(placed: Placed, given: Sequence[str], writer: Writer) -> dict[str, Any]:
    """The code of places, and for each of them a row: what it is, and the length that it stays below."""
    # Positions are whole numbers here, and not numbers of a precision that formulas are computed with.
    writer = Writer({**writer.names, PRECISION: "int"})
    taken = all_read(placed.statements)
    data = [writer.name(name) for name in given if name in taken]
    symbols = {str(symbol) for sizes in placed.ends.values() for size in sizes for symbol in size.free_symbols}
    rows = [f'{name} = given["{name}"]' for name in data]
    rows += [f'{writer.size(size)} = sizes["{size}"]' for size in sorted(symbols | sizes_used(placed.statements))]
    ends = []
    for assign in assignments(placed.statements):
        if assign.name in placed.ends:
            lengths = list(dict.fromkeys(number_code(size)[0] for size in placed.ends[assign.name]))
            length = lengths[0] if len(lengths) == 1 else f"min({', '.join(lengths)})"
            ends += fitted("(", [json.dumps(writer.code(assign.value)), writer.name(assign.name), length], "),", 8)
    lines = [row for statement in placed.statements for row in writer.lines(statement)]
    return {"places": [*rows, *lines], "place_ends": ends, "place_data": data}
