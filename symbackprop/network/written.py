"""Network → a table with the keys of a network file, which makes an equal network again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbackprop.network.layers import LayerSpec
from symbackprop.network.records import Chosen, LossSpec, OptimizerSpec

if TYPE_CHECKING:
    from symbackprop.network.losses import LossType
    from symbackprop.network.model import Network
    from symbackprop.network.parts import Input


def written(network: Network) -> dict[str, Any]:
    """Return the table; what is left out has its default, and arrays from a file of weights stay in that file."""
    table: dict[str, Any] = {"name": network.name}
    for key in ("title", "activations", "sizes"):
        if value := getattr(network, key):
            table[key] = value
    if network.losses:
        table["losses"] = {name: _own_loss(kind) for name, kind in network.losses.items()}
    if network.authors:
        table["authors"] = list(network.authors)
    if network.layer_types:
        table["layer_types"] = {name: _lists(kind.model_dump()) for name, kind in network.layer_types.items()}
    inputs = {name: _input(given) for name, given in network.inputs.items()}
    table["inputs"] = inputs["x"] if list(inputs) == ["x"] else inputs
    table["layers"] = [_layer(spec) for spec in network.layers]
    losses = [_chosen(spec) for spec in network.loss_terms]
    table["loss"] = losses if isinstance(network.loss, tuple) else losses[0]
    table |= {"loss_symbol": network.loss_symbol, "targets": network.targets}
    for key in ("sample", "data", "parameters"):
        if (part := getattr(network, key)) is not None:
            table[key] = _lists(part.model_dump(exclude_none=True))
    training = _lists(network.training.model_dump(exclude={"optimizer"}, exclude_none=True))
    table["training"] = {"optimizer": _chosen(network.training.optimizer), **training}
    return table


def _own_loss(kind: LossType) -> Any:
    table = _lists(kind.model_dump(exclude_defaults=True))
    return table["equations"] if list(table) == ["equations"] else table


def _input(given: Input) -> Any:
    return list(given.names) if given.names else {"shape": list(given.shape)}


def _chosen(spec: Chosen) -> dict[str, Any]:
    own: dict[str, Any] = {}
    if isinstance(spec, LossSpec):
        rest = {"output": spec.output, "target": spec.target}
        own = {"reduction": spec.reduction} | ({"weight": spec.weight} if spec.weight != 1 else {})
        own |= {key: value for key, value in rest.items() if value}
    options = _lists(spec.options)
    if isinstance(spec, OptimizerSpec) and spec.schedule is not None:
        options["learning_rate"] = _chosen(spec.schedule)
    return {"type": spec.type, **own, **options}


def _layer(spec: LayerSpec) -> dict[str, Any]:
    table: dict[str, Any] = {"type": spec.type, **({"name": spec.name} if spec.name else {}), **_lists(spec.options)}
    if spec.activation is not None:
        table["activation"] = _chosen(spec.activation)
    table |= {key: _lists(value) for key, value in spec.values.items() if not hasattr(value, "shape")}
    if spec.regularizer:
        table["regularizer"] = {key: _chosen(chosen) for key, chosen in spec.regularizer.items()}
    for key in ("names", "initializer", "inputs", "tie"):
        if value := getattr(spec, key):
            table[key] = _lists(value)
    if spec.trainable is not True:
        table["trainable"] = _lists(spec.trainable)
    return table


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value
