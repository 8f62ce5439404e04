"""Names that a user wants to read about → the parameters, and the elements of them, that a document is limited to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from symbackprop.aliases import aliases, known_as
from symbackprop.emit.document.material import Material, ScalarForm
from symbackprop.errors import UnknownNameError, did_you_mean
from symbackprop.graph import Graph

Place = tuple[int, ...]


def chosen(material: Material) -> Mapping[str, Collection[Place] | None] | None:
    """For each parameter that is wanted the places of its elements, `None` for all of them.

    Returns:
        Nothing where no choice was made.
    """
    only = material.choices.only
    return places_of(only, material.derivation.graph, material.scalars) if only else None


def places_of(only: Sequence[str], graph: Graph, scalars: ScalarForm | None) -> Mapping[str, Collection[Place] | None]:
    """For each parameter that is named the places of its elements, `None` for all of them.

    Args:
        only: Names of parameters and of elements.
        graph: Has the parameters.
        scalars: Has the elements, if there are few enough.

    Raises:
        UnknownNameError: There is no parameter, and no element of one, of a name.
    """
    found: dict[str, set[Place] | None] = {}
    parameters = [tensor.name for tensor in graph.parameters]
    elements = _elements(graph, scalars)
    for name in only:
        if name in parameters:
            found[name] = None
        elif name in elements:
            tensor, at = elements[name]
            places = found.setdefault(tensor, set())
            if places is not None:
                places.add(at)
        else:
            elsewhere = known_as(name, aliases(graph.tensors, elements))
            help = elsewhere or did_you_mean(name, [*parameters, *elements])
            raise UnknownNameError(f"there is no parameter {name!r}", help=help)
    return found


def _elements(graph: Graph, scalars: ScalarForm | None) -> dict[str, tuple[str, Place]]:
    if scalars is None:
        return {}
    return {
        symbol.name: (tensor.name, at)
        for tensor in graph.parameters
        for at, symbol in scalars.elements[tensor.name].items()
    }
