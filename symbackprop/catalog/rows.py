"""What a row of the catalogue holds: forward equations, the shapes of parameters, and a source; never a derivative.

A layer, an activation, a loss or an optimizer of a user's own is the same record with the user's equations in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Option:
    """A setting of a layer, loss or optimizer, such as `units` or `learning_rate`.

    Attributes:
        kind: `"size"` (a positive integer or the name of a symbolic size), `"integer"` (0 or more), `"number"`
            or `"choice"`.
        default: The value if it is left out; `None` makes it obligatory.
        choices: The admitted values of a choice.
        help: What it means, in a few words.
    """

    kind: str
    default: int | float | str | None = None
    choices: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True)
class Parameter:
    """A tensor that a layer learns.

    Attributes:
        name: Its name in the row's equations, such as `"W"`.
        shape: The size of each axis: names of options or of input sizes, or expressions in them.
        key: The key of its values in a network file (`weights`), and in `names`, `trainable`.
        initializer: Keras' name of the rule that draws its first values.
    """

    name: str
    shape: tuple[str, ...]
    key: str = ""
    initializer: str = "glorot_uniform"

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
    """A loss of one sample, an equation for E in the prediction y and the target t.

    Attributes:
        output: What the prediction must be: `"any"`, `"probability"` (each in (0, 1)) or `"distribution"` (sums to 1).
        target: What a target is: `"any"`, `"probability"` or `"distribution"`.
    """

    name: str
    equations: str
    source: str
    output: str = "any"
    target: str = "any"
    options: Mapping[str, Option] = field(default_factory=dict)


@dataclass(frozen=True)
class Optimizer:
    """An update rule, elementwise in a parameter w and its gradient g; the last equation defines the new w.

    Attributes:
        state: Tensors of w's shape that it keeps from step to step, with their first values.
        options: Its settings with their defaults, such as `learning_rate`.
    """

    name: str
    equations: str
    source: str
    state: Mapping[str, float] = field(default_factory=dict)
    options: Mapping[str, Option] = field(default_factory=dict)
