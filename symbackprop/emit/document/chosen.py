"""Names that a user wants to read about → the parameters, and the elements of them, that a document is limited to."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from symbackprop.aliases import aliases, known_as
from symbackprop.emit.document.material import Material
from symbackprop.errors import UnknownNameError, did_you_mean

Place = tuple[int, ...]


def chosen(material: Material) -> Mapping[str, Collection[Place] | None] | None:
    """For each parameter that is wanted the places of its elements, `None` for all of them.

    Returns:
        Nothing where no choice was made.

    Raises:
        UnknownNameError: There is no parameter, and no element of one, of a name.
    """
    if not material.choices.only:
        return None
    found: dict[str, set[Place] | None] = {}
    parameters = [tensor.name for tensor in material.derivation.graph.parameters]
    elements = _elements(material)
    for name in material.choices.only:
        if name in parameters:
            found[name] = None
        elif name in elements:
            tensor, at = elements[name]
            places = found.setdefault(tensor, set())
            if places is not None:
                places.add(at)
        else:
            elsewhere = known_as(name, aliases(material.derivation.graph.tensors, elements))
            help = elsewhere or did_you_mean(name, [*parameters, *elements])
            raise UnknownNameError(f"there is no parameter {name!r}", help=help)
    return found


def _elements(material: Material) -> dict[str, tuple[str, Place]]:
    if material.scalars is None:
        return {}
    return {
        symbol.name: (tensor.name, at)
        for tensor in material.derivation.graph.parameters
        for at, symbol in material.scalars.elements[tensor.name].items()
    }
