"""What a row of the catalogue holds: forward equations, the shapes of parameters, and a source; never a derivative.

A layer, an activation, a loss or an optimizer of a user's own is the same record with the user's equations in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

# Where numbers lie: a weight, a divisor, a part of a whole, and a part of which something must be left.
NOT_NEGATIVE, POSITIVE, PART, SHARE = "[0, inf)", "(0, inf)", "[0, 1]", "[0, 1)"


@dataclass(frozen=True)
class Option:
    """A setting of a layer, loss or optimizer, such as `units` or `learning_rate`.

    Attributes:
        kind: `"size"` (a positive integer or the name of a symbolic size), `"count"` (1 or more), `"integer"` (0 or
            more), `"number"`, `"flag"` (true or false: 1 or 0 in equations) or `"choice"`.
        default: The value if it is left out; `None` makes it obligatory.
        choices: The words of a choice, or words that are admitted beside a number. In equations and sizes each word is
            1 if it is chosen, else 0; the option itself is then 0.
        help: What it means, in a few words.
        interval: Where a number must lie, such as `"[0, 1)"` or `"(0, inf)"`; anywhere if left out.
    """

    kind: str
    default: int | float | str | bool | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    interval: str = ""

    @property
    def ends(self) -> tuple[float, float]:
        """Between what a number must lie."""
        low, high = self.interval[1:-1].split(",") if self.interval else ("-inf", "inf")
        return float(low), float(high)

    def admits(self, number: int | Decimal) -> bool:
        """Whether a number lies where it must.

        Example:
            >>> [Option("number", interval="[0, 1)").admits(n) for n in (-1, 0, 1)]
            [False, True, False]
        """
        low, high = self.ends
        return low <= number <= high and not (
            (number == low and self.interval[0] == "(") or (number == high and self.interval[-1] == ")")
        )


@dataclass(frozen=True)
class Parameter:
    """A tensor that a layer learns.

    Attributes:
        name: Its name in the row's equations, such as `"W"`.
        shape: The size of each axis: names of options or of input sizes, or expressions in them.
        key: The key of its values in a network file (`weights`), and in `names`, `trainable`.
        initializer: Keras' name of the rule that draws its first values.
        neutral: What equations read in its place where a layer does without it.
    """

    name: str
    shape: tuple[str, ...]
    key: str = ""
    initializer: str = "glorot_uniform"
    neutral: int = 0

    @property
    def file_key(self) -> str:
        """The key that a network file uses for it."""
        return self.key or self.name


@dataclass(frozen=True)
class Layer:
    """A layer: equations that turn its inputs, and its parameters, into the tensor that the last equation defines.

    Attributes:
        name: Keras' name in snake case.
        equations: One statement per line, written per sample.
        inputs: For each input its name in the equations and the names of its axes' sizes.
        parameters: What it learns.
        options: Its settings.
        ranges: Sizes of indices that no plain read of a tensor tells, such as `{"t": "(n - k) // stride + 1"}`.
        sizes: Further sizes by name, made of options and the sizes of inputs, such as `{"half": "n // 2"}`.
        activation: Whether it takes an `activation`, applied to its output.
        source: Where the equations come from.
    """

    name: str
    equations: str
    inputs: Mapping[str, tuple[str, ...]]
    source: str
    parameters: tuple[Parameter, ...] = ()
    options: Mapping[str, Option] = field(default_factory=dict)
    ranges: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, str] = field(default_factory=dict)
    activation: bool = True


@dataclass(frozen=True)
class Activation:
    """An activation: a formula in z, elementwise (`z * sigmoid(z)`) or along the last axis (`exp(z[j]) / ...`).

    Attributes:
        symbol: What a reader calls the function (`σ`), as TeX; the name if left out.
        domain: The interval in which tests and checks draw z.
        options: Constants of the formula with their defaults, such as `{"alpha": Option("number", 0.01)}`.
    """

    name: str
    formula: str
    source: str
    symbol: str = ""
    domain: tuple[float, float] = (-3.0, 3.0)
    options: Mapping[str, Option] = field(default_factory=dict)


@dataclass(frozen=True)
class Loss:
    """A loss of one sample: equations in the prediction y and the target t, the last of which defines E.

    Attributes:
        output: What the prediction must be: `"any"`, `"positive"`, `"probability"` (each in (0, 1)), `"distribution"`
            (sums to 1) or `"log_distribution"` (its logarithm).
        target: What a target is: `"any"`, `"positive"`, `"probability"`, `"distribution"` or `"sign"` (-1 or 1).
        options: Constants of the equations with their defaults.
        sizes: Sizes by name, made of n, the size of y's last axis, such as `{"m": "n // 2"}`.
        ranges: Sizes of indices that no plain read of a tensor tells.
        shape: The size of each axis of t that takes the place of y's last axis; `None` if the loss reads no target.
    """

    name: str
    equations: str
    source: str
    output: str = "any"
    target: str = "any"
    options: Mapping[str, Option] = field(default_factory=dict)
    sizes: Mapping[str, str] = field(default_factory=dict)
    ranges: Mapping[str, str] = field(default_factory=dict)
    shape: tuple[str, ...] | None = ("n",)


@dataclass(frozen=True)
class Regularizer:
    """What large parameters cost: a formula in one element w, summed over all of them and added to the loss.

    Attributes:
        options: Constants of the formula with their defaults.
    """

    name: str
    formula: str
    source: str
    options: Mapping[str, Option] = field(default_factory=dict)


@dataclass(frozen=True)
class Optimizer:
    """An update rule, elementwise in a parameter w and its gradient g; the last equation defines the new w.

    An equation reads what those before it define, and else what was kept; `step` counts updates from 1.

    Attributes:
        state: What it keeps of each element from step to step, with the first values.
        options: Its settings with their defaults, such as `learning_rate`.
    """

    name: str
    equations: str
    source: str
    state: Mapping[str, float] = field(default_factory=dict)
    options: Mapping[str, Option] = field(default_factory=dict)


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes: equations in `step`, which counts from 1, the last defining `learning_rate`.

    Attributes:
        options: Its settings; `initial_learning_rate` is that of the first step.
    """

    name: str
    equations: str
    source: str
    options: Mapping[str, Option] = field(default_factory=dict)
