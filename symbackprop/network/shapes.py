"""How sizes flow through the layers, as far as they are simply known, and whether the user's numbers fit them.

No equation is parsed here: a size is known if it is a number, a symbol, the plain name of an option or of an input's
axis, or an expression in known numbers. What is made of a symbol is unknown here, and what depends on it is left to the
stages that read equations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symbackprop.catalog import LAYERS, Layer
from symbackprop.catalog.sizes import Whole, size_value
from symbackprop.errors import LanguageError
from symbackprop.network.options import complete
from symbackprop.network.problems import MISSING, SHAPE, Problem
from symbackprop.network.records import Shape, Size

if TYPE_CHECKING:
    from symbackprop.network.layers import LayerSpec
    from symbackprop.network.model import Network

Known = tuple[Size | None, ...]

_DEFINITION = re.compile(r"\s*[A-Za-z]\w*\s*(?:\[([^\]]*)\]\s*)?=(?!=)")


@dataclass(frozen=True)
class Flow:
    """What is known of a layer's sizes.

    Attributes:
        row: Its row; `None` if its type is unknown.
        sizes: Each formal size's value.
        output: The shape of its output per sample, or `None` if it is not simply known.
    """

    row: Layer | None = None
    sizes: Mapping[str, Size] | None = None
    output: Shape | None = None

    def shape(self, sizes: tuple[str, ...]) -> Known:
        """Return a parameter's shape; a size that is an expression is `None`."""
        return tuple(evaluated(size, self.sizes or {}) for size in sizes)


def evaluated(text: str, sizes: Mapping[str, Size]) -> Size | None:
    """Return a size that is a number, a plain name, or an expression in numbers; `None` if it depends on a symbol."""
    if text in sizes:
        return sizes[text]
    try:
        return size_value(text, {key: v if isinstance(v, int) else None for key, v in sizes.items()}, Whole())
    except LanguageError:
        return None


def sources(network: Network, number: int) -> tuple[str | int, ...]:
    """Return what layer `number` reads: names of inputs, and numbers of layers counted from 1."""
    spec = network.layers[number - 1]
    if spec.inputs:
        numbers = {other.name: place for place, other in enumerate(network.layers, 1) if other.name}
        return tuple(name if name in network.inputs else numbers.get(name, name) for name in spec.inputs)
    return tuple(network.inputs) if number == 1 else (number - 1,)


def layer_label(number: int, spec: LayerSpec) -> str:
    """Return what messages call a layer: `layer 1`, or `layer 2 ('hidden', dense)`."""
    return f"layer {number} ('{spec.name}', {spec.type})" if spec.name else f"layer {number}"


def flow(network: Network, rows: list[Layer | None], problems: list[Problem]) -> list[Flow]:
    """Return what is known of each layer's sizes, and add what does not fit to `problems`."""
    shapes: dict[str | int, Shape | None] = {}
    shapes.update(network.input_shapes.items())
    flows = []
    for number, (spec, row) in enumerate(zip(network.layers, rows, strict=True), 1):
        read = sources(network, number)
        made = Flow()
        if row is not None:
            wrong = list(_arity_problems(network, number, row, len(read)))
            incoming = [shapes.get(name) for name in read]
            made = Flow(row) if wrong else _layer_flow(number, spec, row, incoming, wrong)
            problems += wrong
        shapes[number] = made.output
        flows.append(made)
    return flows


def _arity_problems(network: Network, number: int, row: Layer, found: int) -> Iterator[Problem]:
    if found == len(row.inputs):
        return
    spec = network.layers[number - 1]
    known = [*network.inputs, *(layer.name for layer in network.layers[: number - 1] if layer.name)]
    message = f"{layer_label(number, spec)} reads {len(row.inputs)} inputs ({', '.join(row.inputs)}), got {found}"
    help = f"say which with inputs = [...]; known: {', '.join(known)}"
    yield Problem(MISSING, ("layers", number - 1, "inputs"), message, help, "key")


