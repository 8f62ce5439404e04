"""Decides how the tensors, adjoints and indices of a graph are printed under a notation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sympy import Expr

from symbackprop.display.naming import Naming
from symbackprop.display.places import place_tree
from symbackprop.display.tree import PartialDerivative, Symbol, Tree, integer
from symbackprop.expressions import Index, Read
from symbackprop.graph import Derivation, Tensor
from symbackprop.notation import STANDARD, Notation, Sign, given

Reader = Callable[[Read], Tree]


class TensorReader:
    r"""Prints a read of a tensor as the notation and the user's own names for its elements demand.

    Adjoints of pre-activations print as δ, all others as ∂E/∂v. Symbols are keyed by the tensor's name and its indices,
    so that an evaluation takes its values from arrays: `{"W1": [[...], ...], "delta1": [...]}`.

    Args:
        tensors: The tensors by name, the adjoints among them; the order of the parameters numbers their elements.
        notation: A row of the table of notations.
        adjoint_of: Name of the forward tensor → name of its adjoint.
        hidden: Names of indices that are not printed, such as `"s"` where there is a single sample.
        named: Whether the user's own names of elements (w5) take the place of w^(2)_11.
        letters: The letters of indices, beyond those of the tensors themselves.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        notation: Notation = STANDARD,
        adjoint_of: Mapping[str, str] | None = None,
        hidden: Collection[str] = (),
        named: bool = True,
        letters: Collection[str] = (),
    ) -> None:
        self.tensors = tensors
        self.forward_of = {adjoint: name for name, adjoint in (adjoint_of or {}).items()}
        self.hidden = frozenset(hidden)
        self.named = named
        self.notation, self.naming = notation, Naming(tensors, notation)
        self._indices: dict[str, Symbol] = {}
        self.loss = next((name for name, tensor in tensors.items() if tensor.role == "loss"), "E")
        own = {index.name for tensor in tensors.values() for index in tensor.indices}
        self.renamed = self.naming.letters(own.union(letters))

    @classmethod
    def of(cls, derivation: Derivation, notation: Notation = STANDARD, hidden: Collection[str] = ()) -> TensorReader:
        """Who prints what a derivation says."""
        tensors = {**derivation.graph.tensors, **derivation.tensors}
        return cls(tensors, notation, derivation.adjoint_of, hidden, letters=derivation.letters)

    def __call__(self, read: Read) -> Tree:
        """The tree of a read; its indices, if there are any, may be expressions."""
        tensor = self.tensors.get(read.tensor)
        if tensor is None:
            return Symbol(given(read.tensor), tuple(map(self.place, read.indices)), key=read.tensor)
        if tensor.role == "adjoint":
            return self._adjoint(tensor, read.indices)
        return self._element(tensor, read.indices)

    def whole(self, name: str) -> Tree:
        """A whole tensor in matrix form: a bold letter."""
        tensor = self.tensors[name]
        forward = self._forward(name) if tensor.role == "adjoint" else None
        if forward and not self._is_delta(name, forward):
            return PartialDerivative(self.error(), self.whole(forward.name), key=name)
        rank = len(self._visible(tensor.indices, tensor))
        sign = self._delta(forward, rank, whole=True) if forward else self.naming.sign(tensor, rank, whole=True)
        return Symbol(sign, key=name, role=tensor.role)

    def error(self) -> Tree:
        """The loss as it is printed above the line of ∂E/∂w."""
        return Symbol(self.notation.sign(self.loss, rank=0), key=self.loss)

    def index(self, index: Expr | str) -> Symbol:
        """A single index."""
        name = str(index.name if isinstance(index, Index) else index)
        if name not in self._indices:
            sign = replace(given(self.renamed.get(name, name)), plain="")
            self._indices[name] = Symbol(sign, key=f"#{name}")
        return self._indices[name]

    def place(self, expr: Expr) -> Tree:
        """An index expression, counted from 1."""
        return place_tree(expr, self.index, self._inner, self.counts_from_one)

    def counts_from_one(self, read: Read) -> bool:
        """Whether the numbers of a tensor are places that print counts from 1."""
        return read.tensor in self.tensors and self.tensors[read.tensor].from_one

    def is_whole(self, read: Read) -> bool:
        """Whether a tensor holds whole numbers."""
        return read.tensor in self.tensors and self.tensors[read.tensor].is_whole

    def lengths(self, read: Read) -> tuple[Expr, ...]:
        """How long each axis of a tensor is; nothing of one that is not known."""
        return self.tensors[read.tensor].shape if read.tensor in self.tensors else ()

    def _inner(self, expr: Expr) -> Tree:
        if isinstance(expr, Read):
            return self(expr)
        from symbackprop.display.build import part_of_place

        return part_of_place(expr, self)

    def _element(self, tensor: Tensor, indices: Sequence[Expr], role: str = "") -> Tree:
        shown = self._visible(indices, tensor)
        at = tuple(self.place(index) for index in indices)
        names = _inside(tensor.names, shown)
        number = self._number(tensor, shown)
        if self.named and isinstance(names, str) and names:
            return Symbol(given(names), key=tensor.name, at=at, role=role or tensor.role)
        if number:
            return Symbol(given(f"w{number}"), key=tensor.name, at=at, role=role or tensor.role)
        sign = self.naming.sign(tensor, len(tensor.indices))
        subscripts = at if len(shown) == len(at) else tuple(self.place(index) for index in shown)
        return Symbol(sign, subscripts, tensor.name, None if subscripts == at else at, role or tensor.role)

    def _adjoint(self, tensor: Tensor, indices: Sequence[Expr]) -> Tree:
        forward = self._forward(tensor.name)
        at = tuple(self.place(index) for index in indices)
        if forward is None or self._is_delta(tensor.name, forward):
            rank = len(indices)
            sign = self._delta(forward, rank) if forward else self.naming.sign(tensor, rank)
            shown = self._visible(indices, tensor)
            subscripts = at if len(shown) == len(at) else tuple(self.place(index) for index in shown)
            return Symbol(sign, subscripts, tensor.name, None if subscripts == at else at, "adjoint")
        return PartialDerivative(self.error(), self._element(forward, indices), key=tensor.name, at=at)

    def _is_delta(self, name: str, forward: Tensor) -> bool:
        """Whether an adjoint is an error signal: that of a pre-activation, z1 or the z of a layer with a name."""
        prefix = self.naming.prefix(forward)
        return name.rpartition("_")[2].startswith("delta") or bool(prefix and forward.name == f"{prefix}_z")

    def _delta(self, forward: Tensor, rank: int, whole: bool = False) -> Sign:
        """What an error signal is called."""
        prefix = self.naming.prefix(forward)
        named = bool(prefix) and forward.name.startswith(f"{prefix}_z")
        name = f"{prefix}_delta" if named else "delta"
        return self.naming.called(name + _digits(forward.name), forward, rank, whole)

    def _forward(self, name: str) -> Tensor | None:
        if name in self.forward_of:
            return self.tensors[self.forward_of[name]]
        parts = name.rpartition("_")
        for mark, letter in (("delta", "z"), ("d", "")):
            if parts[2].startswith(mark):
                found = parts[0] + parts[1] + letter + parts[2].removeprefix(mark)
                if found in self.tensors:
                    return self.tensors[found]
        return None

    def _visible(self, indices: Sequence[Any], tensor: Tensor) -> list[Any]:
        pairs = zip(indices, tensor.indices, strict=True) if len(indices) == len(tensor.indices) else ()
        return [index for index, own in pairs if own.name not in self.hidden] if pairs else list(indices)

    def _number(self, tensor: Tensor, indices: Sequence[Expr]) -> int:
        """The number of a weight counted through the whole network, 0 where it has none."""
        if not self.notation.numbered or tensor.role != "parameter" or len(tensor.indices) != 2:
            return 0
        if not all(index.is_Integer for index in indices) or not all(size.is_Integer for size in tensor.shape):
            return 0
        before = 0
        for other in self.tensors.values():
            if other.name == tensor.name:
                break
            if other.role == "parameter" and len(other.indices) == 2:
                before += int(other.shape[0] * other.shape[1])
        return before + int(indices[0] * tensor.shape[1] + indices[1]) + 1


def element(sign: Sign, *places: int, key: str = "", role: str = "") -> Symbol:
    """A sign at places counted from 1, such as a_1^(2)."""
    return Symbol(sign, tuple(map(integer, places)), key, None, role)


def _digits(name: str) -> str:
    tail = name.rpartition("_")[2]
    return tail.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _inside(names: Any, indices: Sequence[Expr]) -> Any:
    for index in indices:
        if isinstance(names, str) or names is None:
            break
        if not index.is_Integer or not 0 <= int(index) < len(names):
            return None
        names = names[int(index)]
    return names
