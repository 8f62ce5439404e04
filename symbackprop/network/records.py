"""What every record of a network builds on: frozen, refusing unknown keys, with a row of the catalogue and its options.

An activation, a loss, an optimizer and a layer are written flat (`{ type = "sgd", learning_rate = 0.5 }`), so that a
file needs no nesting; here the keys of our own and the options of the catalogue's row are told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal
from unicodedata import category

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, StrictStr, Tag, model_validator

from symbackprop.network.values import plain

# Marks after which a text runs from the other side, overrides included.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Size = int | str
Shape = tuple[Size, ...]


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("must be a number")
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def words(value: Any) -> Any:
    """Return a single word as a list of one."""
    return (value,) if isinstance(value, str) else value


def _line(value: Any) -> Any:
    """Text as one line; characters that nobody sees, but that turn what is beside them round, are refused."""
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    if hidden := [c for c in text if category(c) == "Cc" or c in _TURNING]:
        raise ValueError(f"must not contain the invisible character U+{ord(hidden[0]):04X}")
    return text


Number = Annotated[Decimal, BeforeValidator(_number)]
PositiveNumber = Annotated[Number, Field(gt=0)]
Count = Annotated[int, Field(strict=True, ge=1, le=10**12)]
Text = Annotated[StrictStr, BeforeValidator(_line), Field(max_length=300)]
Words = Annotated[tuple[StrictStr, ...], BeforeValidator(words), Field(min_length=1)]


class Record(BaseModel):
    """A frozen record that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Chosen(Record):
    """A row of the catalogue, by its name, with the options that are set.

    Attributes:
        type: The row's name, or that of a user's own.
        options: What is set of the row's options, as written; `Network` has accessors that add the defaults.
    """

    type: StrictStr
    options: dict[str, Any] = Field(default_factory=dict)

    split_off: ClassVar[tuple[str, ...]] = ("options",)

    @model_validator(mode="before")
    @classmethod
    def _written(cls, raw: Any) -> Any:
        """A bare name stands for a table with nothing but its type."""
        if isinstance(raw, str):
            raw = {"type": raw}
        if not isinstance(raw, Mapping):
            return raw
        own = cls.model_fields.keys() - set(cls.split_off)
        rest, problems = plain({key: value for key, value in raw.items() if key not in own})
        if problems:
            raise ValueError(problems[0].message)
        return {key: value for key, value in raw.items() if key in own} | cls._sorted(raw.get("type"), rest)

    @classmethod
    def _sorted(cls, type: Any, rest: dict[str, Any]) -> dict[str, Any]:
        return {"options": rest}


class ActivationSpec(Chosen):
    """The activation of a layer, such as `relu`."""


class ScheduleSpec(Chosen):
    """How the learning rate changes from step to step."""


class RegularizerSpec(Chosen):
    """What large values of a parameter cost, such as `l2`."""


class OptimizerSpec(Chosen):
    """The optimizer and its settings, such as `learning_rate`.

    Attributes:
        schedule: How the learning rate changes, where `learning_rate` is a table; `None` where it is a number.
    """

    schedule: ScheduleSpec | None = Field(default=None, validation_alias="learning_rate")

    split_off: ClassVar[tuple[str, ...]] = ("options", "schedule")

    @classmethod
    def _sorted(cls, type: Any, rest: dict[str, Any]) -> dict[str, Any]:
        rate = rest.get("learning_rate")
        if not isinstance(rate, Mapping | ScheduleSpec):
            return {"options": rest}
        return {"options": {key: value for key, value in rest.items() if key != "learning_rate"}, "learning_rate": rate}


class LossSpec(Chosen):
    """The loss of one sample, and how samples are combined.

    Attributes:
        reduction: `"mean"` or `"sum"` over the samples.
        weight: What it is multiplied by where several losses are added.
        output: The name of the layer whose output it scores; empty: the last.
        target: The name of the target it compares with, which may be an input; empty: t.
    """

    reduction: Literal["mean", "sum"] = "mean"
    weight: Number = Decimal(1)
    output: StrictStr = ""
    target: StrictStr = ""


ONE, SEVERAL = "one loss", "several losses"


def _losses(raw: Any) -> str:
    return SEVERAL if isinstance(raw, list | tuple) else ONE


Losses = Annotated[
    Annotated[LossSpec, Tag(ONE)] | Annotated[tuple[LossSpec, ...], Tag(SEVERAL)],
    Discriminator(_losses),
]
