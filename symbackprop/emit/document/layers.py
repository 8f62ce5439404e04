"""Graph → its layers in order, each with its equations, and which of them repeat the one before.

Unlike `stages`, which knows chains of dense layers only, this works for any graph: it reads nothing but the catalogue's
row of every equation and the number of the layer that every tensor carries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symbackprop.expressions import Index, Read, indices_of, reads, tensors_read
from symbackprop.graph import Equation, Graph, Tensor, layer_name

# Of this many layers with the same equations in a row, or more, one is shown for all.
MOST_ALIKE = 3


@dataclass(frozen=True)
class Layer:
    """One layer as it was described.

    Attributes:
        number: Counted from 1.
        name: What the user calls it, or an empty string.
        kind: The catalogue's row of its first equation.
        activation: The row of an activation on top of it, or an empty string.
        equations: Its equations in order.
        parameters: What it learns.
        sources: The tensors of other layers, and the inputs, that it reads.
    """

    number: int
    name: str
    kind: str
    activation: str
    equations: tuple[Equation, ...]
    parameters: tuple[Tensor, ...]
    sources: tuple[str, ...]

    @property
    def tensors(self) -> tuple[str, ...]:
        """What its equations define; the last is what it puts out."""
        return tuple(equation.tensor for equation in self.equations)

    @property
    def out(self) -> str:
        """What it puts out."""
        return self.equations[-1].tensor

    @property
    def recurs(self) -> bool:
        """Whether a tensor is read at another place of itself, as the state of a recurrent layer is."""
        return recurrent_axis(self) is not None


def layers(graph: Graph) -> tuple[Layer, ...]:
    """The layers of a graph; equations of the loss belong to none."""
    rows = dict(zip((equation.tensor for equation in graph.equations), graph.rows, strict=False))
    numbers = list(dict.fromkeys(graph.tensors[e.tensor].layer for e in graph.equations))
    return tuple(_layer(graph, number, rows) for number in numbers if number)


def outside(graph: Graph) -> tuple[Tensor, ...]:
    """The parameters that belong to no layer, as those of a function or of bare equations do."""
    numbers = {graph.tensors[equation.tensor].layer for equation in graph.equations} - {0}
    return tuple(tensor for tensor in graph.parameters if tensor.layer not in numbers)


def _layer(graph: Graph, number: int, rows: dict[str, str]) -> Layer:
    own = tuple(e for e in graph.equations if graph.tensors[e.tensor].layer == number)
    read = list(dict.fromkeys(name for equation in own for name in tensors_read(equation.rhs)))
    kinds = [rows.get(equation.tensor, "") for equation in own]
    inside = {equation.tensor for equation in own}
    return Layer(
        number,
        layer_name([tensor.name for tensor in graph.tensors.values() if tensor.layer == number], number),
        kinds[0],
        kinds[-1] if kinds[-1] != kinds[0] else "",
        own,
        tuple(tensor for tensor in graph.parameters if tensor.layer == number or _tied(tensor, read, number)),
        tuple(name for name in read if name not in inside and graph.tensors[name].role != "parameter"),
    )


def _tied(tensor: Tensor, read: Sequence[str], number: int) -> bool:
    return tensor.name in read and tensor.layer == number


def recurrent_axis(layer: Layer) -> Index | None:
    """The index along which a layer reads its own tensors at the place before."""
    own = {equation.tensor: equation for equation in layer.equations}
    for equation in layer.equations:
        for read in reads(equation.rhs):
            if read.tensor in own:
                for place, index in zip(read.indices, own[read.tensor].indices, strict=True):
                    if not isinstance(place, Index) and index in place.free_symbols and _steps(place, index):
                        return index
    return None


def _steps(place: Any, index: Index) -> bool:
    difference = place - index
    return bool(difference.is_Integer and difference != 0)


def reads_outside(equations: Sequence[Equation]) -> tuple[Read, ...]:
    """Reads at a shifted place, which can lie outside of a tensor's range and then count as 0."""
    found: dict[str, Read] = {}
    for equation in equations:
        for read in reads(equation.rhs):
            shifted = [place for place in read.indices if _before(place)]
            if shifted:
                found.setdefault(read.tensor, read)
    return tuple(found.values())


def other_steps(equations: Sequence[Equation]) -> tuple[Read, ...]:
    """Reads of what is defined in the same line or further down, hence of another step, which an end does not have."""
    found: dict[str, Read] = {}
    for number, equation in enumerate(equations):
        later = {one.tensor for one in equations[number:]}
        found |= {read.tensor: read for read in reads(equation.rhs) if read.tensor in later}
    return tuple(found.values())


def _before(place: Any) -> bool:
    """Whether a place lies before an index, as t - 1 does."""
    return not isinstance(place, Index) and place.is_Add and place.as_coeff_Add()[0] < 0 and bool(indices_of(place))


def alike(found: Sequence[Layer]) -> list[tuple[Layer, ...]]:
    """Layers in groups: those that repeat the equations of the layer before stand with it, if they are many."""
    groups: list[list[Layer]] = []
    for layer in found:
        if groups and _shape(groups[-1][-1]) == _shape(layer):
            groups[-1].append(layer)
        else:
            groups.append([layer])
    return [
        tuple(part)
        for group in groups
        for part in ([group] if len(group) >= MOST_ALIKE else [[layer] for layer in group])
    ]


def _shape(layer: Layer) -> tuple[str, str]:
    """The equations of a layer with its own names in place of those with its number or name."""
    names = [*layer.tensors, *(tensor.name for tensor in layer.parameters)]
    table = {name: f"own_{n}" for n, name in enumerate(names)}
    table |= {name: f"read_{n}" for n, name in enumerate(layer.sources)}
    text = "\n".join(map(str, layer.equations))
    text = re.sub(r"\b[A-Za-z]\w*(?=[\[ ])", lambda found: table.get(found[0], found[0]), text)
    # Terms of a sum stand in the order of names, so that only the sorted words of two layers can be compared.
    sizes = ",".join(str(tensor.shape) for tensor in layer.parameters)
    return layer.kind + layer.activation, " ".join(sorted(re.findall(r"\w+", text))) + sizes
