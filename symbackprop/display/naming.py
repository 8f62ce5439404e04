"""Tensors and indices → their signs under a notation, no two of which look alike.

Elements of a matrix X are printed as x, as in a textbook. Where a tensor x with as many indices is there too, X keeps
its capital; what still looks alike, such as W_f and Wf, is printed as the word that it was called by. An index gives
its letter up to a size or a number of that name: x_k is element k where k is given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property

from symbackprop.graph import SAMPLE, Tensor, layer_name
from symbackprop.notation import GREEK, STANDARD, Notation, Sign

# Letters that no formula takes for an index of its own accord.
_CONSTANTS = frozenset({"e", "pi"})
_FIRST = {"t": ("tau",), SAMPLE: ("n",)}
_SPARE = (*"hgwvurqabcdfoxyz", *GREEK)


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
        self._signs: dict[tuple[str, int | None, str | None, int, bool], Sign] = {}
        self._capitals: frozenset[str] = frozenset()
        self._words: frozenset[str] = frozenset()
        self._shown = [tensor for tensor in tensors.values() if tensor.role != "adjoint"]
        self._capitals = frozenset(one.name for one in self._alike() if self._has_capital(one))
        self._words = frozenset(one.name for whole in (False, True) for one in self._alike(whole))

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

    @cached_property
    def bare(self) -> frozenset[str]:
        """The letters that are printed without an index and have a value: of sizes and of tensors of one number."""
        found = {symbol.name for one in self._shown for size in one.shape for symbol in size.free_symbols}
        for tensor in self._shown:
            if len(tensor.indices) == _is_sampled(tensor):
                sign = self.sign(tensor, len(tensor.indices))
                found |= {sign.base} if sign == Sign(sign.base, brackets=sign.brackets) else set()
        return frozenset(found)

    def letters(self, used: Collection[str] = ()) -> Mapping[str, str]:
        """What is printed for the letters of indices that would be read as something else; t gives way to a target.

        Args:
            used: The letters of all indices.

        Example:
            >>> from symbackprop.expressions import Index
            >>> i = Index("i", 3)
            >>> Naming({"k": Tensor("k", "input"), "x": Tensor("x", "input", (i,))}).letters("ij")
            {'k': 'h'}
        """
        targets = {one.name for one in self._shown if one.role == "target" and one.name == "t"}
        found: dict[str, str] = {}
        avoided = {*used, *self.bare, *targets, *_CONSTANTS, *(self.sign(one, 1).base for one in self._shown)}
        # Beside those that are used, one small letter or another may be taken for a formula that is printed.
        meant = {letter for letter in self.bare if letter in used or (len(letter) == 1 and letter.islower())}
        for letter in sorted(meant | targets | (_CONSTANTS & {*used})):
            pool = (*_FIRST.get(letter, ()), *_SPARE)
            found[letter] = next((one for one in pool if one not in avoided), letter)
            avoided.add(found[letter])
        return found

    def called(self, name: str, tensor: Tensor, rank: int, whole: bool = False) -> Sign:
        """The sign of what has another name than a tensor, and belongs to it, such as its error signal."""
        prefix, layer = self.prefix(tensor), tensor.layer or None
        key = name, layer, prefix, rank, whole
        if key not in self._signs:
            self._signs[key] = self.notation.sign(name, layer, self.depth, rank, whole=whole, prefix=prefix)
        return self._signs[key]

    def _has_capital(self, tensor: Tensor) -> bool:
        whole, rank = self.called(tensor.name, tensor, 0), len(tensor.indices)
        return self.called(tensor.name, tensor, rank).base == whole.base.lower() != whole.base

    def _alike(self, whole: bool = False) -> list[Tensor]:
        """Those that look like another with as many indices, but for the first of each kind that has no capital."""
        kinds: dict[tuple[Sign, int, bool], dict[str, Tensor]] = defaultdict(dict)
        for tensor in self._shown:
            rank = len(tensor.indices)
            for hidden in (False, True):
                # The index of samples may be left out, in a layer of all tensors at once.
                count, apart = rank - (_is_sampled(tensor) and hidden), hidden and bool(tensor.layer)
                kinds[self.sign(tensor, count if whole else rank, whole), count, apart][tensor.name] = tensor
        found: dict[str, Tensor] = {}
        for (sign, *_), kind in kinds.items():
            # Who is called as it is printed has the first right to it.
            others = sorted(kind.values(), key=lambda one: (self._has_capital(one), one.name != sign.base))[1:]
            found |= {one.name: one for one in others}
        return list(found.values())


def _is_sampled(tensor: Tensor) -> bool:
    return bool(tensor.indices) and tensor.indices[0].name == SAMPLE


def _prefixes(tensors: Mapping[str, Tensor]) -> dict[int, str]:
    """For each layer its name, with which the names of its tensors begin; empty where it has only a number."""
    names: dict[int, list[str]] = defaultdict(list)
    for tensor in tensors.values():
        if tensor.layer and tensor.role != "adjoint":
            names[tensor.layer].append(tensor.name)
    return {layer: layer_name(found, layer) for layer, found in names.items()}
