"""A network → its training by the emitted code: initialise, forward, loss, backward, update, repeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from symbackprop.errors import InputError

if TYPE_CHECKING:
    from symbackprop.facade import Derived

Array = Any
MOST_OUTPUTS = 12


@dataclass(frozen=True)
class Run:
    """What a training run did.

    Attributes:
        network: The name of the network.
        update: `"simultaneous"` or `"sequential"`.
        history: (step, loss) before each step, and after the last.
        stopped: Why it ended.
        parameters: The new parameters.
        outputs: The prediction for the samples after the last step.
        loss_symbol: E or L.
    """

    network: str
    update: str
    history: tuple[tuple[int, float], ...]
    stopped: str
    parameters: Mapping[str, Array]
    outputs: Array
    loss_symbol: str = "E"

    @property
    def steps(self) -> int:
        """How many updates were made."""
        return self.history[-1][0]

    def __str__(self) -> str:
        first, last = self.history[0][1], self.history[-1][1]
        plural = "" if self.steps == 1 else "s"
        rows = [
            f"{self.network}: {self.steps:,} {self.update} step{plural}, stopped because {self.stopped}",
            f"{self.loss_symbol} {number(first)} -> {number(last)}",
        ]
        outputs = np.asarray(self.outputs)
        if outputs.size <= MOST_OUTPUTS:
            table = outputs.reshape(-1, outputs.shape[-1]) if outputs.ndim else outputs.reshape(1, 1)
            rows += ["outputs " + " ".join(number(float(value)) for value in row) for row in table]
        return "\n".join(rows)

    def to_table(self) -> dict[str, Any]:
        """The run as a table for JSON."""
        return {
            "network": self.network,
            "update": self.update,
            "steps": self.steps,
            "stopped": self.stopped,
            "loss": {"first": self.history[0][1], "last": self.history[-1][1]},
            "outputs": np.asarray(self.outputs).tolist(),
            "parameters": {name: np.asarray(value).tolist() for name, value in self.parameters.items()},
        }


def number(value: float) -> str:
    """Nine decimals, or ten digits with an exponent where nine decimals would show few of them.

    Example:
        >>> number(0.2910277736), number(3.510187782978e-05)
        ('0.291027774', '3.510187783e-05')
    """
    return f"{value:.9f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.9e}"


def run(
    d: Derived,
    *,
    steps: int | None = None,
    epochs: int | None = None,
    update: str | None = None,
    seed: int | None = None,
    show: bool = False,
) -> Run:
    """Train a network as it says, or as the arguments say instead.

    Args:
        d: The derivation of the network.
        steps: Updates at most.
        epochs: Passes over the samples at most.
        update: `"simultaneous"` or `"sequential"`.
        seed: Of first weights and of batches.
        show: Whether to show progress on stderr.

    Raises:
        InputError: The network has no samples to train on, or sizes that are symbols.
    """
    settings = d.network.training
    data = samples(d)
    if not any(parameter.trainable for parameter in d.stages.graph.parameters):
        raise InputError(
            f"no parameter of {d.network.name} is trained",
            code="SB025",
            help="trainable = true, or a list of parameters",
        )
    seed = settings.seed if seed is None else seed
    update = update or settings.update
    limits: dict[str, Any] = {}
    if steps is not None or epochs is not None:
        limits = {"steps": steps, **({"epochs": epochs} if epochs else {})}
    module = d.compile()
    total = steps or settings.steps or epochs or settings.epochs
    with _watched(total, show) as callback:
        params, history = module.train(
            module.initialize(seed=seed),
            *data,
            seed=seed,
            sequential=update == "sequential",
            callback=callback,
            **limits,
        )
    outputs = module.forward(params, *data[: len(d.stages.graph.with_role("input"))])[0]
    stopped = getattr(history, "stopped", "all steps are done")
    return Run(d.network.name, update, tuple(history), stopped, params, outputs, d.network.loss_symbol)


def samples(d: Derived) -> tuple[Array, ...]:
    """The inputs and targets of a network's own data, or else of its worked samples.

    Raises:
        InputError: It has neither, or sizes that are symbols.
    """
    graph = d.stages.graph
    symbolic = sorted({str(s) for p in graph.parameters for n in p.shape for s in n.free_symbols})
    if symbolic:
        message = f"the size {symbolic[0]!r} is a symbol: a network can be trained when its sizes are numbers"
        raise InputError(message, code="SB026", help="write numbers in place of the symbols")
    read = d.network.read_data()
    if read is not None:
        inputs, targets = read
        return (*inputs.values(), *targets.values())
    given = graph.with_role("input", "target")
    if any(tensor.value is None for tensor in given):
        raise InputError(
            f"{d.network.name} has no samples to train on",
            code="SB026",
            help="give it [sample] with x and t, or [data] with a .csv or .npz file",
        )
    return tuple(np.array(tensor.value, dtype=float).reshape(_shape(tensor)) for tensor in given)


def _shape(tensor: Any) -> tuple[int, ...]:
    return tuple(int(size) if size.is_Integer else -1 for size in tensor.shape)


def _watched(total: int, show: bool) -> AbstractContextManager[Callable[..., None] | None]:
    return _Watch(total) if show else nullcontext(None)


class _Watch:
    """A progress bar on stderr with the loss beside it."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self.task = self.progress.add_task("training", total=total)
        self.every = max(1, total // 200)

    def __enter__(self) -> Callable[..., None]:
        self.progress.start()
        return self.step

    def step(self, step: int, loss: float, params: Any) -> None:
        """Move the bar every now and then: it must not cost more than the steps."""
        if step % self.every == 0:
            self.progress.update(self.task, completed=step, description=f"loss {number(loss)}")

    def __exit__(self, *error: object) -> None:
        self.progress.stop()
