"""Tensors → their signs under a notation, no two of which look alike.

Elements of a matrix X are printed as x, as in a textbook. Where a tensor x with as many indices is there too, X keeps
its capital; what still looks alike, such as W_f and Wf, is printed as the word that it was called by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from symbackprop.graph import Tensor, layer_name
from symbackprop.notation import STANDARD, Notation, Sign

SAMPLE = "s"


class Naming:
    """The signs of the tensors of a graph.

    Args:
        tensors: The tensors by name, adjoints among them or not.
        notation: A row of the table of notations.
    """

    def __init__(self, tensors: Mapping[str, Tensor], notation: Notation = STANDARD) -> None:
        self.notation = notation
        self.depth = max((tensor.layer for tensor in tensors.values()), default=0)
        self._prefixes = _prefixes(tensors)
        self._capitals: frozenset[str] = frozenset()
        self._words: frozenset[str] = frozenset()
        shown = [tensor for tensor in tensors.values() if tensor.role != "adjoint"]
        self._capitals = frozenset(one.name for one in self._alike(shown) if self._has_capital(one))
        self._words = frozenset(one.name for whole in (False, True) for one in self._alike(shown, whole))

    def prefix(self, tensor: Tensor) -> str | None:
        """The name of a tensor's layer, an empty string where it has only a number; nothing outside of layers."""
        return None if tensor.role == "adjoint" else self._prefixes.get(tensor.layer)

    def sign(self, tensor: Tensor, rank: int, whole: bool = False) -> Sign:
        """The sign of a tensor with so many indices, or of the whole of it.

        Example:
            >>> from symbackprop.expressions import Index
            >>> i, j = Index("i", 3), Index("j", 2)
            >>> both = {"W": Tensor("W", "parameter", (i, j)), "w": Tensor("w", "parameter", (i, j))}
            >>> [Naming(both).sign(one, 2).text() for one in both.values()], Naming({}).sign(both["W"], 2).text()
            (['W', 'w'], 'w')
        """
        sign = self.called(tensor.name, tensor, rank, whole)
        if tensor.name in self._words:
            return Sign(tensor.name, shape=sign.shape)
        return replace(sign, base=sign.base.upper()) if tensor.name in self._capitals and not whole else sign

    def called(self, name: str, tensor: Tensor, rank: int, whole: bool = False) -> Sign:
        """The sign of what has another name than a tensor, and belongs to it, such as its error signal."""
        layer = tensor.layer or None
        return self.notation.sign(name, layer, self.depth, rank, whole=whole, prefix=self.prefix(tensor))

    def _has_capital(self, tensor: Tensor) -> bool:
        whole, rank = self.called(tensor.name, tensor, 0), len(tensor.indices)
        return self.called(tensor.name, tensor, rank).base == whole.base.lower() != whole.base

    def _alike(self, tensors: list[Tensor], whole: bool = False) -> list[Tensor]:
        """Those that look like another with as many indices, but for the first of each kind that has no capital."""
        kinds: dict[tuple[Sign, int, bool], dict[str, Tensor]] = defaultdict(dict)
        for tensor in tensors:
            rank = len(tensor.indices)
            sampled = bool(rank) and tensor.indices[0].name == SAMPLE
            for hidden in (False, True):  # the index of samples may be left out, of all tensors at once
                count = rank - (sampled and hidden)
                kinds[self.sign(tensor, count if whole else rank, whole), count, hidden][tensor.name] = tensor
        found: dict[str, Tensor] = {}
        for (sign, *_), kind in kinds.items():
            # Who is called as it is printed has the first right to it.
            others = sorted(kind.values(), key=lambda one: (self._has_capital(one), one.name != sign.base))[1:]
            found |= {one.name: one for one in others}
        return list(found.values())


def _prefixes(tensors: Mapping[str, Tensor]) -> dict[int, str]:
    """For each layer its name, with which the names of its tensors begin; empty where it has only a number."""
    names: dict[int, list[str]] = defaultdict(list)
    for tensor in tensors.values():
        if tensor.layer and tensor.role != "adjoint":
            names[tensor.layer].append(tensor.name)
    return {layer: layer_name(found, layer) for layer, found in names.items()}
