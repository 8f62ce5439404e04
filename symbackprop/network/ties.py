"""`tie = { weights = "wte.table" }`: a parameter that is an earlier layer's, and whether that makes sense."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from symbackprop.catalog import Layer
from symbackprop.errors import did_you_mean
from symbackprop.network.problems import CONTRADICTION, SHAPE, UNKNOWN, Problem, shown
from symbackprop.network.shapes import Flow, layer_label

if TYPE_CHECKING:
    from symbackprop.network.model import Network


def tied(network: Network, rows: Sequence[Layer | None], number: int, key: str) -> tuple[int, str] | None:
    """Return the number of the layer whose parameter layer `number` uses for its `key`, and the parameter's key there.

    Args:
        network: The network.
        rows: The row of each layer, as far as they are known.
        number: The layer that is tied, from 1.
        key: The key of its parameter.

    Returns:
        `None` if no layer before it has that name and such a parameter. A bare name of a layer means its parameter of
        the same key, or else its only one.
    """
    name, _, wanted = network.layers[number - 1].tie[key].partition(".")
    for place, (spec, row) in enumerate(zip(network.layers[: number - 1], rows, strict=False), 1):
        if spec.name != name or row is None:
            continue
        keys = [parameter.file_key for parameter in row.parameters]
        own = wanted or (key if key in keys else keys[0] if len(keys) == 1 else "")
        if own not in keys:
            return None
        return tied(network, rows, place, own) if own in spec.tie else (place, own)
    return None


def tie_problems(network: Network, flows: Sequence[Flow]) -> Iterator[Problem]:
    """Yield ties of unknown parameters, to unknown ones, to ones of another shape, and of parameters with values."""
    rows = [made.row for made in flows]
    for number, (spec, made) in enumerate(zip(network.layers, flows, strict=True), 1):
        if made.row is None:
            continue
        parameters = {parameter.file_key: parameter for parameter in made.row.parameters}
        label = layer_label(number, spec)
        for key, to in spec.tie.items():
            path = ("layers", number - 1, "tie", key)
            if key not in parameters:
                help = did_you_mean(key, list(parameters))
                yield Problem(UNKNOWN, path, f"unknown parameter '{key}' in the tie of {label}", help, "key")
                continue
            if key in spec.values or key in spec.names:
                yield Problem(CONTRADICTION, path, f"{key} of {label} is tied and has values or names of its own")
            found = tied(network, rows, number, key)
            if found is None:
                known = [other.name for other in network.layers[: number - 1] if other.name]
                message = f"{label} is tied to {shown(to)}, which no layer before it has"
                yield Problem(UNKNOWN, path, message, f"write layer.parameter; layers with names: {', '.join(known)}")
                continue
            yield from _shapes(number, key, made, flows[found[0] - 1], found[1], network)


def _shapes(number: int, key: str, made: Flow, other: Flow, own: str, network: Network) -> Iterator[Problem]:
    shapes = [
        flow.shape(next(p.shape for p in flow.row.parameters if p.file_key == wanted)) if flow.row else ()
        for flow, wanted in ((made, key), (other, own))
    ]
    if len(shapes[0]) != len(shapes[1]) or any(a != b for a, b in zip(*shapes, strict=True) if None not in (a, b)):
        needed, found = (" x ".join("?" if size is None else str(size) for size in shape) for shape in shapes)
        message = f"{layer_label(number, network.layers[number - 1])} needs {key} of shape {needed}"
        yield Problem(SHAPE, ("layers", number - 1, "tie", key), f"{message}, but it is tied to one of shape {found}")
