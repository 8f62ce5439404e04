r"""The tensors of a network → what their signs in a text stand for: the way back from $w^{(2)}_{12}$ to W2[0, 1].

Signs are matched by their parts, never by printing tensors and looking for the same text: a sign that is printed wrong
is then unknown, or is another tensor, and what it says will not hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal

from symbackprop.display.naming import Naming
from symbackprop.display.tree import Symbol, Tree, integer
from symbackprop.errors import UnknownNameError
from symbackprop.graph import SAMPLE, Tensor
from symbackprop.notation import GREEK, STANDARD, Notation, Sign, given
from symbackprop.reading.spelling import Part, Spelling, atoms, index, plain

Shape = Literal["scalar", "vector", "matrix"]


@dataclass(frozen=True)
class Entry:
    """What one sign may stand for.

    Attributes:
        key: The name of the tensor, or of whatever else has a value.
        sign: How it is printed.
        axes: How many indices are printed.
        at: The element it is, counted from 1, where that is not printed.
        samples: Whether the first axis is that of the samples, whose index may be left out.
        layer: The number of the layer it belongs to; 0 for none.
    """

    key: str
    sign: Sign
    axes: int = 0
    at: tuple[int, ...] = ()
    samples: bool = False
    layer: int = 0


class TensorNames:
    """Finds the tensor that a sign stands for.

    Args:
        tensors: The tensors by name, those of the forward pass in the order in which they number the weights.
        notation: How they are called.
        adjoint_of: Name of the forward tensor → name of its adjoint.
        sizes: Names of symbolic sizes.
        sample: The sample that is meant where none is printed; 0 for any.
        layer: The layer that is meant where none is printed, or where it is called l.
        more: Further names that have a value, such as `"eta"`, by how they are printed.
        functions: Names of functions of the user's own.
        letters: What is printed for the letters of indices, as far as it is known.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        notation: Notation = STANDARD,
        adjoint_of: Mapping[str, str] | None = None,
        *,
        sizes: Iterable[str] = (),
        sample: int = 0,
        layer: int = 0,
        more: Mapping[str, Sign] | None = None,
        functions: Iterable[str] = (),
        letters: Mapping[str, str] | None = None,
    ) -> None:
        self.sizes, self.sample, self.layer = frozenset(sizes), sample, layer
        self.functions, self.counter = frozenset(functions), (letters or {}).get(SAMPLE, SAMPLE)
        signs = {name: given(name) for name in (letters or {}).values()}
        self._counting = {(sign.base, "".join(sign.subs)): name for name, sign in signs.items() if sign.subs}
        self._entries: dict[tuple[str, Shape], list[Entry]] = defaultdict(list)
        self._naming, self._plainly = Naming(tensors, notation), Naming(tensors)
        forward_of = {new: old for old, new in (adjoint_of or {}).items()}
        number = 0
        for name, tensor in tensors.items():
            if tensor.role == "adjoint":
                forward = tensors.get(forward_of.get(name, ""))
                self._add_adjoint(name, tensor, forward)
            else:
                number = self._add_tensor(tensor, notation, number)
        for key, sign in (more or {}).items():
            self._put(Entry(key, sign))

    def _put(self, entry: Entry) -> None:
        self._entries[entry.sign.base, entry.sign.shape].append(entry)

    def _add_tensor(self, tensor: Tensor, notation: Notation, number: int) -> int:
        rank, samples = len(tensor.indices), _has_samples(tensor)
        self._put(Entry(tensor.name, self._naming.sign(tensor, rank), rank, (), samples, tensor.layer))
        for visible in {rank, rank - samples}:
            sign = self._naming.sign(tensor, visible, whole=True)
            if visible and sign.shape != "scalar":
                self._put(Entry(tensor.name, sign))
        for at, name in _leaves(tensor.names, ()):
            self._put(Entry(tensor.name, given(name), 0, at, samples))
        if notation.numbered and tensor.role == "parameter" and rank == 2 and all(n.is_Integer for n in tensor.shape):
            rows, columns = (int(n) for n in tensor.shape)
            for place in range(rows * columns):
                at = (place // columns + 1, place % columns + 1)
                self._put(Entry(tensor.name, given(f"w{number + place + 1}"), 0, at))
            number += rows * columns
        if tensor.role == "loss":
            # The loss of one sample bears its number.
            self._put(Entry(f"{tensor.name}#each", notation.sign(tensor.name, rank=0), 1))
        return number

    def _add_adjoint(self, name: str, tensor: Tensor, forward: Tensor | None) -> None:
        """An error signal δ bears the marks of its z; the other adjoints print as ∂E/∂v."""
        if forward is None:
            return
        rank, samples = len(tensor.indices), _has_samples(tensor)
        if self._plainly.sign(forward, rank).base != "z":
            return
        self._put(Entry(name, replace(self._naming.sign(forward, rank), base="delta"), rank, (), samples))
        for visible in {rank, rank - samples}:
            sign = self._naming.sign(forward, visible, whole=True)
            if visible and sign.shape != "scalar":
                self._put(Entry(name, replace(sign, base="delta")))

    def symbol(self, spelling: Spelling) -> Tree | None:
        """The symbol of a sign, held under its tensor's name; `None` if there is none."""
        styles: tuple[Shape, ...] = (spelling.style,)
        if spelling.style == "scalar" and len(spelling.base) > 1 and spelling.base not in GREEK:
            styles = ("scalar", "vector", "matrix")  # words are not bold everywhere
        for apart, style, layer in product((True, False), styles, self._layers(spelling.layer)):
            for entry in sorted(self._entries[spelling.base, style], key=_own_letters):
                if entry.sign.layer == layer:
                    found = self._matched(replace(spelling, style=style), entry, apart)
                    if found is not None:
                        return found
        return self._other(spelling)

    def _layers(self, layer: str) -> list[str]:
        if not self.layer:
            return [layer]
        shifted = {"": 0, "l": 0, "l-1": -1, "l+1": 1}.get(layer)
        return [layer] if shifted is None else [*([layer] if not layer else []), str(self.layer + shifted)]

    def _matched(self, spelling: Spelling, entry: Entry, apart: bool) -> Symbol | None:
        if spelling.style != "scalar" and entry.axes:
            return None
        own = "".join(entry.sign.subs)
        apart = apart and bool(own)
        rest = _without(spelling.below, entry.sign.place + own, apart)
        if rest is None and self.layer and self.layer == entry.layer:
            rest = _without(spelling.below, own, apart)
        if rest is None:
            return None
        for count in dict.fromkeys((entry.axes, entry.axes - entry.samples)):
            parts = _indices(rest, count)
            if parts is None:
                continue
            try:
                places = tuple(index(part, spelling, self.sizes | self._naming.bare) for part in parts)
            except UnknownNameError:
                continue  # a word that is part of another name
            if entry.samples and count < entry.axes:
                if places and isinstance(places[0], Symbol) and places[0].key == f"#{self.counter}":
                    continue
                places = (self._hidden_sample(), *places)
            at = tuple(map(integer, entry.at)) or places
            if entry.at and entry.samples and len(entry.at) < 2:
                at = (self._hidden_sample(), *at)
            return Symbol(spelling_sign(spelling), places, entry.key, at)
        return None

    def _hidden_sample(self) -> Tree:
        return integer(self.sample) if self.sample else Symbol(Sign(self.counter), key=f"#{self.counter}")

    def _other(self, spelling: Spelling) -> Symbol | None:
        """A size, a number of ones, or an index where its value is meant."""
        if spelling.below or spelling.layer:
            name = "" if spelling.layer else self._counting.get((spelling.base, "".join(spelling.words())), "")
            return Symbol(given(name), key=f"#{name}") if name else None
        if spelling.base in self.sizes:
            return Symbol(Sign(spelling.base), key=spelling.base)
        if spelling.style != "scalar":
            return Symbol(Sign("1", shape="vector"), key="ones") if spelling.base == "1" else None
        if spelling.base in ("pi", "e"):
            return Symbol(Sign(spelling.base), key=spelling.base)
        one = len(spelling.base) == 1 or spelling.base in GREEK
        return Symbol(Sign(spelling.base), key=f"#{spelling.base}") if one else None

    def is_layer(self, base: str, above: str) -> bool:
        """Whether some sign of that base has this layer without parentheses."""
        entries = (*self._entries[base, "scalar"], *self._entries[base, "vector"], *self._entries[base, "matrix"])
        general = above in ("l", "l-1", "l+1")
        return any((general or entry.sign.layer == above) and not entry.sign.brackets for entry in entries)

    def has_layer(self, base: str, layer: str) -> bool:
        """Whether some sign of that base has this layer, with its parentheses."""
        entries = (*self._entries[base, "scalar"], *self._entries[base, "vector"], *self._entries[base, "matrix"])
        return any(entry.sign.layer == layer and entry.sign.brackets for entry in entries)

    def is_function(self, name: str) -> bool:
        """Whether it is a function of the user's own."""
        return name in self.functions

    def known(self) -> list[str]:
        """Every sign as plain text."""
        return sorted({entry.sign.text() for entries in self._entries.values() for entry in entries})


def spelling_sign(spelling: Spelling) -> Sign:
    """The sign of a spelling as it was written, for messages."""
    return Sign(spelling.base, layer=spelling.layer, shape=spelling.style)


def _has_samples(tensor: Tensor) -> bool:
    return bool(tensor.indices) and tensor.indices[0].name == SAMPLE


def _leaves(names: Any, at: tuple[int, ...]) -> list[tuple[tuple[int, ...], str]]:
    if isinstance(names, str):
        return [(at, names)]
    return [leaf for n, part in enumerate(names or ()) for leaf in _leaves(part, (*at, n + 1))]


def _own_letters(entry: Entry) -> int:
    """A sign with letters of its own in front of its indices goes before one whose indices they might be."""
    return -len("".join((entry.sign.place, *entry.sign.subs)))


def _without(below: Sequence[Part], own: str, apart: bool = False) -> list[Part] | None:
    """The subscript without the letters at its front that belong to the name; `None` if they are not there.

    Args:
        below: The subscript.
        own: The letters.
        apart: Whether a comma must stand between them and what follows, as it does in print.
    """
    parts = [list(part) for part in below]
    wanted = own.replace(",", "")
    while wanted:
        while parts and not parts[0]:
            parts.pop(0)
        if not parts:
            return None
        atom = atoms(parts[0])[0]
        word = plain(atom)
        if not wanted.startswith(word) or not word:
            return None
        wanted = wanted[len(word) :]
        rest = atoms(parts[0])[1:]
        if not wanted and word.isdigit() and rest and plain(rest[0]).isdigit():
            return None  # h1 is no part of h15
        parts[0] = [token for one in rest for token in one]
        if apart and not wanted and parts[0]:
            return None
    return [tuple(part) for part in parts if part]


def _indices(parts: Sequence[Part], count: int) -> list[Part] | None:
    """The indices, if the subscript holds so many: between commas, or side by side."""
    if len(parts) == count:
        return list(parts)
    if len(parts) == 1 and len(found := atoms(parts[0])) == count:
        return found
    return None
