"""Whether the numbers and names of a network fit the shapes that they are given for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from symbackprop.catalog import Parameter
from symbackprop.network.problems import (
    CONTRADICTION,
    MISSING,
    NOT_A_NAME,
    SHAPE,
    TWICE,
    UNKNOWN,
    WRONG,
    Path,
    Problem,
    shown,
)
from symbackprop.network.shapes import Flow, Known, layer_label
from symbackprop.network.values import NAME_HELP, is_name, leaves, nested_shape

if TYPE_CHECKING:
    from symbackprop.network.layers import LayerSpec
    from symbackprop.network.model import Network
    from symbackprop.network.parts import Sample

MOST_CLASSES = 20
_ROWS_HELP = "rows are neurons, columns are the neurons they listen to"


def parameter_problems(network: Network, flows: list[Flow]) -> Iterator[Problem]:
    """Yield what is wrong with the values and the names of parameters."""
    taken = {name: f"input {key}" for key, names in network.input_names.items() for name in names}
    for number, (spec, made) in enumerate(zip(network.layers, flows, strict=True), 1):
        for parameter in made.row.parameters if made.row else ():
            key = parameter.file_key
            path = ("layers", number - 1, key)
            if key in spec.values:
                yield from _value_problems(layer_label(number, spec), parameter, made, spec.values[key], path)
            if key in spec.names:
                yield from _name_problems(number, spec, parameter, made, taken)


def _value_problems(label: str, parameter: Parameter, made: Flow, value: Any, path: Path) -> Iterator[Problem]:
    key = parameter.file_key
    if value is False and len(parameter.shape) != 1:
        yield Problem(WRONG, path, f"{label} cannot do without {key}: only a vector can be left out")
    if isinstance(value, bool | Decimal):
        return
    if not isinstance(value, tuple):
        help = "write 0.35 for one number shared by the layer, a list for one each, false for none"
        yield Problem(WRONG, path, f"{key} of {label} must be numbers, got {shown(value)}", help)
        return
    wrong = list(_leaf_problems(value, path, f"{key} of {label}"))
    yield from wrong or shape_problems(label, parameter, made, value, path)


def _leaf_problems(value: Any, path: Path, what: str) -> Iterator[Problem]:
    for place, leaf in leaves(value):
        if not isinstance(leaf, Decimal):
            help = "write it without quotes" if isinstance(leaf, str) else ""
            yield Problem(WRONG, (*path, *place), f"{what} must be numbers, got {shown(leaf)}", help)


def shape_problems(label: str, parameter: Parameter, made: Flow, value: Any, path: Path) -> Iterator[Problem]:
    """Yield the mistake if nested tuples or an array do not have the shape that a parameter needs."""
    expected, found = made.shape(parameter.shape), nested_shape(value)
    if found is not None and fits(found, expected):
        return
    row = made.row
    formal = [axes[0] for axes in row.inputs.values() if len(axes) == 1] if row and len(row.inputs) == 1 else []
    axes = " x ".join("inputs" if size in formal else size for size in parameter.shape)
    message = f"{label} needs {parameter.file_key} of shape {_times(expected)} ({axes})"
    help = _ROWS_HELP if len(expected) == 2 else "a list of one number each, or one number shared by the layer"
    if found is None:
        yield Problem(SHAPE, path, f"{message}, got rows of different lengths", help)
        return
    if len(found) == 2 and found != found[::-1] and fits(found[::-1], expected):
        help += "; this looks transposed"
    elif any(isinstance(size, str) for size in expected):
        help = "numbers need sizes that are numbers, not symbols"
    yield Problem(SHAPE, path, f"{message}, got {_times(found)}", help)


def fits(found: tuple[int, ...], expected: Known) -> bool:
    """Tell whether a shape is the expected one, as far as that is known."""
    known = zip(expected, found, strict=False)
    return len(found) == len(expected) and all(want is None or want == got for want, got in known)


def _times(shape: Known) -> str:
    return " x ".join("?" if size is None else str(size) for size in shape) if shape else "a single number"


def _name_problems(
    number: int, spec: LayerSpec, parameter: Parameter, made: Flow, taken: dict[str, str]
) -> Iterator[Problem]:
    key = parameter.file_key
    names, value, path = spec.names[key], spec.values.get(key), ("layers", number - 1, "names", key)
    what = f"{key} of {layer_label(number, spec)}"
    expected: Known = nested_shape(value) or () if isinstance(value, tuple) else made.shape(parameter.shape)
    found = nested_shape(names)
    if value is False:
        yield Problem(WRONG, path, f"{what} has names but is switched off", "leave the names out", "key")
    elif isinstance(value, Decimal) and names and not isinstance(names, str):
        yield Problem(SHAPE, path, f"{what} is one number, so it has one name, not a list")
    elif isinstance(value, tuple) and isinstance(names, str):
        yield Problem(SHAPE, path, f"{what} is {_times(expected)} numbers, so it needs as many names", "write a list")
    elif not isinstance(names, str) and (found is None or not fits(found, expected)):
        got = "rows of different lengths" if found is None else _times(found)
        yield Problem(SHAPE, path, f"names of the {what} need the shape {_times(expected)}, got {got}")
    for place, name in leaves(names):
        if not is_name(name):
            yield Problem(NOT_A_NAME, (*path, *place), f"{shown(name)} cannot name an element of {what}", NAME_HELP)
        elif name in taken:
            yield Problem(TWICE, (*path, *place), f"'{name}' names two things: {taken[name]} and {what}")
        else:
            taken[name] = what


def sample_problems(network: Network, targets: Mapping[str, Known | None], all_known: bool = True) -> Iterator[Problem]:
    """Yield what is wrong with the sample: shapes of inputs and targets, and what is declared of the targets.

    Args:
        network: The network.
        targets: The shape of each target.
        all_known: Whether these are all targets; if not, one of another name is no mistake.
    """
    sample = network.sample
    if sample is None:
        return
    given = sample.x if isinstance(sample.x, dict) else {next(iter(network.inputs)): sample.x}
    wrong = [*_named(sample, "x", "input", given, network.inputs)]
    scored = _by_name(sample.t, targets)
    wrong += _named(sample, "t", "target", scored, targets) if all_known else ()
    counts = set()
    for name in given.keys() & network.inputs.keys():
        path = ("sample", "x", name) if isinstance(sample.x, dict) else ("sample", "x")
        wrong += _vector_problems(sample, given[name], network.inputs[name].shape, path, f"input {name}")
        counts.add(_rows(given[name]))
    for name in scored.keys() & targets.keys():
        path = ("sample", "t", name) if isinstance(sample.t, dict) else ("sample", "t")
        what = f"target {name}" if isinstance(sample.t, dict) else "target"
        wrong += _vector_problems(sample, scored[name], targets[name], path, what)
        if not wrong and not sample.single and len(counts | {_rows(scored[name])}) > 1:
            rows = " and ".join(map(str, sorted(counts)))
            message = f"the sample has {rows} rows of inputs and {_rows(scored[name])} rows of targets"
            wrong.append(Problem(SHAPE, path, message))
    yield from wrong or _target_problems(network)


def _by_name(t: Any, targets: Mapping[str, Any]) -> Mapping[str, Any]:
    """The targets of a sample by name; values without a name are those of the only target."""
    if t is None or isinstance(t, dict):
        return t or {}
    return {next(iter(targets), "t"): t}


def _named(
    sample: Sample, key: str, what: str, given: Mapping[str, Any], known: Mapping[str, Any]
) -> Iterator[Problem]:
    """Yield inputs or targets that a sample lacks, and those that it should not have."""
    written = getattr(sample, key)
    for name in sorted(given.keys() ^ known.keys()):
        path: Path = ("sample", key, name) if isinstance(written, dict) else ("sample", key)
        missing = name in known
        if missing and what == "target" and written is None:
            yield Problem(MISSING, ("sample", "t"), "'sample.t' is missing", "the target that the loss reads", "key")
            continue
        text = f"has no {what}" if missing else f"has an unknown {what}"
        help = f"{what}s: {', '.join(known)}" if known else "the loss reads none"
        yield Problem(MISSING if missing else UNKNOWN, path, f"the sample {text} '{name}'", help, "key")


def _rows(value: Any) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _vector_problems(sample: Sample, value: Any, shape: Known | None, path: Path, what: str) -> Iterator[Problem]:
    wrong = list(_leaf_problems(value, path, f"the sample's {what}"))
    if wrong:
        yield from wrong
        return
    found = nested_shape(value)
    if found is None or 0 in found:
        wrong_with = "has rows of different lengths" if found is None else "is empty"
        yield Problem(SHAPE, path, f"the sample's {what} {wrong_with}")
        return
    if shape is None:
        return
    if sample.single:
        if not fits(found or (1,), shape):
            several = len(found) == 1 and shape == (1,)
            help = f"for several samples write a row each: {_column(value)}" if several else _remedy(value, shape, what)
            yield Problem(SHAPE, path, f"the sample's {what} needs {_numbers(shape)}, got {_numbers(found)}", help)
    elif not fits(found, (None, *shape)):
        column = len(found) == 1 and shape == (1,)
        help = f"write a row each: {_column(value)}" if column else _remedy(value, shape, what)
        each = f"each row of the sample's {what} needs {_numbers(shape)}"
        yield Problem(SHAPE, path, f"{each}, got {_numbers(found[1:])}", help)


def _remedy(value: Any, shape: Known, what: str) -> str:
    """What to do about numbers that do not fit: a target of one number where several are needed may be a class."""
    if any(isinstance(size, str) for size in shape):
        return "numbers need sizes that are numbers, not symbols"
    while isinstance(value, tuple):
        value = value[0]
    count = shape[0] if len(shape) == 1 else 0
    classes = count if isinstance(count, int) and what.startswith("target") and 1 < count <= MOST_CLASSES else 0
    if value not in range(classes):
        return ""
    places = ", ".join(str(int(place == value)) for place in range(classes))
    return f"if {value} is a class, counted from 0, write [{places}]"


def _numbers(shape: Known) -> str:
    if any(isinstance(size, str) for size in shape):
        return f"numbers of the symbolic size {_times(shape)}"
    return "a single number" if not shape else f"{_times(shape)} number{'' if shape == (1,) else 's'}"


def _column(value: tuple[Any, ...]) -> str:
    shown_rows = ", ".join(f"[{number}]" for number in value[:3])
    return f"[{shown_rows}{', ...' if len(value) > 3 else ''}]"


def _vectors(value: Any, path: Path = ()) -> Iterator[tuple[Path, tuple[Any, ...]]]:
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        for place, item in enumerate(value):
            yield from _vectors(item, (*path, place))
    else:
        yield path, value if isinstance(value, tuple) else (value,)


def _fact(vector: tuple[Any, ...]) -> Literal["one_hot", "distribution"] | None:
    if sum(map(Fraction, vector)) != 1:
        return None
    return "one_hot" if sorted(vector) == [0] * (len(vector) - 1) + [1] else "distribution"


def _target_problems(network: Network) -> Iterator[Problem]:
    if network.sample is None or network.targets == "any":
        return
    for place, vector in _all_vectors(network.sample.t):
        fact = _fact(vector)
        if network.targets == "one_hot" and fact != "one_hot":
            message = "targets are declared one_hot, one 1 and otherwise 0, but these are not"
            yield Problem(CONTRADICTION, ("sample", "t", *place), f"{message}: {shown(list(map(str, vector)))}")
        elif fact is None:
            total = sum(map(Fraction, vector))
            message = f"targets are declared a distribution, but these sum to {float(total):.12g}"
            yield Problem(CONTRADICTION, ("sample", "t", *place), message)


def _all_vectors(t: Any) -> Iterator[tuple[Path, tuple[Any, ...]]]:
    if isinstance(t, dict):
        for name, value in t.items():
            yield from _vectors(value, (name,))
    elif t is not None:
        yield from _vectors(t)


def target_fact(network: Network, name: str) -> Literal["one_hot", "distribution"] | None:
    """Return what is known of a target: what is declared, or else what holds of the sample.

    A sample says nothing about other data, so with data only a declaration counts.
    """
    if network.targets != "any":
        return network.targets
    if network.sample is None or network.data is not None or network.sample.t is None:
        return None
    t = network.sample.t
    vectors = [vector for _, vector in _vectors(t.get(name, ()) if isinstance(t, dict) else t)]
    facts = {_fact(vector) for vector in vectors if len(vector) > 1} or {None}
    if None in facts:
        return None
    return "one_hot" if facts == {"one_hot"} else "distribution"
