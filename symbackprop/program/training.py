"""How parameters get their first values and move, as records: what an emitter needs to write training down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symbackprop.program.statements import Assign


@dataclass(frozen=True)
class Draw:
    """How first values of a parameter are drawn.

    Attributes:
        rule: The rule's name, such as `"glorot_uniform"`.
        distribution: `"uniform"`, `"normal"`, `"truncated_normal"` or `"constant"`.
        scale: A Python expression in `fan_in` and `fan_out`.
        source: Where the rule comes from.
    """

    rule: str
    distribution: str
    scale: str
    source: str


@dataclass(frozen=True)
class Training:
    """How parameters get their first values and move: the rows of the catalogue as array statements.

    Attributes:
        optimizer: The name of the update rule.
        update: Its statements, position by position in the parameter w and its gradient g; the last gives the new w.
            They may read `step`, which counts from 1.
        state: What it keeps of each parameter, with the first values.
        settings: Its options, such as `learning_rate`, as decimal text.
        draws: For each parameter how its first values are drawn.
        sequential: Whether a layer's new weights serve for the gradients of the layers before it.
        epochs: Passes over the samples at most.
        steps: Updates at most, in place of `epochs` if it is given.
        batch_size: Samples per update; `None` is all of them.
        tolerance: Training stops where E is at most this.
        gradient_tolerance: Training stops where the gradient's norm is at most this.
        seed: Of the draws.
    """

    optimizer: str
    update: tuple[Assign, ...]
    state: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    draws: Mapping[str, Draw] = field(default_factory=dict)
    sequential: bool = False
    epochs: int = 1000
    steps: int | None = None
    batch_size: int | None = None
    tolerance: str | None = None
    gradient_tolerance: str | None = None
    seed: int = 0

    @property
    def counts(self) -> bool:
        """Whether the update depends on how many there were before it."""
        return any("step" in assign.reads for assign in self.update)

    @property
    def remembers(self) -> bool:
        """Whether anything is kept from step to step."""
        return bool(self.state) or self.counts


@dataclass(frozen=True)
class InPlace:
    """An update of one parameter that writes over it, and over what is kept of it.

    Attributes:
        statements: One operation each, in the parameter w, its gradient g, what is kept, and the settings.
        shares: Array → the array whose memory it takes.
        scratch: The arrays that need memory of their own, of the parameter's shape, and whether it is of truth values.
        copied: New value → the array whose place it takes, where it was computed elsewhere.
    """

    statements: tuple[Assign, ...]
    shares: Mapping[str, str]
    scratch: Mapping[str, bool]
    copied: Mapping[str, str]
