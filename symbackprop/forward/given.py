"""Labels and tokens that are given → an error where one of them is no place that it could be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from symbackprop.categories import ranges
from symbackprop.errors import InputError
from symbackprop.graph import Graph, Tensor

if TYPE_CHECKING:
    from symbackprop.network import Network
    from symbackprop.network.equations import Equations

Path = tuple[str | int, ...]


def check_given(graph: Graph, network: Network | Equations) -> None:
    """Look at the whole numbers among what a network is given to work with.

    Args:
        graph: The equations, whose tensors know their numbers.
        network: Where these are written.

    Raises:
        InputError: A label, token or place is no whole number, or lies outside its classes.
    """
    for name, (lowest, end) in ranges(graph).items():
        tensor = graph.tensors[name]
        for place, number in _numbers(tensor.value):
            if number == int(number) and (end is None or lowest <= number < end):
                continue
            among = "" if end is None else f" from {lowest} to {end - 1}"
            error = InputError(f"{tensor.label or name} holds {number}, but should hold whole numbers{among}")
            error.path = (*_path(tensor, network), *place)
            raise error


def _numbers(value: Any, place: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every number of nested rows, and where it is."""
    if value is None:
        return
    if isinstance(value, list | tuple | np.ndarray):
        for number, row in enumerate(value):
            yield from _numbers(row, (*place, number))
    else:
        yield place, value


def _path(tensor: Tensor, network: Network | Equations) -> Path:
    """The keys that lead to a tensor's numbers."""
    sample = getattr(network, "sample", None)
    if sample is None:
        return ("values", tensor.name)
    key = "t" if tensor.role == "target" else "x"
    by_name = isinstance(getattr(sample, key), dict)
    return ("sample", key, tensor.name) if by_name else ("sample", key)
