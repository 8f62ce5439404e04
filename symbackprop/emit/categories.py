"""Tensors of whole numbers, such as labels and tokens → the sizes that these stay below."""

from __future__ import annotations

from sympy import Expr

from symbackprop.expressions import Read, Where
from symbackprop.graph import Graph

Sizes = dict[str, tuple[Expr, ...]]


def axes_pointed_into(graph: Graph) -> Sizes:
    """The lengths of the axes that each tensor of whole numbers points into.

    Example:
        >>> import numpy as np
        >>> import symbackprop as sb
        >>> def loss(z, t):
        ...     return -np.log(np.exp(z[t]) / np.sum(np.exp(z)))
        >>> derived = sb.derive(loss, z=10, t=(), integers="t")
        >>> axes_pointed_into(derived.stages.graph)
        {'t': (10,)}
    """
    lengths: dict[str, dict[Expr, None]] = {t.name: {} for t in graph.tensors.values() if t.is_whole}
    for equation in graph.equations:
        for read in sorted(equation.rhs.atoms(Read), key=str):
            for size, place in zip(graph.tensors[read.tensor].shape, read.indices, strict=True):
                if isinstance(place, Read) and place.tensor in lengths:
                    lengths[place.tensor][size] = None
    return {name: tuple(found) for name, found in lengths.items()}


def limits(graph: Graph) -> Sizes:
    """What the numbers of each such tensor must stay below; nothing where a branch decides what one of them means."""
    wheres = [where for equation in graph.equations for where in equation.rhs.atoms(Where)]
    decided = {read.tensor for where in wheres for read in where.args[0].atoms(Read)}
    return {name: () if name in decided else found for name, found in axes_pointed_into(graph).items()}
