"""A network whose parts are well formed → what is wrong with it as a whole: names, options, shapes, files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from symbackprop.catalog import (
    ACTIVATIONS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    REGULARIZER_SYNONYMS,
    REGULARIZERS,
    SCHEDULES,
    SYNONYMS,
    Layer,
    Regularizer,
    Schedule,
)
from symbackprop.errors import InputError, did_you_mean
from symbackprop.network.fit import parameter_problems, sample_problems, shape_problems
from symbackprop.network.layers import LayerSpec, LayerType
from symbackprop.network.losses import known_losses, loss_problems, own_loss_problems, target_shapes
from symbackprop.network.options import array_keys, option_problems
from symbackprop.network.problems import NOT_A_NAME, TWICE, UNKNOWN, WRONG, Path, Problem, shown, unknown
from symbackprop.network.records import Chosen
from symbackprop.network.shapes import Flow, flow, layer_label
from symbackprop.network.ties import tie_problems
from symbackprop.network.values import NAME_HELP, is_name

if TYPE_CHECKING:
    from symbackprop.network.model import Network

_LAYER_KEYS = tuple(key for key in LayerSpec.model_fields if key not in LayerSpec.split_off)
_RESERVED = frozenset(_LAYER_KEYS)
_REGULARIZERS = REGULARIZERS | {name: REGULARIZERS[row] for name, row in REGULARIZER_SYNONYMS.items()}


def check(network: Network) -> list[Problem]:
    """Return everything that is wrong with a network, in no particular order."""
    problems = [*_own_names(network), *_layer_types(network), *_choices(network), *_layer_names(network)]
    rows: list[Layer | None] = []
    for number, spec in enumerate(network.layers, 1):
        wrong = list(_layer_problems(network, number, spec))
        known = spec.type in LAYERS or spec.type in network.layer_types
        # A layer whose settings are wrong has no sizes to speak of, but its unknown keys do no harm.
        sound = known and all(problem.code == UNKNOWN for problem in wrong)
        rows.append(network.layer_row(spec) if sound else None)
        problems += wrong
    flows = flow(network, rows, problems)
    problems += parameter_problems(network, flows)
    problems += tie_problems(network, flows)
    problems += [*loss_problems(network, flows), *own_loss_problems(network)]
    if network.activations or network.losses or network.layer_types:
        from symbackprop.network.formulas import formula_problems  # formulas need SymPy, other networks do not

        problems += formula_problems(network, {problem.path[:2] for problem in problems})
    targets = target_shapes(network, flows)
    # Which targets an unknown loss needs is unknown too.
    problems += sample_problems(network, targets, len(known_losses(network)) == len(network.loss_terms))
    problems += _files(network, flows)
    return problems


def _own_names(network: Network) -> Iterator[Problem]:
    for section, taken, more in (
        ("activations", ACTIVATIONS, {}),
        ("losses", LOSSES, SYNONYMS),
        ("layer_types", LAYERS, {}),
    ):
        for name in getattr(network, section):
            if not is_name(name):
                yield Problem(NOT_A_NAME, (section, name), f"{shown(name)} is no name", NAME_HELP, "key")
            elif name in taken or name in more:
                message = f"'{name}' is in the catalogue already"
                yield Problem(TWICE, (section, name), message, "choose another name", "key")
    for name, given in network.inputs.items():
        if not is_name(name):
            yield Problem(NOT_A_NAME, ("inputs", name), f"{shown(name)} cannot name an input", NAME_HELP, "key")
        seen: set[str] = set()
        for place, element in enumerate(given.names):
            if element in seen:
                message = f"'{element}' names two elements of input {name}"
                yield Problem(TWICE, _element_path(network, name, place), message)
            seen.add(element)


def _element_path(network: Network, name: str, place: int) -> Path:
    return ("inputs", place) if list(network.inputs) == ["x"] else ("inputs", name, place)


def _layer_types(network: Network) -> Iterator[Problem]:
    for name, kind in network.layer_types.items():
        path: Path = ("layer_types", name)
        for section in ("parameters", "inputs", "ranges", "sizes", "options"):
            yield from _formal_names(kind, section, (*path, section))
        for key, shape in kind.parameters.items():
            for place, size in enumerate(shape):
                expression = isinstance(size, str) and 0 < len(size) <= 200
                if not expression and not (isinstance(size, int) and not isinstance(size, bool) and size > 0):
                    message = f"a size of parameter {key} must be a name, an expression or a number, got {shown(size)}"
                    yield Problem(WRONG, (*path, "parameters", key, place), message)


def _formal_names(kind: LayerType, section: str, path: Path) -> Iterator[Problem]:
    for key in getattr(kind, section):
        if not is_name(key):
            yield Problem(NOT_A_NAME, (*path, key), f"{shown(key)} is no name", NAME_HELP, "key")
        elif section in ("parameters", "options") and key in _RESERVED:
            message = f"'{key}' is a key of every layer and cannot name one of the {section}"
            yield Problem(TWICE, (*path, key), message, "choose another name", "key")


def _choices(network: Network) -> Iterator[Problem]:
    optimizer = network.training.optimizer
    path: Path = ("training", "optimizer")
    if optimizer.type not in OPTIMIZERS:
        yield unknown("optimizer", optimizer.type, list(OPTIMIZERS), (*path, "type"))
    else:
        what = f"optimizer {optimizer.type}"
        yield from option_problems(network.optimizer_row.options, optimizer.options, path, what, ("type",))
    schedule = optimizer.schedule
    if schedule is not None:
        yield from _chosen_problems("schedule", schedule, SCHEDULES, (*path, "learning_rate"))
    if network.training.initializer not in INITIALIZERS:
        name = network.training.initializer
        yield unknown("initializer", name, list(INITIALIZERS), ("training", "initializer"))


def _chosen_problems(
    what: str, spec: Chosen, rows: Mapping[str, Schedule | Regularizer], path: Path
) -> Iterator[Problem]:
    """Yield the mistake if a row is unknown, or else what is wrong with its options."""
    if spec.type not in rows:
        yield unknown(what, spec.type, list(rows), (*path, "type"))
    else:
        yield from option_problems(rows[spec.type].options, spec.options, path, f"{what} {spec.type}", ("type",))


def _layer_names(network: Network) -> Iterator[Problem]:
    seen = {name: f"input {name}" for name in network.inputs}
    for number, spec in enumerate(network.layers, 1):
        path: Path = ("layers", number - 1)
        for place, name in enumerate(spec.inputs):
            if name not in seen:
                later = any(other.name == name for other in network.layers[number - 1 :])
                message = f"layer {number} reads {shown(name)}, which " + ("comes after it" if later else "is unknown")
                yield Problem(UNKNOWN, (*path, "inputs", place), message, did_you_mean(name, list(seen)))
        if not spec.name:
            continue
        if not is_name(spec.name):
            yield Problem(NOT_A_NAME, (*path, "name"), f"{shown(spec.name)} cannot name a layer", NAME_HELP)
        elif spec.name in seen:
            message = f"'{spec.name}' names two things: {seen[spec.name]} and layer {number}"
            yield Problem(TWICE, (*path, "name"), message)
        seen.setdefault(spec.name, f"layer {number}")


def _layer_problems(network: Network, number: int, spec: LayerSpec) -> Iterator[Problem]:
    path: Path = ("layers", number - 1)
    if spec.type not in LAYERS and spec.type not in network.layer_types:
        yield unknown("layer type", spec.type, [*LAYERS, *network.layer_types], (*path, "type"))
    else:
        row = network.layer_row(spec)
        keys = {parameter.file_key for parameter in row.parameters}
        label = f"{layer_label(number, spec)} ({spec.type})" if not spec.name else layer_label(number, spec)
        yield from option_problems(row.options, spec.options, path, label, (*sorted(keys), *_LAYER_KEYS))
        yield from _parameter_keys(spec, sorted(keys), path, label)
        if spec.activation is not None and not row.activation:
            yield Problem(WRONG, (*path, "activation"), f"{label} takes no activation", "leave it out", "key")
    yield from _activation_problems(network, spec, path)


def _parameter_keys(spec: LayerSpec, keys: list[str], path: Path, label: str) -> Iterator[Problem]:
    help = f"its parameters: {', '.join(keys)}" if keys else "it has no parameters"
    named: Mapping[str, Any] = spec.initializer if isinstance(spec.initializer, dict) else {}
    regularizer = {key: chosen for key, chosen in spec.regularizer.items() if key}
    for section, given in (("names", spec.names), ("initializer", named), ("regularizer", regularizer)):
        for key in given.keys() - set(keys):
            message = f"unknown parameter '{key}' in the {section} of {label}"
            yield Problem(UNKNOWN, (*path, section, key), message, help, "key")
    for place, key in enumerate(() if isinstance(spec.trainable, bool) else spec.trainable):
        if key not in keys:
            message = f"unknown parameter {shown(key)} in trainable of {label}"
            yield Problem(UNKNOWN, (*path, "trainable", place), message, help)
    for key, chosen in spec.regularizer.items():
        where: Path = (*path, "regularizer", key) if key else (*path, "regularizer")
        yield from _chosen_problems("regularizer", chosen, _REGULARIZERS, where)
        if key in spec.tie or (not key and spec.tie):
            message = f"{label} is tied to another layer's parameter and cannot have a regularizer of its own"
            yield Problem(WRONG, where, message, "give it to the layer that owns the parameter", "key")
    rules = {"": spec.initializer} if isinstance(spec.initializer, str) else named
    for key, rule in rules.items():
        if rule not in INITIALIZERS:
            where = (*path, "initializer", key) if key else (*path, "initializer")
            yield unknown("initializer", rule, list(INITIALIZERS), where)


def _activation_problems(network: Network, spec: LayerSpec, path: Path) -> Iterator[Problem]:
    if spec.activation is None:
        return
    name = spec.activation.type
    if name not in ACTIVATIONS and name not in network.activations:
        yield unknown("activation", name, [*ACTIVATIONS, *network.activations], (*path, "activation", "type"))
        return
    options = network.activation_row(name).options
    where = (*path, "activation")
    yield from option_problems(options, spec.activation.options, where, f"activation {name}", ("type",))


def _files(network: Network, flows: list[Flow]) -> Iterator[Problem]:
    if network.data is not None:
        from symbackprop.network.data import data_file

        try:
            data_file(network.data.file, network.base, (".csv", ".npz"))
        except InputError as error:
            yield from _placed(error, ("data", "file"))
    path: Path = ("parameters", "file")
    try:
        arrays = dict(network.parameter_arrays())
    except InputError as error:
        yield from _placed(error, path)
        return
    for number, made in enumerate(flows, 1):
        yield from _array_problems(network, number, made, arrays, path)
    if all(made.row for made in flows):
        for name in arrays:
            yield Problem(UNKNOWN, path, f"the file of weights has {shown(name)}, which the network does not have")


def _array_problems(network: Network, number: int, made: Flow, arrays: dict[str, Any], path: Path) -> Iterator[Problem]:
    """Yield what is wrong with the arrays of one layer, and take them out of `arrays`."""
    spec = network.layers[number - 1]
    parameters = {parameter.file_key: parameter for parameter in made.row.parameters} if made.row else {}
    for name, key in array_keys(made.row, number, spec).items() if made.row else ():
        array = arrays.pop(name, None)
        if array is None:
            continue
        if key in spec.values:
            message = f"{key} of layer {number} are given twice: here and as {name} in the file of weights"
            yield Problem(TWICE, ("layers", number - 1, key), message, at="key")
        if array.ndim:
            yield from shape_problems(layer_label(number, spec), parameters[key], made, array, path)


def _placed(error: InputError, path: Path) -> Iterator[Problem]:
    for mistake in error.mistakes:
        yield Problem(mistake.code, path, mistake.message, mistake.help)
