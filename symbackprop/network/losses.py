"""What a network is scored by: the user's own kinds of losses, and which targets the chosen ones need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StrictStr, field_validator, model_validator

from symbackprop.catalog import LOSSES, OF_CLASSES, SYNONYMS, Loss, Option
from symbackprop.errors import did_you_mean
from symbackprop.network.options import option_problems
from symbackprop.network.problems import NOT_A_NAME, SHAPE, UNKNOWN, Path, Problem, shown, unknown
from symbackprop.network.records import LossSpec, Record
from symbackprop.network.shapes import Flow, Known, evaluated
from symbackprop.network.values import NAME_HELP, is_name, plain

if TYPE_CHECKING:
    from symbackprop.network.model import Network

TARGET = "t"

_STATEMENT = re.compile(r"\s*[A-Za-z]\w*\s*(\[[^\]]*\]\s*)?=(?!=)")
_KEYS = ("reduction", "weight", "output", "target")
_PART = re.compile(r"n\s*//\s*([1-9][0-9]{0,8})")


class LossType(Record):
    """A user's own kind of loss: what a row of the catalogue holds; a text alone is its equations.

    Attributes:
        equations: A formula for E in y and t, or statements of which the last defines E.
        options: Defaults of its settings.
        sizes: Sizes by name, made of n, the size of y's last axis.
        ranges: Sizes of indices that no plain read of a tensor tells.
        shape: The size of each axis of t that takes the place of y's last axis.
    """

    equations: Annotated[StrictStr, Field(min_length=1, max_length=100_000)]
    options: dict[str, Any] = Field(default_factory=dict)
    sizes: dict[str, Annotated[StrictStr, Field(max_length=200)]] = Field(default_factory=dict)
    ranges: dict[str, Annotated[StrictStr, Field(max_length=200)]] = Field(default_factory=dict)
    shape: tuple[Any, ...] = ("n",)

    @model_validator(mode="before")
    @classmethod
    def _written(cls, raw: Any) -> Any:
        return {"equations": raw} if isinstance(raw, str) else raw

    @field_validator("options", mode="before")
    @classmethod
    def _numbers(cls, options: Any) -> Any:
        options, problems = plain(options)
        if (
            problems
            or not isinstance(options, Mapping)
            or any(isinstance(v, bool | list | Mapping | str) for v in options.values())
        ):
            raise ValueError("must be a table of default numbers")
        return options

    def row(self, name: str) -> Loss:
        """Return the catalogue's record of it; a loss in which no t occurs needs no target."""
        stated = any(map(_STATEMENT.match, self.equations.splitlines()))
        return Loss(
            name,
            self.equations if stated else f"E = {self.equations}",
            options={key: Option("number", value) for key, value in self.options.items()},
            sizes=self.sizes,
            ranges=self.ranges,
            shape=tuple(map(str, self.shape)) if re.search(r"\bt\b(?!\s*\()", self.equations) else None,
            source="the user's own",
        )


def loss_row(network: Network, spec: LossSpec) -> Loss:
    """Return the equations of a loss, the catalogue's or the user's."""
    return network.losses[spec.type].row(spec.type) if spec.type in network.losses else LOSSES[spec.type]


def known_losses(network: Network) -> list[LossSpec]:
    """Return the chosen losses whose rows are known."""
    return [spec for spec in network.loss_terms if spec.type in network.losses or spec.type in LOSSES]


def target_names(network: Network) -> tuple[str, ...]:
    """Return the names of the targets that come with samples beside the inputs, in the order of the losses."""
    wanted = [spec.target or TARGET for spec in known_losses(network) if loss_row(network, spec).shape is not None]
    return tuple(dict.fromkeys(name for name in wanted if name not in network.inputs))


def target_shape(row: Loss, output: Known | None) -> Known | None:
    """Return the shape of a loss's target for an output of this shape, as far as it is simply known.

    Example:
        >>> target_shape(LOSSES["mse"], (3,)), target_shape(LOSSES["gaussian_nll"], (6,))
        ((3,), (3,))
    """
    if output is None or row.shape is None or not output or output[-1] is None:
        return None
    sizes = {"n": output[-1]}
    return (*output[:-1], *(evaluated(row.sizes.get(size, size), sizes) for size in row.shape))


def target_shapes(network: Network, flows: Sequence[Flow]) -> dict[str, Known | None]:
    """Return the shape of each target that comes with samples, as far as it is simply known."""
    shapes: dict[str, Known | None] = dict.fromkeys(target_names(network))
    for spec in known_losses(network):
        name = spec.target or TARGET
        if name in shapes and shapes[name] is None:
            shapes[name] = target_shape(loss_row(network, spec), flows[network.scored(spec) - 1].output)
    return shapes


def loss_problems(network: Network, flows: Sequence[Flow]) -> Iterator[Problem]:
    """Yield losses that are unknown, options they do not have, and outputs that there are not."""
    layers = [layer.name for layer in network.layers if layer.name]
    for place, spec in enumerate(network.loss_terms):
        path: Path = ("loss", place) if isinstance(network.loss, tuple) else ("loss",)
        if spec.type not in network.losses and spec.type not in LOSSES:
            found = unknown("loss", spec.type, [*LOSSES, *network.losses, *SYNONYMS], (*path, "type"))
            ours = OF_CLASSES.get(spec.type)
            help = f"take {ours!r}, with a target such as [0, 0, 1] for class 2 of 3, counted from 0"
            yield replace(found, help=help) if ours else found
            continue
        row = loss_row(network, spec)
        yield from option_problems(row.options, spec.options, path, f"loss {spec.type}", _KEYS)
        if spec.output and spec.output not in layers:
            help = did_you_mean(spec.output, layers) if layers else "give the layer a name"
            yield Problem(UNKNOWN, (*path, "output"), f"there is no layer {shown(spec.output)}", help)
        if spec.target and not is_name(spec.target):
            yield Problem(NOT_A_NAME, (*path, "target"), f"{shown(spec.target)} cannot name a target", NAME_HELP)
        output = flows[network.scored(spec) - 1].output
        last = output[-1] if output else None
        if isinstance(last, int) and last % parts(row):
            message = (
                f"the loss {spec.type} divides its output into {parts(row)} equal parts, which {last} numbers have not"
            )
            yield Problem(SHAPE, (*path, "type"), message)


def own_loss_problems(network: Network) -> Iterator[Problem]:
    """Yield options, sizes and ranges of the user's own losses that are no names."""
    for name, kind in network.losses.items():
        for section in ("options", "sizes", "ranges"):
            for key in getattr(kind, section):
                if not is_name(key):
                    path: Path = ("losses", name, section, key)
                    yield Problem(NOT_A_NAME, path, f"{shown(key)} is no name", NAME_HELP, "key")


def parts(row: Loss) -> int:
    """Return into how many parts of one length a loss divides the last axis of its output.

    Example:
        >>> parts(LOSSES["mse"]), parts(LOSSES["triplet"])
        (1, 3)
    """
    found = [_PART.fullmatch(size) for size in row.sizes.values()]
    return max((int(part[1]) for part in found if part), default=1)
