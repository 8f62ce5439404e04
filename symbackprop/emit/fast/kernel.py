"""Straight-line code of a small network → functions on floats in its module, faster than arrays of so few numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from symbackprop.emit.floats import Writer
from symbackprop.emit.layout import fitted, tuple_code
from symbackprop.emit.python_floats import FUNCTIONS, PYTHON
from symbackprop.emit.variables import inlined
from symbackprop.graph import Derivation
from symbackprop.program.scalar import Straight

MATH = replace(PYTHON, functions={key: name if name == "abs" else f"math.{name}" for key, name in FUNCTIONS.items()})


def kernel_values(derivation: Derivation, straight: Straight, taken: Iterable[str]) -> dict[str, Any]:
    """What the template of a module is filled with, so that it computes with floats.

    Args:
        derivation: Gives the roles of tensors and the formulas of comments.
        straight: Both passes.
        taken: What no variable may be called.
    """
    writer = Writer(derivation, straight, taken, MATH)
    both = writer.needed("both")
    names = straight.names
    lets = inlined(both, [straight.loss, *(n for a in straight.gradients.values() for n in names[a].values())])
    results, gone = writer.results(lets)
    numbers = [f"{name}: float" for name in writer.arguments]
    told = {derivation.graph.loss.name, *straight.gradients.values()}
    given = [*derivation.graph.parameters, *writer.given]
    return {
        "kernel": True,
        "kernel_head": fitted("def loss_and_grad_floats(", numbers, ") -> tuple[float, ...]:"),
        "kernel_lines": list(writer.commented([let for let in lets if let.name not in gone], both, told)),
        "kernel_results": results,
        "kernel_loss_head": fitted("def loss_floats(", numbers, ") -> float:"),
        "kernel_loss_lines": writer.lines(inlined(writer.needed("loss"), [straight.loss])),
        "kernel_loss": writer.name(straight.loss),
        "kernel_shapes": fitted(
            "_SHAPES = (", [tuple_code(list(map(str, straight.shapes[tensor.name]))) for tensor in given], ")"
        ),
    }
