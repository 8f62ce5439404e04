"""What a network has beside its layers: inputs, samples, data, weights from a file, and how it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, StrictStr, field_validator, model_validator

from symbackprop.network.records import Count, OptimizerSpec, PositiveNumber, Record, Words, words
from symbackprop.network.values import NAME_HELP, SIZE_HELP, decimals, depth, is_name, is_size, plain


class Input(Record):
    """An input of the network.

    Attributes:
        shape: The size of each axis, numbers or names of symbols.
        names: What the user calls its elements, if they have names of their own.
    """

    shape: tuple[Any, ...] = Field(min_length=1, max_length=8)
    names: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _written(cls, raw: Any) -> Any:
        """`2`, `"n"`, `["i1", "i2"]` and `{shape = [28, 28]}` are the ways to write one."""
        if is_size(raw):
            return {"shape": (raw,)}
        if isinstance(raw, list | tuple) and raw and all(isinstance(name, str) for name in raw):
            return {"shape": (len(raw),), "names": tuple(raw)}
        if not isinstance(raw, Mapping | Input):
            sizes = isinstance(raw, list | tuple) and raw and all(map(is_size, raw))
            table = f", such as {{ x = {{ shape = {list(raw)} }} }}" if sizes else f"; {SIZE_HELP}"
            raise ValueError(f"must be a size, a list of names, or a table with a shape{table}")
        return raw

    @field_validator("shape")
    @classmethod
    def _sizes(cls, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        if not all(map(is_size, shape)):
            raise ValueError(f"must be a list of sizes; {SIZE_HELP}")
        return shape

    @field_validator("names")
    @classmethod
    def _names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not is_name(name):
                raise ValueError(f"has an element called {name!r}; {NAME_HELP}")
        return names


class Sample(Record):
    """One worked sample, or several as rows.

    Attributes:
        x: Nested tuples of Decimals; for several inputs a table of them.
        t: Nested tuples of Decimals, the targets; for several targets a table of them, for none `None`.
    """

    x: Any
    t: Any = None

    _rank: int = PrivateAttr(default=1)

    @field_validator("x", "t")
    @classmethod
    def _decimals(cls, value: Any) -> Any:
        value, problems = plain(value)
        if problems:
            raise ValueError(problems[0].message)
        if isinstance(value, Mapping):
            return {key: decimals(item) for key, item in value.items()}
        return decimals(value)

    def of_rank(self, rank: int) -> Sample:
        """Return the sample for inputs with this many axes, which tells one sample from rows."""
        sample = self.model_copy()
        sample._rank = rank
        return sample

    @property
    def single(self) -> bool:
        """Whether it was written as one sample, not as rows."""
        first = next(iter(self.x.values()), ()) if isinstance(self.x, dict) else self.x
        return depth(first) <= self._rank

    @property
    def rows(self) -> tuple[list[Any], list[Any]]:
        """One entry per sample: the inputs (for several inputs tables of them), and the targets."""
        return _entries(self.x, self.single), [] if self.t is None else _entries(self.t, self.single)


def _entries(value: Any, single: bool) -> list[Any]:
    if isinstance(value, dict):
        columns = [_entries(item, single) for item in value.values()]
        return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=False)]
    return [_vector(value)] if single else list(_vector(value))


def _vector(value: Any) -> Any:
    return value if isinstance(value, tuple) else (value,)


class Data(Record):
    """A table of samples for training.

    Attributes:
        file: A `.csv` file with a header, or an `.npz` file; relative to the network's file.
        x: Columns of the inputs; in an `.npz` one array for each input.
        t: Columns of the targets; in an `.npz` one array for each target.
    """

    file: StrictStr
    x: Words
    t: Annotated[tuple[StrictStr, ...], BeforeValidator(words)] = ()


class ParameterFile(Record):
    """Weights that are kept outside the network's file.

    Attributes:
        file: An `.npz` file with arrays `W1`, `b1`, ..., relative to the network's file.
    """

    file: StrictStr


class Training(Record):
    """How the network is trained.

    Attributes:
        optimizer: The update rule with its settings.
        update: `"simultaneous"` takes all gradients at one point; `"sequential"` uses the new weights of a layer for
            the layers before it.
        epochs: Passes over the samples at most.
        steps: Updates at most, or `None`.
        batch_size: Samples per update; `None` is all of them.
        tolerance: Training stops where E is at most this.
        gradient_tolerance: Training stops where the gradient's norm is at most this.
        initializer: Keras' name of the rule that draws first values of weights that have none.
        seed: Of the draws.
    """

    optimizer: OptimizerSpec = Field(default_factory=lambda: OptimizerSpec(type="sgd"))
    update: Literal["simultaneous", "sequential"] = "simultaneous"
    epochs: Count = 1000
    steps: Count | None = None
    batch_size: Count | None = None
    tolerance: PositiveNumber | None = None
    gradient_tolerance: PositiveNumber | None = None
    initializer: StrictStr = "glorot_uniform"
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**32)] = 0
