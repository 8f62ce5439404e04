"""The training a network asks for → array statements: its optimizer's equations, and the rules for first values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from symbackprop.catalog import INITIALIZERS, SCHEDULES, Optimizer, Schedule
from symbackprop.graph import Graph
from symbackprop.language import parse_equations
from symbackprop.lower.arrays import lower_expression
from symbackprop.program import Assign, Draw, Training

if TYPE_CHECKING:
    from symbackprop.network import Equations, Network


def lower_training(network: Network | Equations, graph: Graph) -> Training:
    """Collect how the parameters of a network get their first values and move.

    Args:
        network: Gives the training's settings and the optimizer's row.
        graph: Its forward pass; every parameter in it names the rule of its first values.
    """
    training, row = network.training, network.optimizer_row
    options = {key: option.default for key, option in row.options.items()} | training.optimizer.options
    chosen = training.optimizer.schedule
    schedule = None if chosen is None else SCHEDULES[chosen.type]
    if schedule is not None and chosen is not None:
        options.pop("learning_rate", None)
        options |= {key: option.default for key, option in schedule.options.items()} | chosen.options
    rules = {tensor.name: INITIALIZERS[tensor.initializer] for tensor in graph.parameters if tensor.initializer}
    return Training(
        optimizer=row.name,
        update=lower_update(row, schedule),
        state=dict(row.state),
        settings={key: str(value) for key, value in options.items()},
        draws={name: Draw(rule.name, rule.distribution, rule.scale, rule.source) for name, rule in rules.items()},
        sequential=training.update == "sequential",
        epochs=training.epochs,
        steps=training.steps,
        batch_size=training.batch_size,
        tolerance=None if training.tolerance is None else str(training.tolerance),
        gradient_tolerance=None if training.gradient_tolerance is None else str(training.gradient_tolerance),
        seed=training.seed,
    )


def lower_update(row: Optimizer, schedule: Schedule | None = None) -> tuple[Assign, ...]:
    """Lower an optimizer's equations, which hold position by position: every name in them is read without indices.

    Args:
        row: The update rule.
        schedule: Equations for the learning rate, which then come first; without them it is a setting.

    Example:
        >>> from symbackprop.catalog import OPTIMIZERS
        >>> [assign.equation for assign in lower_update(OPTIMIZERS["sgd"])]
        ['w = w - learning_rate * g']
    """
    before = () if schedule is None else parse_equations(schedule.equations, {"floor": sp.floor})
    return tuple(
        Assign(statement.tensor, (), lower_expression(statement.rhs), statement.text)
        for statement in (*before, *parse_equations(row.equations))
    )
