"""How a network shows itself where a person looks: in a line at a prompt, as a drawing in a notebook."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Shown:
    """Base of networks; it declares no fields, whose order is that in which they are validated."""

    def __repr__(self) -> str:
        network: Any = self
        kinds = [layer.type for layer in network.layers]
        if len(kinds) > 6:
            kinds = [*kinds[:3], "…", kinds[-1]]
        return f"<Network {network.name}: {' -> '.join(kinds)}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the drawing that the document begins with."""
        # Drawings are made far above this stage, which is looked up only where a notebook asks for one.
        bundle: dict[str, Any] = import_module("symbackprop.notebook").network_bundle(self)
        return bundle