def _layer_flow(
    number: int, spec: LayerSpec, row: Layer, incoming: list[Shape | None], problems: list[Problem]
) -> Flow:
    options = complete(row.options, spec.options)
    sizes: dict[str, Size] = dict(_options_in_sizes(row, options))
    leading: Shape = ()
    for (name, axes), shape in zip(row.inputs.items(), incoming, strict=True):
        if shape is None:
            continue
        if len(shape) < len(axes):
            message = f"{layer_label(number, spec)} needs an input of {len(axes)} axes ({', '.join(axes)})"
            got = " x ".join(map(str, shape)) or "one number"
            problems.append(
                Problem(SHAPE, ("layers", number - 1), f"{message}, got shape {got}", of_rank(row, shape, axes), "key")
            )
            return Flow(row)
        bound = dict(zip(axes, shape[len(shape) - len(axes) :], strict=True))
        for axis, size in bound.items():
            if sizes.setdefault(axis, size) != size:
                message = f"{layer_label(number, spec)} needs {axis} = {sizes[axis]} in its input {name}, got {size}"
                problems.append(Problem(SHAPE, ("layers", number - 1), message, at="key"))
        leading = max(leading, shape[: len(shape) - len(axes)], key=len)
    for derived, text in row.sizes.items():
        if (found := evaluated(text, sizes)) is not None:
            sizes[derived] = found
    own = None if None in incoming else output_sizes(row, sizes)
    if own is not None and any(isinstance(size, int) and size < 1 for size in own):
        got = " x ".join(map(str, own))
        message = f"{layer_label(number, spec)} ({row.name}) would have an output of shape {got}"
        read = [f"{' x '.join(map(str, shape))} is read as {' x '.join(axes)}" for axes, shape in
                zip(row.inputs.values(), incoming, strict=True) if shape is not None]  # fmt: skip
        help = f"its input is too small: {', '.join(read)}"
        problems.append(Problem(SHAPE, ("layers", number - 1), message, help, "key"))
        own = None
    return Flow(row, sizes, None if own is None else (*leading, *own))


def of_rank(row: Layer, shape: Shape, axes: tuple[str, ...]) -> str:
    """What to do about an input of too few axes: a row of the same kind that takes so many, or an axis of length 1."""
    kind = re.compile(rf"{re.sub(r'[12]d$', '', row.name)}([12]d)?")
    others = {other.name: next(iter(other.inputs.values())) for other in LAYERS.values() if kind.fullmatch(other.name)}
    remedies = [f"{name} takes {' x '.join(own)}" for name, own in others.items() if len(own) == len(shape) != 0]
    if axes[-1] == "channels" and len(shape) == len(axes) - 1:
        remedies.append(f"with one channel the shape is {' x '.join(map(str, (*shape, 1)))}")
    return "; ".join(remedies)


def _options_in_sizes(row: Layer, options: Mapping[str, Any]) -> Iterator[tuple[str, Size]]:
    """Yield options as sizes may name them: whole numbers and symbols, flags and words as 1 or 0."""
    for key, value in options.items():
        words = row.options[key].choices
        yield from ((word, int(word == value)) for word in words)
        if value in words:
            yield key, 0
        elif isinstance(value, int) or (isinstance(value, str) and row.options[key].kind == "size"):
            yield key, int(value) if isinstance(value, bool) else value


def output_sizes(row: Layer, sizes: Mapping[str, Size]) -> Shape | None:
    """Return the shape that a row's last equation defines, if the size of each letter is simply known.

    Example:
        >>> from symbackprop.catalog import LAYERS
        >>> output_sizes(LAYERS["dense"], {"units": 3, "n": 2})
        (3,)
    """
    defined = [found for line in row.equations.splitlines() if (found := _DEFINITION.match(line))]
    # Array notation does not say on the left what shape it has; index notation has brackets on the right.
    in_arrays = defined and defined[-1][1] is None and any(row.inputs.values()) and "]" not in row.equations
    if not defined or in_arrays:
        return None
    letters = [letter for part in (defined[-1][1] or "").split(",") if (letter := part.strip()) not in ("s", "")]
    lengths = [_letter_size(row, letter, sizes) for letter in letters]
    return None if None in lengths else tuple(size for size in lengths if size is not None)


def _letter_size(row: Layer, letter: str, sizes: Mapping[str, Size]) -> Size | None:
    """A letter runs over the axis at which an input or a parameter is read; two different axes leave it unknown."""
    if letter in row.ranges:
        return evaluated(row.ranges[letter], sizes)
    found = set()
    for name, axes in (*row.inputs.items(), *((parameter.name, parameter.shape) for parameter in row.parameters)):
        # A place may be a read, W[token[t], j].
        for read in re.findall(rf"\b{re.escape(name)}\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", row.equations):
            places = [part.strip() for part in re.split(r",(?![^\[]*\])", read)]
            places = places[1:] if places[0] == "s" and len(places) > len(axes) else places
            found |= {evaluated(axis, sizes) for place, axis in zip(places, axes, strict=False) if place == letter}
    return found.pop() if len(found) == 1 else None
