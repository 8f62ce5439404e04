"""The stages of a small network without numbers → stages with numbers that are made up, always the same ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, product
from typing import TYPE_CHECKING, Any

from sympy import Integer

from symbackprop.errors import SymbackpropError
from symbackprop.graph import Graph, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbackprop.pipeline import Stages

MOST_NUMBERS = 150
# Tenths, none of them 0, whose sums and products come out different from one another.
TENTHS = (3, -5, 7, 2, -8, 4, -1, 6, -3, 9, 1, -6, 5, -2, 8, -4, -7)


def illustrated(stages: Stages) -> bool:
    """Give a network numbers where it has none.

    Args:
        stages: Of a network; its stages that have been run are kept as they are, so that it is best not used before.

    Returns:
        Whether numbers were made up: not for networks that have all theirs, that are too large to be looked at number
        by number, or whose inputs are not any numbers, such as tokens.
    """
    graph = stages.graph
    given = graph.with_role("input", "target", "parameter", "constant")
    missing = [tensor for tensor in given if tensor.value is None]
    if not missing or any(tensor.is_whole for tensor in given):
        return False
    sizes = {size: 1 for tensor in given for size in tensor.shape if size.is_Symbol and str(size) == "N"}
    try:
        filled = _filled(replace(graph, sizes={**sizes, **graph.sizes}), missing)
    except SymbackpropError:
        return False
    if filled is None:
        return False
    stages.__dict__["graph"] = filled
    return True


def _filled(graph: Graph, missing: list[Tensor]) -> Graph | None:
    numbers, total = count(), 0
    sizes = {size: Integer(number) for size, number in graph.sizes.items()}
    tensors = dict(graph.tensors)
    for tensor in missing:
        shape = [size.xreplace(sizes) for size in tensor.shape]
        if not all(size.is_Integer for size in shape):
            return None
        places = list(product(*(range(int(size)) for size in shape)))
        total += len(places)
        if total > MOST_NUMBERS:
            return None
        flat = iter([_number(tensor, place, numbers) for place in places])
        tensors[tensor.name] = replace(tensor, value=_nested([int(size) for size in shape], flat))
    return replace(graph, tensors=tensors)


def _number(tensor: Tensor, place: tuple[int, ...], numbers: Iterator[int]) -> str:
    if tensor.role == "target":
        return "1" if not place or place[-1] == 0 else "0"
    return str(TENTHS[next(numbers) % len(TENTHS)] / 10)


def _nested(shape: list[int], flat: Iterator[str]) -> Any:
    return next(flat) if not shape else tuple(_nested(shape[1:], flat) for _ in range(shape[0]))
