"""A layer as the user describes it, and a kind of layer of the user's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, StrictStr, field_validator

from symbackprop.catalog import LAYERS, Layer, Option, Parameter
from symbackprop.network.records import ActivationSpec, Chosen, Record, RegularizerSpec, words
from symbackprop.network.values import decimals, is_name, plain, tuples

# A word that is not called like a function: `max(n, m)` names the sizes n and m only.
_WORD = re.compile(r"[A-Za-z_]\w*\b(?!\s*\()")


class LayerSpec(Chosen):
    """One layer as the user describes it; `Network.layer_row` gives its equations.

    Attributes:
        name: The user's name for it, or an empty string.
        activation: What is applied to its output; `None` is nothing, the identity.
        values: For each parameter, by its key in the file: a Decimal (one scalar shared by the layer), nested tuples
            of Decimals, `False` (the layer has none) or `True` (symbols). Left out means symbols as well.
        names: For each parameter nested tuples of the user's names of its elements, or one name of a shared scalar.
        trainable: Whether updates move its parameters, or the keys of those that move.
        initializer: Keras' name of the rule that draws first values, one for the weights or one for each parameter.
        regularizer: For each parameter's key what its large values cost; one for "" is meant for the weights.
        inputs: Names of the layers or inputs it reads; empty: the layer before it, or the network's input.
        tie: For a parameter's key the parameter of an earlier layer that is used for it, `"layer.key"`, or `"layer"` if
            the key is the same or that layer has only one.
    """

    name: StrictStr = ""
    activation: ActivationSpec | None = None
    values: dict[str, Any] = Field(default_factory=dict)
    names: dict[str, Any] = Field(default_factory=dict)
    trainable: Annotated[bool, Field(strict=True)] | tuple[StrictStr, ...] = True
    initializer: StrictStr | dict[str, StrictStr] | None = None
    regularizer: dict[str, RegularizerSpec] = Field(default_factory=dict)
    inputs: Annotated[tuple[StrictStr, ...], BeforeValidator(words)] = ()
    tie: dict[str, StrictStr] = Field(default_factory=dict)

    split_off: ClassVar[tuple[str, ...]] = ("options", "values")

    @classmethod
    def _sorted(cls, type: Any, rest: dict[str, Any]) -> dict[str, Any]:
        row = LAYERS.get(type) if isinstance(type, str) else None
        keys = {parameter.file_key for parameter in row.parameters} if row else set()
        values = {key: decimals(value) for key, value in rest.items() if key in keys}
        return {"options": {key: value for key, value in rest.items() if key not in keys}, "values": values}

    @field_validator("names", mode="before")
    @classmethod
    def _tuples(cls, names: Any) -> Any:
        if not isinstance(names, Mapping):
            raise ValueError('must be a table, such as { weights = [["w1", "w2"]], bias = "b1" }')
        return {key: tuples(value) for key, value in names.items()}

    @field_validator("trainable", mode="before")
    @classmethod
    def _trainable(cls, value: Any) -> Any:
        if isinstance(value, bool) or (isinstance(value, list | tuple) and all(isinstance(key, str) for key in value)):
            return value
        raise ValueError('must be true, false, or a list of the parameters that move, such as ["weights"]')

    @field_validator("initializer", mode="before")
    @classmethod
    def _initializer(cls, value: Any) -> Any:
        each = value.values() if isinstance(value, Mapping) else (value,)
        if value is None or all(isinstance(rule, str) for rule in each):
            return value
        raise ValueError('must be a name such as "he_normal", or a table of one name for each parameter')

    @field_validator("regularizer", mode="before")
    @classmethod
    def _regularizer(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping) and "type" not in value else {"": value}

    def tensor_name(self, number: int, formal: str) -> str:
        """Return what a formal name of its row is called in the network, if it is layer `number`.

        Example:
            >>> LayerSpec(type="dense").tensor_name(2, "W"), LayerSpec(type="lstm", name="lstm").tensor_name(2, "Wf")
            ('W2', 'lstm_Wf')
        """
        if self.name:
            return f"{self.name}_{formal}"
        return f"{formal}_{number}" if formal[-1].isdigit() else f"{formal}{number}"

    def is_trainable(self, key: str) -> bool:
        """Tell whether updates move the parameter with this key in the file."""
        return self.trainable if isinstance(self.trainable, bool) else key in self.trainable

    def initializer_of(self, key: str) -> str:
        """Return the rule that is set for the parameter with this key, or an empty string."""
        if isinstance(self.initializer, dict):
            return self.initializer.get(key, "")
        return self.initializer or ""

    def moved(self, keys: frozenset[str]) -> LayerSpec:
        """Return the layer with these keys as parameters' values instead of options, once its row is known."""
        values = {key: decimals(value) for key, value in self.options.items() if key in keys}
        options = {key: value for key, value in self.options.items() if key not in keys}
        return self.model_copy(update={"values": self.values | values, "options": options}) if values else self


