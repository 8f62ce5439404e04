"""The stages of a network, and what was found about it → the material that its document is made from."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sympy import floor

from symbackprop.display import Symbol, Tree, build
from symbackprop.emit.document import Checks, Choices, Facts, Material, Training
from symbackprop.first_step import setting_names, settings_read, worked_step
from symbackprop.language import parse_equations
from symbackprop.notation import given
from symbackprop.samples import combined
from symbackprop.verify.witness import METHOD, witness

if TYPE_CHECKING:
    from symbackprop.pipeline import Stages
    from symbackprop.training import Run
    from symbackprop.verify import Report

LONGEST_LISTING = 45
MOST_POINTS = 200


def material(stages: Stages, report: Report, run: Run | None = None, choices: Choices | None = None) -> Material:
    """Collect what a document is made from.

    Args:
        stages: The stages of the network.
        report: What verification found.
        run: A training run, for the loss curve.
        choices: How the document is to be.
    """
    network = stages.network
    settings, names = stages.training.settings, setting_names(stages)
    reduction, more = combined(stages.graph)
    return Material(
        stages.derivation,
        facts=Facts(
            title=network.title,
            authors=network.authors,
            learning_rate=settings.get("learning_rate", ""),
            optimizer=stages.training.optimizer,
            rate=Symbol(given(names.get("learning_rate", "eta"))),
            assignments=_assignments(stages, names),
            settings=[(_named(name, names), value) for name, value in settings_read(stages).items()],
            update=network.training.update,
            reduction=reduction,
            more=more,
        ),
        matrix=stages.matrix_of,
        scalars=stages.scalars,
        step=worked_step(stages),
        checks=_checks(stages, report),
        training=_training(run),
        code=_listing(stages.module_text(style="readable")),
        notation=stages.notation,
        choices=choices or Choices(),
    )


def _assignments(stages: Stages, names: Mapping[str, str]) -> list[tuple[Tree, Tree]]:
    """The optimizer's equations as a reader sees them."""
    statements = parse_equations("\n".join(str(one.equation) for one in stages.training.update), {"floor": floor})
    return [(_named(one.tensor, names), build(one.rhs, lambda read: _named(read.tensor, names))) for one in statements]


def _named(name: str, names: Mapping[str, str]) -> Tree:
    return Symbol(given(names.get(name, name)))


def _checks(stages: Stages, report: Report) -> Checks:
    found = witness(stages.graph) if stages.scalars is not None else None
    differences: dict[str, Any] = {}
    if found is not None and stages.scalars is not None:
        for name, array in found.items():
            for place, symbol in stages.scalars.elements[name].items():
                differences[symbol.name] = float(np.asarray(array)[place])
    return Checks(report.summary().partition(": ")[2], differences, METHOD, report.passed)


def _training(run: Run | None) -> Training:
    if run is None:
        return Training()
    every = max(1, len(run.history) // MOST_POINTS)
    curve = [*run.history[:-1:every], run.history[-1]]
    first, last = run.history[0][1], run.history[-1][1]
    summary = f"{run.steps:,} {run.update} steps take the error from {first:.6g} to {last:.6g}; {run.stopped}."
    return Training(curve, summary)


def _listing(module: str) -> str:
    """The emitted `loss_and_grad` from where it computes, without comments; nothing where that is too long to print."""
    lines = module.splitlines()
    for node in ast.parse(module).body:
        if isinstance(node, ast.FunctionDef) and node.name == "loss_and_grad":
            # Behind its docstring it looks at what it is given, which no reader of a derivation asks for.
            first = node.body[2 if "_checked(" in ast.unparse(node.body[1]) else 1]
            kept = [lines[node.lineno - 1], *lines[first.lineno - 1 : node.end_lineno]]
            kept = [line for line in kept if not line.lstrip().startswith("#")]
            return "\n".join(kept) if len(kept) <= LONGEST_LISTING else ""
    return ""
