"""Tensors with concrete sizes → a symbol for each element, under the user's name for it or one made from its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from sympy import Symbol

from symbackprop.graph import Derivation, Tensor
from symbackprop.unroll.records import Place


class Namer:
    """Gives out symbols, each name once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def symbol(self, name: str) -> Symbol:
        """A symbol of that name, with underscores behind it if it is taken."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return Symbol(name)


def elements(
    derivation: Derivation, shapes: Mapping[str, Place], samples: Mapping[str, int]
) -> dict[str, dict[Place, Symbol]]:
    """The symbols of every element of every tensor; names of the user's own are given out first.

    Args:
        derivation: Whose tensors are named.
        shapes: The sizes of each tensor.
        samples: For each tensor that has one the size of its sample axis, its first; 1 stands for "no number needed".

    Example:
        The weights of a layer are `w5` where the user says so and else `W2_11`; a neuron's output is `a1_2`, or
        `a1_s1_2` for the first of several samples; a gradient is `dw5` or `delta2_1`.
    """
    namer = Namer()
    tensors = derivation.graph.tensors
    order = sorted(tensors.values(), key=lambda tensor: tensor.names is None)
    named = {t.name: _named(t, shapes[t.name], samples.get(t.name, 0), namer) for t in order}
    result = {name: named[name] for name in tensors}
    for old, new in derivation.adjoint_of.items():
        has_own = tensors[old].names is not None
        places = _places(shapes[old])
        if has_own:
            result[new] = {at: namer.symbol(f"d{named[old][at].name}") for at in places}
        else:
            result[new] = _made(new, shapes[old], samples.get(old, 0), namer)
    return result


def _places(shape: Place) -> Iterable[Place]:
    return product(*(range(size) for size in shape))


def _named(tensor: Tensor, shape: Place, samples: int, namer: Namer) -> dict[Place, Symbol]:
    if tensor.names is None:
        return _made(tensor.name, shape, samples, namer)
    return {at: namer.symbol(_own(tensor.names, at, samples)) for at in _places(shape)}


def _own(names: Any, at: Place, samples: int) -> str:
    rest = at[1:] if samples else at
    for position in rest:
        names = names[position]
    return f"{names}_s{at[0] + 1}" if samples > 1 else str(names)


def _made(name: str, shape: Place, samples: int, namer: Namer) -> dict[Place, Symbol]:
    rest = shape[1:] if samples else shape
    joiner = "" if all(size < 10 for size in rest) else "_"
    lead = name if name[-1].isdigit() or len(rest) != 1 else ""
    result = {}
    for at in _places(shape):
        parts = [name]
        if samples > 1:
            parts.append(f"s{at[0] + 1}")
        inside = joiner.join(str(position + 1) for position in (at[1:] if samples else at))
        text = "_".join([*parts, inside] if inside else parts)
        # x1 and t2 read better than x_1 and t_2 where no digit of the tensor's own stands before.
        result[at] = namer.symbol(text if lead or len(parts) > 1 else name + inside)
    return result