class LayerType(Record):
    """A user's own kind of layer: what a row of the catalogue holds.

    Attributes:
        parameters: For each parameter the sizes of its axes: names of options or of input sizes, expressions, numbers.
        equations: One statement a line, in the equation language.
        inputs: For each input the names of its axes' sizes.
        ranges: Sizes of indices that no plain read of a tensor tells.
        sizes: Further sizes by name, as expressions.
        options: Defaults of its settings; names of sizes that are not set here must be set in each layer. A list is a
            default and the words that may stand in its place: each is 1 in equations if it is chosen, else 0.
        activation: Whether a layer of this type takes an activation.
    """

    parameters: dict[str, tuple[Any, ...]] = Field(default_factory=dict)
    equations: Annotated[StrictStr, Field(max_length=100_000)]
    inputs: dict[str, tuple[StrictStr, ...]] = Field(default={"x": ("n",)}, min_length=1)
    ranges: dict[str, Annotated[StrictStr, Field(max_length=200)]] = Field(default_factory=dict)
    sizes: dict[str, Annotated[StrictStr, Field(max_length=300)]] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)
    activation: Annotated[bool, Field(strict=True)] = True

    @field_validator("options", mode="before")
    @classmethod
    def _options(cls, options: Any) -> Any:
        options, problems = plain(options)
        if problems or not isinstance(options, Mapping) or not all(map(_is_default, options.values())):
            raise ValueError("must be a table of default numbers, words, or lists of a default and further words")
        return options

    def row(self, name: str) -> Layer:
        """Return the catalogue's record of it, made of the user's equations.

        Sizes that the shapes and ranges name, and neither an input nor `options` gives, become obligatory options.
        """
        shapes = {key: tuple(map(str, shape)) for key, shape in self.parameters.items()}
        sizes = (size for shape in shapes.values() for size in shape)
        texts = " ".join((*sizes, *self.ranges.values(), *self.sizes.values()))
        options = {key: _option(value) for key, value in self.options.items()}
        words = {word for option in options.values() for word in option.choices}
        given = {size for shape in self.inputs.values() for size in shape} | options.keys() | self.sizes.keys() | words
        missing = {size: Option("size") for size in dict.fromkeys(_WORD.findall(texts)) if size not in given}
        return Layer(
            name,
            self.equations,
            inputs=self.inputs,
            parameters=tuple(Parameter(key, shape) for key, shape in shapes.items()),
            options=missing | options,
            ranges=self.ranges,
            sizes=self.sizes,
            activation=self.activation,
            source="the user's own",
        )


def _is_default(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and not isinstance(value[0], bool | list | Mapping) and all(map(is_name, value[1:]))
    return not isinstance(value, Mapping)


def _option(default: Any) -> Option:
    if isinstance(default, bool):
        return Option("flag", default)
    if isinstance(default, list):
        first, *words = default
        if isinstance(first, str):
            return Option("choice", first, choices=(first, *words))
        return Option(_option(first).kind, first, choices=tuple(words))
    if isinstance(default, str):
        return Option("size", default)
    return Option("integer" if isinstance(default, int) and default >= 0 else "number", default)
