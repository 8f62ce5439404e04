"""The network itself: one frozen record of everything the user wrote, checked as a whole when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, StrictStr, ValidationInfo, field_validator

from symbackprop.catalog import (
    ACTIVATIONS,
    LAYERS,
    OPTIMIZERS,
    REGULARIZER_SYNONYMS,
    REGULARIZERS,
    SYNONYMS,
    Activation,
    Layer,
    Loss,
    Optimizer,
    Regularizer,
)
from symbackprop.network.checks import check
from symbackprop.network.fit import target_fact
from symbackprop.network.layers import LayerSpec, LayerType
from symbackprop.network.losses import LossType, loss_row, target_names, target_shapes
from symbackprop.network.options import completed
from symbackprop.network.parts import Data, Input, ParameterFile, Sample, Training
from symbackprop.network.problems import Locate, ProblemsFound, beside, input_error
from symbackprop.network.records import Losses, LossSpec, Record, RegularizerSpec, Shape, Text, words
from symbackprop.network.reports import structure
from symbackprop.network.shapes import Known, flow, sources
from symbackprop.network.shown import Shown
from symbackprop.network.ties import tied
from symbackprop.network.values import plain
from symbackprop.network.written import written

if TYPE_CHECKING:
    from numpy.typing import NDArray

SizeValue = Annotated[int, Field(strict=True, ge=1, le=10**9)]
MOST_LAYERS = 2000
Formula = Annotated[StrictStr, Field(min_length=1, max_length=2000)]


class Network(Shown, Record):
    """A feed-forward network with its loss, and what is known of its numbers, data and training.

    Args:
        inputs: A size (`2`), the name of a symbolic size (`"n"`), names of the elements (`["i1", "i2"]`), a shape
            (`{"shape": [28, 28]}`), or a table of several inputs.
        *layers: The layers in their order, such as `Dense(2, "sigmoid")`.
        **fields: The attributes below; `loss` is obligatory.

    Attributes:
        name: Names files and folders: a letter, then letters, digits, `_` or `-`.
        title: Of the document.
        authors: Of the document.
        activations: The user's own, formulas in z by name.
        losses: The user's own, equations in the prediction y and the target t by name.
        layer_types: The user's own kinds of layers by name.
        inputs: By name; a single one is called x.
        layers: In their order; the last gives the prediction.
        loss: The loss, and how samples are combined; or several, which are added.
        loss_symbol: How documents write the loss, E or L for example.
        sizes: Values of symbolic sizes, such as `{"width": 768}`: they count, but the equations keep the symbols.
        targets: What is known of every target: `"any"`, `"distribution"` (sums to 1) or `"one_hot"`.
        sample: Worked samples, or `None`.
        data: Where samples for training are, or `None`.
        parameters: Where weights are kept, or `None`.
        training: How it is trained.

    Raises:
        InputError: Something is wrong; the error lists every mistake.

    Example:
        >>> from symbackprop.network import Dense
        >>> net = Network(2, Dense(2, "sigmoid"), Dense(2, "sigmoid"), loss="half_squared_error")
        >>> net.input_shapes, net.layers[0].options
        ({'x': (2,)}, {'units': 2})
    """

    name: Annotated[StrictStr, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,60}$")] = "network"
    title: Text = ""
    authors: Annotated[tuple[Text, ...], BeforeValidator(words)] = ()
    activations: dict[str, Formula] = Field(default_factory=dict)
    losses: dict[str, LossType] = Field(default_factory=dict)
    layer_types: dict[str, LayerType] = Field(default_factory=dict)
    inputs: Annotated[dict[str, Input], Field(min_length=1)]
    layers: Annotated[tuple[LayerSpec, ...], Field(min_length=1, max_length=MOST_LAYERS)]
    loss: Losses
    loss_symbol: Annotated[StrictStr, Field(pattern=r"^[A-Za-z]$")] = "E"
    sizes: dict[Annotated[StrictStr, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,30}$")], SizeValue] = Field(
        default_factory=dict
    )
    targets: Literal["any", "distribution", "one_hot"] = "any"
    sample: Sample | None = None
    data: Data | None = None
    parameters: ParameterFile | None = None
    training: Training = Field(default_factory=Training)

    _base: Path | None = PrivateAttr(default=None)
    _arrays: Any = PrivateAttr(default=None)
    _located: Locate | None = PrivateAttr(default=None)

    def __init__(self, inputs: Any = None, *layers: Any, **fields: Any) -> None:
        given = {"inputs": inputs, **({"layers": layers} if layers else {}), **fields}
        try:
            self._fill({key: value for key, value in given.items() if value is not None}, None)
        except ProblemsFound as found:
            raise input_error(problem.mistake for problem in found.problems) from None

    @classmethod
    def from_table(cls, table: Mapping[Any, Any], base: Path | None = None, located: Locate | None = None) -> Network:
        """Make a network from a table with the keys of a network file.

        Args:
            table: What a reader of files returns.
            base: The folder that paths of data start from; the working directory if left out.
            located: Gives mistakes that later stages find their places in the text that the table was read from.

        Raises:
            ProblemsFound: With the key path of every mistake.
        """
        network = cls.__new__(cls)
        network._fill(table, base)
        network._located = located
        return network

    def _fill(self, table: Mapping[Any, Any], base: Path | None) -> None:
        # Editors look for the schema of a JSON file in a key of that name.
        raw, problems = plain({key: value for key, value in table.items() if key != "$schema"})
        try:
            problems += beside(problems, structure(self, raw))
        except ProblemsFound as found:
            raise ProblemsFound((*problems, *beside(problems, found.every))) from None
        self._base = base if self.data or self.parameters else None
        problems += check(self)
        if problems:
            raise ProblemsFound(problems)
        self.__dict__.update(completed(self))

    @field_validator("inputs", mode="before")
    @classmethod
    def _named_inputs(cls, raw: Any) -> Any:
        """A single input is called x; a table without a shape of its own holds several."""
        if isinstance(raw, Mapping) and not isinstance(raw.get("shape"), list | tuple):
            return raw
        return {"x": raw}

    @field_validator("layers")
    @classmethod
    def _own_parameters(cls, layers: tuple[LayerSpec, ...], info: ValidationInfo) -> tuple[LayerSpec, ...]:
        types: Mapping[str, LayerType] = info.data.get("layer_types", {})
        keys = {name: frozenset(kind.parameters) for name, kind in types.items()}
        return tuple(layer.moved(keys.get(layer.type, frozenset())) for layer in layers)

    @field_validator("loss")
    @classmethod
    def _without_synonyms(cls, loss: LossSpec | tuple[LossSpec, ...], info: ValidationInfo) -> Any:
        if loss == ():
            raise ValueError("must not be empty")
        own = info.data.get("losses", {})
        terms = [
            spec if spec.type in own else spec.model_copy(update={"type": SYNONYMS.get(spec.type, spec.type)})
            for spec in (loss if isinstance(loss, tuple) else (loss,))
        ]
        return tuple(terms) if isinstance(loss, tuple) else terms[0]

    @field_validator("sample")
    @classmethod
    def _sample_rank(cls, sample: Sample | None, info: ValidationInfo) -> Sample | None:
        inputs: Mapping[str, Input] = info.data.get("inputs", {})
        if sample is None or not inputs:
            return sample
        return sample.of_rank(len(next(iter(inputs.values())).shape))

    @property
    def input_shapes(self) -> dict[str, Shape]:
        """The shape of each input, sizes or names of symbols."""
        return {name: given.shape for name, given in self.inputs.items()}

    @property
    def input_names(self) -> dict[str, tuple[str, ...]]:
        """What the user calls the elements of each input, for those that have names."""
        return {name: given.names for name, given in self.inputs.items() if given.names}

    @property
    def formulas(self) -> tuple[tuple[str, str], ...]:
        """Formulas in z that equations may call by name: the catalogue's without options, then the user's."""
        known = ((name, row.formula) for name, row in ACTIVATIONS.items() if not row.options)
        return (*known, *self.activations.items())

    @property
    def loss_terms(self) -> tuple[LossSpec, ...]:
        """The losses that are added, most often one."""
        return self.loss if isinstance(self.loss, tuple) else (self.loss,)

    @property
    def targets_given(self) -> tuple[str, ...]:
        """The names of the targets that come with samples: none, t alone, or those that the losses name."""
        return target_names(self)

    def target_shapes(self) -> dict[str, Known | None]:
        """Return the shape of each target that comes with samples, as far as it is simply known."""
        return target_shapes(self, flow(self, [self.layer_row(spec) for spec in self.layers], []))

    def fact_of(self, target: str) -> Literal["one_hot", "distribution"] | None:
        """Return what is known of a target: declared, or read off the sample where there is no other data."""
        return target_fact(self, target)

    @property
    def base(self) -> Path:
        """The folder that relative paths of data and weights start from."""
        return self._base or Path()

    def layer_row(self, spec: LayerSpec) -> Layer:
        """Return the equations and parameters of a layer's type, the catalogue's or the user's."""
        return self.layer_types[spec.type].row(spec.type) if spec.type in self.layer_types else LAYERS[spec.type]

    def activation_row(self, name: str) -> Activation:
        """Return the formula of an activation, the catalogue's or the user's."""
        if name in self.activations:
            return Activation(name, self.activations[name], source="the user's own")
        return ACTIVATIONS[name]

    @property
    def loss_row(self) -> Loss:
        """The equations of the first loss, the catalogue's or the user's."""
        return self.loss_row_of(self.loss_terms[0])

    def loss_row_of(self, spec: LossSpec) -> Loss:
        """Return the equations of a loss, the catalogue's or the user's."""
        return loss_row(self, spec)

    def scored(self, spec: LossSpec) -> int:
        """Return the number, from 1, of the layer whose output a loss scores."""
        named = [number for number, layer in enumerate(self.layers, 1) if spec.output and layer.name == spec.output]
        return named[0] if named else len(self.layers)

    def regularizer_row(self, spec: RegularizerSpec) -> Regularizer:
        """Return the formula of a regulariser."""
        return REGULARIZERS[REGULARIZER_SYNONYMS.get(spec.type, spec.type)]

    @property
    def optimizer_row(self) -> Optimizer:
        """The update rule."""
        return OPTIMIZERS[self.training.optimizer.type]

    def sources(self, number: int) -> tuple[str | int, ...]:
        """Return what layer `number` (from 1) reads: names of inputs, and numbers of layers before it."""
        return sources(self, number)

    def tied(self, number: int, key: str) -> tuple[int, str]:
        """Return which layer's parameter, and which of it, layer `number` uses for its parameter `key`."""
        found = tied(self, [self.layer_row(spec) for spec in self.layers], number, key)
        assert found is not None
        return found

    def parameter_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the file with weights, by their names `W1`, `b1`, ...; empty without such a file.

        Raises:
            InputError: The file cannot be read, or holds something else than finite numbers.
        """
        if self._arrays is None and self.parameters is not None:
            from symbackprop.network.data import read_parameters

            self._arrays = read_parameters(self.parameters.file, self.base)
        return self._arrays or {}

    def read_data(self) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]] | None:
        """Return samples for training: inputs and targets by name, samples first; `None` without data.

        Raises:
            InputError: The file cannot be read, or does not fit the network.
        """
        from symbackprop.network.data import read_samples

        return read_samples(self) if self.data else None

    @property
    def places(self) -> Locate | None:
        """Gives problems their places in the file that the network was read from; `None` if there is none."""
        return self._located

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.as_table() == other.as_table()

    __hash__ = None  # type: ignore[assignment]

    def as_table(self) -> dict[str, Any]:
        """Return the network with the keys of a network file; `from_table` turns it into an equal network."""
        return written(self)
