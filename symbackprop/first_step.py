"""Stages of a network → the first step of its optimizer: the rule, and where there are numbers the step worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr

from symbackprop.errors import ShapeError
from symbackprop.unroll.step import Worked, update_rule, work

if TYPE_CHECKING:
    from symbackprop.pipeline import Stages


def rule(stages: Stages) -> Expr:
    """What one step makes of a parameter, in the symbols w and g, its value and its gradient."""
    equations = "\n".join(statement.equation for statement in stages.training.update)
    return update_rule(equations, stages.training.settings, stages.training.state)


def worked_step(stages: Stages) -> Worked | None:
    """The step worked through; `None` for networks that have no scalar view or no numbers."""
    if stages.scalars is None:
        return None
    try:
        return work(stages.derivation, stages.scalars, rule(stages), stages.network.training.update)
    except ShapeError:
        return None
