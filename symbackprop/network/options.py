"""Options of a catalogue's row: checked against what the row says of them, and completed with its defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from symbackprop.catalog import SCHEDULES, Layer, Option
from symbackprop.errors import did_you_mean
from symbackprop.network.problems import MISSING, MOST_SHOWN, UNKNOWN, WRONG, Path, Problem, shown
from symbackprop.network.records import Chosen
from symbackprop.network.values import SIZE_HELP, is_size

if TYPE_CHECKING:
    from symbackprop.network.layers import LayerSpec
    from symbackprop.network.model import Network


def option_problems(
    options: Mapping[str, Option], given: Mapping[str, Any], path: Path, what: str, others: tuple[str, ...] = ()
) -> Iterator[Problem]:
    """Yield what is wrong with the options that are set.

    Args:
        options: The row's.
        given: What the user set.
        path: Where they were set.
        what: Whose options they are, for messages.
        others: Keys that may stand at the same place, for help.
    """
    for number, (key, value) in enumerate(given.items()):
        if key not in options:
            near = did_you_mean(key, [*options, *others]) if number < MOST_SHOWN else ""
            help = near if (*options, *others) else "it has no settings"
            yield Problem(UNKNOWN, (*path, key), f"unknown key '{key}' in {what}", help, "key")
        elif wrong := _wrong(options[key], value):
            yield Problem(WRONG, (*path, key), f"'{key}' of {what} {wrong}, got {shown(value)}", _help(options[key]))
    for key, option in options.items():
        if option.default is None and key not in given:
            yield Problem(MISSING, (*path, key), f"{what} needs '{key}'", _help(option), "key")


def _wrong(option: Option, value: Any) -> str:
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if option.choices and value in option.choices:
        return ""
    if option.kind == "flag" and not isinstance(value, bool):
        return "must be true or false"
    if option.kind == "count" and not (isinstance(value, int) and number and value >= 1):
        return "must be a whole number of 1 or more"
    if option.kind == "size" and not is_size(value):
        return "must be a size"
    if option.kind == "integer" and not (isinstance(value, int) and number and value >= 0):
        return "must be a whole number of 0 or more"
    if option.kind == "number" and not number:
        return "must be a number"
    if option.kind == "number" and not option.admits(value):
        return f"must be {_where(option)}"
    if option.kind == "choice" and value not in option.choices:
        return f"must be one of {', '.join(option.choices)}"
    return ""


def _where(option: Option) -> str:
    low, high = option.ends
    if high < float("inf"):
        return f"in {option.interval}"
    return f"{low:g} or more" if option.interval[0] == "[" else f"more than {low:g}"


def _help(option: Option) -> str:
    if option.kind == "size":
        return f"{option.help}: {SIZE_HELP}" if option.help else SIZE_HELP
    words = f"admitted words: {', '.join(option.choices)}" if option.choices else ""
    return "; ".join(part for part in (option.help, words) if part)


def complete(options: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every option, the row's defaults included; numbers are Decimals.

    Example:
        >>> complete({"rate": Option("number", 0.01), "units": Option("size")}, {"units": 2})
        {'rate': Decimal('0.01'), 'units': 2}
    """
    values = {key: given.get(key, option.default) for key, option in options.items()}
    return {
        key: Decimal(str(v)) if options[key].kind == "number" and v not in options[key].choices else v
        for key, v in values.items()
    }


def completed(network: Network) -> dict[str, Any]:
    """Return the fields of a checked network in which options and values are complete.

    Weights from a file take their place among the layers' values, as NumPy arrays.
    """
    arrays = network.parameter_arrays()
    chosen = network.training.optimizer
    optimizer = _complete(chosen, network.optimizer_row.options)
    if chosen.schedule is not None:
        schedule = _complete(chosen.schedule, SCHEDULES[chosen.schedule.type].options)
        first = {"learning_rate": schedule.options["initial_learning_rate"]}
        optimizer = optimizer.model_copy(update={"schedule": schedule, "options": optimizer.options | first})
    losses = tuple(_complete(spec, network.loss_row_of(spec).options) for spec in network.loss_terms)
    return {
        "layers": tuple(_layer(network, number, spec, arrays) for number, spec in enumerate(network.layers, 1)),
        "loss": losses if isinstance(network.loss, tuple) else losses[0],
        "training": network.training.model_copy(update={"optimizer": optimizer}),
    }


def _complete(spec: Chosen, options: Mapping[str, Option]) -> Chosen:
    return spec.model_copy(update={"options": complete(options, spec.options)})


def _layer(network: Network, number: int, spec: LayerSpec, arrays: Mapping[str, Any]) -> LayerSpec:
    row = network.layer_row(spec)
    update: dict[str, Any] = {"options": complete(row.options, spec.options), "initializer": initializers(row, spec)}
    if spec.activation is not None:
        update["activation"] = _complete(spec.activation, network.activation_row(spec.activation.type).options)
    update["regularizer"] = {
        key: _complete(chosen, network.regularizer_row(chosen).options)
        for key, chosen in for_each(row, spec.regularizer).items()
    }
    found = {key: arrays[name] for name, key in array_keys(row, number, spec).items() if name in arrays}
    update["values"] = {key: value for key, value in spec.values.items() if value is not True} | found
    return spec.model_copy(update=update)


def for_each(row: Layer, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is chosen for each parameter; what is chosen under "" is meant for the weights, not for vectors."""
    if "" not in chosen:
        return dict(chosen)
    return {parameter.file_key: chosen[""] for parameter in row.parameters if len(parameter.shape) > 1}


def initializers(row: Layer, spec: LayerSpec) -> dict[str, str]:
    """Return the rules set for a layer's parameters; a single one is meant for its weights, not for its vectors."""
    return for_each(row, {"": spec.initializer} if isinstance(spec.initializer, str) else spec.initializer or {})


def array_keys(row: Layer, number: int, spec: LayerSpec) -> dict[str, str]:
    """Return for each name of an array in a file of weights the key of the parameter; tied ones have none.

    Example:
        >>> from symbackprop.catalog import LAYERS
        >>> from symbackprop.network.layers import LayerSpec
        >>> array_keys(LAYERS["dense"], 1, LayerSpec(type="dense"))
        {'W1': 'weights', 'b1': 'bias'}
    """
    own = (parameter for parameter in row.parameters if parameter.file_key not in spec.tie)
    return {spec.tensor_name(number, parameter.name): parameter.file_key for parameter in own}
