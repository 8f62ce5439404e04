"""The gradient over more samples than memory holds: that of a sum is a sum, so that it is taken chunk by chunk.

A loss is a sum or a mean over samples, and what depends on parameters alone, such as a penalty, is in it once. Whether
that holds is read off the equations; a network that mixes samples, as batch normalisation does, is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sympy import Expr
from sympy import Mul as Product

from symbackprop.errors import ShapeError, UnsupportedError
from symbackprop.expressions import Read, Total, reads
from symbackprop.forward import SAMPLES
from symbackprop.graph import Equation, Graph

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
    total = _samples(list(module.DATA), data)
    bounds = list(_bounds(data, total, rows))

    def part(chunk: Sequence[Any]) -> Found:
        arrays = [np.asarray(array) for array in chunk]
        weight = len(arrays[0]) / total if reduction == "mean" else 1.0
        loss, grads = module.loss_and_grad(params, *arrays)
        return weight * loss, {name: weight * np.asarray(value) for name, value in grads.items()}

    chunks = [[array[first:last] for array in data] for first, last in bounds]
    found = _with_dask(part, chunks) if any(map(_is_dask, data)) else _one_by_one(part, chunks)
    if reduction == "mean" or len(bounds) == 1:
        return found
    # Without a sample the loss is what depends on parameters alone, which every chunk has counted.
    own = part([np.asarray(array[:0]) for array in data])
    more = len(bounds) - 1
    return found[0] - more * own[0], {name: value - more * own[1][name] for name, value in found[1].items()}


def _samples(names: Sequence[str], data: Sequence[Any]) -> int:
    """How many samples all the data have."""
    if len(data) != len(names):
        raise ShapeError(f"the data are {', '.join(names)}, but given are {len(data)} arrays")
    lengths = {}
    for name, array in zip(names, data, strict=True):
        try:
            lengths[name] = len(array)
        except TypeError:
            raise ShapeError(f"{name} has no axis of samples: {type(array).__name__}") from None
    if len(set(lengths.values())) != 1:
        found = ", ".join(f"{length} in {name}" for name, length in lengths.items())
        raise ShapeError(f"the inputs and targets need equally many samples, and have {found}")
    total = lengths[names[0]]
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


def reduction_over_samples(graph: Graph) -> str:
    """`"sum"` or `"mean"`: how the loss is made of the samples'.

    Raises:
        UnsupportedError: It is neither; the message names the tensor that mixes samples.

    Example:
        >>> import symbackprop as sb
        >>> reduction_over_samples(sb.derive("2 -> 1, loss=mse").stages.graph)
        'mean'
    """
    has_samples = {t.name for t in graph.tensors.values() if t.shape and t.shape[0] == SAMPLES}
    if not any(tensor.name in has_samples for tensor in graph.with_role("input", "target")):
        raise UnsupportedError("the network is written for a single sample: there are none to take in chunks")
    kinds: dict[str, str] = {}
    for equation in graph.equations:
        touched = [r for r in reads(equation.rhs) if r.tensor in has_samples or r.tensor in kinds]
        if not touched:
            continue
        if equation.tensor in has_samples:
            _refuse_mixing(equation, has_samples, kinds)
        else:
            kinds[equation.tensor] = _kind(equation, has_samples, kinds)
    return kinds[graph.loss.name]


def _refuse_mixing(equation: Equation, has_samples: set[str], kinds: Mapping[str, str]) -> None:
    """Each sample of a tensor may depend on that sample alone."""
    own = equation.indices[0]
    for read in reads(equation.rhs):
        if read.tensor in kinds or (read.tensor in has_samples and read.indices[0] != own):
            raise _mixes(equation.tensor)


def _kind(equation: Equation, has_samples: set[str], kinds: Mapping[str, str]) -> str:
    """How a tensor without samples is made of them: each addend a multiple of a sum over samples."""
    found = set()
    for term in equation.rhs.expand(deep=False).as_ordered_terms():
        inside = [r for r in reads(term) if r.tensor in has_samples or r.tensor in kinds]
        if inside:
            found.add(_kind_of_term(term, equation, has_samples, kinds))
    if len(found) != 1:
        raise _mixes(equation.tensor)
    return found.pop()


def _kind_of_term(term: Expr, equation: Equation, has_samples: set[str], kinds: Mapping[str, str]) -> str:
    factors = Product.make_args(term)
    moving = [f for f in factors if any(r.tensor in has_samples or r.tensor in kinds for r in reads(f))]
    scale = Product(*(f for f in factors if f not in moving))
    if len(moving) != 1 or reads(scale):
        raise _mixes(equation.tensor)
    (factor,) = moving
    if isinstance(factor, Read) and factor.tensor in kinds and not scale.has(SAMPLES):
        return kinds[factor.tensor]
    if isinstance(factor, Total):
        body = [r for r in reads(factor.body) if r.tensor in has_samples]
        firsts = {r.indices[0] for r in body}
        over = [index for index in factor.bound if index.size == SAMPLES]
        if body and len(over) == 1 and firsts == set(over) and not factor.body.has(SAMPLES):
            if not scale.has(SAMPLES):
                return "sum"
            if not (scale * SAMPLES).has(SAMPLES):
                return "mean"
    raise _mixes(equation.tensor)


def _mixes(tensor: str) -> UnsupportedError:
    return UnsupportedError(
        f"{tensor} mixes samples: its value for a chunk of them is not a part of its value for all",
        help="compute it over all samples at once",
    )
