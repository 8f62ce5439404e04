"""The gradient over more samples than memory holds: that of a sum is a sum, so that it is taken chunk by chunk.

A loss is a sum or a mean over samples, and what depends on parameters alone, such as a penalty, is in it once. Whether
that holds is read off the equations; a network that mixes samples, as batch normalisation does, is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from symbackprop.errors import ShapeError
from symbackprop.graph import Graph
from symbackprop.samples import reduction_over_samples, sample_size

Array = npt.NDArray[Any]
Found = tuple[float, dict[str, Array]]


class Derived(Protocol):
    """What `derive` returns: its forward pass, and its emitted code."""

    @property
    def stages(self) -> Any:
        """The stages, which hold the graph."""

    def compile(self) -> Any:
        """The emitted module."""


def loss_and_grad_in_chunks(
    derived: Derived, params: Mapping[str, Any], *data: Any, rows: int = 65_536
) -> tuple[float, dict[str, Array]]:
    """The loss over all samples, and its gradient, taken chunk by chunk: for data beyond memory.

    Args:
        derived: What `derive` returned.
        params: The parameters.
        data: The inputs, then the targets: arrays, memory maps or whatever else can be sliced, samples first; dask
            arrays are taken chunk by chunk as they are, by the scheduler that dask is set to.
        rows: Samples in a chunk, where the arrays have no chunks of their own.

    Returns:
        The same as `derived.compile().loss_and_grad(params, *data)`, to rounding.

    Raises:
        UnsupportedError: The loss is no sum over samples; the message names the tensor that mixes them.
        ShapeError: The arrays have different numbers of samples.

    Example:
        >>> import symbackprop as sb
        >>> d = sb.derive("2 -> 1, loss=mse")
        >>> params = {"W1": np.array([[1.0, 2.0]]), "b1": np.array([0.5])}
        >>> sb.loss_and_grad_in_chunks(d, params, np.ones((5, 2)), np.zeros((5, 1)), rows=2)[0]
        12.25
    """
    graph, module = derived.stages.graph, derived.compile()
    reduction = reduction_over_samples(graph)
    if not isinstance(rows, int | np.integer) or rows < 1:
        raise ShapeError(f"rows is a positive whole number, not {rows!r}")
    names = list(module.DATA)
    sampled = _sampled(graph, names, data, getattr(module, "CONSTANTS", {}))
    shared = {name: array for name, array in zip(names, data, strict=False) if name not in sampled}
    total, own = _samples(sampled), list(sampled.values())
    bounds = list(_bounds(own, total, rows))

    def part(chunk: Sequence[Any]) -> Found:
        arrays = {name: np.asarray(array) for name, array in zip(sampled, chunk, strict=True)}
        weight = len(next(iter(arrays.values()))) / total if reduction == "mean" else 1.0
        loss, grads = module.loss_and_grad(params, **arrays, **shared)
        return weight * loss, {name: weight * np.asarray(value) for name, value in grads.items()}

    chunks = [[array[first:last] for array in own] for first, last in bounds]
    found = _with_dask(part, chunks) if any(map(_is_dask, own)) else _one_by_one(part, chunks)
    if reduction == "mean" or len(bounds) == 1:
        return found
    # Without a sample the loss is what depends on parameters alone, which every chunk has counted.
    alone = part([np.asarray(array[:0]) for array in own])
    more = len(bounds) - 1
    return found[0] - more * alone[0], {name: value - more * alone[1][name] for name, value in found[1].items()}


def _sampled(graph: Graph, names: Sequence[str], data: Sequence[Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The data that have an axis of samples, by name; what else is given is the same for every chunk.

    Raises:
        ShapeError: An array too many or too few is given.
    """
    if not len(names) - len(known) <= len(data) <= len(names):
        wanted = [name for name in names if name not in known]
        raise ShapeError(f"the data are {', '.join(wanted)}, but given are {len(data)} arrays")
    given = (*graph.with_role("input", "constant"), *graph.with_role("target"))
    size = sample_size(graph)
    having = [name for name, tensor in zip(names, given, strict=True) if tensor.shape and tensor.shape[0] == size]
    return {name: array for name, array in zip(names, data, strict=False) if name in having}


def _samples(data: Mapping[str, Any]) -> int:
    """How many samples all the data have."""
    lengths = {}
    for name, array in data.items():
        try:
            lengths[name] = len(array)
        except TypeError:
            raise ShapeError(f"{name} has no axis of samples: {type(array).__name__}") from None
    if len(set(lengths.values())) != 1:
        found = ", ".join(f"{length} in {name}" for name, length in lengths.items())
        raise ShapeError(f"the inputs and targets need equally many samples, and have {found}")
    total = next(iter(lengths.values()))
    if not total:
        raise ShapeError("the inputs and targets have no samples")
    return total


def _is_dask(array: Any) -> bool:
    return hasattr(array, "dask") and hasattr(array, "chunks")


def _bounds(data: Sequence[Any], total: int, rows: int) -> Iterator[tuple[int, int]]:
    """Where chunks begin and end: those of the first dask array, or all of one size."""
    own = next((array.chunks[0] for array in data if _is_dask(array)), None)
    if own is None:
        own = [min(rows, total - first) for first in range(0, total, rows)]
    first = 0
    for size in own:
        yield first, first + size
        first += size


def _added(left: Found, right: Found) -> Found:
    return left[0] + right[0], {name: value + right[1][name] for name, value in left[1].items()}


def _one_by_one(part: Callable[[Sequence[Any]], Found], chunks: Sequence[Sequence[Any]]) -> Found:
    found = part(chunks[0])
    for chunk in chunks[1:]:
        found = _added(found, part(chunk))
    return found


def _with_dask(part: Callable[[Sequence[Any]], Found], chunks: Sequence[Sequence[Any]]) -> Found:
    """The parts, and a tree of sums of them, so that no more than a few are in memory at a time."""
    from dask.delayed import delayed

    found = [delayed(part)(chunk) for chunk in chunks]
    while len(found) > 1:
        pairs = [found[place : place + 2] for place in range(0, len(found), 2)]
        found = [delayed(_added)(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    result: Found = found[0].compute()
    return result
