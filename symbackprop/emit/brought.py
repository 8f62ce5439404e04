"""Arrays of numbers that a function brings along, such as `np.array([2, 0, 1])` → defaults of the emitted functions."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from symbackprop.emit.layout import count, numbers_fitted
from symbackprop.graph import Graph, Tensor

# A file with more numbers than this is no code any more: they are given at every call.
MOST_NUMBERS = 10_000


def brought(graph: Graph, given: Sequence[str]) -> list[Tensor]:
    """The constants that are written into a module: the last of what it is given, as defaults must be.

    Example:
        >>> import numpy as np
        >>> import symbackprop as sb
        >>> order = np.array([2, 0, 1, 1])
        >>> graph = sb.derive(lambda w: np.sum(w[order] ** 2), w=3).stages.graph
        >>> [tensor.value for tensor in brought(graph, ["C1"])]
        [[2, 0, 1, 1]]
    """
    found: list[Tensor] = []
    for tensor in reversed([graph.tensors[name] for name in given]):
        if tensor.role != "constant" or tensor.trainable or tensor.value is None or count(tensor.value) > MOST_NUMBERS:
            break
        found.append(tensor)
    return found[::-1]


def constant_rows(constants: Mapping[str, Tensor], kind: str = "Array", made: str = "np.array") -> list[str]:
    """The table of constants, with the names that they have in the code, as arrays or as nested lists."""
    before, after = (f"{made}(", "),") if made else ("", ",")
    rows = []
    for name, tensor in constants.items():
        for row in numbers_fitted(f'"{name}": {before}', tensor.value, after, 4):
            rows.append(f"    {row}")
    return [f"CONSTANTS: dict[str, {kind}] = {{", *rows, "}"] if rows else []


def typed(names: Sequence[str], constants: Container[str], kind: str = "Array") -> list[str]:
    """Arguments of a function, those that have one with their default."""
    return [f"{name}: {kind}" + (f' = CONSTANTS["{name}"]' if name in constants else "") for name in names]
