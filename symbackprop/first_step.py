"""Stages of a network → the first step of its optimizer: the rule, and where there are numbers the step worked out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sympy import Expr

from symbackprop.display.naming import Naming
from symbackprop.errors import ShapeError
from symbackprop.notation import given
from symbackprop.unroll.step import Worked, update_rule, work

if TYPE_CHECKING:
    from symbackprop.pipeline import Stages

# A word in an exponent would look like a product, and letters such as k count neurons.
LETTERS: Mapping[str, tuple[str, ...]] = {"learning_rate": ("eta",), "step": ("n", "r", "q")}


def rule(stages: Stages) -> Expr:
    """What one step makes of a parameter, in the symbols w and g, its value and its gradient."""
    equations = "\n".join(str(statement.equation) for statement in stages.training.update)
    return update_rule(equations, stages.training.settings, stages.training.state)


def worked_step(stages: Stages) -> Worked | None:
    """The step worked through; `None` for networks that have no scalar view, or no numbers at which all has a value."""
    if stages.scalars is None:
        return None
    try:
        return work(stages.derivation, stages.scalars, rule(stages), stages.network.training.update)
    except (ShapeError, ArithmeticError):
        return None


def settings_read(stages: Stages) -> dict[str, str]:
    """The numbers that the first step reads: the settings, and the count of steps where the rule has it."""
    counted = any(re.search(r"\bstep\b", str(statement.equation)) for statement in stages.training.update)
    return {**stages.training.settings, **({"step": "1"} if counted else {})}


def setting_names(stages: Stages) -> dict[str, str]:
    """What documents call the numbers of an update: the learning rate eta, and none of them like a tensor or a size."""
    graph = stages.graph
    naming = Naming(graph.tensors, stages.notation)
    known = {naming.sign(tensor, len(tensor.indices)) for tensor in graph.tensors.values()}
    taken = {*graph.tensors, *naming.bare}
    found = {}
    for name in settings_read(stages):
        names = [*LETTERS.get(name, ()), name, f"{name}_{stages.training.optimizer}"]
        free = (one for one in names if one not in taken and replace(given(one), plain="") not in known)
        found[name] = next(free, names[-1])
    return found
